// How a rehearsal is told: its own lines, in order, to its end.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MOBILE, NOON, NUMBER, Stage } from '../../test/admin-stage.ts';
import type { PlanRehearsal } from '../ports/records.ts';

const REHEARSAL: PlanRehearsal = {
  number: NUMBER,
  account: 'acme',
  at: NOON,
  by: 'cli',
  dialled: false,
  passed: true,
  summary: 'A caller is put through.',
  steps: [],
  heard: [],
};

async function provisioned(): Promise<Stage> {
  const stage = new Stage();
  await stage.admin.putAccount({ name: 'acme', numbers: [{ number: NUMBER, plan: [{ dial: MOBILE }] }] });
  return stage;
}

function tell(stage: Stage, rehearsalId: string, text: string): void {
  stage.node.tell({ type: 'rehearsal', rehearsalId, at: NOON, news: { type: 'note', step: 1, text } });
}

describe('following a rehearsal', () => {
  test('tells its own lines, and ends with what came of it', async () => {
    const stage = await provisioned();
    const lines = stage.admin.rehearsePlan({ number: '020 7946 0000' }, 'cli');
    const first = lines.next();
    while (stage.node.testCalls.length === 0) await new Promise(setImmediate);
    assert.deepEqual(stage.node.testCalls, [NUMBER]);
    tell(stage, 'rehearsal-7', 'somebody else’s');
    tell(stage, 'rehearsal-1', 'rings');
    const end = { type: 'end', rehearsal: REHEARSAL } as const;
    stage.node.tell({ type: 'rehearsal', rehearsalId: 'rehearsal-1', at: NOON + 5, news: end });
    assert.deepEqual((await first).value, { time: NOON, type: 'note', step: 1, text: 'rings' });
    assert.deepEqual((await lines.next()).value, { time: NOON + 5, ...end });
    assert.equal((await lines.next()).done, true);
    assert.equal(stage.node.listeners.size, 0);
  });

  test('ends when nobody listens any more', async () => {
    const stage = await provisioned();
    const gone = new AbortController();
    const lines = stage.admin.rehearsePlan({ number: NUMBER }, 'cli', gone.signal);
    const first = lines.next();
    while (stage.node.testCalls.length === 0) await new Promise(setImmediate);
    gone.abort();
    assert.equal((await first).done, true);
    assert.equal(stage.node.listeners.size, 0);
  });

  test('is refused for a number that there is none of', async () => {
    const stage = await provisioned();
    await assert.rejects(stage.admin.rehearsePlan({ number: MOBILE }, 'cli').next(), { code: 'NOT_FOUND' });
  });
});
