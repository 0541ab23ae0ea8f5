// The last hour's good traffic: what customers and carriers asked for and got, so that a rule can be tried on it before
// it meets customers (law 3). Only requests outside of dialogs, since no rule touches others, and only of whom it is
// known that they are good: flows that were known, and newcomers whose digest was right.
//
// A ring of 23 bytes for each request, in columns, which grows as it fills; its texts are kept once each.

import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';
import { LANES, type Lane, RUNGS, type Rung } from '../../ports/shield.ts';
import { Words } from './words.ts';

export interface GoodRequest {
  readonly at: Instant;
  /** In which it came. */
  readonly lane: Lane;
  /** By which it would be shed, were it engaged. */
  readonly rung: Rung | undefined;
  /** To an emergency number, or of a phone in an emergency call. */
  readonly isEmergency: boolean;
  /** Phones had proved themselves at its address before. */
  readonly isFamiliar: boolean;
  readonly isStream: boolean;
  readonly isInvite: boolean;
  /** A phone's user, or a carrier's name. */
  readonly who: string;
  /** What its User-Agent begins with: `Yealink`. */
  readonly client: string;
  readonly address: string;
}

const BEGIN_SIZE = 1_024;
const EMERGENCY = 1;
const FAMILIAR = 2;
const STREAM = 4;
const INVITE = 8;

interface Columns {
  readonly at: Float64Array;
  readonly lane: Uint8Array;
  /** One more than its index; 0: none. */
  readonly rung: Uint8Array;
  readonly flags: Uint8Array;
  readonly who: Uint32Array;
  readonly client: Uint32Array;
  readonly address: Uint32Array;
}

export class GoodTraffic {
  readonly #max: number;
  readonly #words = new Words();
  #columns = columnsOf(0);
  #size = 0;
  /** Requests noted since the beginning: the newest one's number. */
  #noted = 0;

  constructor(max: number = LIMITS.goodRequestsMax) {
    this.#max = max;
  }

  /** Requests that are kept. */
  get size(): number {
    return this.#noted - this.first;
  }

  /** Texts that are kept. */
  get words(): number {
    return this.#words.size;
  }

  /** Numbers of what is kept: from `first` to just before `next`. */
  get first(): number {
    return Math.max(0, this.#noted - this.#size);
  }

  get next(): number {
    return this.#noted;
  }

  /** The oldest gives way where there is no room. */
  note(request: GoodRequest): void {
    if (this.#noted >= this.#size) this.#grow();
    const index = this.#noted % this.#size;
    const { at, lane, rung, flags, who, client, address } = this.#columns;
    if (this.#noted >= this.#size) this.#release(index);
    at[index] = request.at;
    lane[index] = LANES.indexOf(request.lane);
    rung[index] = request.rung === undefined ? 0 : 1 + RUNGS.indexOf(request.rung);
    flags[index] =
      (request.isEmergency ? EMERGENCY : 0) |
      (request.isFamiliar ? FAMILIAR : 0) |
      (request.isStream ? STREAM : 0) |
      (request.isInvite ? INVITE : 0);
    who[index] = this.#words.use(request.who.slice(0, LIMITS.goodWordCharactersMax));
    client[index] = this.#words.use(request.client.slice(0, LIMITS.goodWordCharactersMax));
    address[index] = this.#words.use(request.address);
    this.#noted++;
  }

  /** `undefined` where it has given way. */
  get(number: number): GoodRequest | undefined {
    if (number < this.first || number >= this.#noted) return undefined;
    const index = number % this.#size;
    const { at, lane, rung, flags, who, client, address } = this.#columns;
    const flag = flags[index] ?? 0;
    return {
      at: at[index] ?? 0,
      lane: LANES[lane[index] ?? 0] ?? 'known',
      rung: RUNGS[(rung[index] ?? 0) - 1],
      isEmergency: (flag & EMERGENCY) !== 0,
      isFamiliar: (flag & FAMILIAR) !== 0,
      isStream: (flag & STREAM) !== 0,
      isInvite: (flag & INVITE) !== 0,
      who: this.#words.text(who[index] ?? 0),
      client: this.#words.text(client[index] ?? 0),
      address: this.#words.text(address[index] ?? 0),
    };
  }

  #release(index: number): void {
    const { who, client, address } = this.#columns;
    for (const column of [who, client, address]) this.#words.release(column[index] ?? 0);
  }

  /** Twice as large, until it is as large as it may be, and goes round. Until then numbers and places agree. */
  #grow(): void {
    if (this.#size >= this.#max) return;
    this.#size = Math.min(this.#max, Math.max(BEGIN_SIZE, 2 * this.#size));
    const larger = columnsOf(this.#size);
    for (const name of Object.keys(larger) as (keyof Columns)[]) larger[name].set(this.#columns[name]);
    this.#columns = larger;
  }
}

function columnsOf(size: number): Columns {
  return {
    at: new Float64Array(size),
    lane: new Uint8Array(size),
    rung: new Uint8Array(size),
    flags: new Uint8Array(size),
    who: new Uint32Array(size),
    client: new Uint32Array(size),
    address: new Uint32Array(size),
  };
}
