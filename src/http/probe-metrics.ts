// What each watcher found last, for Prometheus: whether the probe passed, how long it took, what it measured; and whose
// clock is wrong. A watcher that is silent has no value: an old one would look like news.
//
// Names of measures are a watcher's own; there are no more than its last results have.

import { Gauge, type Registry } from 'prom-client';
import type { StatusDesk } from '../admin/status.ts';
import { SECOND_MS } from '../base/time.ts';
import type { ProbeResult } from '../watch/result.ts';

export function addProbes(registry: Registry, desk: StatusDesk): void {
  const labelNames = ['probe', 'watcher'] as const;
  const up: Gauge<'probe' | 'watcher'> = new Gauge({
    name: 'ringthrough_probe_up',
    help: '1 where the last result of this watcher is that the probe passed or warned, 0 where it failed.',
    labelNames,
    registers: [registry],
    collect: () => {
      up.reset();
      for (const { probe, watcher, outcome } of heard(desk))
        up.set({ probe, watcher }, outcome === 'failed' ? 0 : 1);
    },
  });
  const warned: Gauge<'probe' | 'watcher'> = new Gauge({
    name: 'ringthrough_probe_warned',
    help: '1 where the last result of this watcher warns of something that needs to be seen to.',
    labelNames,
    registers: [registry],
    collect: () => {
      warned.reset();
      for (const { probe, watcher, outcome } of heard(desk)) {
        warned.set({ probe, watcher }, outcome === 'warned' ? 1 : 0);
      }
    },
  });
  const latency: Gauge<'probe' | 'watcher'> = new Gauge({
    name: 'ringthrough_probe_latency_seconds',
    help: 'How long the probe took when it last passed.',
    labelNames,
    registers: [registry],
    collect: () => {
      latency.reset();
      for (const { probe, watcher, latencyMs } of heard(desk)) {
        if (latencyMs !== undefined) latency.set({ probe, watcher }, latencyMs / SECOND_MS);
      }
    },
  });
  const measure: Gauge<'probe' | 'watcher' | 'measure'> = new Gauge({
    name: 'ringthrough_probe_measure',
    help: 'What the probe measured last, by name: daysLeft of a certificate, for one.',
    labelNames: [...labelNames, 'measure'],
    registers: [registry],
    collect: () => {
      measure.reset();
      for (const { probe, watcher, measures = {} } of heard(desk)) {
        for (const [name, value] of Object.entries(measures))
          measure.set({ probe, watcher, measure: name }, value);
      }
    },
  });
  const behind: Gauge<'watcher'> = new Gauge({
    name: 'ringthrough_watcher_clock_behind_seconds',
    help: 'How far the clock of a watcher is behind ours, where it is wrong; negative: ahead.',
    labelNames: ['watcher'],
    registers: [registry],
    collect: () => {
      behind.reset();
      for (const { watcher, behindMs } of desk.status().clocks) behind.set({ watcher }, behindMs / SECOND_MS);
    },
  });
}

/** The last results of those that are not silent; a probe that feeds two components counts once. */
function heard(desk: StatusDesk): readonly ProbeResult[] {
  const probes = desk.status().components.flatMap((component) => component.probes);
  const once = [...new Map(probes.map((probe) => [probe.name, probe])).values()];
  return once.flatMap(({ watchers }) => {
    return watchers.flatMap(({ opinion, last }) =>
      opinion === 'silent' || last === undefined ? [] : [last],
    );
  });
}
