// The morning of an outage: every phone is gone, and a crowd calls numbers that go to mobiles, over two carriers that
// take so many calls in a second.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECOND_MS } from '../../src/base/time.ts';
import type { Account } from '../../src/ports/records.ts';
import { callsGiven, violations } from './invariants.ts';
import type { Run } from './play.ts';
import type { CallSetting, Fault } from './scenario.ts';
import { acme, answers, call, MOBILE, phone, tell, trunk } from './story.ts';

const CROWD = 60;
const FROM_MS = 10_000;
const TRUNKS = [
  trunk('carrier-a', { callsPerSecondMax: 5, order: 1, callsMax: 200 }),
  trunk('carrier-b', { callsPerSecondMax: 3, order: 1, callsMax: 200 }),
];

function diverted(): Account {
  const account = acme([{ type: 'dial', number: MOBILE, forMs: 30_000 }]);
  return { ...account, limits: { ...account.limits, callsMax: 200, divertedCallsMax: 200 } };
}

function crowd(withinMs: number): readonly CallSetting[] {
  return Array.from({ length: CROWD }, (_, index) =>
    call({
      atMs: FROM_MS + Math.round((index * withinMs) / CROWD),
      caller: `+44770090${String(2_000 + index)}`,
      talk: { hangUpMs: 5_000, holdMs: undefined, resumeMs: undefined },
    }),
  );
}

/** Emergency calls in the thick of it. */
const URGENT_MS = [100, 600, 1_100];
const URGENT = URGENT_MS.map((afterMs) =>
  call({ atMs: FROM_MS + afterMs, by: 'reception', called: '999', caller: 'reception' }),
);

function play(withinMs: number, seed: number, faults: readonly Fault[] = []): Run {
  const calls = [...crowd(withinMs), ...URGENT];
  const reactions = { 'carrier-a': answers(1_000), 'carrier-b': answers(1_000) };
  const world = { accounts: [diverted()], phones: [phone('reception')], trunks: TRUNKS, mediaPairs: 300 };
  return tell({ ...world, calls, reactions, faults }, seed);
}

function given(run: Run) {
  return ['198.51.100.1', '198.51.100.2'].flatMap((address) => callsGiven(run, address));
}

for (const seed of [1, 2, 3]) {
  test(`a crowd within a second is paced, and emergency calls never wait (seed ${seed})`, () => {
    const run = play(SECOND_MS, seed);
    assert.deepEqual(violations(run), []);
    const began = run.world.beginning + FROM_MS;
    const urgent = given(run).filter(({ text }) => text.startsWith('INVITE sip:999@'));
    assert.equal(urgent.length, URGENT.length);
    for (const [index, { at }] of urgent.toSorted((a, b) => a.at - b.at).entries()) {
      const afterMs = at - (began + (URGENT_MS[index] ?? 0));
      assert.ok(afterMs < 100, `it went after ${afterMs} ms`);
    }
    // Both carriers, at once and in each of the seconds that a call may wait, and one more for those that came late.
    const served = given(run).length - urgent.length;
    assert.ok(served >= 4 * (5 + 3) - URGENT.length && served <= 5 * (5 + 3), `${served} calls went out`);
    const told = [...run.store.ledger.values()].filter(({ outcome }) => outcome === 'announced');
    assert.equal(told.length, CROWD - served, 'and whoever does not get through is told');
  });

  test(`nobody is told so where there is time enough (seed ${seed})`, () => {
    const run = play(8 * SECOND_MS, seed);
    assert.deepEqual(violations(run), []);
    assert.equal(given(run).length, CROWD + URGENT.length);
  });

  test(`a carrier that dies in the middle of it leaves its calls to the other (seed ${seed})`, () => {
    const death = {
      type: 'death',
      of: 'carrier-a',
      atMs: FROM_MS + 300,
      how: 'vanished',
      backMs: undefined,
    } as const;
    assert.deepEqual(violations(play(8 * SECOND_MS, seed, [death])), []);
  });
}
