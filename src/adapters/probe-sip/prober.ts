// The probes that do what customers do, over sockets of their own: a registration, a call. Each run ends in time for
// the watcher, and is cleared up behind its back: what was begun is hung up, unregistered and closed, also when the
// run failed, ran out of time or was given up.

import { setTimeout as delay } from 'node:timers/promises';
import { assertNever } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { formatEndpoint } from '../../base/net.ts';
import { printable } from '../../base/printable.ts';
import { type CustomerTarget, type ProbeEnd, type Prober, reasonOf } from '../../ports/probes.ts';
import { Agent } from './agent.ts';
import { CallRun, type CarrierPlace, type Listeners } from './call.ts';
import { RegisterRun } from './register.ts';
import { type Around, type Run, unless } from './run.ts';

export interface CustomerProber extends Prober<CustomerTarget> {
  /** Once no probe runs any more: fulfilled when nothing is left of any. */
  close(): Promise<void>;
}

export function createCustomerProber(around: Around): CustomerProber {
  /** From the beginning of each until nothing is left of it. */
  const open = new Set<Promise<void>>();
  const listeners = new OpenListeners(around);
  return {
    probe(target, timeoutMs, signal): Promise<ProbeEnd> {
      const run = runOf(target, around, listeners);
      const ended = endIn(run, timeoutMs, signal);
      const over: Promise<void> = ended.then(() => leave(run)).finally(() => open.delete(over));
      open.add(over);
      return ended;
    },
    async close() {
      await Promise.all(open);
      await listeners.close();
    },
  };
}

/** Never rejects. */
async function endIn(run: Run, timeoutMs: number, signal: AbortSignal): Promise<ProbeEnd> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  const either = AbortSignal.any([limit.signal, signal]);
  try {
    return told(await unless(either, run.attempt(timeoutMs, either)), run.passedOver);
  } catch (cause) {
    const reason = limit.signal.aborted ? run.soFar(timeoutMs) : reasonOf(cause);
    return told({ outcome: 'failed', reason }, run.passedOver);
  } finally {
    clearTimeout(timer);
  }
}

/** What a phone gets to only after another server has failed it works, and needs to be seen to. */
function told(end: ProbeEnd, passedOver: readonly string[]): ProbeEnd {
  const reasons = end.outcome === 'passed' ? passedOver : [...passedOver, end.reason];
  if (reasons.length === 0) return end;
  const reason = printable(reasons.join('; ')).slice(0, LIMITS.probeReasonMax);
  return end.outcome === 'failed' ? { ...end, reason } : { ...end, outcome: 'warned', reason };
}

/** Places of carriers on which the probes wait for calls: opened when they are first needed, and kept open. */
class OpenListeners implements Listeners {
  readonly #around: Around;
  readonly #agents = new Map<string, Promise<Agent>>();

  constructor(around: Around) {
    this.#around = around;
  }

  at({ local, from }: CarrierPlace): Promise<Agent> {
    const key = formatEndpoint(local);
    const opened = this.#agents.get(key) ?? Agent.at(local, from, this.#around);
    this.#agents.set(key, opened);
    // One that could not be had is tried again the next time.
    opened.catch(() => this.#agents.delete(key));
    return opened;
  }

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#agents.values()))
      if (opened.status === 'fulfilled') opened.value.close();
  }
}

function runOf(target: CustomerTarget, around: Around, listeners: Listeners): Run {
  switch (target.type) {
    case 'register':
      return new RegisterRun(target.account, around);
    case 'call':
      return new CallRun(target, around, listeners);
    default:
      return assertNever(target);
  }
}

/** Never rejects: whatever goes wrong while it hangs up and unregisters, it is closed. */
async function leave(run: Run): Promise<void> {
  const patience = new AbortController();
  const waited = delay(LIMITS.probeLeaveMs, undefined, { signal: patience.signal });
  await Promise.race([run.leave(), waited]).catch(() => undefined);
  patience.abort();
  await waited.catch(() => undefined);
  run.close();
}
