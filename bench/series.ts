// How fast graphs are drawn from the store: two years of hours, thirty days of minutes and 48 hours of 10 s samples, of
// forty series, in a database on disk; and then the five graphs of a status page, over a day, a week and ninety days,
// asked for as the API asks, through the store's thread. Each is read once with nothing in memory, in a store that was
// just opened, and then again and again.
//
//     node bench/series.ts --series 40 --runs 50

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import { openDataFolder } from '../src/adapters/store-sqlite/data-folder.ts';
import { openSqliteStore } from '../src/adapters/store-sqlite/store.ts';
import { pageView, readPageRecords } from '../src/admin/page.ts';
import { PageGraphs } from '../src/admin/page-graphs.ts';
import { readSeries } from '../src/admin/series.ts';
import { DAY_MS } from '../src/base/time.ts';
import { RESOLUTION_MS, RESOLUTIONS } from '../src/ports/series.ts';
import type { Store, StoreWrite } from '../src/ports/store.ts';
import { OWN_SERIES } from '../src/series/names.ts';
import { keptSince } from '../src/series/retention.ts';
import { sampleOf } from '../src/series/sample.ts';
import { renderFormats } from '../src/status-page/formats.ts';
import { renderPage } from '../src/status-page/render.ts';
import { machine, numbers, print, quantile } from './report.ts';

const DAYS = [1, 7, 90, 730];

const options = numbers({ series: { default: 40, max: 400 }, runs: { default: 50, max: 1_000 } });
const NAMES = Array.from(
  { length: options.series },
  (_, index) => OWN_SERIES[index] ?? `probe.trunk-${index}.setup_ms`,
);

const now = Date.now();
const clock = { now: () => now };
const folderPath = mkdtempSync(path.join(tmpdir(), 'ringthrough-bench-'));
try {
  print(machine());
  await withStore(async () => undefined);
  const rows = fill();
  const bytes = statSync(path.join(folderPath, databaseName())).size;
  print(
    `${options.series} series, ${rows.toLocaleString('en')} samples, ${Math.round(bytes / 1e6)} MB on disk`,
  );
  print();
  print('milliseconds, five graphs (six series)   POINTS   JUST OPENED   MEDIAN   99 OF 100   MAX');
  for (const days of DAYS) await draw(days);
  print();
  await assemble();
  await keep();
} finally {
  rmSync(folderPath, { recursive: true, force: true });
}

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const folder = openDataFolder(folderPath);
  const store = await openSqliteStore(folder);
  try {
    return await work(store);
  } finally {
    await store.close();
    folder.close();
  }
}

function databaseName(): string {
  const folder = openDataFolder(folderPath);
  folder.close();
  return path.basename(folder.databaseFile);
}

/** Past the port: a node takes two years for it. */
function fill(): number {
  const sqlite = new DatabaseSync(path.join(folderPath, databaseName()));
  sqlite.exec('PRAGMA synchronous = OFF; BEGIN');
  const name = sqlite.prepare('insert into series (name) values (?) returning id');
  const sample = sqlite.prepare(
    `insert into sample (step_ms, series, at, count, sum, min, max)
     with recursive step (at) as (select ? union all select at + ? from step where at + ? < ?)
     select ?, ?, at, 6, 600 + abs(random() % 600), 10, 200 from step`,
  );
  const ids = NAMES.map((each) => Number(name.get(each)?.['id']));
  let rows = 0;
  for (const resolution of RESOLUTIONS) {
    const stepMs = RESOLUTION_MS[resolution];
    for (const id of ids) {
      rows += Number(sample.run(keptSince(resolution, now), stepMs, stepMs, now, stepMs, id).changes);
    }
  }
  sqlite.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  sqlite.close();
  return rows;
}

async function draw(days: number): Promise<void> {
  await withStore(async (store) => {
    const timesMs: number[] = [];
    let points = 0;
    for (let run = 0; run <= options.runs; run++) {
      const began = performance.now();
      const { series } = await readSeries({ from: now - days * DAY_MS }, { store, clock });
      timesMs.push(performance.now() - began);
      points = Math.max(...series.map((each) => each.points.length));
    }
    const [first = 0, ...others] = timesMs;
    const figures = [first, quantile(others, 0.5), quantile(others, 0.99), Math.max(...others)];
    const [opened, median, most, max] = figures.map((each) => each.toFixed(1));
    print(
      `${`${days} days`.padEnd(41)}${String(points).padEnd(9)}${opened?.padEnd(14)}${median?.padEnd(9)}${most?.padEnd(12)}${max}`,
    );
  });
}

/** What the status page is rendered of, with a provider's dozen of components, and all its files of that. */
async function assemble(): Promise<void> {
  const components = Array.from({ length: 12 }, (_, index) => `Component ${index}`);
  const writes = components.flatMap((component) =>
    Array.from({ length: 90 }, (_, age): StoreWrite => {
      const ms = { degraded: 0, maintenance: 0, unknown: 0, 'partial-outage': 0, 'major-outage': 60_000 };
      const day = new Date(now - age * DAY_MS).toISOString().slice(0, 10);
      return { type: 'component-day', row: { component, day, ms: { ...ms, operational: DAY_MS - 60_000 } } };
    }),
  );
  await withStore(async (store) => {
    await store.write(writes);
    const shown = components.map((name) => ({ name, state: 'operational' as const, since: now }));
    const site = { name: 'Example', url: 'https://status.example.net/', timeZone: 'Europe/London' };
    const graphs = new PageGraphs(store);
    const sources = {
      site,
      shown: { state: 'operational' as const, components: shown },
      staleAfterMs: 180_000,
    };
    const [assembledMs, renderedMs]: [number[], number[]] = [[], []];
    for (let run = 0; run <= options.runs; run++) {
      const began = performance.now();
      const view = pageView(await readPageRecords(store, graphs, now), sources, now);
      const assembled = performance.now();
      assembledMs.push(assembled - began);
      renderPage(view, nodeHashing);
      renderFormats(view);
      renderedMs.push(performance.now() - assembled);
    }
    const told = ([first = 0, ...others]: readonly number[]) =>
      [first, quantile(others, 0.5), quantile(others, 0.99)].map((each) => each.toFixed(1)).join(', ');
    print(`a status page put together: just opened, median, 99 of 100: ${told(assembledMs)} ms`);
    print(`all its files rendered:     the first, median, 99 of 100: ${told(renderedMs)} ms`);
  });
}

/** One step of a node with as many series, and what an hour's pruning takes. */
async function keep(): Promise<void> {
  await withStore(async (store) => {
    const timed = async (writes: readonly StoreWrite[]) => {
      const began = performance.now();
      await store.write(writes);
      return performance.now() - began;
    };
    const step = RESOLUTIONS.map((resolution): StoreWrite => {
      const at = keptSince('raw', now + 3 * DAY_MS);
      return {
        type: 'samples',
        resolution,
        samples: NAMES.map((series) => ({ series, ...sampleOf(1, at) })),
      };
    });
    const writesMs: number[] = [];
    for (let run = 0; run < options.runs; run++) writesMs.push(await timed(step));
    const pruned = await timed(
      RESOLUTIONS.map((resolution): StoreWrite => {
        const before = keptSince(resolution, now) + RESOLUTION_MS.hour;
        return { type: 'samples-pruned', resolution, before };
      }),
    );
    print(`a step of all series written: median ${quantile(writesMs, 0.5).toFixed(1)} ms, of 10,000`);
    print(`an hour of all series pruned: ${pruned.toFixed(1)} ms, once an hour`);
  });
}
