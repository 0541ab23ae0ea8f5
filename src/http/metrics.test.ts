import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { ATTEMPT } from '../../test/surfaces/example-admin.ts';
import { exampleApi } from '../../test/surfaces/example-api.ts';
import type { LedgerEntry, LegStatistics } from '../ports/records.ts';

const DASHBOARD = new URL('../../assets/grafana/ringthrough.json', import.meta.url);
const dashboard = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

async function metricsAfter(t: TestContext, ...entries: readonly LedgerEntry[]): Promise<string> {
  const { app, tell } = await exampleApi(t);
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
  const body = await metricsAfter(t, ENTRY, lost, out);
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

test('each metric on the dashboard for Grafana is one that the node tells', async (t) => {
  const body = await metricsAfter(t, { ...ENTRY, legs: [LEG] });
  const told = new Set<string>();
  for (const [, name = '', type] of body.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    if (type !== 'histogram') told.add(name);
    else for (const part of ['bucket', 'sum', 'count']) told.add(`${name}_${part}`);
  }
  const { panels } = dashboard.parse(JSON.parse(await readFile(DASHBOARD, 'utf8')));
  const named = panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ expr }) =>
      (expr.match(/ringthrough_[a-z_]+/g) ?? []).map((name) => ({ title, name })),
    ),
  );
  assert.ok(named.length >= panels.length);
  assert.deepEqual(
    named.filter(({ name }) => !told.has(name)),
    [],
  );
});
