// One run of a probe, from the first packet until nothing is left of it. It ends in two steps, for a watcher waits for
// what it found and not for its goodbyes:
//
//   attempt ──▶ passed, warned, failed      or its time is up: then `soFar` says how far it came
//   end     ──▶ hung up, unregistered, sockets closed; within a few seconds, whatever the other side does

import type { Resolver } from '../../ports/dns.ts';
import type { ProbeEnd } from '../../ports/probes.ts';
import type { AgentOptions } from './agent.ts';

export interface Run {
  /** For people: servers that a phone would have waited for in vain before it came to the one that serves. */
  readonly passedOver: readonly string[];
  /** Once. Rejects with why it failed. */
  attempt(timeoutMs: number, signal: AbortSignal): Promise<ProbeEnd>;
  /** Why it failed, when its time is up. */
  soFar(withinMs: number): string;
  /** Says goodbye. Never rejects. */
  leave(): Promise<void>;
  close(): void;
}

export interface Around extends AgentOptions {
  readonly resolver: Resolver;
}

/** Rejects at once when it is given up, whatever is awaited. */
export function unless<T>(aborted: AbortSignal, attempted: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    attempted.then(resolve, reject);
    const giveUp = (): void => reject(new Error('given up'));
    if (aborted.aborted) giveUp();
    aborted.addEventListener('abort', giveUp, { once: true });
  });
}

/** Of setting up and answering: to a tenth of a millisecond. */
export function sinceMs(startedAt: number, now = performance.now()): number {
  return Math.round((now - startedAt) * 10) / 10;
}
