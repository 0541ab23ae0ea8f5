import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryStore } from '../adapters/store-memory/store.ts';
import { present } from '../base/assert.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { ShownState } from '../ports/status.ts';
import type { StoreWrite } from '../ports/store.ts';
import { sampleOf } from '../series/sample.ts';
import type { GraphName, PageView, Range } from '../status-page/view.ts';
import { pageView, readPageRecords, type ShownComponent } from './page.ts';
import { PageGraphs } from './page-graphs.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const CALLS: ShownComponent = {
  name: 'Calls',
  group: 'Telephone',
  state: 'operational',
  since: NOW - DAY_MS,
};
const NONE = {
  operational: 0,
  degraded: 0,
  maintenance: 0,
  unknown: 0,
  'partial-outage': 0,
  'major-outage': 0,
};

async function viewOf(writes: readonly StoreWrite[], components: readonly ShownComponent[] = [CALLS]) {
  const store = new MemoryStore();
  await store.write(writes);
  const shown = { state: 'degraded' as ShownState, components };
  const site = { name: 'A', timeZone: 'UTC' };
  const records = await readPageRecords(store, new PageGraphs(store), NOW);
  return pageView(records, { site, shown, staleAfterMs: 180_000 }, NOW);
}

function day(component: string, date: string, ms: Partial<Record<ShownState, number>>): StoreWrite {
  return { type: 'component-day', row: { component, day: date, ms: { ...NONE, ...ms } } };
}

function points(view: PageView, name: GraphName, range: Range) {
  const graph = view.graphs.find((one) => one.name === name);
  return graph?.ranges.find((one) => one.range === range)?.points;
}

function minutes(series: string, ...samples: readonly (readonly [value: number, at: number])[]): StoreWrite {
  const made = samples.map(([value, at]) => ({ series, ...sampleOf(value, at) }));
  return { type: 'samples', resolution: 'minute', samples: made };
}

