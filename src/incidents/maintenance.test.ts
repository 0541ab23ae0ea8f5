import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RULES } from '../../test/incident-rules.ts';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from '../base/time.ts';
import type { Maintenance } from '../ports/incidents.ts';
import { nextDeadline, observed, withMaintenance } from './incidents.ts';
import { type Known, knownFrom } from './known.ts';
import { cancel, change, end, type Scheduling, schedule } from './maintenance.ts';
import { ShownStates, shownState } from './shown.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const NOTHING = knownFrom({ incidents: [], maintenance: [], ids: [] }, RULES, NOON);

function planned(asked: Partial<Scheduling> = {}, known = NOTHING) {
  const from = NOON + 4 * DAY_MS;
  const usual = {
    title: 'New switch',
    text: '',
    components: ['Calls'],
    from,
    until: from + HOUR_MS,
    notify: false,
  };
  return schedule(known, { ...usual, ...asked }, RULES, NOON);
}

function plan(asked: Partial<Scheduling> = {}): Maintenance {
  const made = planned(asked);
  assert.ok(made.ok);
  return made.value;
}

/** Time as a timer brings it: what is written, and what customers are reminded of. */
function passing(known: Known, from: Instant, until: Instant) {
  let now = from;
  let before = known;
  const told: string[] = [];
  for (;;) {
    const next = nextDeadline(before, RULES, now);
    if (next === undefined || next > until) return { known: before, told };
    now = next;
    const step = observed(before, [], RULES, now);
    before = step.known;
    for (const { state, updates } of step.maintenance)
      told.push(`${(now - NOON) / HOUR_MS} h ${state}: ${updates.at(-1)?.text}`);
    for (const { id } of step.remind) told.push(`remind of ${id}`);
  }
}

function refusal(outcome: ReturnType<typeof planned>): string {
  assert.ok(!outcome.ok);
  return outcome.error.text;
}

