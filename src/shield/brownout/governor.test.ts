import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from '../../base/deadlines.ts';
import { LIMITS } from '../../base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import type { Load } from '../../ports/shield.ts';
import { StormGovernor } from './governor.ts';

const QUIET: Load = {
  waitMs: 2,
  patientWaitMs: 0,
  overflowed: 0,
  patientOverflowed: 0,
  lateMs: 1,
  known: 500,
  strangers: 0,
};
const BUSY: Load = { ...QUIET, waitMs: 80 };

/** A repeatable chance. */
function chances(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface StormOptions {
  readonly phones: number;
  /** Of these, the first ones come again each second, whatever they are told. */
  readonly impatient?: number;
  readonly isBound?: boolean;
  /** Told each 250 ms. */
  readonly load?: Load;
  readonly seed?: number;
}

/** All phones register in the same instant, and come again when they are told to. */
function storm({ phones, impatient = 0, isBound = false, load, seed = 1 }: StormOptions) {
  const governor = new StormGovernor({ fraction: chances(seed), bindings: () => phones });
  const coming = new Deadlines<number>();
  const registeredAt = new Map<number, Instant>();
  let longestTold = 0;
  for (let phone = 0; phone < phones; phone++) coming.add(0, phone);
  let loadAt = 0;
  for (let at = coming.next(); at !== undefined; at = coming.next()) {
    const due = coming.take(at);
    if (due === undefined) break;
    while (load !== undefined && loadAt <= at) {
      governor.pressed(load, loadAt);
      loadAt += 250;
    }
    const phone = due.value;
    const who = { user: `phone${phone}`, source: '192.0.2.1' };
    const wait = governor.tooEarly(who, at) ?? governor.ask(who, isBound, at);
    if (wait === undefined) registeredAt.set(phone, at);
    else {
      longestTold = Math.max(longestTold, wait);
      coming.add(at + (phone < impatient ? 1 : wait) * SECOND_MS, phone);
    }
  }
  const perSecond = new Map<number, number>();
  for (const at of registeredAt.values()) {
    const second = Math.floor(at / SECOND_MS);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  const allWithinMs = greatest(registeredAt.values());
  const peak = greatest(perSecond.values());
  return { governor, registeredAt, allWithinMs, peak, longestTold };
}

function greatest(values: Iterable<number>): number {
  let most = 0;
  for (const value of values) most = Math.max(most, value);
  return most;
}

describe('the storm governor', () => {
  test('lets a few phones in at once, and tells nobody to wait', () => {
    const { allWithinMs, longestTold } = storm({ phones: 90 });
    assert.deepEqual([allWithinMs, longestTold], [0, 0]);
  });

  test('has 5,000 phones that come at once back at its pace, each at a time of its own', () => {
    const { registeredAt, allWithinMs, peak } = storm({ phones: 5_000 });
    assert.equal(registeredAt.size, 5_000);
    assert.ok(peak <= 2 * LIMITS.registersPerSecondMin, `${peak} in one second`);
    const within = (5_000 / (0.75 * LIMITS.registersPerSecondMin)) * SECOND_MS + 10 * SECOND_MS;
    assert.ok(allWithinMs <= within, `${allWithinMs} ms`);
  });

  test('goes faster while the node has time', () => {
    const slow = storm({ phones: 5_000, load: BUSY });
    const fast = storm({ phones: 5_000, load: QUIET });
    assert.ok(fast.allWithinMs < slow.allWithinMs * 0.6, `${fast.allWithinMs} ms, ${slow.allWithinMs} ms`);
  });

  test('has the most phones that there can be back within four minutes', () => {
    const { registeredAt, allWithinMs, longestTold } = storm({ phones: LIMITS.bindingsMax });
    assert.equal(registeredAt.size, LIMITS.bindingsMax);
    assert.ok(allWithinMs <= 4 * MINUTE_MS, `${allWithinMs} ms`);
    assert.ok(longestTold * SECOND_MS <= LIMITS.registerWaitMaxMs, `${longestTold} s`);
  });

  test('gives a phone that does not wait nothing for it', () => {
    const { registeredAt, governor } = storm({ phones: 2_000, impatient: 500 });
    const mean = (from: number, to: number) => {
      let sum = 0;
      for (let phone = from; phone < to; phone++) sum += registeredAt.get(phone) ?? 0;
      return sum / (to - from);
    };
    // The first hundred come first, and are let in at once.
    assert.ok(mean(500, 1_000) < mean(100, 500) + 8 * SECOND_MS, 'who waits is not overtaken');
    assert.ok(governor.counters.registrations_too_early > 1_000);
  });

  test('keeps the place of a phone that comes when it was told to', () => {
    const governor = new StormGovernor({ fraction: () => 0, bindings: () => 0 });
    const who = { user: 'reception', source: '192.0.2.1' };
    const others = (at: Instant) => {
      for (let n = 0; n < 1_000; n++) {
        governor.ask({ user: `other${n} of ${at}`, source: '192.0.2.2' }, false, at);
      }
    };
    others(0);
    const seconds = governor.ask(who, false, 0) ?? 0;
    assert.ok(seconds > 0);
    const due = seconds * SECOND_MS;
    others(due);
    assert.equal(governor.ask(who, false, due), undefined);
  });

  test('leaves room for phones that cannot be called when others only refresh', () => {
    const governor = new StormGovernor({ fraction: () => 0, bindings: () => 0 });
    for (let n = 0; n < 1_000; n++) governor.ask({ user: `bound${n}`, source: '192.0.2.2' }, true, 0);
    assert.equal(governor.ask({ user: 'lost', source: '192.0.2.1' }, false, 0), undefined);
  });

  test('shortens what is granted in a storm, by up to 15 %, and else not at all', () => {
    const { governor } = storm({ phones: 1_000 });
    const shares = Array.from({ length: 200 }, () => governor.expiryShare(SECOND_MS));
    assert.ok(shares.every((share) => share >= 0.85 && share <= 1));
    assert.ok(Math.max(...shares) - Math.min(...shares) > 0.1);
    assert.equal(governor.expiryShare(10 * MINUTE_MS), 1);
  });

  test('takes a name at another address for another phone', () => {
    const governor = new StormGovernor({ fraction: () => 0, bindings: () => 0 });
    for (let n = 0; n < 100; n++) governor.ask({ user: `other${n}`, source: '192.0.2.2' }, false, 0);
    assert.ok((governor.ask({ user: 'reception', source: '192.0.2.1' }, false, 0) ?? 0) > 0);
    assert.equal(governor.tooEarly({ user: 'reception', source: '203.0.113.9' }, 0), undefined);
    assert.ok((governor.tooEarly({ user: 'reception', source: '192.0.2.1' }, 0) ?? 0) > 0);
  });

  test('is over a minute after the last phone that it put off', () => {
    const { governor, allWithinMs } = storm({ phones: 500 });
    assert.equal(governor.isGoverning(allWithinMs), true);
    assert.equal(governor.waiting(allWithinMs + 2 * SECOND_MS), 0);
    assert.equal(governor.isGoverning(allWithinMs + 2 * MINUTE_MS), false);
  });
});

test('however many phones come and whatever they do, each is registered in the stated time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3_000 }),
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (phones, seed, share, isBound) => {
        const { registeredAt, allWithinMs, longestTold } = storm({
          phones,
          seed,
          impatient: Math.floor(share * phones),
          isBound,
        });
        assert.equal(registeredAt.size, phones);
        assert.ok(longestTold * SECOND_MS <= LIMITS.registerWaitMaxMs);
        assert.ok(allWithinMs <= (phones / 75 + 12) * SECOND_MS, `${allWithinMs} ms for ${phones}`);
      },
    ),
    { numRuns: 40 },
  );
});

test('while refreshes are shed, so many are let in each second as all phones need in two minutes', () => {
  for (const [bindings, least] of [
    [0, 100],
    [24_000, 200],
  ] as const) {
    const governor = new StormGovernor({ fraction: () => 0, bindings: () => bindings });
    const letIn = (at: Instant) =>
      Array.from({ length: 1_000 }, (_, n) => ({ user: `${n} at ${at}`, source: '192.0.2.1' })).filter(
        (phone) => governor.refresh(phone, at) === undefined,
      ).length;
    assert.deepEqual([letIn(0), letIn(SECOND_MS), letIn(SECOND_MS * 1.5)], [least, least, least / 2]);
  }
});
