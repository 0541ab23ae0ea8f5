// The plain probes over real sockets, each with a socket of its own and none kept from one time to the next: what is
// seen is what a customer who comes now would see. Names are asked of DNS each time, by the node's resolver, which
// blocks nobody while it waits; the system's own lookup has four threads for the whole process.

import { assertNever } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import type { Resolver } from '../../ports/dns.ts';
import {
  type DnsTarget,
  type Found,
  type PlainTarget,
  type ProbeEnd,
  type Prober,
  reasonOf,
} from '../../ports/probes.ts';
import type { Random } from '../../ports/random.ts';
import { probeCertificate } from './certificate.ts';
import { probeHttp } from './http.ts';
import { probeSipDomain } from './sip-domain.ts';
import { probeSipOptions } from './sip-options.ts';
import { connected } from './tcp.ts';
import type { Trust } from './trust.ts';

export interface ProberOptions {
  readonly resolver: Resolver;
  readonly random: Random;
  /** How it names itself: `Ringthrough/0.1.0`. */
  readonly userAgent: string;
  readonly trust: Trust;
  /** Asks the servers of a zone; rejects with why it failed. */
  readonly agreement: (target: DnsTarget, timeoutMs: number, signal: AbortSignal) => Promise<Found>;
}

const NOTHING: Found = {};

export function createProber(options: ProberOptions): Prober<PlainTarget> {
  return {
    async probe(target, timeoutMs, signal): Promise<ProbeEnd> {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), timeoutMs);
      const startedAt = performance.now();
      const either = AbortSignal.any([limit.signal, signal]);
      try {
        const { warning, measures } = await unless(either, attempt(target, options, timeoutMs, either));
        const latencyMs = Math.round((performance.now() - startedAt) * 10) / 10;
        const measured = measures === undefined ? { latencyMs } : { latencyMs, measures };
        if (warning === undefined) return { outcome: 'passed', ...measured };
        return { outcome: 'warned', ...measured, reason: told(warning) };
      } catch (cause) {
        const reason = limit.signal.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(cause);
        return { outcome: 'failed', reason: told(reason) };
      } finally {
        clearTimeout(timer);
        // Whatever is still under way of it ends now.
        limit.abort();
      }
    },
  };
}

/** Rejects with why it failed. */
async function attempt(
  target: PlainTarget,
  options: ProberOptions,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Found> {
  switch (target.type) {
    case 'tcp':
      (await connected(target, options, signal)).destroy();
      return NOTHING;
    case 'http':
      await probeHttp(target, options, signal);
      return NOTHING;
    case 'sip-options':
      await probeSipOptions(target, options, signal);
      return NOTHING;
    case 'dns':
      return options.agreement(target, timeoutMs, signal);
    case 'sip-domain':
      return probeSipDomain(target, options.resolver, signal);
    case 'certificate':
      return probeCertificate(target, options, signal);
    default:
      return assertNever(target);
  }
}

/** Not every wait of an attempt can be cut short: a question to DNS, for one. */
function unless(aborted: AbortSignal, attempted: Promise<Found>): Promise<Found> {
  return new Promise((resolve, reject) => {
    attempted.then(resolve, reject);
    if (aborted.aborted) reject(new Error('given up'));
    aborted.addEventListener('abort', () => reject(new Error('given up')), { once: true });
  });
}

function told(reason: string): string {
  return printable(reason).slice(0, LIMITS.probeReasonMax);
}