describe('maintenance', () => {
  test('is reminded of, begins and ends by itself', () => {
    const { known } = withMaintenance(NOTHING, plan(), RULES, NOON);
    assert.deepEqual(passing(known, NOON, NOON + 9 * DAY_MS).told, [
      '24 h scheduled: Reminder: this begins in 3 days, at Mon 30 Nov 2026, 12:00 UTC.',
      'remind of m20261126-1',
      '95 h scheduled: Reminder: this begins in 1 hour, at Mon 30 Nov 2026, 12:00 UTC.',
      'remind of m20261126-1',
      '96 h under-way: It has begun.',
      '97 h completed: It is over.',
    ]);
  });

  test('that is announced late is reminded of at once, and once', () => {
    const from = NOON + 10 * MINUTE_MS;
    const step = withMaintenance(NOTHING, plan({ from, until: from + HOUR_MS }), RULES, NOON);
    assert.deepEqual(
      step.remind.map(({ id }) => id),
      ['m20261126-1'],
    );
    assert.deepEqual(step.known.maintenance[0]?.reminders, [{ at: NOON, sent: true }]);
  });

  test('whose reminders a node missed sends one of them, and none of what has begun', () => {
    const { known } = withMaintenance(NOTHING, plan(), RULES, NOON);
    const late = observed(known, [], RULES, NOON + 95.5 * HOUR_MS);
    assert.equal(late.remind.length, 1);
    assert.ok(late.known.maintenance[0]?.reminders.every(({ sent }) => sent));
    const begun = observed(known, [], RULES, NOON + 96.5 * HOUR_MS);
    assert.deepEqual([begun.remind.length, begun.known.maintenance[0]?.state], [0, 'under-way']);
    const over = observed(known, [], RULES, NOON + 9 * DAY_MS);
    assert.deepEqual([over.maintenance[0]?.state, over.known.maintenance.length], ['completed', 0]);
  });

  test('that is moved has its reminders anew', () => {
    const first = plan();
    const sent = observed(withMaintenance(NOTHING, first, RULES, NOON).known, [], RULES, NOON + DAY_MS).known;
    const [before] = sent.maintenance;
    assert.ok(before);
    const from = before.from + DAY_MS;
    const moved = change(before, { from, until: from + HOUR_MS }, RULES, NOON + DAY_MS);
    assert.ok(moved.ok);
    assert.deepEqual(moved.value.reminders, [
      { at: NOON + DAY_MS, sent: true },
      { at: from - 72 * HOUR_MS, sent: false },
      { at: from - HOUR_MS, sent: false },
    ]);
    assert.match(
      moved.value.updates.at(-1)?.text ?? '',
      /^Moved: it is now from Tue 1 Dec 2026, 12:00 UTC to/,
    );
  });

  test('under way is extended or ended, but not moved; scheduled it is cancelled', () => {
    const first = plan();
    const { known } = passing(withMaintenance(NOTHING, first, RULES, NOON).known, NOON, first.from);
    const [going] = known.maintenance;
    assert.ok(going);
    const longer = change(going, { until: going.until + HOUR_MS, title: 'Still' }, RULES, first.from + 1);
    assert.ok(longer.ok);
    assert.deepEqual([longer.value.title, longer.value.until], ['Still', going.until + HOUR_MS]);
    assert.match(refusal(change(going, { from: going.from + 1 }, RULES, first.from)), /is under way/);
    assert.match(refusal(change(going, { until: first.from }, RULES, first.from + 1)), /end after it begins/);
    assert.match(
      refusal(change(going, { until: first.from + 1 }, RULES, first.from + 2)),
      /`maintenance end`/,
    );
    assert.match(refusal(cancel(going, undefined, first.from)), /end it instead/);
    const ended = end(going, 'Quick.', first.from + MINUTE_MS);
    assert.ok(ended.ok);
    assert.deepEqual([ended.value.state, ended.value.endedAt], ['completed', first.from + MINUTE_MS]);
    assert.match(refusal(end(first, undefined, NOON)), /cancel it instead/);
    const off = cancel(first, undefined, NOON);
    assert.ok(off.ok);
    const gone = withMaintenance(withMaintenance(NOTHING, first, RULES, NOON).known, off.value, RULES, NOON);
    assert.deepEqual([gone.maintenance[0]?.state, gone.known.maintenance], ['cancelled', []]);
    assert.match(refusal(change(off.value, { title: 'x' }, RULES, NOON)), /is cancelled already/);
  });

  test('is refused where it makes no sense', () => {
    assert.match(refusal(planned({ from: NOON })), /in the future/);
    assert.match(refusal(planned({ until: NOON })), /end after it begins/);
    assert.match(refusal(planned({ components: ['Fax'] })), /no component "Fax"/);
    assert.match(refusal(planned({ until: NOON + 400 * DAY_MS })), /longer than 14 days/);
    assert.match(
      refusal(planned({ from: NOON + 400 * DAY_MS, until: NOON + 401 * DAY_MS })),
      /within 366 days/,
    );
    const full = { ...NOTHING, maintenance: Array.from({ length: LIMITS.maintenanceOpenMax }, () => plan()) };
    assert.match(refusal(planned({}, full)), /cancel one first/);
  });
});

describe('what is shown', () => {
  test('is the worst of what probes say, what is declared, and maintenance', () => {
    assert.equal(shownState('operational', undefined, false), 'operational');
    assert.equal(shownState('operational', undefined, true), 'maintenance');
    assert.equal(shownState('degraded', undefined, true), 'maintenance');
    assert.equal(shownState('unknown', 'degraded', true), 'unknown');
    assert.equal(shownState('major-outage', 'degraded', true), 'major-outage');
    assert.equal(shownState('operational', 'partial-outage', true), 'partial-outage');
  });

  test('has been so since it last changed, whichever of these changed it', () => {
    const shown = new ShownStates(['Calls'], NOON);
    assert.deepEqual(shown.said('Calls', 'operational', NOON + 1), [
      { component: 'Calls', from: 'unknown', to: 'operational', at: NOON + 1 },
    ]);
    const going = { ...plan(), state: 'under-way' as const };
    const known = { ...NOTHING, maintenance: [going] };
    assert.equal(shown.declared(known, NOON + 2)[0]?.to, 'maintenance');
    assert.deepEqual(shown.said('Calls', 'degraded', NOON + 3), []);
    assert.deepEqual(shown.of('Calls'), { state: 'maintenance', since: NOON + 2 });
    assert.equal(shown.said('Calls', 'major-outage', NOON + 4)[0]?.to, 'major-outage');
    assert.deepEqual(shown.declared(NOTHING, NOON + 5), []);
    assert.deepEqual(shown.said('Fax', 'major-outage', NOON + 6), []);
  });
});
