import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { ATTEMPT } from '../../test/surfaces/example-admin.ts';
import { exampleApi } from '../../test/surfaces/example-api.ts';
import type { LedgerEntry, LegStatistics } from '../ports/records.ts';

const DASHBOARD = new URL('../../assets/grafana/ringthrough.json', import.meta.url);
/** Of Grafana's dashboard model, what an import needs to show anything. */
const dashboard = z.object({
  title: z.string().min(1),
  uid: z.string().max(40),
  schemaVersion: z.int().min(36),
  templating: z.object({
    list: z.tuple([z.object({ name: z.literal('datasource'), type: z.literal('datasource') })]),
  }),
  panels: z.array(
    z.object({
      id: z.int(),
      type: z.literal('timeseries'),
      title: z.string(),
      datasource: z.object({ type: z.literal('prometheus'), uid: z.literal(`\${datasource}`) }),
      gridPos: z.object({ x: z.literal([0, 12]), y: z.int(), w: z.literal(12), h: z.literal(8) }),
      targets: z.array(z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() })).min(1),
    }),
  ),
});

const readDashboard = async () => dashboard.parse(JSON.parse(await readFile(DASHBOARD, 'utf8')));

/** By metric, as it is written in a sample: its labels, and the values of each. */
function labelsIn(body: string): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', labels = ''] of body.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const known = metrics.get(name) ?? new Map<string, Set<string>>();
    metrics.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="([^"]*)"/g))
      known.set(label, new Set([...(known.get(label) ?? []), value]));
  }
  return metrics;
}

const words = (text: string): readonly string[] => text.match(/\w+/g) ?? [];

/** What a query asks for that no sample has, and what its legend names that it does not give. */
function missingFrom(told: ReturnType<typeof labelsIn>, expr: string, legend: string): readonly string[] {
  const names = expr.match(/ringthrough_\w+/g) ?? [];
  const grouped = [...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels = '']) => words(labels));
  const matched = [...expr.matchAll(/(\w+)!?="([^"]*)"/g)];
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  const isAggregated = /\b(sum|min|max|avg|histogram_quantile)\b/.test(expr);
  const lost = isAggregated ? shown.filter((label) => !grouped.includes(label)) : [];
  const unknown = names.flatMap((name) => {
    const labels = told.get(name);
    if (labels === undefined) return [name];
    const asked = [...grouped, ...matched.map(([, label = '']) => label), ...shown];
    const values = matched.filter(([, label = '', value = '']) => !labels.get(label)?.has(value));
    return [
      ...asked.filter((label) => !labels.has(label)).map((label) => `${name}{${label}}`),
      ...values.map(([matcher]) => `${name}{${matcher}}`),
    ];
  });
  return names.length === 0 ? [expr] : [...unknown, ...lost.map((label) => `{{${label}}} of ${expr}`)];
}

async function metricsAfter(t: TestContext, ...entries: readonly LedgerEntry[]): Promise<string> {
  const { app, tell } = await exampleApi(t, { probeAccounts: ['watch'] });
  for (const entry of entries) tell({ type: 'call-ended', callId: entry.id, entry });
  return (await app.inject({ url: '/metrics' })).body;
}

function counted(body: string, line: string): void {
  assert.ok(
    body.split('\n').includes(line),
    `${line} in\n${body.match(/^ringthrough_(call|probe|component|watcher).*$/gm)?.join('\n')}`,
  );
}

const ENTRY: LedgerEntry = {
  ...ATTEMPT,
  direction: 'in',
  outcome: 'answered',
  startedAt: 1_000,
  timeline: [{ at: 1_400, what: 'rings', text: 'reception rings' }],
  legs: [],
};
const LEG: LegStatistics = {
  leg: 'reception',
  packetsReceived: 1_000,
  packetsSent: 1_000,
  packetsLost: 0,
  jitterMs: 1,
  strangersDropped: 0,
  heardAudio: true,
};

test('calls are counted by whether they reached their numbers, how soon, and how they sounded', async (t) => {
  const lost: LedgerEntry = { ...ENTRY, id: 'lost', outcome: 'lost', timeline: [] };
  const out: LedgerEntry = { ...ENTRY, id: 'out', direction: 'out', legs: [LEG] };
  const probe: LedgerEntry = { ...ENTRY, id: 'probe', account: 'watch', legs: [LEG] };
  const body = await metricsAfter(t, ENTRY, lost, out, probe);
  counted(body, 'ringthrough_calls_reaching_total{result="reached"} 1');
  counted(body, 'ringthrough_calls_reaching_total{result="not-reached"} 1');
  counted(body, 'ringthrough_call_setup_seconds_bucket{le="0.25"} 0');
  counted(body, 'ringthrough_call_setup_seconds_bucket{le="0.5"} 1');
  counted(body, 'ringthrough_call_setup_seconds_count 1');
  counted(body, 'ringthrough_call_mos_bucket{le="4.2"} 0');
  counted(body, 'ringthrough_call_mos_count 1');
});

test('probes are told by watcher, but for those that are silent', async (t) => {
  const body = await metricsAfter(t);
  counted(body, 'ringthrough_component_state{component="Outbound calls",state="major-outage"} 1');
  counted(body, 'ringthrough_component_state{component="Outbound calls",state="operational"} 0');
  counted(body, 'ringthrough_probe_up{probe="main",watcher="paris"} 0');
  counted(body, 'ringthrough_probe_up{probe="web",watcher="london"} 1');
  counted(body, 'ringthrough_probe_latency_seconds{probe="web",watcher="london"} 0.0124');
  counted(body, 'ringthrough_probe_measure{probe="web",watcher="london",measure="daysLeft"} 12');
  counted(body, 'ringthrough_watcher_clock_behind_seconds{watcher="oslo"} 41.3');
  counted(body, 'ringthrough_probe_results_refused_total{watcher="oslo",why="too-old"} 3');
  assert.doesNotMatch(body, /ringthrough_probe_\w+\{[^}]*watcher="oslo"\} [01]$/m);
});

test('each metric, label and value on the dashboard for Grafana is one that the node tells', async (t) => {
  const told = labelsIn(await metricsAfter(t, { ...ENTRY, legs: [LEG] }));
  const { panels } = await readDashboard();
  const targets = panels.flatMap((panel) => panel.targets);
  assert.deepEqual(
    targets.flatMap(({ expr, legendFormat }) => missingFrom(told, expr, legendFormat)),
    [],
  );
});

test('the dashboard for Grafana has each panel once, in a place of its own', async () => {
  const { panels } = await readDashboard();
  const isOnce = (keys: readonly unknown[]) => new Set(keys).size === keys.length;
  assert.ok(isOnce(panels.map(({ id }) => id)));
  assert.ok(isOnce(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)));
  assert.ok(panels.every(({ gridPos: { y, h } }) => y % h === 0));
  for (const { targets } of panels) assert.ok(isOnce(targets.map(({ refId }) => refId)));
});

test('no gauge is called as if it were a counter, which promtool and people take it for', async (t) => {
  const body = await metricsAfter(t);
  const wrong = [...body.matchAll(/^# TYPE (\w+_total) (?!counter)/gm)].map(([, name]) => name);
  assert.deepEqual(wrong, []);
});
