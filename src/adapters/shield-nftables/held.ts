// What the node has told the kernel, or is about to: the truth that the kernel's sets follow. A step changes it and
// marks the element; whatever is marked is told as it is by then, so steps may come twice, and trouble costs nothing
// but time: everything can be told anew.

import { assertNever, present } from '../../base/assert.ts';
import type { Instant } from '../../base/time.ts';
import type { Rate, ShieldChange } from '../../ports/shield.ts';
import { customerOf, endpointKey } from './addresses.ts';
import { MEDIA_PEER_RATE, MEDIA_STRANGER_RATE, ROOM, type ToldSet } from './sets.ts';

/** An element, without its key. */
export interface Held {
  readonly rate?: Rate;
  /** Absent: until it is taken away. */
  readonly until?: Instant;
}

export interface Marked {
  readonly set: ToldSet;
  readonly key: string;
  /** Absent: to be taken away. */
  readonly held?: Held;
}

/** In the order of telling: whose call it is cannot wait for who may come again some day. */
const ORDER: readonly ToldSet[] = [
  'emergency4',
  'emergency6',
  'media_open',
  'media_peers4',
  'media_peers6',
  'doors_a',
  'doors_b',
  'known4',
  'known6',
  'refused4',
  'refused6',
  'familiar4',
  'familiar6',
];

interface Table {
  readonly max: number;
  readonly elements: Map<string, Held>;
  readonly marked: Set<string>;
  sweeping: Iterator<[string, Held]> | undefined;
}

const FOREVER = Number.POSITIVE_INFINITY;

export class HeldElements {
  readonly #tables: ReadonlyMap<ToldSet, Table>;
  /** The peer's element of each media port. */
  readonly #peers = new Map<number, { readonly set: ToldSet; readonly key: string }>();

  constructor(most: Readonly<Record<ToldSet, number>> = ROOM) {
    const table = (set: ToldSet): Table => ({
      max: most[set],
      elements: new Map(),
      marked: new Set(),
      sweeping: undefined,
    });
    this.#tables = new Map(ORDER.map((set) => [set, table(set)]));
  }

  /** Elements that are marked. */
  get waiting(): number {
    return ORDER.reduce((sum, set) => sum + this.#table(set).marked.size, 0);
  }

  take(change: ShieldChange): void {
    switch (change.type) {
      case 'flow':
        return this.#flow(change, { rate: change.rate, until: change.until });
      case 'flow-gone':
        return this.#flow(change, undefined);
      case 'familiar':
        return this.#source('familiar', change.address, { until: change.until });
      case 'refused':
        return this.#source('refused', change.address, { until: change.until });
      case 'refused-gone':
        return this.#source('refused', change.address, undefined);
      case 'media-open':
        for (const port of [change.port, change.port + 1]) {
          this.#put('media_open', String(port), { rate: MEDIA_STRANGER_RATE });
        }
        return;
      case 'media-peer':
        return this.#peer(change);
      case 'media-closed':
        for (const port of [change.port, change.port + 1]) {
          this.#drop('media_open', String(port));
          this.#forgetPeer(port);
        }
        return;
      case 'door-open':
        this.#drop(change.side === 'a' ? 'doors_b' : 'doors_a', String(change.port));
        return this.#put(`doors_${change.side}`, String(change.port), {});
      case 'door-closed':
        this.#drop('doors_a', String(change.port));
        return this.#drop('doors_b', String(change.port));
      default:
        return assertNever(change);
    }
  }

  /** What is to be told next, at most so much of it. */
  takeMarked(atMost: number, now: Instant): readonly Marked[] {
    const taken: Marked[] = [];
    for (const set of ORDER) {
      const { marked, elements } = this.#table(set);
      for (const key of marked) {
        if (taken.length >= atMost) return taken;
        marked.delete(key);
        const held = elements.get(key);
        const isLive = held !== undefined && (held.until ?? FOREVER) > now;
        taken.push(isLive ? { set, key, held } : { set, key });
      }
    }
    return taken;
  }

  /**
   * Everything that holds, for a table that has nothing, in parts of at most this many. Nothing is marked when it
   * begins; what changes between two parts is marked, and told again.
   */
  *takeAll(now: Instant, atMost: number): Generator<readonly Marked[]> {
    for (const set of ORDER) this.#table(set).marked.clear();
    let part: Marked[] = [];
    for (const set of ORDER) {
      for (const [key, held] of this.#table(set).elements) {
        if ((held.until ?? FOREVER) <= now) continue;
        part.push({ set, key, held });
        if (part.length < atMost) continue;
        yield part;
        part = [];
      }
    }
    if (part.length > 0) yield part;
  }

  /** Forgets what has ended, looking at so many of each set and going on there the next time. */
  sweep(now: Instant): void {
    for (const set of ORDER) {
      const table = this.#table(set);
      table.sweeping ??= table.elements.entries();
      for (let looked = 0; looked < SWEPT; looked++) {
        const { done, value } = table.sweeping.next();
        if (done === true) {
          table.sweeping = undefined;
          break;
        }
        const [key, { until = FOREVER }] = value;
        if (until <= now) table.elements.delete(key);
      }
    }
  }

  /** By sets of both families together. */
  fill(): Readonly<Record<string, { readonly used: number; readonly size: number }>> {
    const filled: Record<string, { readonly used: number; readonly size: number }> = {};
    for (const [set, { elements, max }] of this.#tables) {
      const name = set.replace(/[46]$/, '');
      const others = filled[name] ?? { used: 0, size: 0 };
      filled[name] = { used: others.used + elements.size, size: others.size + max };
    }
    return filled;
  }

  #flow(
    { lane, transport, remote }: ShieldChange & { type: 'flow' | 'flow-gone' },
    held: Held | undefined,
  ): void {
    // A connection that stands is not judged in the kernel.
    const place = transport === 'udp' ? endpointKey(remote) : undefined;
    if (place !== undefined) this.#change(`${lane}${place.family}`, place.text, held);
  }

  #source(what: 'familiar' | 'refused', address: string, held: Held | undefined): void {
    const place = customerOf(address);
    if (place !== undefined) this.#change(`${what}${place.family}`, place.text, held);
  }

  #peer({ port, remote }: ShieldChange & { type: 'media-peer' }): void {
    const place = endpointKey(remote);
    this.#forgetPeer(port);
    if (place === undefined) return;
    const peer = { set: `media_peers${place.family}`, key: `${port} . ${place.text}` } as const;
    this.#peers.set(port, peer);
    this.#put(peer.set, peer.key, { rate: MEDIA_PEER_RATE });
  }

  #forgetPeer(port: number): void {
    const peer = this.#peers.get(port);
    if (peer === undefined) return;
    this.#peers.delete(port);
    this.#drop(peer.set, peer.key);
  }

  #change(set: ToldSet, key: string, held: Held | undefined): void {
    if (held === undefined) this.#drop(set, key);
    else this.#put(set, key, held);
  }

  /** Where there is no room, the element that was put there longest ago gives way. */
  #put(set: ToldSet, key: string, held: Held): void {
    const { elements, marked, max } = this.#table(set);
    elements.delete(key);
    if (elements.size >= max) {
      for (const [oldest] of elements) {
        this.#drop(set, oldest);
        break;
      }
    }
    elements.set(key, held);
    marked.add(key);
  }

  #drop(set: ToldSet, key: string): void {
    const { elements, marked } = this.#table(set);
    elements.delete(key);
    marked.add(key);
  }

  #table(set: ToldSet): Table {
    return present(this.#tables.get(set), set);
  }
}

/** Elements of each set that are looked at in one go. */
const SWEPT = 5_000;
