// All messages of the node as they come and go, for whoever watches: people, a collector, and the journal that
// keeps the latest. The event loop brings them, the core's events say which call they belong to; and since a
// message may be the one that begins a call, they are handed on when the turn that they caused is over.

import { LIMITS } from '../base/limits.ts';
import type { Endpoint, Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { TraceCollector, TracedMessage } from '../ports/trace.ts';
import { sipCallIdOf } from './call-id.ts';
import { callMatches, search, type TraceFilter } from './filter.ts';
import {
  inOrder,
  JOURNAL_LIMITS,
  Journal,
  type JournalLimits,
  type Kept,
  type KnownCall,
  type LegOfCall,
} from './journal.ts';
import { redacted } from './redact.ts';
import { Watch } from './watch.ts';

export interface TraceOptions {
  /** For this long messages are kept; 0: they are not. */
  readonly keepMs: number;
  readonly limits?: Partial<JournalLimits>;
  readonly collector?: TraceCollector;
  /** What others call the end of ours that a flow names: a listener may be bound to 0.0.0.0. */
  readonly advertised?: (flow: Flow) => Endpoint;
}

export interface TraceStats {
  readonly callBytes: number;
  readonly otherBytes: number;
  readonly watchers: number;
  /** Messages that were copied to it, and those that were not. */
  readonly collector?: { readonly sent: number; readonly dropped: number };
}

/** A slice of something larger keeps all of it in memory. */
const SLICE_WASTE_BYTES = 1_024;

export class Trace {
  readonly #options: TraceOptions;
  readonly #journal: Journal;
  readonly #watches = new Set<Watch>();
  #turn: Kept[] = [];
  #order = 0;

  constructor(options: TraceOptions) {
    this.#options = options;
    this.#journal = new Journal({ ...JOURNAL_LIMITS, ...options.limits, keepMs: options.keepMs });
  }

  // ── what comes in ──

  record(direction: 'in' | 'out', flow: Flow, bytes: Uint8Array, at: Instant): void {
    const { keepMs } = this.#options;
    if (keepMs === 0 && !this.#listening) return;
    const sipCallId = sipCallIdOf(bytes);
    const kept: Kept = {
      order: this.#order++,
      at,
      direction,
      flow,
      bytes: bytes.buffer.byteLength > bytes.length + SLICE_WASTE_BYTES ? new Uint8Array(bytes) : bytes,
      sipCallId,
      call: this.#journal.callOf(sipCallId),
      slot: -1,
    };
    this.#journal.keep(kept);
    if (this.#listening) this.#turn.push(kept);
  }

  callStarted(id: string, called: string, caller: string): void {
    this.#journal.started(id, called, caller);
  }

  leg(leg: LegOfCall): void {
    this.#journal.leg(leg);
    for (const kept of this.#turn) kept.call ??= this.#journal.callOf(kept.sipCallId);
  }

  callEnded(id: string, now: Instant): void {
    this.#journal.ended(id, now);
    for (const watch of this.#watches) if (this.#oneCall(watch.filter)?.id === id) watch.callEnded();
  }

  /** What was recorded since the last turn is handed on. */
  turnOver(): void {
    if (this.#turn.length === 0) return;
    const turn = this.#turn;
    this.#turn = [];
    for (const watch of this.#watches) for (const kept of turn) watch.offer(kept);
    this.#options.collector?.send(turn.map((kept) => this.shown(kept)));
  }

  // ── what can be seen ──

  get stats(): TraceStats {
    const { calls, others } = this.#journal.bytes;
    const collector = this.#options.collector?.stats();
    return {
      callBytes: calls,
      otherBytes: others,
      watchers: this.#watches.size,
      ...(collector === undefined ? {} : { collector }),
    };
  }

  call(id: string): KnownCall | undefined {
    return this.#journal.call(id);
  }

  /** Messages that are kept and wanted, oldest first, at most LIMITS.traceKeptMessagesMax; see `search`. */
  find(filter: TraceFilter, since: Instant, now: Instant): Generator<void, readonly Kept[]> {
    const found = (calls: readonly KnownCall[], others: readonly Kept[]) =>
      search(filter, { calls, others }, since, LIMITS.traceKeptMessagesMax);
    const others = this.#journal.others(now);
    const one = this.#oneCall(filter);
    return one === undefined ? found(this.#journal.calls, others) : found([one], []);
  }

  /** Whoever opens it closes it. It begins with the calls in progress that match, unless it is for all. */
  open(filter: TraceFilter, now: Instant): Watch {
    const watch = new Watch(filter);
    if (filter.type !== 'all') watch.offerKept(this.#inProgress(filter, now));
    if (this.#oneCall(filter)?.endedAt !== undefined) watch.callEnded();
    this.#watches.add(watch);
    return watch;
  }

  close(watch: Watch): void {
    this.#watches.delete(watch);
    watch.close();
  }

  closeAll(): void {
    for (const watch of [...this.#watches]) this.close(watch);
  }

  shown({ at, direction, flow, bytes, sipCallId, call }: Kept): TracedMessage {
    const peer = sipCallId === undefined ? undefined : call?.legs.get(sipCallId);
    return {
      at,
      direction,
      transport: flow.transport,
      local: this.#options.advertised?.(flow) ?? flow.local,
      remote: flow.remote,
      bytes: redacted(bytes),
      ...(sipCallId === undefined ? {} : { sipCallId }),
      ...(call === undefined ? {} : { callId: call.id }),
      ...(peer === undefined ? {} : { peer }),
    };
  }

  /** Where only one is asked for, and it is known. */
  #oneCall(filter: TraceFilter): KnownCall | undefined {
    if (filter.type === 'call') return this.#journal.call(filter.id);
    return filter.type === 'sip-call-id' ? this.#journal.callOf(filter.sipCallId) : undefined;
  }

  #inProgress(filter: TraceFilter, now: Instant): readonly Kept[] {
    const calls = this.#journal.calls.filter((call) => call.endedAt === undefined);
    const matching = calls.filter((call) => callMatches(filter, call));
    return inOrder(matching.flatMap((call) => this.#journal.messagesOf(call, now)));
  }

  get #listening(): boolean {
    return this.#watches.size > 0 || this.#options.collector !== undefined;
  }
}
