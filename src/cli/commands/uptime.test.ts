import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';

describe('uptime', () => {
  test('is a table of components, in which nothing is rounded up', async (t) => {
    const { run } = await cliAndApi(t);
    const { out, code } = await run('uptime');
    assert.equal(code, 0);
    assert.deepEqual(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ').trim()),
      [
        'GROUP COMPONENT TODAY 7 DAYS 90 DAYS DOWN UNKNOWN',
        'Telephone Outbound calls 50.00 % 99.99 % 99.99 % 12 s 1 min',
        'Website not known 100 % 100 %',
      ],
    );
  });

  test('is the JSON of the API with --json', async (t) => {
    const { run } = await cliAndApi(t);
    const { out } = await run('uptime', '--json');
    assert.equal(JSON.parse(out).components[0].days[0].ms.operational, 43_000_000);
  });
});
