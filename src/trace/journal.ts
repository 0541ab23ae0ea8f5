// The latest messages, in memory only, so that what a call said can be looked at when it has just ended.
//
//   record ─▶ Call-ID known? ─yes─▶ calls   64 MiB ┐
//                 └─no─▶ others    8 MiB ──────────┘ a leg begins: its messages so far move over
//
// Two rings, because whoever floods the node with messages of no call must not push out those of calls; and a
// bound for each call, so that none pushes out the others. Which Call-IDs are a call's, its legs say.

import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import { Ring } from './ring.ts';

/** 64 × T1: for this long a transaction may still be answered (RFC 3261 §17). */
const LAST_ANSWERS_MS = 32 * SECOND_MS;

export interface Kept {
  /** Order of recording. */
  readonly order: number;
  readonly at: Instant;
  readonly direction: 'in' | 'out';
  readonly flow: Flow;
  /** As on the wire: secrets are struck out when it is shown. */
  readonly bytes: Uint8Array;
  readonly sipCallId: string | undefined;
  call: KnownCall | undefined;
  slot: number;
}

/** A call or test call, as far as its messages can be told from others'. */
export interface KnownCall {
  readonly id: string;
  /** E.164, or whatever the caller dialled or called itself. */
  readonly parties: Set<string>;
  /** Users of our phones. */
  readonly phones: Set<string>;
  /** By SIP Call-ID: who is at the other end of that leg. */
  readonly legs: Map<string, string>;
  readonly messages: Kept[];
  called?: string;
  caller?: string;
  endedAt?: Instant;
}

export interface LegOfCall {
  readonly callId: string;
  readonly sipCallId: string;
  readonly kind: 'phone' | 'trunk';
  readonly peer: string;
  readonly number?: string;
}

export interface JournalLimits {
  /** Nothing older is shown. 0: nothing is kept. */
  readonly keepMs: number;
  readonly callBytesMax: number;
  readonly otherBytesMax: number;
  readonly messagesPerCallMax: number;
}

export const JOURNAL_LIMITS: Omit<JournalLimits, 'keepMs'> = {
  callBytesMax: LIMITS.traceCallBytesMax,
  otherBytesMax: LIMITS.traceOtherBytesMax,
  messagesPerCallMax: LIMITS.traceMessagesPerCallMax,
};

export class Journal {
  readonly #limits: JournalLimits;
  readonly #ofCalls: Ring<Kept>;
  readonly #others: Ring<Kept>;
  readonly #calls = new Map<string, KnownCall>();
  readonly #callOf = new Map<string, KnownCall>();
  /** Calls that ended a moment ago. */
  readonly #over = new Set<KnownCall>();
  /** Messages of no call by SIP Call-ID, as long as one may yet begin with them. */
  readonly #unclaimed = new Map<string, Kept[]>();

  constructor(limits: JournalLimits) {
    this.#limits = limits;
    this.#ofCalls = new Ring(limits.callBytesMax, (kept) => this.#leftCall(kept));
    this.#others = new Ring(limits.otherBytesMax, (kept) => this.#unclaim(kept));
  }

