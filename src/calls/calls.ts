// All calls of the node: finds the call that an event is about, and keeps the caps. It owns what finding needs
// (transactions, dialogs, media endpoints and deadlines, each mapped to a call's leg) and nothing of what a
// call decides.

import { assert, assertNever } from '../base/assert.ts';
import { type Deadline, Deadlines } from '../base/deadlines.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Answer } from '../ports/desk.ts';
import type { MediaCommand, MediaEvent } from '../ports/media.ts';
import type { E164 } from '../ports/records.ts';
import { Dialog } from '../sip/dialog/dialog.ts';
import { tagOf } from '../sip/message/address.ts';
import type { SipRequest } from '../sip/message/message.ts';
import type { TransactionEffect, TransactionId } from '../sip/transaction/layer.ts';
import { Call } from './call.ts';
import { Errand, type ErrandStart } from './errand.ts';
import { recordOf } from './record.ts';
import { Rehearsal, type RehearsalStart } from './rehearsal.ts';
import type { CallStart } from './route.ts';
import type { Session } from './session.ts';
import type { Outside, Surroundings, TimerOf, TrunkChoice } from './surroundings.ts';
import { TestCall } from './test-call.ts';

interface LegOf {
  readonly callId: string;
  readonly leg: string;
}

export type StartOf = Omit<CallStart, 'id' | 'sessionId'>;

export class Calls {
  readonly #outside: Outside;
  readonly #around: Surroundings;
  readonly #calls = new Map<string, Session>();
  readonly #live = new Map<string, Call>();
  readonly #legOfTransaction = new Map<TransactionId, LegOf>();
  /** Transactions of each call that may still be heard of, so that none outlives it in the index. */
  readonly #transactionsOf = new Map<string, Set<TransactionId>>();
  readonly #legOfDialog = new Map<string, LegOf>();
  /** The connection of each leg, by call; and how many legs each connection carries. */
  readonly #connectionsOf = new Map<string, Map<string, string>>();
  readonly #legsOn = new Map<string, number>();
  readonly #deadlines = new Deadlines<TimerOf>();
  readonly #invites = new Set<string>();
  /** Calls between people by account, and diverted legs by account. */
  readonly #callsOf = new Map<string, number>();
  readonly #divertedOf = new Map<string, number>();
  readonly #onWay = new Map<string, number>();
  /** The call that waits for the answer to this question. */
  readonly #askedBy = new Map<number, string>();
  #questions = 0;
  readonly #newCallId: () => string;
  readonly #refusals = new Allowance(LIMITS.refusalRowsPerSecondMax);
  #sessionId: number;

  /** `newCallId`: short, unique on the node over restarts. `firstSessionId`: for o= lines, such as the time in seconds. */
  constructor(outside: Outside, newCallId: () => string, firstSessionId: number) {
    this.#outside = outside;
    this.#newCallId = newCallId;
    this.#sessionId = firstSessionId;
    this.#around = this.#surroundings();
  }

  /** Calls and test calls that are not over, late legs included. */
  get size(): number {
    return this.#calls.size;
  }

