// What the shield tells Prometheus: the posture, the lanes, and what an operator draws beside them. Labels come from
// closed sets; who attacks is in the log and the API, never in a label.

import { Counter, Gauge, type Registry } from 'prom-client';
import { SECOND_MS } from '../base/time.ts';
import type { NodeControl } from '../node/views.ts';
import { LANES, type LaneCounts, POSTURES } from '../ports/shield.ts';

export function addShield(registry: Registry, node: NodeControl): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(read()) });
  };
  const posture: Gauge<'posture'> = new Gauge({
    name: 'ringthrough_shield_posture',
    help: '1 for the posture that the node has: calm, elevated or attack.',
    labelNames: ['posture'],
    registers: [registry],
    collect: () => {
      const now = node.shield().posture;
      for (const each of POSTURES) posture.set({ posture: each }, each === now ? 1 : 0);
    },
  });
  gauge('ringthrough_shield_attack_likelihood', 'How sure it is that this is an attack, 0 to 1.', () => {
    return node.shield().sure.likelihood;
  });
  gauge('ringthrough_shield_newcomer_sources', 'Different addresses among newcomers in a second.', () => {
    return node.shield().newcomers.sourcesPerSecond;
  });
  gauge('ringthrough_shield_newcomer_networks', 'Networks over which newcomers are spread evenly.', () => {
    return node.shield().newcomers.evenNetworks;
  });
  gauge(
    'ringthrough_shield_known_wait_seconds',
    '99 of 100 known packets were read within this time.',
    () => {
      return node.shield().waitMs / SECOND_MS;
    },
  );
  gauge('ringthrough_shield_kernel', '1 while a kernel does a part of the work, as it is told.', () => {
    const { kernel } = node.shield();
    return kernel !== undefined && kernel.trouble === undefined ? 1 : 0;
  });
  addPackets(registry, node);
  addKernelTables(registry, node);
}

function addPackets(registry: Registry, node: NodeControl): void {
  const packets: Counter<'lane' | 'where' | 'result'> = new Counter({
    name: 'ringthrough_shield_packets_total',
    help: 'Packets by lane; the kernel comes before the node, so what it admits comes to the node as well.',
    labelNames: ['lane', 'where', 'result'],
    registers: [registry],
    collect: () => {
      packets.reset();
      const { counts } = node.shield();
      const add = (where: string, lanes: LaneCounts) => {
        for (const lane of LANES) {
          packets.inc({ lane, where, result: 'admitted' }, lanes[lane].admitted);
          packets.inc({ lane, where, result: 'dropped' }, lanes[lane].dropped);
        }
      };
      add('node', counts.node);
      if (counts.kernel !== undefined) add('kernel', counts.kernel);
    },
  });
}

function addKernelTables(registry: Registry, node: NodeControl): void {
  const tables: Gauge<'table'> = new Gauge({
    name: 'ringthrough_shield_kernel_table_entries',
    help: "Entries of the kernel's tables.",
    labelNames: ['table'],
    registers: [registry],
    collect: () => {
      tables.reset();
      for (const { name, used } of node.shield().kernel?.tables ?? []) tables.set({ table: name }, used);
    },
  });
}
