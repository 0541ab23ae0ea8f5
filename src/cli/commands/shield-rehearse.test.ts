import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cliAndApi } from '../../../test/surfaces/cli.ts';
import { EXAMPLES, REHEARSAL } from '../../../test/surfaces/example-admin.ts';

test('shield rehearse of shares: where a kernel judges first, that it lets few in at once is told', async (t) => {
  const { run } = await cliAndApi(t);
  t.mock.property(EXAMPLES, 'rehearsal', { ...REHEARSAL, rule: 'attack', atOnceMax: 300 });
  const { out } = await run('shield', 'rehearse', 'attack');
  assert.match(out, /\nThe kernel lets 300 packets of newcomers in at once; that is counted in\.\n/);
});
