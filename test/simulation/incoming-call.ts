// A call that rings at a simulated user: the UAS side of one INVITE, up to the conversation.

import type { Instant } from '../../src/base/time.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import type { SipRequest } from '../../src/sip/message/message.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import type { Agent, InviteUser } from './agent.ts';
import { Conversation } from './conversation.ts';
import type { Party } from './media.ts';
import { answerDirection, describe, readDescription } from './session.ts';

export class IncomingCall implements InviteUser {
  readonly agent: Agent;
  readonly invite: SipRequest;
  readonly startedAt: Instant;
  readonly party: Party;
  answeredAt: Instant | undefined;
  acknowledgedAt: Instant | undefined;
  endedAt: Instant | undefined;
  /** Our final response. */
  finalStatus: number | undefined;
  conversation: Conversation | undefined;
  /** What happens on CANCEL; by default 487. A slow phone may answer the call instead (RFC 3261 §9.2). */
  onCancel: () => void = () => this.reject(487);
  onAnswered: (conversation: Conversation) => void = () => undefined;
  readonly #id: TransactionId;
  readonly #tag: string;

  constructor(agent: Agent, id: TransactionId, invite: SipRequest) {
    this.agent = agent;
    this.invite = invite;
    this.startedAt = agent.world.now;
    this.#id = id;
    this.#tag = agent.token(4);
    agent.whenDead(() => this.#agentDied());
    this.party = agent.join(`${agent.options.name} called`);
  }

  get over(): boolean {
    return this.endedAt !== undefined;
  }

  /** Nothing final was said yet. */
  get waiting(): boolean {
    return this.finalStatus === undefined && !this.over && this.agent.alive;
  }

  /** 100, 180, or 183 with early media. */
  progress(status: number): void {
    if (!this.waiting) return;
    const offer = readDescription(this.invite.body);
    const early = status === 183 && offer !== undefined;
    if (early) {
      this.party.open = true;
      this.party.sendsTo = offer.endpoint;
      this.party.talking = true;
      this.agent.plane.changed();
    }
    this.#respond(status, early ? describe(this.party.at, 'sendrecv', 1) : undefined);
  }

  answer(): void {
    if (!this.waiting) return;
    this.finalStatus = 200;
    this.answeredAt = this.agent.world.now;
    const offer = readDescription(this.invite.body);
    const direction = offer === undefined ? 'sendrecv' : answerDirection(offer.direction, 'sendrecv');
    const dialog = Dialog.asUas(this.invite, this.#tag, this.agent.contact);
    this.conversation = new Conversation(this.agent, dialog, this.party, () => this.#end());
    this.conversation.awaitAck();
    this.conversation.agree(offer, 'sendrecv');
    this.#respond(200, describe(this.party.at, direction, 1));
    this.onAnswered(this.conversation);
  }

  reject(status: number): void {
    if (!this.waiting) return;
    this.finalStatus = status;
    this.#respond(status);
    this.#end();
  }

  cancelled(): void {
    if (this.waiting) this.onCancel();
  }

  acknowledged(ack: SipRequest): void {
    this.acknowledgedAt ??= this.agent.world.now;
    if (this.invite.body.length === 0) this.conversation?.agree(readDescription(ack.body), 'sendrecv');
    this.conversation?.acknowledgedFirst();
  }

  /** Also where the caller cannot be reached any more while it rings. */
  ackMissing(): void {
    this.conversation?.acknowledgedFirst();
    this.conversation?.hangUp('no ACK');
    if (this.conversation === undefined) this.#end();
  }

  #agentDied(): void {
    if (this.over) return;
    if (this.conversation === undefined) this.#end();
    else this.conversation.agentDied();
  }

  #respond(status: number, body?: Uint8Array): void {
    const headers: [string, string][] =
      status > 100 && status < 300
        ? [
            ['Contact', this.agent.contact],
            ['Allow', 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO'],
          ]
        : [];
    const content = body === undefined ? {} : { body, contentType: 'application/sdp' };
    this.agent.respond(
      this.#id,
      createResponse(this.invite, status, { toTag: this.#tag, headers, ...content }),
    );
  }

  #end(): void {
    this.endedAt ??= this.agent.world.now;
    this.agent.plane.leave(this.party);
  }
}
