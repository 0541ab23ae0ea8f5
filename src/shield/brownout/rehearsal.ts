// A rule, tried on the last hour's good traffic: whom it would have hurt, how much, and whether trying again would have
// helped. It goes a few thousand requests at a time, so that whoever runs it can let the node do its work in between.
//
//   good traffic ─▶ touched? ─▶ by account, carrier and client; the phones that are worst hit; the worst spell

import { parseAddress } from '../../base/ip.ts';
import { LIMITS } from '../../base/limits.ts';
import { contains } from '../../base/prefix.ts';
import type { Instant } from '../../base/time.ts';
import type { GoodRequest, GoodTraffic } from './good-traffic.ts';
import { LONGEST_MS } from './ladder.ts';
import type { Rule } from './rule.ts';
import { type Fate, ShareTrial } from './share-trial.ts';

export interface Toll {
  readonly name: string;
  /** Good requests of theirs, and those of them that the rule would have touched. */
  readonly requests: number;
  readonly touched: number;
}

export interface PhoneToll extends Toll {
  /** Absent for a phone that is not provisioned any more. */
  readonly account?: string;
  readonly client: string;
}

export interface RehearsalReport {
  readonly from: Instant;
  readonly until: Instant;
  readonly requests: number;
  /** Dropped, put off or answered in brief, as the rule says. */
  readonly touched: number;
  /** Of these, what would have got in by being sent again within its time; only shares leave room for that. */
  readonly recovered: number;
  readonly emergencies: number;
  /** Must be none. */
  readonly emergenciesTouched: number;
  /** Of a rule that shares: packets of newcomers that a kernel ahead of the node lets in at once at most. */
  readonly atOnceMax?: number;
  readonly phonesTouched: number;
  /** The rule lasts so long at most, and this is the most that it would have touched in such a time. */
  readonly worstSpell?: { readonly lastsMs: number; readonly from: Instant; readonly touched: number };
  /** Those that are touched, the hardest hit first. */
  readonly accounts: readonly Toll[];
  readonly carriers: readonly Toll[];
  readonly clients: readonly Toll[];
  readonly worst: readonly PhoneToll[];
}

/** Of one phone or carrier. */
interface Tally {
  readonly isCarrier: boolean;
  requests: number;
  touched: number;
  client: string;
}

export class Rehearsal {
  readonly #rule: Rule;
  readonly #traffic: GoodTraffic;
  readonly #since: Instant;
  readonly #until: Instant;
  readonly #trial: ShareTrial | undefined;
  readonly #atOnceMax: number | undefined;
  readonly #end: number;
  #next: number;
  #from: Instant;
  readonly #tallies = new Map<string, Tally>();
  readonly #clients = new Map<string, { requests: number; touched: number }>();
  readonly #touchedAt: Instant[] = [];
  #requests = 0;
  #recovered = 0;
  #emergencies = 0;
  #emergenciesTouched = 0;

  /** `inKernel`: newcomers meet a kernel's shield before the node's. */
  constructor(rule: Rule, traffic: GoodTraffic, now: Instant, inKernel = false) {
    this.#rule = rule;
    this.#traffic = traffic;
    this.#since = now - LIMITS.rehearsalMs;
    this.#until = now;
    this.#from = now;
    this.#next = traffic.first;
    this.#end = traffic.next;
    this.#atOnceMax = rule.type === 'shares' && inKernel ? LIMITS.kernelNewcomersAtOnce : undefined;
    this.#trial = rule.type === 'shares' ? new ShareTrial(rule.posture, this.#atOnceMax) : undefined;
  }

