import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { SHOWN_STATES, type ShownState } from '../ports/status.ts';
import type { ComponentDay } from '../ports/uptime.ts';
import { dayOf, History, uptimeOf } from './history.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const NONE = Object.fromEntries(SHOWN_STATES.map((state) => [state, 0])) as ComponentDay['ms'];

function day(which: string, ms: Partial<ComponentDay['ms']>): ComponentDay {
  return { component: 'Calls', day: which, ms: { ...NONE, ...ms } };
}

/** One component, said to the minute. */
class Stage {
  history: History;
  now: number;

  constructor(kept: readonly ComponentDay[] = [], now = NOON) {
    this.now = now;
    this.history = new History(['Calls'], kept, now);
  }

  shows(state: ShownState, lengthMs: number): this {
    const until = this.now + lengthMs;
    this.say(state);
    while (this.now < until) {
      this.now = Math.min(until, this.now + MINUTE_MS);
      this.say(state);
    }
    return this;
  }

  say(state: ShownState): void {
    this.history.show(new Map([['Calls', state]]), this.now);
  }

  get days(): readonly ComponentDay[] {
    return this.history.days('Calls');
  }
}

describe('days of a component', () => {
  test('hold how long it was shown in each state', () => {
    const { days } = new Stage().shows('operational', HOUR_MS).shows('major-outage', 90_500);
    assert.deepEqual(days, [day('2026-11-26', { operational: HOUR_MS, 'major-outage': 90_500 })]);
  });

  test('change at midnight of UTC, whatever is shown', () => {
    const { days } = new Stage([], NOON + 11 * HOUR_MS).shows('degraded', 26 * HOUR_MS);
    assert.deepEqual(days, [
      day('2026-11-26', { degraded: HOUR_MS }),
      day('2026-11-27', { degraded: DAY_MS }),
      day('2026-11-28', { degraded: HOUR_MS }),
    ]);
  });

  test('go on after a restart, without the time in which nobody watched', () => {
    const before = new Stage().shows('operational', HOUR_MS);
    const after = new Stage(before.days, before.now + HOUR_MS).shows('operational', HOUR_MS);
    assert.deepEqual(after.days, [day('2026-11-26', { operational: 2 * HOUR_MS })]);
  });

  test('hold nothing of a time in which the process stood still, or the clock was put forward', () => {
    const stage = new Stage().shows('operational', HOUR_MS);
    stage.now += 20 * MINUTE_MS;
    stage.say('operational');
    assert.deepEqual(stage.shows('operational', MINUTE_MS).days, [
      day('2026-11-26', { operational: HOUR_MS + MINUTE_MS }),
    ]);
  });

  test('are never longer than they have been, though the clock was set back between two runs', () => {
    const before = new Stage([], NOON - 12 * HOUR_MS).shows('operational', 2 * HOUR_MS);
    const after = new Stage(before.days, before.now - HOUR_MS).shows('major-outage', 2 * HOUR_MS);
    assert.deepEqual(after.days, [day('2026-11-26', { operational: 2 * HOUR_MS, 'major-outage': HOUR_MS })]);
  });

  test('are given once to be written, when they changed', () => {
    const stage = new Stage([day('2026-11-25', { operational: 5 })]).shows('operational', MINUTE_MS);
    assert.deepEqual(stage.history.changed(), [day('2026-11-26', { operational: MINUTE_MS })]);
    assert.deepEqual(stage.history.changed(), []);
    assert.equal(stage.days.length, 2);
  });

  test('are forgotten when they are too old', () => {
    const stage = new Stage([day('2026-08-01', { operational: 5 }), day('2026-09-01', { operational: 5 })]);
    stage.say('operational');
    assert.deepEqual(
      stage.days.map((one) => one.day),
      ['2026-09-01'],
    );
  });

  test('of a component that nobody configured are none', () => {
    const history = new History(['Web'], [day('2026-11-25', { operational: 5 })], NOON);
    assert.deepEqual(history.days('Calls'), []);
    assert.deepEqual(history.days('Web'), []);
  });
});

describe('uptime', () => {
  test('is the share of the known time in which there was no outage', () => {
    const days = [
      day('2026-11-19', { 'major-outage': HOUR_MS, operational: HOUR_MS }),
      day('2026-11-20', { 'partial-outage': HOUR_MS, operational: 3 * HOUR_MS }),
      day('2026-11-26', { operational: HOUR_MS, degraded: HOUR_MS, maintenance: HOUR_MS, unknown: HOUR_MS }),
    ];
    assert.deepEqual(uptimeOf(days, NOON), { day: 1, week: 6 / 7, quarter: 7 / 9 });
  });

  test('is not told where nothing is known', () => {
    assert.deepEqual(uptimeOf([], NOON), {});
    const days = [day('2026-11-25', { operational: 1 }), day('2026-11-26', { unknown: HOUR_MS })];
    assert.deepEqual(uptimeOf(days, NOON), { week: 1, quarter: 1 });
  });

  test('looks back over ninety days, and not further', () => {
    const days = [
      day('2026-08-28', { 'major-outage': HOUR_MS }),
      day('2026-08-29', { operational: HOUR_MS }),
    ];
    assert.deepEqual(uptimeOf(days, NOON), { quarter: 1 });
  });
});

describe('whatever is shown, and however the clock goes', () => {
  const step = fc.record({
    state: fc.constantFrom(...SHOWN_STATES),
    lengthMs: fc.oneof(
      fc.integer({ min: 0, max: 90 * SECOND_MS }),
      fc.integer({ min: -HOUR_MS, max: 30 * HOUR_MS }),
      fc.double({ min: 0, max: 10_000, noNaN: true }),
    ),
    restarts: fc.boolean(),
  });

  test('a day is never longer than a day, and is never more up than was shown', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let history = new History(['Calls'], [], NOON);
        let now = NOON;
        let upMs = 0;
        for (const { state, lengthMs, restarts } of steps) {
          history.show(new Map([['Calls', state]]), now);
          now += lengthMs;
          const isUp = ['operational', 'degraded', 'maintenance'].includes(state);
          if (isUp) upMs += Math.max(0, Math.ceil(lengthMs) + 1);
          history.show(new Map([['Calls', state]]), now);
          if (restarts) history = new History(['Calls'], history.days('Calls'), now);
        }
        const days = history.days('Calls');
        const sumOf = (ms: ComponentDay['ms']) => Object.values(ms).reduce((sum, each) => sum + each, 0);
        for (const { day, ms } of days) {
          assert.ok(Object.values(ms).every((each) => Number.isSafeInteger(each) && each >= 0));
          assert.ok(sumOf(ms) <= DAY_MS, day);
        }
        const counted = days.reduce((sum, { ms }) => sum + ms.operational + ms.degraded + ms.maintenance, 0);
        assert.ok(counted <= upMs, `${counted} of ${upMs}`);
        for (const share of Object.values(uptimeOf(days, now))) assert.ok(share >= 0 && share <= 1);
        assert.ok(days.every(({ day }, index) => index === 0 || day > (days[index - 1]?.day ?? '')));
        assert.ok(days.every(({ day }) => day <= dayOf(now + DAY_MS * 366)));
      }),
    );
  });
});