describe('what the page shows', () => {
  test('are the components as they are shown, and what the state of all is', async () => {
    const { at, state, components, staleAfterMs } = await viewOf([]);
    assert.deepEqual([at, state, staleAfterMs], [NOW, 'degraded', 180_000]);
    const [calls] = components;
    assert.deepEqual([calls?.name, calls?.group, calls?.state], ['Calls', 'Telephone', 'operational']);
  });

  test('are ninety days, of which those that nobody watched are empty and not green', async () => {
    const { components } = await viewOf([
      day('Calls', '2026-11-26', { operational: 11 * HOUR_MS, 'major-outage': HOUR_MS }),
      day('Calls', '2026-11-25', { operational: 20 * HOUR_MS, degraded: HOUR_MS, unknown: 3 * HOUR_MS }),
      day('Calls', '2026-08-29', { maintenance: HOUR_MS, 'partial-outage': HOUR_MS }),
      day('Calls', '2026-08-28', { 'major-outage': DAY_MS }),
      day('Others', '2026-11-26', { 'major-outage': DAY_MS }),
    ]);
    const { days, uptime } = present(components[0], 'a component');
    assert.equal(days.length, 90);
    assert.deepEqual(days[89], {
      day: '2026-11-26',
      downMs: HOUR_MS,
      degradedMs: 0,
      maintenanceMs: 0,
      knownMs: 12 * HOUR_MS,
    });
    assert.equal(days[88]?.knownMs, 21 * HOUR_MS, 'unknown is neither up nor down');
    assert.equal(days[0]?.day, '2026-08-29');
    assert.equal(days.filter((one) => one === undefined).length, 87);
    assert.equal(uptime.day, 11 / 12);
    assert.equal(uptime.week, 32 / 33);
    assert.equal(uptime.quarter, 33 / 35);
  });

  test('is no percentage where nothing is known', async () => {
    const { components } = await viewOf([day('Calls', '2026-11-25', { unknown: DAY_MS })]);
    assert.deepEqual(components[0]?.uptime, {});
  });

  test('are graphs, each with a gap where nothing was measured', async () => {
    const at = NOW - HOUR_MS;
    const view = await viewOf([
      minutes('calls.offered', [4, at], [0, at - HOUR_MS]),
      minutes('calls.reached', [3, at]),
      minutes('calls.setup_ms', [1_000, at], [3_000, at + MINUTE_MS]),
      minutes('audio.mos', [4.2, at]),
      minutes('phones.registered', [100, at]),
      minutes('packets.blocked', [9_000, at]),
    ]);
    assert.deepEqual(points(view, 'reached', '24h'), [{ at, value: 0.75 }], 'nobody called an hour before');
    assert.deepEqual(points(view, 'setup', '24h'), [{ at, value: 2_000 }]);
    assert.deepEqual(points(view, 'quality', '24h'), [{ at, value: 4.2 }]);
    assert.deepEqual(points(view, 'phones', '24h'), [{ at, value: 100 }]);
    assert.deepEqual(points(view, 'blocked', '24h'), [{ at, value: 10 }], 'a second, over fifteen minutes');
    for (const { ranges } of view.graphs)
      for (const { from, to, stepMs, points: drawn } of ranges)
        assert.ok(drawn.length <= 101 && (to - from) % stepMs === 0);
  });

  test('counts blocked packets of a step that is not over by the time that has passed', async () => {
    const at = NOW - 5 * MINUTE_MS;
    const { graphs } = await viewOf([minutes('packets.blocked', [3_000, at])]);
    const { points: drawn = [] } = graphs[0]?.ranges.find(({ range }) => range === '24h') ?? {};
    assert.equal(drawn.length, 1);
    assert.ok((drawn[0]?.value ?? 0) >= 3);
  });

  test('leaves out a graph of which there is nothing at all', async () => {
    const { graphs } = await viewOf([minutes('phones.registered', [7, NOW - HOUR_MS])]);
    assert.deepEqual(
      graphs.map(({ name }) => name),
      ['phones'],
    );
  });

  test('takes what the calls of probes found where the node has none of its own', async () => {
    const at = NOW - HOUR_MS;
    const ofProbes = [
      minutes('probe.in.up', [1, at]),
      minutes('probe.out.up', [0, at]),
      minutes('probe.in.setup_ms', [800, at]),
      minutes('probe.out.setup_ms', [1_200, at]),
      minutes('probe.in.there-mos', [4.5, at]),
      minutes('probe.out.mos', [4, at]),
      minutes('probe.website.up', [1, at]),
      minutes('probe.register.setup_ms', [9_000, at]),
    ];
    const view = await viewOf([...ofProbes, minutes('phones.registered', [0, at])]);
    assert.deepEqual(points(view, 'reached', '24h'), [{ at, value: 0.5 }], 'not of a website');
    assert.deepEqual(points(view, 'setup', '24h'), [{ at, value: 1_000 }], 'not of a registration');
    assert.deepEqual(points(view, 'quality', '24h'), [{ at, value: 4.25 }]);
    const own = await viewOf([
      ...ofProbes,
      minutes('calls.offered', [1, at]),
      minutes('calls.reached', [1, at]),
    ]);
    assert.deepEqual(points(own, 'reached', '24h'), [{ at, value: 1 }]);
    assert.equal(points(own, 'setup', '24h'), undefined);
  });

  test('reads the long graphs anew every few minutes, and the short one each time', async () => {
    const store = new MemoryStore();
    const graphs = new PageGraphs(store);
    const drawn = async (now: number) => {
      const [graph] = await graphs.read(now);
      return graph?.ranges.map((range) => range.points.length);
    };
    await store.write([minutes('phones.registered', [1, NOW - HOUR_MS])]);
    await drawn(NOW);
    await store.write([
      {
        type: 'samples',
        resolution: 'hour',
        samples: [{ series: 'phones.registered', ...sampleOf(1, NOW - HOUR_MS) }],
      },
      minutes('phones.registered', [1, NOW - 2 * HOUR_MS]),
    ]);
    assert.deepEqual(await drawn(NOW + MINUTE_MS), [2, 0, 0]);
    assert.deepEqual(await drawn(NOW + 2 * MINUTE_MS), [2, 1, 0]);
    assert.deepEqual(await drawn(NOW + 10 * MINUTE_MS), [2, 1, 1]);
  });
});
