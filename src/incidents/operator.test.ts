import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RULES as USUAL } from '../../test/incident-rules.ts';
import { LIMITS } from '../base/limits.ts';
import { MINUTE_MS } from '../base/time.ts';
import type { Incident } from '../ports/incidents.ts';
import type { State } from '../ports/status.ts';
import { nextDeadline, observed, withIncident } from './incidents.ts';
import { type Known, knownFrom, type Rules } from './known.ts';
import { declaredStates, type Opening, openIncident, updateIncident, withPostMortem } from './operator.ts';
import { lengthOf } from './words.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const RULES: Rules = {
  ...USUAL,
  advice: 'Dial 0.',
  templates: [{ name: 'carrier', text: '{components} since {since}. {advice}' }],
};

function knownWith(states: Readonly<Record<string, State>> = {}): Known {
  const nothing = knownFrom({ incidents: [], maintenance: [], ids: [] }, RULES, NOON - MINUTE_MS);
  const changes = Object.entries(states).map(([component, to]) => {
    return { component, from: 'unknown', to, at: NOON - MINUTE_MS } as const;
  });
  return observed(nothing, changes, RULES, NOON).known;
}

function opened(known: Known, asked: Partial<Opening> = {}): Incident {
  const components = [{ name: 'Calls', state: 'partial-outage' as const }];
  const made = openIncident(known, { text: 'It hums.', components, ...asked }, RULES, NOON);
  assert.ok(made.ok);
  return made.value;
}

function refusal(outcome: {
  readonly ok: boolean;
  readonly error?: { readonly why: string; readonly text: string };
}) {
  assert.ok(!outcome.ok && outcome.error);
  return `${outcome.error.why}: ${outcome.error.text}`;
}

