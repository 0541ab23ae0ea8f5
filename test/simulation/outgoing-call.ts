// A call that a simulated user makes: INVITE, what came of it, and the conversation where it was answered.

import { utf8 } from '../../src/base/bytes.ts';
import type { Flow } from '../../src/base/net.ts';
import type { Instant } from '../../src/base/time.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { tagOf } from '../../src/sip/message/address.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import type { Agent, Answer, Asked } from './agent.ts';
import { Conversation } from './conversation.ts';
import type { Party } from './media.ts';
import { describe, readDescription } from './session.ts';

export interface OutgoingOptions {
  readonly uri: string;
  /** From header value without its tag. */
  readonly from: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly flow: Flow;
  /** False: the offer comes in the 200 and our answer in the ACK. */
  readonly offers: boolean;
  /** Asks that the other side refresh the session this often (RFC 4028). */
  readonly sessionExpiresS?: number;
  readonly answered?: (conversation: Conversation) => void;
}

/** How the caller goes about it, whoever it is. */
export type Manner = Pick<OutgoingOptions, 'offers' | 'sessionExpiresS' | 'answered'>;

export class OutgoingCall {
  readonly agent: Agent;
  readonly options: OutgoingOptions;
  readonly callId: string;
  readonly startedAt: Instant;
  readonly party: Party;
  /** The first 18x: the caller hears it ring, or hears what is played. */
  ringingAt: Instant | undefined;
  answeredAt: Instant | undefined;
  /** The node took it up: a response came that is neither 100 nor a challenge. */
  takenUp = false;
  endedAt: Instant | undefined;
  /** Of the first final response. */
  finalStatus: number | undefined;
  /** Set where the call ended without a final response. */
  noFinal: string | undefined;
  gaveUpAt: Instant | undefined;
  agentGone = false;
  conversation: Conversation | undefined;
  /** To tags of all 2xx: two are a call answered twice. */
  readonly answers = new Set<string>();
  readonly #asked: Asked;

  constructor(agent: Agent, options: OutgoingOptions) {
    this.agent = agent;
    this.options = options;
    this.callId = agent.token(8);
    this.startedAt = agent.world.now;
    this.party = agent.join(`${agent.options.name} calling ${options.uri}`);
    const invite = new SipRequest(
      'INVITE',
      options.uri,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `${options.from};tag=${agent.token(4)}`],
        ['To', `<${options.uri}>`],
        ['Call-ID', this.callId],
        ['CSeq', '1 INVITE'],
        ['Contact', agent.contact],
        ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO'],
        ...options.headers,
        ...sessionHeaders(options.sessionExpiresS),
        ...(options.offers ? [['Content-Type', 'application/sdp'] as const] : []),
      ]),
      options.offers ? describe(this.party.at, 'sendrecv', 1) : utf8(''),
    );
    agent.whenDead(() => this.#agentDied());
    this.#asked = agent.ask(invite, options.flow, (answer) => this.#hear(answer));
  }

  get over(): boolean {
    return this.endedAt !== undefined;
  }

  /** The caller has had enough of ringing. */
  giveUp(): void {
    if (this.over || this.conversation !== undefined || this.gaveUpAt !== undefined) return;
    this.gaveUpAt = this.agent.world.now;
    this.agent.cancel(this.#asked);
  }

  #agentDied(): void {
    if (this.over) return;
    this.agentGone = true;
    if (this.conversation === undefined) this.#end();
    else this.conversation.agentDied();
  }

  #hear(answer: Answer): void {
    if (answer.type === 'none') {
      if (this.finalStatus === undefined) this.noFinal = answer.reason;
      if (this.conversation === undefined) this.#end();
      return;
    }
    const { response } = answer;
    this.takenUp ||= response.status > 100 && response.status !== 401 && response.status !== 407;
    if (response.status < 200) this.#provisional(response);
    else if (response.status < 300) this.#accepted(response);
    else {
      this.finalStatus ??= response.status;
      if (this.conversation === undefined) this.#end();
    }
  }

  /** Early media: the caller listens, and its own microphone is open already. */
  #provisional(response: SipResponse): void {
    if (response.status > 100) this.ringingAt ??= this.agent.world.now;
    const described = readDescription(response.body);
    if (described === undefined || this.conversation !== undefined) return;
    this.party.open = true;
    this.party.sendsTo = described.endpoint;
    this.party.talking = described.endpoint !== undefined;
    this.agent.plane.changed();
  }

  #accepted(response: SipResponse): void {
    this.finalStatus ??= response.status;
    const { request } = this.#asked;
    const dialog = Dialog.asUac(request, response);
    if (!dialog.ok) throw new Error(`a 2xx without a dialog: ${dialog.error}`);
    this.answers.add(tagOf(response.to) ?? '');
    const flow = this.agent.flowOf(dialog.value);
    const description = { body: describe(this.party.at, 'sendrecv', 1), contentType: 'application/sdp' };
    const ack = dialog.value.createAck(request.cseq?.number ?? 0, this.options.offers ? {} : description);
    this.agent.acknowledge(this.#asked, ack, flow);
    if (this.answers.size > 1 || this.gaveUpAt !== undefined) {
      this.agent.ask(dialog.value.createRequest('BYE'), flow, () => undefined);
      if (this.conversation === undefined) this.#end();
      return;
    }
    this.answeredAt = this.agent.world.now;
    this.conversation = new Conversation(this.agent, dialog.value, this.party, () => this.#end());
    this.conversation.agree(readDescription(response.body), 'sendrecv');
    const [, seconds] = /^(\d+).*refresher=uas/.exec(response.headers.get('Session-Expires') ?? '') ?? [];
    if (seconds !== undefined) this.conversation.expectRefresh(Number(seconds) * 1_000);
    this.options.answered?.(this.conversation);
  }

  #end(): void {
    this.endedAt ??= this.agent.world.now;
    this.agent.plane.leave(this.party);
  }
}

function sessionHeaders(seconds: number | undefined): readonly (readonly [name: string, value: string])[] {
  if (seconds === undefined) return [];
  return [
    ['Supported', 'timer'],
    ['Session-Expires', `${seconds};refresher=uas`],
  ];
}
