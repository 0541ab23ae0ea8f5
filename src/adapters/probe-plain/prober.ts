// The plain probes over real sockets, each with a socket of its own and none kept from one time to the next: what is
// seen is what a customer who comes now would see. Names are asked of DNS each time, by the node's resolver, which
// blocks nobody while it waits; the system's own lookup has four threads for the whole process.

import { assertNever } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import type { Resolver } from '../../ports/dns.ts';
import type { ProbeEnd, Prober, ProbeTarget } from '../../ports/probes.ts';
import type { Random } from '../../ports/random.ts';
import { probeHttp } from './http.ts';
import { probeSipOptions } from './sip-options.ts';
import { connected } from './tcp.ts';

export interface ProberOptions {
  readonly resolver: Resolver;
  readonly random: Random;
  /** How it names itself: `Ringthrough/0.1.0`. */
  readonly userAgent: string;
}

export function createProber(options: ProberOptions): Prober {
  return {
    async probe(target, timeoutMs, signal): Promise<ProbeEnd> {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), timeoutMs);
      const startedAt = performance.now();
      const either = AbortSignal.any([limit.signal, signal]);
      try {
        await unless(either, attempt(target, options, either));
        return { outcome: 'passed', latencyMs: Math.round((performance.now() - startedAt) * 10) / 10 };
      } catch (cause) {
        const reason = limit.signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
        return { outcome: 'failed', reason: printable(reason).slice(0, LIMITS.probeReasonMax) };
      } finally {
        clearTimeout(timer);
        // Whatever is still under way of it ends now.
        limit.abort();
      }
    },
  };
}

/** Rejects with why it failed. */
function attempt(target: ProbeTarget, options: ProberOptions, signal: AbortSignal): Promise<void> {
  switch (target.type) {
    case 'tcp':
      return connected(target, options.resolver, signal).then((socket) => void socket.destroy());
    case 'http':
      return probeHttp(target.url, options, signal);
    case 'sip-options':
      return probeSipOptions(target, options, signal);
    default:
      return assertNever(target);
  }
}

/** Not every wait of an attempt can be cut short: a question to DNS, for one. */
function unless(aborted: AbortSignal, attempted: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    attempted.then(resolve, reject);
    if (aborted.aborted) reject(new Error('given up'));
    aborted.addEventListener('abort', () => reject(new Error('given up')), { once: true });
  });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [first] = cause instanceof AggregateError ? cause.errors : [];
  return first instanceof Error ? first.message : cause.message;
}
