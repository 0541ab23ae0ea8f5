// What the files for programs say, read as programs read them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, HOUR_MS } from '../base/time.ts';
import { SHOWN_STATES } from '../ports/status.ts';
import { contrast, isGreen } from './colour.ts';
import { renderFormats } from './formats.ts';
import { component, incident, maintenance, NOW, view } from './testing.ts';
import type { PageView } from './view.ts';

function files(of: PageView = view()): ReadonlyMap<string, string> {
  return new Map(renderFormats(of).map(({ path, body }) => [path, `${body}`]));
}

function json(path: string, of?: PageView) {
  return JSON.parse(files(of).get(path) ?? 'null');
}

describe('the short status', () => {
  test('says the state, when it was found and how long that holds', () => {
    assert.deepEqual(json('status.json'), {
      state: 'major-outage',
      at: '2026-11-26T09:30:00.000Z',
      renderedAt: '2026-11-26T09:30:00.000Z',
      staleAfterMs: 180_000,
    });
  });
});

describe('what aggregators read', () => {
  test('names the page and sums it up in the words that they know', () => {
    const { page, status } = json('api/v2/status.json');
    assert.deepEqual(page, {
      id: 'example-telecom',
      name: 'Example Telecom',
      url: 'https://status.example.net',
      time_zone: 'Europe/London',
      updated_at: '2026-11-26T09:30:00Z',
    });
    assert.deepEqual(status, { indicator: 'critical', description: 'Major System Outage' });
  });

  test('calls nothing operational that is not, and least of all what nobody knows', () => {
    for (const state of SHOWN_STATES) {
      const told = json('api/v2/summary.json', view({ state, components: [component({ state })] }));
      const good = state === 'operational';
      assert.equal(told.components[0].status === 'operational', good, state);
      assert.equal(told.status.indicator === 'none', good, state);
      assert.equal(told.status.description === 'All Systems Operational', good, state);
    }
  });

  test('gives a group an entry of its own, which names its members and is as bad as the worst', () => {
    const { components } = json('api/v2/components.json');
    const [group, inbound, voicemail, website] = components;
    assert.deepEqual(
      [group.id, group.group, group.status, group.components],
      ['group-telephone', true, 'major_outage', ['inbound-calls', 'voicemail']],
    );
    assert.deepEqual([inbound.group_id, inbound.status], ['group-telephone', 'major_outage']);
    assert.equal(voicemail.status, 'operational');
    assert.equal(website.group_id, null);
  });

  test('tells components with names that look alike apart', () => {
    const components = ['A b', 'a-b', '…', '?'].map((name) => component({ name }));
    const told = json('api/v2/components.json', view({ components }));
    assert.deepEqual(
      told.components.map((one: { id: string }) => one.id),
      ['a-b', 'a-b-2', 'x', 'x-2'],
    );
  });

  test('tells an incident with its updates, the newest first, and what became of each component', () => {
    const [one] = json('api/v2/incidents/unresolved.json').incidents;
    assert.equal(one.status, 'identified');
    assert.equal(one.impact, 'critical');
    assert.equal(one.shortlink, 'https://status.example.net/incidents/20261126-1/');
    assert.equal(one.components[0].id, 'inbound-calls');
    const [second, first] = one.incident_updates;
    assert.equal(first.status, 'investigating');
    assert.equal(first.incident_id, one.id);
    const code = { code: 'inbound-calls', name: 'Inbound calls' };
    assert.deepEqual(first.affected_components, [
      { ...code, old_status: 'operational', new_status: 'major_outage' },
    ]);
    assert.deepEqual(second.affected_components, [
      { ...code, old_status: 'major_outage', new_status: 'major_outage' },
    ]);
  });

  test('leaves an incident that is over out of the summary, and keeps it among all', () => {
    const over = incident({
      resolvedAt: NOW,
      updates: [{ at: NOW, phase: 'resolved', text: 'Over.', by: 'probes' }],
      postMortem: { at: NOW, text: 'Why.' },
    });
    assert.deepEqual(json('api/v2/summary.json', view({ incidents: [over] })).incidents, []);
    const [one] = json('api/v2/incidents.json', view({ incidents: [over] })).incidents;
    assert.equal(one.status, 'postmortem');
    assert.equal(one.resolved_at, '2026-11-26T09:30:00Z');
  });

  test('tells maintenance that is to come, that goes on, and that is over or cancelled', () => {
    const all = [
      maintenance(),
      maintenance({
        id: 'm2',
        state: 'under-way',
        from: NOW - HOUR_MS,
        updates: [{ at: NOW, text: 'Half.' }],
      }),
      maintenance({ id: 'm3', state: 'completed', from: NOW - DAY_MS, endedAt: NOW }),
      maintenance({ id: 'm4', state: 'cancelled', endedAt: NOW }),
    ];
    const told = (path: string): readonly { id: string; name: string; status: string }[] =>
      json(`api/v2/${path}.json`, view({ maintenance: all })).scheduled_maintenances;
    assert.deepEqual(
      told('scheduled-maintenances').map(({ status }) => status),
      ['scheduled', 'in_progress', 'completed', 'completed'],
    );
    assert.equal(told('scheduled-maintenances')[3]?.name, 'Cancelled: New carrier');
    assert.deepEqual(
      told('scheduled-maintenances/upcoming').map(({ id }) => id),
      ['m20261120-1'],
    );
    assert.deepEqual(
      told('scheduled-maintenances/active').map(({ id }) => id),
      ['m2'],
    );
    assert.deepEqual(
      told('summary').map(({ id }) => id),
      ['m2', 'm20261120-1'],
    );
  });
});

describe('the badge', () => {
  test('says the state and its time in words, for screen readers too', () => {
    const svg = files().get('badge.svg') ?? '';
    const words = 'Example Telecom: Major outage · 26 Nov, 09:30 UTC';
    assert.ok(svg.includes(`role="img" aria-label="${words}"`), svg);
    assert.ok(svg.includes(`<title>${words}</title>`));
  });

  test('is never green, for it may be old, and readable in every state', () => {
    const colours = SHOWN_STATES.map((state) => {
      const svg = files(view({ state })).get('badge.svg') ?? '';
      return /fill="(#[0-9a-f]{6})"\/><\/g>/.exec(svg)?.[1] ?? '';
    });
    assert.equal(new Set(colours).size, SHOWN_STATES.length);
    for (const colour of colours) {
      assert.ok(contrast(colour, '#ffffff') >= 4.5, colour);
      assert.ok(!isGreen(colour), colour);
    }
  });

  test('takes a name with anything in it', () => {
    const site = { name: `"Tom" & <Jerry>${'x'.repeat(90)}`, timeZone: 'UTC' };
    const svg = files(view({ site })).get('badge.svg') ?? '';
    assert.ok(svg.includes('>&#34;Tom&#34; &#38; &#60;Jerry&#62;x'), svg);
    assert.ok(svg.includes('…</text>'), 'cut off where it would be too wide');
  });
});
