// The calling end of a probe's call (RFC 3261 §13.2): a phone that answers challenges, or a place where a carrier
// would be. Of a call that was forked the first answer counts, and every other is hung up.
//
//   INVITE ─▶ 401, 407 ─▶ INVITE with digest ─▶ 180 ─▶ 200 ─▶ ACK      or a refusal, or given up: CANCEL

import { LIMITS } from '../../base/limits.ts';
import { parseSdp } from '../../sdp/description.ts';
import type { DigestClient } from '../../sip/auth/client.ts';
import { Dialog } from '../../sip/dialog/dialog.ts';
import { Headers } from '../../sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../sip/message/message.ts';
import type { TransactionId } from '../../sip/transaction/layer.ts';
import { type Agent, ALLOW, type Asked, type Owner } from './agent.ts';
import { sinceMs } from './run.ts';
import { SDP, type Session } from './session.ts';
import { Unserved } from './where.ts';

export interface CallingOptions {
  readonly agent: Agent;
  readonly session: Session;
  /** Whom it calls: the user part, and the domain of the Request-URI. */
  readonly number: string;
  readonly domain: string;
  /** Its own address of record, as From. */
  readonly from: string;
  readonly digest: DigestClient | undefined;
}

export class Calling implements Owner {
  startedAt: number | undefined;
  /** The last provisional response: `180 Ringing`. */
  rang: string | undefined;
  setupMs: number | undefined;
  answerMs: number | undefined;
  readonly #options: CallingOptions;
  #asked: Asked | undefined;
  #invite: SipRequest | undefined;
  #final = false;
  #given = false;

  constructor(options: CallingOptions) {
    this.#options = options;
  }

  /** Until it is answered and acknowledged. Rejects with the refusal. */
  async call(): Promise<void> {
    this.startedAt = performance.now();
    let request = this.#options.digest?.preauthorise(this.#compose()) ?? this.#compose();
    for (let followUps = 0; ; followUps += 1) {
      const response = await this.#ask(request);
      if (this.#given) throw new Error('given up');
      const { status, reason } = response;
      const challenged = (status === 401 || status === 407) && followUps < LIMITS.probeFollowUpsMax;
      if (challenged && this.#options.digest !== undefined) {
        const authorised = this.#options.digest.authorise(request, response);
        if (!authorised.ok) throw new Error(`${status} ${reason}: ${authorised.error}`);
        request = authorised.value;
        continue;
      }
      if (status === 503) throw new Unserved(`503 ${reason}`.trim());
      if (status >= 300) throw new Error(`${status} ${reason}`.trim());
      this.#answered(response);
      return;
    }
  }

  requested(id: TransactionId, request: SipRequest): void {
    const { agent, session } = this.#options;
    if (session.requested(id, request, Dialog.keyOf(request))) return;
    if (request.method === 'OPTIONS') agent.answer(id, request, 200, { headers: [['Allow', ALLOW]] });
    else agent.answer(id, request, request.to?.parameters.has('tag') === true ? 481 : 405);
  }

  cancelled(id: TransactionId, invite: SipRequest): void {
    this.#options.agent.answer(id, invite, 487);
  }

  acknowledged(): void {}

  /** Hangs up, or gives up what rings. Never rejects. */
  async hangUp(): Promise<void> {
    const { agent, session, digest } = this.#options;
    this.#given = true;
    if (this.#asked !== undefined && !this.#final) {
      agent.cancel(this.#asked.id);
      // Whatever it is, a 2xx that was faster included, it is dealt with where it arrives.
      await this.#asked.final.catch(() => undefined);
    }
    await session.bye(digest);
  }

  async #ask(request: SipRequest): Promise<SipResponse> {
    this.#invite = request;
    this.#final = false;
    this.#asked = this.#options.agent.ask(request, undefined, (response) => this.#heard(response));
    return this.#asked.final;
  }

  #heard(response: SipResponse): void {
    const { status, reason } = response;
    if (status >= 200) {
      const isOther = this.#options.session.dialog !== undefined;
      this.#final = true;
      if (status < 300 && (isOther || this.#given)) this.#hangUpOther(response);
    } else if (status > 100) {
      this.rang = `${status} ${reason}`.trim();
      this.setupMs ??= sinceMs(this.startedAt ?? 0);
    }
  }

  #answered(response: SipResponse): void {
    const { session } = this.#options;
    const dialog = this.#acknowledge(response);
    session.dialog = dialog;
    this.answerMs = sinceMs(this.startedAt ?? 0);
    this.setupMs ??= this.answerMs;
    const description = parseSdp(response.body);
    if (!description.ok || !session.speakTo(description.value))
      throw new Error('the answer has no audio in G.711');
  }

  #acknowledge(response: SipResponse): Dialog {
    const { agent } = this.#options;
    const { request, id } = { request: this.#invite, id: this.#asked?.id };
    if (request === undefined || id === undefined) throw new Error('nothing was asked');
    const dialog = Dialog.asUac(request, response);
    if (!dialog.ok) throw new Error(dialog.error);
    const ack = dialog.value.createAck(request.cseq?.number ?? 1);
    agent.acknowledge(id, dialog.value, ack);
    return dialog.value;
  }

  /** One that nobody wants any more. */
  #hangUpOther(response: SipResponse): void {
    const { agent, digest, session } = this.#options;
    const other = Dialog.asUac(this.#invite ?? this.#compose(), response);
    if (!other.ok || other.value.key === session.dialog?.key) return;
    const dialog = this.#acknowledge(response);
    const bye = dialog.createRequest('BYE');
    agent.ask(digest?.preauthorise(bye) ?? bye, agent.remoteOf(dialog));
  }

  #compose(): SipRequest {
    const { agent, session, number, domain, from } = this.#options;
    const uri = `sip:${number}@${domain}`;
    return new SipRequest(
      'INVITE',
      uri,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `<${from}>;tag=${agent.token()}`],
        ['To', `<${uri}>`],
        ['Call-ID', agent.token()],
        ['CSeq', '1 INVITE'],
        ['Contact', `<${agent.contact('probe')}>`],
        ['Allow', ALLOW],
        ['User-Agent', agent.options.userAgent],
        ['Content-Type', SDP],
      ]),
      session.offer(),
    );
  }
}
