import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';

describe('status', () => {
  test('is a table of components, with what the probes say and why', async (t) => {
    const { run } = await cliAndApi(t);
    const { out, code } = await run('status');
    assert.equal(code, 0);
    const plain = out.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'DATE');
    assert.equal(
      plain.replaceAll(/ +/g, ' '),
      [
        'GROUP COMPONENT STATE SHOWN SINCE PROBES',
        'Telephone Outbound calls major outage DATE (1 min ago) main failed (2 of 3): no answer within 3 s',
        ' Website operational maintenance DATE (1 h ago) web passed (1 of 1, 12 ms)',
        'The clock of oslo is 41 s behind: its results seem old or do not count. Set it by NTP.',
        '3 results of oslo refused: too-old',
        'Page: http://127.0.0.1:8091/; rendered 12 s ago',
        ' folder /srv/status: 12 s ago',
        ' s3 status: never, HTTP 403',
        '',
      ].join('\n'),
    );
  });

  test('is the JSON of the API with --json', async (t) => {
    const { run } = await cliAndApi(t);
    const { out } = await run('status', '--json');
    assert.equal(JSON.parse(out).components[0].probes[0].watchers[2].opinion, 'silent');
  });
});
