import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';

process.env['TZ'] = 'UTC';

describe('fraud', () => {
  test('list tells who called where, what became of it, and what is allowed for a time', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('fraud', 'list');
    const [headings = '', acme = ''] = out.split('\n');
    assert.match(headings, /^ACCOUNT +CALLERS +CALLED +PASSED +REFUSED +NOW +LATEST +WHY$/);
    assert.match(
      acme,
      /^acme +workshop +\+9603001234, \+9603001235 +1 +212 +1 +2026-11-24 03:34:00 +the account/,
    );
    assert.match(
      out,
      /\n\nAllowed for a time:\nACCOUNT +PREFIX +UNTIL +BY\nbond +\+353 +2026-11-25 09:00:00 +cli\n$/,
    );
    assert.deepEqual(asked, [['fraud']]);
  });

  test('allow, disallow and clear ask for one account', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { out } = await run('fraud', 'allow', 'acme', '+353', '--for', '2h');
    assert.equal(out, 'acme may call +353 until 2026-11-25 09:00:00.\n');
    await run('fraud', 'allow', 'acme', '+353');
    await run('fraud', 'disallow', 'acme', '+353');
    await run('fraud', 'clear', 'acme');
    assert.deepEqual(asked, [
      ['allowUnusual', 'acme', '+353', { for: '2h' }, 'cli'],
      ['allowUnusual', 'acme', '+353', {}, 'cli'],
      ['disallowUnusual', 'acme', '+353'],
      ['clearUnusual', 'acme'],
    ]);
  });
});
