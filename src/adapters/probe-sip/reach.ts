// One server after another, as a good phone tries them (RFC 3263 §4.3): the next one where one cannot be reached, says
// nothing at all, or answers 503.
//
//   sip1 ── nothing ──▶ sip2 ── 200        warns: sip1.example.net (udp:192.0.2.1:5060): no answer; …
//
// A phone waits 32 s for a server that is silent (timer F); a probe has a few seconds. So each of them but the last
// gets its share of what is left, until it says anything.

import { LIMITS } from '../../base/limits.ts';
import { formatEndpoint } from '../../base/net.ts';
import { reasonOf } from '../../ports/probes.ts';
import type { Target } from '../../sip/location/target.ts';
import { Agent } from './agent.ts';
import { type Around, unless } from './run.ts';
import { type ServerAddress, serversOf, Unserved } from './where.ts';

export interface Reaching {
  readonly server: Target;
  /** Of ours, that it is reached from; absent: whichever leads there. */
  readonly address?: string | undefined;
  readonly around: Around;
  /** Shared evenly by all servers; the last of them takes what time there is for the probe. */
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** Takes what is opened, to close it in the end. */
  readonly keep: (agent: Agent) => Agent;
  /** For people: those that were passed over are added to it, and who served in the end. */
  readonly passedOver: string[];
}

/** Rejects with why none serves. */
export async function reach<T>(reaching: Reaching, attempt: (agent: Agent) => Promise<T>): Promise<T> {
  const { server, around, withinMs, passedOver } = reaching;
  const found = await serversOf(server, around.resolver, around.random);
  const servers = found.slice(0, LIMITS.probeServersMax);
  const endsAt = performance.now() + withinMs;
  for (const [index, each] of servers.entries()) {
    const left = servers.length - index;
    const shareMs = left === 1 ? undefined : Math.max(0, endsAt - performance.now()) / left;
    const tried = await tryOne(each, shareMs, reaching, attempt);
    if (tried.type === 'served') {
      if (index > 0) passedOver.push(`${named(each)} serves`);
      return tried.value;
    }
    if (servers.length === 1) throw tried.cause;
    const why = `${named(each)}: ${reasonOf(tried.cause)}`;
    if (left === 1) throw new Error(why);
    passedOver.push(why);
  }
  throw new Error('DNS names no server');
}

type Tried<T> =
  | { readonly type: 'served'; readonly value: T }
  | { readonly type: 'unserved'; readonly cause: unknown };

/** Rejects with what is no fault of the server's, or where nobody waits any more. */
async function tryOne<T>(
  server: ServerAddress,
  shareMs: number | undefined,
  { address, around, signal, keep }: Reaching,
  attempt: (agent: Agent) => Promise<T>,
): Promise<Tried<T>> {
  const impatience = new AbortController();
  const timer = shareMs === undefined ? undefined : setTimeout(() => impatience.abort(), shareMs);
  const either = AbortSignal.any([signal, impatience.signal]);
  let agent: Agent | undefined;
  const attempted = async (): Promise<T> => {
    agent = keep(await Agent.towards(server, address, around, either));
    agent.heard = () => clearTimeout(timer);
    return attempt(agent);
  };
  try {
    return { type: 'served', value: await unless(either, attempted()) };
  } catch (cause) {
    if (signal.aborted) throw cause;
    const isSilent = impatience.signal.aborted;
    if (!isSilent && !(cause instanceof Unserved)) throw cause;
    agent?.close();
    return { type: 'unserved', cause: isSilent ? new Unserved('no answer') : cause };
  } finally {
    clearTimeout(timer);
  }
}

function named({ name, transport, ...endpoint }: ServerAddress): string {
  const where = `${transport}:${formatEndpoint(endpoint)}`;
  return name === endpoint.address ? where : `${name} (${where})`;
}