  get bytes(): { readonly calls: number; readonly others: number } {
    return { calls: this.#ofCalls.bytes, others: this.#others.bytes };
  }

  call(id: string): KnownCall | undefined {
    return this.#calls.get(id);
  }

  callOf(sipCallId: string | undefined): KnownCall | undefined {
    return sipCallId === undefined ? undefined : this.#callOf.get(sipCallId);
  }

  /** In the order in which they began. */
  get calls(): readonly KnownCall[] {
    return [...this.#calls.values()];
  }

  keep(kept: Kept): void {
    const { keepMs, messagesPerCallMax } = this.#limits;
    if (keepMs === 0) return;
    this.#forgetBefore(kept.at - keepMs);
    const { call, sipCallId } = kept;
    if (call !== undefined) {
      if (call.messages.length >= messagesPerCallMax) return;
      call.messages.push(kept);
      this.#ofCalls.push(kept);
      return;
    }
    if (sipCallId !== undefined) this.#offerForClaim(sipCallId, kept);
    this.#others.push(kept);
  }

  /** Calls begin with INVITE: only what came under its Call-ID may be claimed by one. */
  #offerForClaim(sipCallId: string, kept: Kept): void {
    const known = this.#unclaimed.get(sipCallId);
    if (known !== undefined) known.push(kept);
    else if (isInvite(kept.bytes)) this.#unclaimed.set(sipCallId, [kept]);
  }

  started(id: string, called: string, caller: string): void {
    const call = this.#known(id);
    call.called = called;
    call.caller = caller;
    call.parties.add(called).add(caller);
  }

  /** Messages of this Call-ID are the call's from now on, and those that came before as well. */
  leg({ callId, sipCallId, kind, peer, number }: LegOfCall): void {
    const call = this.#known(callId);
    call.legs.set(sipCallId, peer);
    if (kind === 'phone') call.phones.add(peer);
    if (number !== undefined) call.parties.add(number);
    this.#callOf.set(sipCallId, call);
    for (const kept of this.#unclaimed.get(sipCallId) ?? []) {
      this.#others.remove(kept);
      kept.call = call;
      if (call.messages.length >= this.#limits.messagesPerCallMax) continue;
      call.messages.push(kept);
      this.#ofCalls.push(kept);
    }
    this.#unclaimed.delete(sipCallId);
  }

  ended(id: string, now: Instant): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.endedAt = now;
    this.#over.add(call);
    this.#forgetOver(now);
  }

  /** Messages of no call, oldest first. */
  others(now: Instant): readonly Kept[] {
    this.#forgetBefore(now - this.#limits.keepMs);
    return [...this.#others];
  }

  messagesOf(call: KnownCall, now: Instant): readonly Kept[] {
    this.#forgetBefore(now - this.#limits.keepMs);
    return inOrder(call.messages);
  }

  #known(id: string): KnownCall {
    const known = this.#calls.get(id);
    if (known !== undefined) return known;
    const call: KnownCall = {
      id,
      parties: new Set(),
      phones: new Set(),
      legs: new Map(),
      messages: [],
    };
    this.#calls.set(id, call);
    return call;
  }

  #forgetBefore(then: Instant): void {
    for (let old = this.#ofCalls.oldest(); old !== undefined && old.at < then; old = this.#ofCalls.oldest()) {
      this.#ofCalls.remove(old);
      this.#leftCall(old);
    }
    for (let old = this.#others.oldest(); old !== undefined && old.at < then; old = this.#others.oldest()) {
      this.#others.remove(old);
      this.#unclaim(old);
    }
  }

  #leftCall(kept: Kept): void {
    const { call } = kept;
    if (call === undefined) return;
    remove(call.messages, kept);
    if (!this.#over.has(call)) this.#forgetIfEmpty(call);
  }

  /** The last answers come when the call is over already. */
  #forgetOver(now: Instant): void {
    for (const call of this.#over) {
      if ((call.endedAt ?? 0) > now - LAST_ANSWERS_MS) return;
      this.#over.delete(call);
      this.#forgetIfEmpty(call);
    }
  }

  #forgetIfEmpty(call: KnownCall): void {
    if (call.messages.length === 0 && call.endedAt !== undefined) this.#forget(call);
  }

  #unclaim(kept: Kept): void {
    const { sipCallId } = kept;
    const known = sipCallId === undefined ? undefined : this.#unclaimed.get(sipCallId);
    if (sipCallId === undefined || known === undefined) return;
    remove(known, kept);
    if (known.length === 0) this.#unclaimed.delete(sipCallId);
  }

  #forget(call: KnownCall): void {
    this.#calls.delete(call.id);
    for (const sipCallId of call.legs.keys()) {
      // A carrier may have sent us our own call back under the same Call-ID: then it is the newer one's.
      if (this.#callOf.get(sipCallId) === call) this.#callOf.delete(sipCallId);
    }
  }
}

function isInvite(bytes: Uint8Array): boolean {
  return bytes[0] === 0x49 && bytes[1] === 0x4e && bytes[2] === 0x56;
}

/** The oldest is first, so this is quick. */
function remove(messages: Kept[], kept: Kept): void {
  const index = messages.indexOf(kept);
  if (index === 0) messages.shift();
  else if (index > 0) messages.splice(index, 1);
}

export function inOrder(messages: readonly Kept[]): readonly Kept[] {
  return messages.toSorted((a, b) => a.order - b.order);
}
