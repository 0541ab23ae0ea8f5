import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SECOND_MS } from '../base/time.ts';
import { Pace } from './pace.ts';

/** When each of these goes, where all of them come at this time and ask again when they are told to. */
function turns(pace: Pace, calls: readonly string[], now: number): ReadonlyMap<string, number> {
  for (const call of calls) pace.join(call);
  const went = new Map<string, number>();
  const asking = calls.map((call) => ({ call, at: now }));
  while (asking.length > 0) {
    asking.sort((a, b) => a.at - b.at);
    const next = asking.shift();
    if (next === undefined) break;
    const later = pace.goes(next.call, next.at);
    if (later === undefined) went.set(next.call, next.at);
    else asking.push({ call: next.call, at: later });
  }
  return went;
}

test('as many as may go at once, and the others a second after them, in the order of arrival', () => {
  const pace = new Pace(2);
  const went = turns(pace, ['a', 'b', 'c', 'd', 'e'], 5_000);
  assert.deepEqual(Object.fromEntries(went), { a: 5_000, b: 5_000, c: 6_000, d: 6_000, e: 7_000 });
  assert.equal(pace.waiting, 0);
});

test('a call knows beforehand how long it would wait', () => {
  const pace = new Pace(2);
  assert.equal(pace.waitMs(0), 0);
  assert.equal(pace.waitMs(0), 0, 'asking takes nothing');
  for (const call of ['a', 'b', 'c']) pace.join(call);
  assert.equal(pace.waitMs(0), SECOND_MS, 'though nobody has gone yet');
  assert.equal(pace.goes('a', 0), undefined);
  assert.equal(pace.goes('b', 200), undefined);
  assert.equal(pace.goes('c', 200), SECOND_MS);
  assert.equal(pace.waitMs(200), SECOND_MS, 'behind c, a second after b');
  assert.equal(pace.waitMs(10_000), 0);
});

test('who comes later does not overtake who is not ready yet', () => {
  const pace = new Pace(1);
  pace.join('slow');
  pace.join('quick');
  assert.equal(pace.goes('quick', 0), SECOND_MS);
  assert.equal(pace.goes('slow', 100), undefined);
  assert.equal(pace.goes('quick', SECOND_MS), SECOND_MS + 100);
});

test('who hangs up makes room for those behind', () => {
  const pace = new Pace(1);
  for (const call of ['a', 'b', 'c']) pace.join(call);
  assert.equal(pace.goes('a', 0), undefined);
  assert.equal(pace.goes('c', 0), 2 * SECOND_MS);
  pace.leave('b');
  assert.equal(pace.goes('c', SECOND_MS), undefined);
});

test('who has not joined goes at once, and those behind make room for it', () => {
  const pace = new Pace(1);
  pace.join('a');
  pace.join('b');
  assert.equal(pace.goes('a', 0), undefined);
  assert.equal(pace.goes('urgent', 500), undefined);
  assert.equal(pace.goes('b', SECOND_MS), 1_500);
});

test('five hundred calls at once, at ten a second, take 49 seconds, and nobody is overtaken', () => {
  const calls = Array.from({ length: 500 }, (_, index) => `call ${index}`);
  const went = turns(new Pace(10), calls, 0);
  const times = calls.map((call) => went.get(call) ?? Number.NaN);
  assert.equal(times.at(-1), 49 * SECOND_MS);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('no second, wherever it begins, sees more than may, however calls come, go and dawdle', () => {
  const call = fc.record({ at: fc.nat(4_000), dawdlesMs: fc.nat(700), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(call, { maxLength: 60 }), (perSecond, calls) => {
      const pace = new Pace(perSecond);
      const went: number[] = [];
      const asking: { id: string; at: number; joins: boolean; dawdlesMs: number; leaves: boolean }[] =
        calls.map((each, index) => ({ ...each, id: `call ${index}`, joins: true }));
      while (asking.length > 0) {
        asking.sort((a, b) => a.at - b.at);
        const next = asking.shift();
        if (next === undefined) break;
        const { id, at, joins, dawdlesMs, leaves } = next;
        if (joins) {
          pace.join(id);
          asking.push({ ...next, at: at + dawdlesMs, joins: false });
        } else if (leaves) {
          pace.leave(id);
        } else {
          const later = pace.goes(id, at);
          if (later === undefined) went.push(at);
          // The node may be late.
          else asking.push({ ...next, at: later + (dawdlesMs % 50) });
        }
      }
      assert.equal(pace.waiting, 0);
      for (const from of went) {
        const within = went.filter((at) => at >= from && at < from + SECOND_MS);
        assert.ok(within.length <= perSecond, `${within.length} within a second from ${from}`);
      }
    }),
  );
});
