// Requests within a dialog whose next hop has several servers (RFC 3263 §4.3). One that gives no sign of life in time,
// refuses with 503 or cannot be reached has had its chance: the same request goes to the next, in a transaction of its
// own. Whoever asked knows the first transaction alone, and hears of one outcome.
//
//   BYE ─▶ first server  ── nothing in 4 s ──▶ BYE, other branch ─▶ second server ── 200 ──▶ told as the first's
//
// The first may have got it after all: its answer, if it comes before the other's, is the outcome.

import { type Deadline, Deadlines } from '../base/deadlines.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { SipRequest } from '../sip/message/message.ts';
import type { TransactionEffect, TransactionId } from '../sip/transaction/layer.ts';

export interface NextServersOptions {
  send(request: SipRequest, flow: Flow): TransactionId;
  /** Nothing came back from there. */
  silent(flow: Flow, now: Instant): void;
}

interface Attempt {
  /** By which it is known outside. */
  readonly first: TransactionId;
  readonly request: SipRequest;
  /** Every transaction of it. */
  readonly all: TransactionId[];
  /** Not yet tried, in order. */
  readonly others: Flow[];
  /** Without a final outcome. */
  readonly open: Set<TransactionId>;
  latest: { readonly id: TransactionId; readonly flow: Flow };
  deadline: Deadline<Attempt> | undefined;
  /** The transaction whose final response was told. */
  winner: TransactionId | undefined;
}

type Outcome = Extract<TransactionEffect, { readonly type: 'response' | 'timeout' | 'transport-failed' }>;

export class NextServers {
  readonly #options: NextServersOptions;
  readonly #attempts = new Map<TransactionId, Attempt>();
  readonly #deadlines = new Deadlines<Attempt>();

  constructor(options: NextServersOptions) {
    this.#options = options;
  }

  /** Transactions of requests that may go, or went, to several servers. */
  get size(): number {
    return this.#attempts.size;
  }

  /** Sends to the first of these, and to the others in turn as they are needed. */
  request(request: SipRequest, [flow, ...others]: readonly [Flow, ...Flow[]], now: Instant): TransactionId {
    const id = this.#options.send(request, flow);
    if (others.length === 0) return id;
    const open = new Set([id]);
    const latest = { id, flow };
    const attempt: Attempt = {
      ...{ first: id, request, all: [id], others, open, latest },
      deadline: undefined,
      winner: undefined,
    };
    this.#attempts.set(id, attempt);
    this.#wait(attempt, now);
    return id;
  }

  /** What is to be told of it to whoever asked; `undefined`: nothing yet, or nothing more. */
  receive(effect: TransactionEffect, now: Instant): TransactionEffect | undefined {
    if (effect.type !== 'response' && effect.type !== 'timeout' && effect.type !== 'transport-failed')
      return effect;
    const attempt = this.#attempts.get(effect.id);
    return attempt === undefined ? effect : this.#receive(attempt, effect, now);
  }

  /** It goes nowhere else. The transactions to cancel, in which it is under way. */
  cancel(first: TransactionId): readonly TransactionId[] {
    const attempt = this.#attempts.get(first);
    if (attempt === undefined) return [first];
    attempt.others.length = 0;
    if (attempt.winner === undefined) this.#deadlines.cancel(attempt.deadline);
    return [...attempt.open];
  }

  /** The transaction that answered it: the one to acknowledge in. */
  answered(first: TransactionId): TransactionId {
    return this.#attempts.get(first)?.winner ?? first;
  }

  expire(now: Instant): void {
    for (let due = this.#deadlines.take(now); due !== undefined; due = this.#deadlines.take(now)) {
      const attempt = due.value;
      if (attempt.winner !== undefined || attempt.open.size === 0) this.#forget(attempt);
      else {
        this.#options.silent(attempt.latest.flow, now);
        this.#next(attempt, now);
      }
    }
  }

  nextDeadline(): Instant | undefined {
    return this.#deadlines.next();
  }

  #receive(attempt: Attempt, effect: Outcome, now: Instant): TransactionEffect | undefined {
    const isLatest = effect.id === attempt.latest.id;
    if (effect.type === 'response' && effect.response.status < 200) {
      // It is at work. What another server says later still counts.
      if (attempt.winner === undefined) this.#deadlines.cancel(attempt.deadline);
      return attempt.winner === undefined ? { ...effect, id: attempt.first } : undefined;
    }
    attempt.open.delete(effect.id);
    if (attempt.winner !== undefined) return undefined;
    const failed = effect.type !== 'response' || effect.response.status === 503;
    if (failed && isLatest && attempt.others.length > 0) {
      if (effect.type !== 'response') this.#options.silent(attempt.latest.flow, now);
      this.#next(attempt, now);
      return undefined;
    }
    if (failed && attempt.open.size > 0) return undefined;
    attempt.winner = effect.id;
    this.#over(attempt, now);
    return { ...effect, id: attempt.first };
  }

  #next(attempt: Attempt, now: Instant): void {
    this.#deadlines.cancel(attempt.deadline);
    const flow = attempt.others.shift();
    if (flow === undefined) return;
    const id = this.#options.send(attempt.request, flow);
    attempt.latest = { id, flow };
    attempt.open.add(id);
    attempt.all.push(id);
    this.#attempts.set(id, attempt);
    this.#wait(attempt, now);
  }

  /** For the last one there is the transaction's own time. */
  #wait(attempt: Attempt, now: Instant): void {
    if (attempt.others.length === 0) return;
    attempt.deadline = this.#deadlines.add(now + LIMITS.nextServerMs, attempt);
  }

  /** Where it went to one server alone, its transaction says all. Else the others' answers are kept from the core. */
  #over(attempt: Attempt, now: Instant): void {
    this.#deadlines.cancel(attempt.deadline);
    const isDone = attempt.open.size === 0 && attempt.request.method !== 'INVITE';
    if (isDone || attempt.latest.id === attempt.first) this.#forget(attempt);
    else attempt.deadline = this.#deadlines.add(now + LIMITS.answeredAttemptMs, attempt);
  }

  #forget(attempt: Attempt): void {
    for (const id of attempt.all) this.#attempts.delete(id);
  }
}