describe('operators', () => {
  test('declare what is worse until they take it back or resolve it', () => {
    const known = knownWith({ Calls: 'operational' });
    const incident = opened(known);
    assert.equal(incident.title, 'Partial outage of Calls');
    const with1 = withIncident(known, incident, RULES, NOON).known;
    assert.deepEqual([...declaredStates(with1)], [['Calls', 'partial-outage']]);
    const worse = updateIncident(
      with1,
      incident,
      {
        text: 'More.',
        components: [
          { name: 'Calls', state: 'major-outage' },
          { name: 'Website', state: 'degraded' },
        ],
      },
      RULES,
      NOON + MINUTE_MS,
    );
    assert.ok(worse.ok);
    assert.deepEqual(worse.value.affected, [
      { component: 'Calls', worst: 'partial-outage', since: NOON, until: NOON + MINUTE_MS },
      { component: 'Calls', worst: 'major-outage', since: NOON + MINUTE_MS },
      { component: 'Website', worst: 'degraded', since: NOON + MINUTE_MS },
    ]);
    const with2 = withIncident(with1, worse.value, RULES, NOON + MINUTE_MS).known;
    assert.deepEqual(Object.fromEntries(declaredStates(with2)), {
      Calls: 'major-outage',
      Website: 'degraded',
    });
    const back = { text: 'Fine.', components: [{ name: 'Calls', state: 'operational' as const }] };
    const better = updateIncident(with2, worse.value, back, RULES, NOON + 2 * MINUTE_MS);
    assert.ok(better.ok);
    const with3 = withIncident(with2, better.value, RULES, NOON + 2 * MINUTE_MS).known;
    assert.deepEqual([...declaredStates(with3)], [['Website', 'degraded']]);
    const over = updateIncident(
      with3,
      better.value,
      { phase: 'resolved', text: 'Over.' },
      RULES,
      NOON + 3 * MINUTE_MS,
    );
    assert.ok(over.ok);
    assert.equal(over.value.resolvedAt, NOON + 3 * MINUTE_MS);
    assert.ok(over.value.affected.every(({ until }) => until !== undefined));
    const with4 = withIncident(with3, over.value, RULES, NOON + 3 * MINUTE_MS).known;
    assert.deepEqual([[...declaredStates(with4)], with4.incidents], [[], []]);
  });

  test('cannot resolve what the probes see out, and are told what these say', () => {
    const known = knownWith({ Calls: 'major-outage' });
    const [incident] = known.incidents;
    assert.ok(incident);
    const closing = { phase: 'resolved' as const, text: 'Over.' };
    assert.equal(
      refusal(updateIncident(known, incident, closing, RULES, NOON)),
      'conflict: the probes do not say that it is over (Calls: major outage since 11:59 UTC)',
    );
    const own = opened(known, { components: [{ name: 'Calls', state: 'degraded' }] });
    assert.match(refusal(updateIncident(known, own, closing, RULES, NOON)), /major outage since/);
    const taken = { ...closing, components: [{ name: 'Calls', state: 'operational' as const }] };
    assert.match(refusal(updateIncident(known, own, taken, RULES, NOON)), /major outage since/);
  });

  test('may say that what is only degraded is over; it comes back when it has changed', () => {
    let known = knownWith({ Calls: 'degraded' });
    known = observed(known, [], RULES, NOON + 2 * MINUTE_MS).known;
    const [incident] = known.incidents;
    assert.ok(incident);
    const over = updateIncident(
      known,
      incident,
      { phase: 'resolved', text: 'Enough.' },
      RULES,
      NOON + 3 * MINUTE_MS,
    );
    assert.ok(over.ok);
    known = withIncident(known, over.value, RULES, NOON + 3 * MINUTE_MS).known;
    assert.equal(nextDeadline(known, RULES, NOON + 3 * MINUTE_MS), undefined);
    known = observed(known, [], RULES, NOON + 60 * MINUTE_MS).known;
    assert.equal(known.incidents.length, 0);
    const change = {
      component: 'Calls',
      from: 'degraded',
      to: 'partial-outage',
      at: NOON + 61 * MINUTE_MS,
    } as const;
    assert.equal(observed(known, [change], RULES, change.at).known.incidents[0]?.id, '20261126-2');
  });

  test('whose incident ends leave an outage that goes on to the probes', () => {
    const known = knownWith({ Calls: 'operational' });
    const incident = opened(known);
    let with1 = withIncident(known, incident, RULES, NOON).known;
    const change = { component: 'Calls', from: 'operational', to: 'major-outage', at: NOON + 1 } as const;
    with1 = observed(with1, [change], RULES, NOON + 1).known;
    assert.equal(with1.incidents.length, 1);
    const back = { text: 'Not ours.', components: [{ name: 'Calls', state: 'operational' as const }] };
    const better = updateIncident(with1, incident, back, RULES, NOON + 2);
    assert.ok(better.ok);
    const step = withIncident(with1, better.value, RULES, NOON + 2);
    assert.deepEqual(step.known.incidents.map(({ openedBy }) => openedBy).sort(), ['operator', 'probes']);
  });

  test('fill in templates, and are told which there are', () => {
    const known = knownWith({ Calls: 'major-outage' });
    const [incident] = known.incidents;
    assert.ok(incident);
    const updated = updateIncident(
      known,
      incident,
      { phase: 'identified', template: 'carrier' },
      RULES,
      NOON,
    );
    assert.ok(updated.ok);
    assert.deepEqual(updated.value.updates.at(-1), {
      at: NOON,
      phase: 'identified',
      text: 'Calls since 11:59 UTC. Dial 0.',
      by: 'operator',
    });
    assert.equal(
      refusal(updateIncident(known, incident, { template: 'carier' }, RULES, NOON)),
      'unknown: there is no template "carier"; there are carrier',
    );
  });

  test('are refused what does not fit', () => {
    const known = knownWith({ Calls: 'major-outage', Website: 'operational' });
    const [incident] = known.incidents;
    assert.ok(incident);
    const worse = { text: '.', components: [{ name: 'Website', state: 'degraded' as const }] };
    assert.match(
      refusal(updateIncident(known, incident, worse, RULES, NOON)),
      /^conflict: the probes say what/,
    );
    const strange = { text: '.', components: [{ name: 'Fax', state: 'degraded' as const }] };
    assert.match(refusal(openIncident(known, strange, RULES, NOON)), /^unknown: there is no component "Fax"/);
    assert.match(
      refusal(withPostMortem(incident, 'Why', NOON)),
      /^conflict: incident 20261126-1 is not resolved/,
    );
    const closed = { ...incident, resolvedAt: NOON };
    assert.match(
      refusal(updateIncident(known, closed, { text: '.' }, RULES, NOON)),
      /^conflict: .* is resolved/,
    );
    const update = { at: NOON, phase: 'identified', text: '.', by: 'operator' } as const;
    const full = {
      ...opened(known),
      updates: Array.from({ length: LIMITS.incidentUpdatesMax }, () => update),
    };
    assert.match(refusal(updateIncident(known, full, { text: '.' }, RULES, NOON)), /^limit: /);
    const many = { ...known, incidents: Array.from({ length: LIMITS.incidentsOpenMax }, () => incident) };
    assert.match(refusal(openIncident(many, { text: '.', components: [] }, RULES, NOON)), /^limit: /);
  });
});

describe('lengths', () => {
  for (const [lengthMs, text] of [
    [400, '1 second'],
    [61_000, '1 minute 1 second'],
    [7 * MINUTE_MS, '7 minutes'],
    [62 * MINUTE_MS + 31_000, '1 hour 3 minutes'],
    [49 * 60 * MINUTE_MS, '2 days 1 hour'],
  ] as const) {
    test(`${lengthMs} ms are ${text}`, () => assert.equal(lengthOf(lengthMs), text));
  }
});
