// What seeds found once, told as stories, so that it stays mended whatever the seeds mean by then.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import { violations } from './invariants.ts';
import type { Run } from './play.ts';
import { acme, answers, call, MOBILE, phone, tell } from './story.ts';

function assertWell(run: Run): void {
  assert.deepEqual(violations(run), [], run.trace.ladder('calls'));
}

describe('found by seeds', () => {
  test('the 183 with the announcement is lost: the caller hears it all the same', () => {
    const run = tell({
      accounts: [acme([{ type: 'announcement', prompt: 'closed' }])],
      faults: [{ type: 'loss', of: ['^SIP/2.0 183'], atMs: 1_000 }],
    });
    assertWell(run);
    assert.deepEqual(
      run.attempts[0]?.call.party.heard.map(({ what }) => what),
      ['prompt closed'],
    );
  });

  test('the 180 is lost: the caller is told again that it rings', () => {
    const run = tell({
      reactions: { reception: answers(15_000), workshop: { type: 'ring', ringMs: 50 } },
      faults: [{ type: 'loss', of: Array(3).fill('^SIP/2.0 180'), atMs: 1_000 }],
    });
    assertWell(run);
  });

  const ANSWER_TO_CALLER = '^SIP/2.0 200 .*Via: [^\\n]*198.51.100.1.*CSeq: 1 INVITE';

  for (const [what, talk] of [
    ['puts the caller on hold', { hangUpMs: 300_000, holdMs: 100, resumeMs: 3_000 }],
    ['hangs up', { hangUpMs: 100, holdMs: undefined, resumeMs: undefined }],
  ] as const) {
    test(`the answer to the caller is lost, and the phone ${what} before it comes again`, () => {
      const run = tell({
        reactions: { reception: answers(2_000, talk), workshop: { type: 'ring', ringMs: 50 } },
        faults: [{ type: 'loss', of: [ANSWER_TO_CALLER, ANSWER_TO_CALLER], atMs: 1_000 }],
      });
      assertWell(run);
      const { call } = present(run.attempts[0], 'the attempt');
      const talkedMs = present(call.endedAt, 'the end') - call.startedAt;
      if (what === 'hangs up') assert.ok(talkedMs < 10_000, `the caller was on the line for ${talkedMs} ms`);
      else assert.deepEqual(call.party.heard.at(-1)?.what, 'reception called', 'after the hold');
    });
  }

  test("the caller's connection breaks while it rings: whoever answers then is not left in silence", () => {
    const run = tell({
      phones: [phone('reception', { transport: 'tcp' })],
      calls: [call({ by: 'reception', called: MOBILE, caller: 'reception' })],
      reactions: { 'carrier-a': answers(5_000) },
      faults: [{ type: 'connections-reset', of: 'reception', atMs: 12_000 }],
    });
    assertWell(run);
    const [mobile] = run.carriers[0]?.incoming ?? [];
    const talkedMs = (mobile?.endedAt ?? 0) - (mobile?.answeredAt ?? mobile?.endedAt ?? 0);
    assert.ok(talkedMs < 3_000, `the mobile was on the line for ${talkedMs} ms with nobody`);
  });
});
