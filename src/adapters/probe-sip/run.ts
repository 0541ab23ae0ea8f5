// One run of a probe, from the first packet until nothing is left of it. It ends in two steps, for a watcher waits for
// what it found and not for its goodbyes:
//
//   attempt ──▶ passed, warned, failed      or its time is up: then `soFar` says how far it came
//   end     ──▶ hung up, unregistered, sockets closed; within a few seconds, whatever the other side does

import type { Resolver } from '../../ports/dns.ts';
import type { ProbeEnd } from '../../ports/probes.ts';
import type { AgentOptions } from './agent.ts';

export interface Run {
  /** Once. Rejects with why it failed. */
  attempt(signal: AbortSignal): Promise<ProbeEnd>;
  /** Why it failed, when its time is up. */
  soFar(withinMs: number): string;
  /** Says goodbye. Never rejects. */
  leave(): Promise<void>;
  close(): void;
}

export interface Around extends AgentOptions {
  readonly resolver: Resolver;
}

/** Of setting up and answering: to a tenth of a millisecond. */
export function sinceMs(startedAt: number, now = performance.now()): number {
  return Math.round((now - startedAt) * 10) / 10;
}