  /** Those whose caller's part is not over and recorded. */
  /** Of callers whose emergency call is set up or goes on. */
  emergencyFlows(): readonly Flow[] {
    return [...this.#live.values()].flatMap(({ start: { route, flow } }) => (route.emergency ? [flow] : []));
  }

  get live(): readonly Call[] {
    return [...this.#live.values()];
  }

  /** Every leg, dialog and timer still held: for the invariants. */
  get leftovers(): {
    readonly calls: number;
    readonly transactions: number;
    readonly dialogs: number;
    readonly deadlines: number;
    readonly connections: number;
  } {
    return {
      calls: this.#calls.size,
      transactions: this.#legOfTransaction.size,
      dialogs: this.#legOfDialog.size,
      deadlines: this.#deadlines.size,
      connections: this.#legsOn.size,
    };
  }

  /** Some leg of a call that is not over needs this connection. */
  isOn(connectionId: string): boolean {
    return this.#legsOn.has(connectionId);
  }

  /** Live calls of an account. */
  callsOf(account: string): number {
    return this.#callsOf.get(account) ?? 0;
  }

  /** The same INVITE by another way: forked before it reached us (RFC 3261 §8.2.2.2). */
  has(invite: SipRequest): boolean {
    return this.#invites.has(identityOf(invite));
  }

  start(start: StartOf, now: Instant): void {
    const call = new Call(
      { ...start, id: this.#newCallId(), sessionId: this.#sessionId++ },
      this.#around,
      now,
    );
    this.#calls.set(call.id, call);
    this.#invites.add(identityOf(start.invite));
    // Not among those that may be forgotten for too many: without its ACK the call could never end.
    this.#legOfTransaction.set(start.transaction, { callId: call.id, leg: 'caller' });
    this.#live.set(call.id, call);
    count(this.#callsOf, start.route.account.name, 1);
    this.#tell(call, now, () => call.begin(now));
  }

  /** A call that was refused before it began: all that is left of it is its ledger row, all the same (law 1). */
  refuse(
    { route, caller }: Pick<StartOf, 'route' | 'caller'>,
    status: number,
    why: string,
    now: Instant,
  ): void {
    if (!this.#refusals.take(now)) return;
    const record = recordOf(this.#newCallId(), route, caller, now, () => undefined);
    record.note(now, 'refused', why);
    record.ended(now, { outcome: 'refused', text: why, status });
    this.#outside.audience.ledger(record.entry([]));
  }

  /** `undefined`: there are as many test calls as there may be. */
  startTest(number: E164, trunk: TrunkChoice, now: Instant): string | undefined {
    const tests = [...this.#calls.values()].filter((session) => session instanceof TestCall).length;
    if (tests >= LIMITS.testCallsMax) return undefined;
    const id = this.#newCallId();
    this.#calls.set(id, new TestCall(id, this.#sessionId++, number, trunk, this.#around, now));
    return id;
  }

  /** A call of the node's own on somebody's behalf. False: there are as many as there may be. */
  startErrand(errand: Omit<ErrandStart, 'id' | 'sessionId'>, now: Instant): boolean {
    const errands = [...this.#calls.values()].filter((session) => session instanceof Errand).length;
    if (errands >= LIMITS.errandsMax) return false;
    const id = this.#newCallId();
    this.#calls.set(id, new Errand({ ...errand, id, sessionId: this.#sessionId++ }, this.#around, now));
    return true;
  }

  /** A plan walked with nobody calling; its caller keeps to how many there may be. */
  startRehearsal(start: Omit<RehearsalStart, 'id'>, now: Instant): string {
    const id = this.#newCallId();
    this.#calls.set(id, new Rehearsal({ ...start, id }, this.#around, now));
    return id;
  }

  hangUp(callId: string, text: string, now: Instant): boolean {
    const call = this.#calls.get(callId);
    if (call !== undefined) this.#tell(call, now, () => call.hangUp(text, now));
    return call !== undefined;
  }

  hangUpAll(text: string, now: Instant): void {
    for (const id of [...this.#calls.keys()]) this.hangUp(id, text, now);
  }

  /** What became of a transaction; false where it belongs to no call. */
  transaction(effect: TransactionEffect, now: Instant): boolean {
    if (effect.type === 'send' || effect.type === 'request' || effect.type === 'stray-response') return false;
    const { id } = effect;
    const owner = id === undefined ? undefined : this.#legOfTransaction.get(id);
    const call = owner === undefined ? undefined : this.#calls.get(owner.callId);
    if (id === undefined || owner === undefined || call === undefined) return false;
    if (isLast(effect)) this.#disown(id, owner);
    this.#tell(call, now, () => {
      switch (effect.type) {
        case 'response':
          return call.response(owner.leg, id, effect.response, now);
        case 'timeout':
          return call.transactionFailed(owner.leg, id, 'did not answer in time', now);
        case 'transport-failed':
          return call.transactionFailed(owner.leg, id, effect.reason, now);
        case 'cancelled':
          return call.cancelled(id, now);
        case 'ack':
          return call.acknowledged(id, effect.request, now);
        case 'ack-missing':
          return call.ackMissing(id, now);
        default:
          return assertNever(effect);
      }
    });
    return true;
  }

  /** A request within a dialog; false where no call has that dialog. */
  request(request: SipRequest, id: TransactionId, flow: Flow, now: Instant): boolean {
    const owner = this.#legOfDialog.get(Dialog.keyOf(request));
    const call = owner === undefined ? undefined : this.#calls.get(owner.callId);
    if (owner === undefined || call === undefined) return false;
    // Of a server transaction only an INVITE's is heard of again: cancelled, acknowledged or not.
    if (request.method === 'INVITE') this.#own(id, owner);
    this.#tell(call, now, () => call.request(owner.leg, request, id, flow, now));
    return true;
  }

  media(event: MediaEvent, now: Instant): void {
    const [callId = '', leg = ''] = event.id.split('/');
    const call = this.#calls.get(callId);
    if (call !== undefined) this.#tell(call, now, () => call.media(event, leg, now));
  }

  /** The answer to what a call asked. */
  told(question: number, answer: Answer, now: Instant): void {
    const call = this.#calls.get(this.#askedBy.get(question) ?? '');
    this.#askedBy.delete(question);
    if (call !== undefined) this.#tell(call, now, () => call.told(question, answer, now));
  }

  expire(now: Instant): void {
    for (let due = this.#deadlines.take(now); due !== undefined; due = this.#deadlines.take(now)) {
      const { callId, deadline } = due.value;
      const call = this.#calls.get(callId);
      if (call !== undefined) this.#tell(call, now, () => call.deadline(deadline, now));
    }
  }

  nextDeadline(): Instant | undefined {
    return this.#deadlines.next();
  }

  /** One call's bug must not take the others along: it is told to the operator, and that call ends. */
  #tell(call: Session, now: Instant, event: () => void): void {
    try {
      event();
    } catch (error) {
      this.#outside.audience.fault(`call ${call.id}`, error);
      this.#breakOff(call, now);
    }
  }

  #breakOff(call: Session, now: Instant): void {
    try {
      call.hangUp('an internal error', now);
    } catch (error) {
      this.#outside.audience.fault(`ending call ${call.id}`, error);
      this.#forget(call);
    }
  }

  #own(id: TransactionId, owner: LegOf): void {
    // The call may already be over; then nobody is left to hear of the transaction.
    if (!this.#calls.has(owner.callId)) return;
    this.#legOfTransaction.set(id, owner);
    const known = this.#transactionsOf.get(owner.callId) ?? new Set();
    this.#transactionsOf.set(owner.callId, known.add(id));
    const [oldest] = known;
    if (known.size > LIMITS.transactionsPerCallMax && oldest !== undefined) this.#disown(oldest, owner);
  }

  #disown(id: TransactionId, { callId }: LegOf): void {
    this.#legOfTransaction.delete(id);
    this.#transactionsOf.get(callId)?.delete(id);
  }

  #finished(callId: string): void {
    const call = this.#calls.get(callId);
    if (call === undefined) return;
    assert(call.over, 'only a call that is over is forgotten');
    this.#forget(call);
  }

  #forget(call: Session): void {
    const { id: callId } = call;
    this.#calls.delete(callId);
    for (const id of this.#transactionsOf.get(callId) ?? []) this.#legOfTransaction.delete(id);
    this.#transactionsOf.delete(callId);
    for (const connection of this.#connectionsOf.get(callId)?.values() ?? []) {
      count(this.#legsOn, connection, -1);
    }
    this.#connectionsOf.delete(callId);
    for (const [question, asker] of this.#askedBy) if (asker === callId) this.#askedBy.delete(question);
    if (!(call instanceof Call)) return;
    this.#invites.delete(identityOf(call.start.invite));
    this.#legOfTransaction.delete(call.start.transaction);
    this.#ended(callId);
  }

  #legIsOn({ connectionId }: Flow, callId: string, leg: string): void {
    const ofCall = this.#connectionsOf.get(callId) ?? new Map<string, string>();
    const before = ofCall.get(leg);
    if (before === connectionId) return;
    if (before !== undefined) count(this.#legsOn, before, -1);
    if (connectionId !== undefined) count(this.#legsOn, connectionId, 1);
    if (connectionId === undefined) ofCall.delete(leg);
    else this.#connectionsOf.set(callId, ofCall.set(leg, connectionId));
  }

  #ended(callId: string): void {
    const call = this.#live.get(callId);
    if (call === undefined) return;
    this.#live.delete(callId);
    count(this.#callsOf, call.start.route.account.name, -1);
  }

  #surroundings(): Surroundings {
    const { domain, silenceMs, sessionTerms, sip, phones, trunks, audience, unusual, caps, records } =
      this.#outside;
    return {
      domain,
      silenceMs,
      sessionTerms,
      sip,
      phones,
      trunks,
      audience,
      unusual,
      caps,
      records,
      newId: () => this.#outside.newId(),
      erase: (recording) => this.#outside.erase(recording),
      ask: (question, callId) => {
        const id = this.#questions++;
        this.#askedBy.set(id, callId);
        this.#outside.ask(id, question);
        return id;
      },
      media: (command: MediaCommand) => this.#outside.media(command),
      request: (request, flows, callId, leg) => {
        const id = this.#outside.request(request, flows);
        this.#own(id, { callId, leg });
        return id;
      },
      dialogOpened: (dialog: Dialog, callId: string, leg: string) => {
        this.#legOfDialog.set(dialog.key, { callId, leg });
      },
      dialogClosed: (dialog: Dialog) => {
        this.#legOfDialog.delete(dialog.key);
      },
      legIsOn: (...leg) => this.#legIsOn(...leg),
      schedule: (at: Instant, timer: TimerOf) => this.#deadlines.add(at, timer),
      unschedule: (deadline: Deadline<TimerOf> | undefined) => this.#deadlines.cancel(deadline),
      takeDivertedLeg: (account, max) => countUpTo(this.#divertedOf, account, max),
      releaseDivertedLeg: (account: string) => count(this.#divertedOf, account, -1),
      takeWay: (way, max) => countUpTo(this.#onWay, way, max),
      releaseWay: (way) => count(this.#onWay, way, -1),
      ended: (callId: string) => this.#ended(callId),
      finished: (callId: string) => this.#finished(callId),
    };
  }
}

/** After this nothing is heard of the transaction: only an INVITE's 2xx may come again, from another branch. */
function isLast(effect: TransactionEffect): boolean {
  switch (effect.type) {
    case 'response':
      return (
        effect.response.status >= 300 ||
        (effect.response.status >= 200 && effect.response.cseq?.method !== 'INVITE')
      );
    case 'timeout':
    case 'transport-failed':
    case 'ack':
    case 'ack-missing':
      return true;
    default:
      return false;
  }
}

function countUpTo(counts: Map<string, number>, key: string, max: number): boolean {
  if ((counts.get(key) ?? 0) >= max) return false;
  count(counts, key, 1);
  return true;
}

function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + by;
  assert(next >= 0, `more ended than began: ${key}`);
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}

function identityOf(invite: SipRequest): string {
  return `${invite.callId}|${invite.from === undefined ? '' : tagOf(invite.from)}|${invite.cseq?.number}`;
}

/** So many in each second, and no more. */
class Allowance {
  readonly #perSecond: number;
  #second = 0;
  #taken = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  take(now: Instant): boolean {
    const second = Math.floor(now / SECOND_MS);
    if (second !== this.#second) this.#taken = 0;
    this.#second = second;
    this.#taken += 1;
    return this.#taken <= this.#perSecond;
  }
}
