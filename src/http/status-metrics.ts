// What the probes say, for Prometheus: the state of each component, and results that did not count.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { StatusDesk } from '../admin/status.ts';
import { STATES } from '../ports/status.ts';

export function addStatus(registry: Registry, desk: StatusDesk): void {
  const states: Gauge<'component' | 'state'> = new Gauge({
    name: 'ringthrough_component_state',
    help: '1 for the state that the probes say a component is in, 0 for the others.',
    labelNames: ['component', 'state'],
    registers: [registry],
    collect: () => {
      for (const { name: component, state: present } of desk.status().components)
        for (const state of STATES) states.set({ component, state }, state === present ? 1 : 0);
    },
  });
  const refused: Counter<'watcher' | 'why'> = new Counter({
    name: 'ringthrough_probe_results_refused_total',
    help: 'Results of watchers that did not count.',
    labelNames: ['watcher', 'why'],
    registers: [registry],
    collect: () => {
      refused.reset();
      for (const { watcher, why, count } of desk.status().refused) refused.inc({ watcher, why }, count);
    },
  });
}
