import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';

process.env['TZ'] = 'UTC';

test('shield abusers: until when each is refused, and why; shield pardon asks for one', async (t) => {
  const { run, asked } = await cliAndApi(t);
  const { out } = await run('shield', 'abusers');
  assert.match(
    out,
    /^ADDRESS +REFUSED +SINCE +WHY\n192\.0\.2\.66 +until 2026-11-24 09:34:00 .* tried 30 users/,
  );
  assert.equal(
    (await run('shield', 'pardon', '192.0.2.66')).out.split('\n').at(-2),
    '192.0.2.66 begins anew.',
  );
  assert.deepEqual(asked, [['abusers'], ['pardon', '192.0.2.66']]);
});
