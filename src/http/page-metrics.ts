// What the status page tells Prometheus: whether it is rendered, and whether each target has it. A page that nobody can
// see any more looks just as green to those who wrote it, so this is worth an alarm.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { PublishingDesk, TargetView } from '../admin/status.ts';
import { SECOND_MS } from '../base/time.ts';

export function addStatusPage(registry: Registry, page: PublishingDesk): void {
  if (page() === undefined) return;
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | undefined): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read() ?? 0) });
  };
  gauge(
    'ringthrough_status_page_rendered_timestamp_seconds',
    'When the status page was last rendered.',
    () => {
      return (page()?.renderedAt ?? 0) / SECOND_MS;
    },
  );
  gauge('ringthrough_status_page_render_seconds', 'How long the last rendering took.', () => {
    return (page()?.renderMs ?? 0) / SECOND_MS;
  });
  const renders: Counter<'result'> = new Counter({
    name: 'ringthrough_status_page_renders_total',
    help: 'Renderings of the status page.',
    labelNames: ['result'],
    registers,
    collect: () => {
      renders.reset();
      renders.inc({ result: 'rendered' }, page()?.renders ?? 0);
      renders.inc({ result: 'failed' }, page()?.failures ?? 0);
    },
  });
  addTargets(registers, () => page()?.targets ?? []);
}

function addTargets(registers: Registry[], targets: () => readonly TargetView[]): void {
  const pushes: Counter<'target' | 'result'> = new Counter({
    name: 'ringthrough_status_page_pushes_total',
    help: 'Times that the status page was brought to a target.',
    labelNames: ['target', 'result'],
    registers,
    collect: () => {
      pushes.reset();
      for (const { name: target, pushes: delivered, failures } of targets()) {
        pushes.inc({ target, result: 'delivered' }, delivered);
        pushes.inc({ target, result: 'failed' }, failures);
      }
    },
  });
  const succeeded: Gauge<'target'> = new Gauge({
    name: 'ringthrough_status_page_delivered_timestamp_seconds',
    help: 'When a target last had the newest status page; 0: never.',
    labelNames: ['target'],
    registers,
    collect: () => {
      for (const { name: target, succeededAt = 0 } of targets())
        succeeded.set({ target }, succeededAt / SECOND_MS);
    },
  });
}
