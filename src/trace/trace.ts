// All messages of the node as they come and go, for whoever watches: people, a collector, and the journal that
// keeps the latest. The event loop brings them, the core's events say which call they belong to; and since a
// message may be the one that begins a call, they are handed on when the turn that they caused is over.

import type { Endpoint, Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { TraceCollector, TracedMessage } from '../ports/trace.ts';
import { sipCallIdOf } from './call-id.ts';
import { callMatches, type TraceFilter, wanted } from './filter.ts';
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
    const watches = [...this.#watches].filter(({ filter }) => filter.type === 'call' && filter.id === id);
    for (const watch of watches) watch.callEnded();
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

  /** Messages that are kept and wanted, oldest first. */
  kept(filter: TraceFilter, since: Instant, now: Instant): readonly TracedMessage[] {
    return this.#kept(filter, since, now).map((kept) => this.shown(kept));
  }

  /**
   * Whoever opens it closes it. It begins with what is kept since then; without `since` with the calls in
   * progress, or with all of the one call that was asked for.
   */
  open(filter: TraceFilter, since: Instant | undefined, now: Instant): Watch {
    const watch = new Watch(filter);
    const whole = filter.type === 'call' || filter.type === 'sip-call-id';
    if (since !== undefined || whole) watch.offerKept(this.#kept(filter, since ?? 0, now));
    else if (filter.type !== 'all') watch.offerKept(this.#inProgress(filter, now));
    if (filter.type === 'call' && this.call(filter.id)?.endedAt !== undefined) watch.callEnded();
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

  #kept(filter: TraceFilter, since: Instant, now: Instant): readonly Kept[] {
    const recent = (messages: readonly Kept[]) => messages.filter(({ at }) => at >= since);
    switch (filter.type) {
      case 'call':
        return recent(this.#ofCall(this.#journal.call(filter.id), now));
      case 'sip-call-id': {
        const call = this.#journal.callOf(filter.sipCallId);
        if (call !== undefined) return recent(this.#ofCall(call, now));
        return wanted(filter, recent(this.#journal.messages(now)));
      }
      default:
        return wanted(filter, recent(this.#journal.messages(now)));
    }
  }

  #ofCall(call: KnownCall | undefined, now: Instant): readonly Kept[] {
    return call === undefined ? [] : this.#journal.messagesOf(call, now);
  }

  #inProgress(filter: TraceFilter, now: Instant): readonly Kept[] {
    const calls = [...this.#journal.calls].filter((call) => call.endedAt === undefined);
    const matching = calls.filter((call) => callMatches(filter, call));
    return inOrder(matching.flatMap((call) => this.#journal.messagesOf(call, now)));
  }

  get #listening(): boolean {
    return this.#watches.size > 0 || this.#options.collector !== undefined;
  }
}
