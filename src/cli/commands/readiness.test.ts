// What `readiness` shows, and how it ends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';
import { EXAMPLES, READINESS } from '../../../test/surfaces/example-admin.ts';

describe('readiness', () => {
  test('is a table that is read at once, and below it what to do, the same thing once', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out, code } = await run('readiness', 'acme');
    assert.equal(
      out,
      [
        'NUMBER         ACCOUNT  SCORE  SITE LOST  MOBILE  NO LOOP  CARRIERS  PIN  CONTACTS  REHEARSED',
        '+442079460000  acme        90  yes        yes     yes      yes       NO   yes       yes',
        '+442079460001  acme        40  NO         –       yes      yes       NO   yes       NO',
        '',
        '+442079460001: callers find phones only',
        '    → end its plan in a mobile',
        'all 2 numbers: there is no PIN',
        '    → ringthrough control pin acme',
        '+442079460001: never rehearsed',
        '    → ringthrough rehearse +442079460001',
        '',
        '0 of 2 numbers are ready.',
        '',
      ].join('\n'),
    );
    assert.equal(code, 1);
    assert.deepEqual(asked, [['readiness', { account: 'acme' }]]);
  });

  test('asks page after page', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const pages = t.mock.property(EXAMPLES, 'readiness', READINESS);
    pages.mock.mockImplementationOnce({ ...READINESS, next: '+44' }, 0);
    const { out } = await run('readiness', '--failing', '--json');
    assert.equal(JSON.parse(out).numbers.length, 4);
    assert.deepEqual(asked, [
      ['readiness', { failing: true }],
      ['readiness', { failing: true, cursor: '+44' }],
    ]);
  });

  test('ends with 0 where nothing fails', async (t) => {
    const { run } = await cliAndApi(t);
    t.mock.property(EXAMPLES, 'readiness', { ...READINESS, numbers: [] });
    assert.deepEqual(await run('readiness', '--failing'), {
      code: 0,
      out: 'Every number passes every check.\n',
      err: '',
    });
  });
});
