// What ended calls tell Prometheus: what became of them, whether they reached the number, how soon, and how they
// sounded. The same figures are kept as time series (`src/series/`), for those who have no Prometheus.

import { Counter, Histogram, type Registry } from 'prom-client';
import { SECOND_MS } from '../base/time.ts';
import type { NodeControl } from '../node/views.ts';
import { reachingOf, setUpMsOf } from '../series/reaching.ts';
import { mosOf } from '../series/sampler.ts';

/** A plan's first phone, a phone that is gone (2 s), a second one, a third. */
const SET_UP_SECONDS = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20];
/** From "nearly all users dissatisfied" to "very satisfied" (ITU-T G.109). */
const MOS = [2.6, 3.1, 3.6, 4, 4.2, 4.35];

/** Gives what ends it. Calls of probes are attempts like others, and tell nothing of how customers fare. */
export function followCalls(
  registry: Registry,
  node: NodeControl,
  probeAccounts: readonly string[],
): () => void {
  const registers = [registry];
  const attempts = new Counter({
    name: 'ringthrough_attempts_total',
    help: 'Attempts to reach a number that have ended, by what became of them.',
    labelNames: ['outcome'],
    registers,
  });
  const reaching = new Counter({
    name: 'ringthrough_calls_reaching_total',
    help: 'Calls to numbers that have ended, by whether they reached the number (ITU-T E.425, made stricter).',
    labelNames: ['result'],
    registers,
  });
  const setUp = new Histogram({
    name: 'ringthrough_call_setup_seconds',
    help: 'From the INVITE until the caller heard of somebody (RFC 6076, session request delay).',
    buckets: SET_UP_SECONDS,
    registers,
  });
  const mos = new Histogram({
    name: 'ringthrough_call_mos',
    help: 'How ended calls sounded, of 1 to 4.5: an estimate from loss and jitter (ITU-T G.107).',
    buckets: MOS,
    registers,
  });
  for (const result of ['reached', 'not-reached']) reaching.inc({ result }, 0);
  return node.subscribe((event) => {
    if (event.type !== 'call-ended') return;
    const { entry } = event;
    attempts.inc({ outcome: entry.outcome ?? 'lost' });
    if (probeAccounts.includes(entry.account)) return;
    const sounded = mosOf(entry.legs);
    if (sounded !== undefined) mos.observe(sounded);
    const result = reachingOf(entry);
    if (result === 'not-counted') return;
    reaching.inc({ result });
    const setUpMs = setUpMsOf(entry);
    if (result === 'reached' && setUpMs !== undefined) setUp.observe(setUpMs / SECOND_MS);
  });
}
