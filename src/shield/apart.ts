// Which flows get a queue of their own where no kernel shield drops a flood ahead of the node: sockets that are
// connected to one peer, which the system fills with that peer's datagrams alone. Each of them makes every other
// datagram a little dearer to sort, so there are few, for those who are worth most.
//
//   emergency calls, then carriers, then phones, who keep theirs while they are known
//
// It opens nothing itself; it says what is to be opened and closed.

import { LIMITS } from '../base/limits.ts';
import { type Endpoint, formatEndpoint } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { ShieldChange } from '../ports/shield.ts';

type FlowChange = Extract<ShieldChange, { type: 'flow' }>;

interface Kept {
  readonly remote: Endpoint;
  readonly rank: number;
  readonly until: Instant;
}

export interface ApartSteps {
  readonly open: readonly Endpoint[];
  readonly close: readonly Endpoint[];
}

export class Apart {
  readonly #kept = new Map<string, Kept>();
  readonly #max: number;

  constructor(max: number = LIMITS.apartFlowsMax) {
    this.#max = max;
  }

  get size(): number {
    return this.#kept.size;
  }

  changed(changes: readonly ShieldChange[], now: Instant): ApartSteps {
    const open: Endpoint[] = [];
    const close: Endpoint[] = [];
    for (const change of changes) {
      if (change.type === 'flow' && change.transport === 'udp') this.#flow(change, now, open, close);
      if (change.type === 'flow-gone' && change.transport === 'udp') this.#drop(change.remote, close);
    }
    return { open, close };
  }

  #flow(change: FlowChange, now: Instant, open: Endpoint[], close: Endpoint[]): void {
    const { remote, until } = change;
    const name = formatEndpoint(remote);
    const before = this.#kept.get(name);
    if (before === undefined && this.#kept.size >= this.#max) {
      const lesser = this.#lessThan(rankOf(change), now);
      if (lesser === undefined) return;
      this.#drop(lesser.remote, close);
    }
    const rank = Math.max(rankOf(change), before?.rank ?? 0);
    this.#kept.set(name, { remote, rank, until: Math.max(until, before?.until ?? 0) });
    if (before === undefined) open.push(remote);
  }

  #drop(remote: Endpoint, close: Endpoint[]): void {
    if (this.#kept.delete(formatEndpoint(remote))) close.push(remote);
  }

  /** Whose time is up, else the first of the lowest rank, if that is below this one. */
  #lessThan(rank: number, now: Instant): Kept | undefined {
    let lowest: Kept | undefined;
    for (const kept of this.#kept.values()) {
      if (kept.until <= now) return kept;
      if (kept.rank < (lowest?.rank ?? rank)) lowest = kept;
    }
    return lowest;
  }
}

function rankOf({ lane, ofCarrier }: FlowChange): number {
  if (lane === 'emergency') return 2;
  return ofCarrier === true ? 1 : 0;
}
