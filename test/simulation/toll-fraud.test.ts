// Toll fraud, lived through in a world that loses packets: somebody has the workshop's right password at three in the
// morning, or a number of the business is diverted. What is premium stays within its bounds whatever was tried; nobody
// else notices: usual calls and emergency calls go through as ever.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import { LIMITS } from '../../src/base/limits.ts';
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts';
import { Habits } from '../../src/fraud/habits.ts';
import type { CallHabits, LedgerEntry } from '../../src/ports/records.ts';
import { violations } from './invariants.ts';
import type { Run } from './play.ts';
import type { Talk } from './reactions.ts';
import type { CallSetting } from './scenario.ts';
import { acme, answers, CALLER, call, NUMBER, tell } from './story.ts';

const SEEDS = [1, 2, 3] as const;
const MALDIVES = '+9603001234';
const IRELAND = '+35312345678';
const USUAL = [CALLER, IRELAND];
const EMERGENCY = ['999', '112'];
const NIGHT: Instant = Date.UTC(2026, 0, 15, 3);
const LOSS = {
  lossRate: 0.05,
  duplicateRate: 0.03,
  latencyMs: [5, 90],
  lateRate: 0.02,
  icmpRate: 0.5,
} as const;

const FOR_EVER: Talk = { hangUpMs: undefined, holdMs: undefined, resumeMs: undefined };
const ANSWER = answers(2_000, FOR_EVER);
const account = acme();
const GROUND = {
  weather: LOSS,
  accounts: [{ ...account, limits: { ...account.limits, destinationsAllowed: ['+'] } }],
  reactions: { 'carrier-a': ANSWER, 'carrier-b': ANSWER },
};

/** Two weeks of an office that calls at home and in Ireland, from 8 to 17. */
const CALLS_BEFORE = Array.from({ length: 14 * 9 }, (_, n) => {
  const at = NIGHT + (Math.floor(n / 9) - 15) * DAY_MS + (5 + (n % 9)) * HOUR_MS;
  return { called: n % 5 === 0 ? IRELAND : CALLER, at };
});

function kept(): readonly CallHabits[] {
  const habits = new Habits();
  const learned = CALLS_BEFORE.map(({ called, at }) => habits.learn('acme', called, at, true));
  return learned.filter((each) => each !== undefined).slice(-1);
}

/** A call every so often. */
function every(stepMs: number, untilMs: number, setting: Partial<CallSetting>): readonly CallSetting[] {
  const count = Math.floor(untilMs / stepMs);
  return Array.from({ length: count }, (_, n) => call({ atMs: 20 * SECOND_MS + n * stepMs, ...setting }));
}

/** What reception does all the time. */
function asEver(untilMs: number): readonly CallSetting[] {
  const usual = { by: 'reception', caller: 'reception' };
  return [
    ...USUAL.flatMap((called) => every(9 * MINUTE_MS, untilMs, { ...usual, called })),
    ...EMERGENCY.flatMap((called) => every(25 * MINUTE_MS, untilMs, { ...usual, called })),
  ];
}

/** Calls that were dialled there, by when. */
function dialled(run: Run): readonly LedgerEntry[] {
  const rows = [...run.store.ledger.values()];
  return rows.filter(({ timeline }) =>
    timeline.some(({ what, text }) => what === 'dialling' && text.includes(MALDIVES)),
  );
}

/** The most of these that lie within an hour, and that went on at once. */
function mostOf(rows: readonly LedgerEntry[]): { readonly inAnHour: number; readonly atOnce: number } {
  const counts = rows.map(({ startedAt: at }) => ({
    inAnHour: rows.filter(({ startedAt }) => startedAt >= at && startedAt < at + HOUR_MS).length,
    atOnce: rows.filter(({ startedAt, endedAt = at }) => startedAt <= at && endedAt > at).length,
  }));
  return {
    inAnHour: Math.max(...counts.map(({ inAnHour }) => inAnHour)),
    atOnce: Math.max(...counts.map(({ atOnce }) => atOnce)),
  };
}

function assertNobodyElseNotices(run: Run): void {
  assert.deepEqual(violations(run), []);
  const others = run.attempts.filter(({ setting }) => setting.by === 'reception');
  assert.ok(others.length > 20);
  for (const { setting, call: made } of others)
    assert.equal(made.finalStatus, 200, `${setting.called} after ${setting.atMs} ms`);
  for (const { called, timeline } of run.store.ledger.values())
    if (called !== NUMBER && called !== MALDIVES)
      assert.ok(
        timeline.every(({ what }) => what !== 'unusual' && what !== 'refused'),
        called,
      );
  const { habits = 0 } = present(run.host.node, 'the node').gauges();
  assert.ok(habits <= 2, `${habits} habits and episodes of one account`);
}

describe('somebody with the right password bursts premium calls at three in the morning', () => {
  for (const seed of SEEDS) {
    test(`one an hour goes out and ends after 20 minutes; the office notices nothing (seed ${seed})`, () => {
      const untilMs = 2.75 * HOUR_MS;
      const burst = [0, 150, 300].flatMap((afterMs) =>
        every(2 * MINUTE_MS, untilMs, {
          by: 'workshop',
          caller: 'workshop',
          called: MALDIVES,
          talk: FOR_EVER,
        }).map((setting) => ({ ...setting, atMs: setting.atMs + afterMs })),
      );
      const calls = [...burst, ...asEver(untilMs)];
      const run = tell({ ...GROUND, beginning: NIGHT, habits: kept(), calls }, seed);
      assertNobodyElseNotices(run);
      const rows = dialled(run);
      assert.equal(rows.length, 3);
      assert.equal(mostOf(rows).inAnHour, LIMITS.fraudRiskyCallsInQuietHour);
      const lengths = rows.map(({ answeredAt = 0, endedAt = 0 }) => endedAt - answeredAt);
      assert.ok(Math.max(...lengths) <= LIMITS.fraudRiskyCallMs + 5 * SECOND_MS, `${lengths}`);
      const told = run.host.events.filter(({ type }) => type === 'fraud-suspected');
      assert.ok(told.length >= 2 && told.length <= 6, `told ${told.length} times`);
    });
  }
});

describe('a number is diverted to a premium range', () => {
  for (const seed of SEEDS) {
    test(`a few calls an hour go there, and the other callers hear why not (seed ${seed})`, () => {
      const untilMs = 1.5 * HOUR_MS;
      const talk = { ...FOR_EVER, hangUpMs: 6 * MINUTE_MS };
      const diverted = every(MINUTE_MS, untilMs, { called: NUMBER, talk }).map((setting, n) => {
        return { ...setting, caller: `+4477009001${String(n).padStart(2, '0')}` };
      });
      const faults = [{ type: 'divert', number: NUMBER, to: MALDIVES, atMs: SECOND_MS }] as const;
      const run = tell({ ...GROUND, habits: kept(), faults, calls: [...diverted, ...asEver(untilMs)] }, seed);
      assertNobodyElseNotices(run);
      const { inAnHour, atOnce } = mostOf(dialled(run));
      assert.equal(inAnHour, LIMITS.fraudRiskyCallsPerHour);
      assert.ok(atOnce <= LIMITS.fraudRiskyCallsAtOnce, `${atOnce} at once`);
      const refused = [...run.store.ledger.values()].filter(
        ({ called, outcome }) => called === NUMBER && outcome === 'announced',
      );
      assert.ok(refused.length > 50, `${refused.length} callers heard an announcement`);
    });
  }
});
