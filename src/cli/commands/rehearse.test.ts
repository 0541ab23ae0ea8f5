// What `rehearse` prints as it happens, and how it ends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';
import { EXAMPLES, REHEARSAL_LINES } from '../../../test/surfaces/example-admin.ts';
import { RingthroughError } from '../../base/errors.ts';

process.env['TZ'] = 'UTC';
const NUMBER = '+442079460000';

describe('rehearse', () => {
  test('prints each thing that is tried, with its time, and who answers a caller', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out, code } = await run('rehearse', NUMBER);
    assert.equal(
      out,
      [
        `Rehearsing ${NUMBER}: nobody is rung; --dial rings telephones outside.`,
        '   0.000 s  1. rings reception for 20 s',
        '   0.004 s     works     reception answers in 3.4 ms',
        '   0.016 s     not rung  +447700900123: it was not rung',
        '',
        'A caller is put through at once to reception, else after 20 s to +447700900123.',
        'passed',
        '',
      ].join('\n'),
    );
    assert.equal(code, 0);
    assert.deepEqual(asked, [['rehearsePlan', { number: NUMBER }, 'cli']]);
  });

  test('rings telephones outside, and walks by the hours of another time, where that is said', async (t) => {
    const { run, asked } = await cliAndApi(t);
    await run('rehearse', NUMBER, '--dial', '--at', '2026-12-25 09:00', '--json');
    const at = Date.parse('2026-12-25T09:00:00Z');
    assert.deepEqual(asked, [['rehearsePlan', { number: NUMBER, dial: true, at }, 'cli']]);
  });

  test('ends with 1 where the plan does not work, and says why', async (t) => {
    const { run } = await cliAndApi(t);
    const failed = REHEARSAL_LINES.map((line) => {
      if (line.type !== 'end') return line;
      return { ...line, rehearsal: { ...line.rehearsal, passed: false, why: 'no carrier answers' } };
    });
    t.mock.property(EXAMPLES, 'rehearsePlan', failed);
    const { out, code } = await run('rehearse', NUMBER);
    assert.match(out, /\nfailed: no carrier answers\n$/);
    assert.equal(code, 1);
  });

  test('that cannot begin is told as an error', async (t) => {
    const { run, failing } = await cliAndApi(t);
    failing.set('rehearsePlan', new RingthroughError('CONFLICT', 'it is being rehearsed already'));
    const { err, code } = await run('rehearse', NUMBER);
    assert.match(err, /it is being rehearsed already/);
    assert.notEqual(code, 0);
  });
});