  /** Goes on with so many requests. True: it is done. */
  step(atMost: number): boolean {
    // What has given way meanwhile is passed over.
    const from = Math.max(this.#next, this.#traffic.first);
    const to = Math.min(this.#end, from + atMost);
    for (let number = from; number < to; number++) {
      const request = this.#traffic.get(number);
      if (request !== undefined && request.at >= this.#since) this.#judge(request);
    }
    this.#next = to;
    if (to < this.#end) return false;
    this.#trial?.finish();
    return true;
  }

  /** Once it is done. `accountOf`: whose phone a user is. */
  report(accountOf: (user: string) => string | undefined): RehearsalReport {
    const phones = [...this.#tallies].filter(([, { isCarrier }]) => !isCarrier);
    const accounts = new Map<string, { requests: number; touched: number }>();
    for (const [key, tally] of phones) {
      const account = accountOf(nameOf(key));
      if (account !== undefined) add(accounts, account, tally.requests, tally.touched);
    }
    const worst = hardestHit(phones).map(([key, { requests, touched, client }]): PhoneToll => {
      const account = accountOf(nameOf(key));
      return { name: nameOf(key), requests, touched, client, ...(account === undefined ? {} : { account }) };
    });
    const carriers = [...this.#tallies].filter(([, { isCarrier }]) => isCarrier);
    const worstSpell = this.#worstSpell();
    return {
      from: this.#from,
      until: this.#until,
      requests: this.#requests,
      touched: this.#touchedAt.length,
      recovered: this.#recovered,
      emergencies: this.#emergencies,
      emergenciesTouched: this.#emergenciesTouched,
      ...(this.#atOnceMax === undefined ? {} : { atOnceMax: this.#atOnceMax }),
      phonesTouched: phones.filter(([, { touched }]) => touched > 0).length,
      ...(worstSpell === undefined ? {} : { worstSpell }),
      accounts: tolls(accounts),
      carriers: tolls(carriers.map(([key, tally]) => [nameOf(key), tally] as const)),
      clients: tolls(this.#clients),
      worst,
    };
  }

  #judge(request: GoodRequest): void {
    this.#requests++;
    this.#from = Math.min(this.#from, request.at);
    if (request.isEmergency) this.#emergencies++;
    const { who, client } = request;
    const isCarrier = request.lane === 'carrier';
    const key = `${isCarrier ? 'carrier' : 'phone'} ${who}`;
    const tally = this.#tallies.get(key) ?? { isCarrier, requests: 0, touched: 0, client };
    this.#tallies.set(key, tally);
    tally.requests++;
    tally.client = client;
    if (!isCarrier) add(this.#clients, client, 1, 0);
    const touch = () => {
      this.#touchedAt.push(request.at);
      tally.touched++;
      if (request.isEmergency) this.#emergenciesTouched++;
      if (!isCarrier) add(this.#clients, client, 0, 1);
    };
    this.#try(request, touch);
  }

  #try(request: GoodRequest, touch: () => void): void {
    const { lane, rung, address } = request;
    switch (this.#rule.type) {
      case 'rung':
        if (rung === this.#rule.rung) touch();
        break;
      case 'refuse': {
        const bytes = lane === 'newcomer' ? parseAddress(address) : undefined;
        if (bytes !== undefined && contains(this.#rule.prefix, bytes)) touch();
        break;
      }
      case 'shares':
        // Connections have shares of their own, which no posture changes.
        if (lane !== 'newcomer' || request.isStream) break;
        this.#trial?.add(request, (fate: Fate) => {
          if (fate !== 'at-once') touch();
          if (fate === 'retried') this.#recovered++;
        });
    }
  }

  /** A rung is engaged for a limited time; which such time would have been the worst? */
  #worstSpell(): RehearsalReport['worstSpell'] {
    if (this.#rule.type !== 'rung' || this.#touchedAt.length === 0) return undefined;
    const lastsMs = LONGEST_MS[this.#rule.rung];
    let best = { lastsMs, from: this.#from, touched: 0 };
    let begin = 0;
    for (let end = 0; end < this.#touchedAt.length; end++) {
      while ((this.#touchedAt[end] ?? 0) - (this.#touchedAt[begin] ?? 0) >= lastsMs) begin++;
      const touched = end - begin + 1;
      if (touched > best.touched) best = { lastsMs, from: this.#touchedAt[begin] ?? 0, touched };
    }
    return best;
  }
}

/** The first few, without sorting all of them. */
function hardestHit(phones: readonly (readonly [string, Tally])[]): readonly (readonly [string, Tally])[] {
  const worst: (readonly [string, Tally])[] = [];
  for (const phone of phones) {
    const { touched, requests } = phone[1];
    if (touched === 0) continue;
    const least = worst.length < LIMITS.rehearsalWorstMax ? undefined : worst.at(-1)?.[1];
    if (least !== undefined && touched <= least.touched) continue;
    const at = worst.findIndex(
      ([, other]) => touched > other.touched || (touched === other.touched && requests < other.requests),
    );
    worst.splice(at < 0 ? worst.length : at, 0, phone);
    if (worst.length > LIMITS.rehearsalWorstMax) worst.pop();
  }
  return worst;
}

function nameOf(key: string): string {
  return key.slice(key.indexOf(' ') + 1);
}

function add(
  to: Map<string, { requests: number; touched: number }>,
  name: string,
  requests: number,
  touched: number,
): void {
  const known = to.get(name) ?? { requests: 0, touched: 0 };
  known.requests += requests;
  known.touched += touched;
  to.set(name, known);
}

function tolls(
  of: Iterable<readonly [string, { readonly requests: number; readonly touched: number }]>,
): readonly Toll[] {
  return [...of]
    .filter(([, { touched }]) => touched > 0)
    .map(([name, { requests, touched }]) => ({ name, requests, touched }))
    .sort((a, b) => b.touched - a.touched || (a.name < b.name ? -1 : 1));
}
