// The called end of a probe's call: a phone that registers, or a place where a carrier would be, waiting for the one
// call that is its own. Which one that is, nothing in an INVITE says for sure, since gateways write it anew. So each
// that may be it is answered with a voice of its own, and the one is ours in which the caller's tone is heard.
//
//   INVITE ─┬ to another phone: 404
//           ├ none is awaited, or too many have come: 486
//           └ may be ours ──▶ an arrival (arrival.ts)

import { LIMITS } from '../../base/limits.ts';
import { Dialog } from '../../sip/dialog/dialog.ts';
import type { SipRequest } from '../../sip/message/message.ts';
import { uriUser } from '../../sip/message/uri.ts';
import type { TransactionId } from '../../sip/transaction/layer.ts';
import { type Agent, ALLOW, type Owner } from './agent.ts';
import { Arrival } from './arrival.ts';
import type { SentLog } from './hearing.ts';
import { isTone } from './judge.ts';
import type { Session } from './session.ts';
import type { Voice } from './voice.ts';

export interface AnsweringOptions {
  readonly agent: Agent;
  /** The user part of its contact, by which a call is known to be for it; absent: any that comes. */
  readonly token: string | undefined;
  /** For each call that arrives. */
  readonly open: () => Promise<{ readonly voice: Voice; readonly session: Session }>;
}

export class Answering implements Owner, SentLog {
  /** From when on a call is awaited; before, one that comes is somebody else's. */
  expected = false;
  arrivedAt: number | undefined;
  /** Calls for which there was no room, one of which may have been ours. */
  turnedAway = 0;
  readonly #options: AnsweringOptions;
  readonly #arrivals: Arrival[] = [];
  /** Those whose voice is being opened. */
  readonly #arriving = new Set<TransactionId>();
  /** Those that were cancelled too, so that it is bounded what a stranger can have opened. */
  #opened = 0;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  get answeredAt(): number | undefined {
    return this.#arrivals.find(({ answeredAt }) => answeredAt !== undefined)?.answeredAt;
  }

  get refusal(): string | undefined {
    return this.#arrivals.find(({ refusal }) => refusal !== undefined)?.refusal;
  }

  /** The one in which the caller is heard; while it is not, the one from which the most is. */
  get ours(): Arrival | undefined {
    const answered = this.#arrivals.filter(({ isAcknowledged }) => isAcknowledged);
    const [first] = answered.toSorted((a, b) => b.voice.heard.packets - a.voice.heard.packets);
    return answered.find(({ voice }) => isTone(voice.heard)) ?? first;
  }

  sentAt(ssrc: number, sequenceNumber: number): number | undefined {
    for (const { voice } of this.#arrivals) {
      const at = voice.sentAt(ssrc, sequenceNumber);
      if (at !== undefined) return at;
    }
    return undefined;
  }

  requested(id: TransactionId, request: SipRequest): void {
    const { agent } = this.#options;
    const key = Dialog.keyOf(request);
    if (this.#arrivals.some(({ session }) => session.requested(id, request, key))) return;
    if (request.to?.parameters.has('tag') === true) agent.answer(id, request, 481);
    else if (request.method === 'INVITE') void this.#invited(id, request);
    else if (request.method === 'OPTIONS') agent.answer(id, request, 200, { headers: [['Allow', ALLOW]] });
    else agent.answer(id, request, 405, { headers: [['Allow', ALLOW]] });
  }

  cancelled(id: TransactionId, invite: SipRequest): void {
    const arrival = this.#arrivals.find((each) => each.id === id);
    this.#arriving.delete(id);
    if (arrival === undefined) this.#options.agent.answer(id, invite, 487);
    else arrival.refuse(487);
  }

  acknowledged(ack: SipRequest): void {
    this.#arrivals.some((arrival) => arrival.acknowledged(ack));
  }

  /** Hangs up, and stops ringing. Never rejects. */
  async end(): Promise<void> {
    this.expected = false;
    await Promise.all(this.#arrivals.map((arrival) => arrival.end()));
  }

  async #invited(id: TransactionId, request: SipRequest): Promise<void> {
    const { agent, token, open } = this.#options;
    const isForUs = token === undefined || uriUser(request.uri) === token;
    const hasRoom = this.#opened < LIMITS.probeArrivalsMax;
    if (!isForUs || !this.expected || !hasRoom) {
      if (isForUs && this.expected) this.turnedAway += 1;
      agent.answer(id, request, isForUs ? 486 : 404);
      return;
    }
    this.#opened += 1;
    this.#arriving.add(id);
    this.arrivedAt ??= performance.now();
    const opened = await open().catch(() => undefined);
    const isWanted = this.#arriving.delete(id);
    if (opened !== undefined && isWanted && this.expected)
      this.#arrivals.push(new Arrival({ agent, ...opened, user: token ?? 'probe' }, id, request));
    else if (isWanted) agent.answer(id, request, 480);
  }
}
