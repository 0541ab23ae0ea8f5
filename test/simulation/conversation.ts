// An answered call between a simulated user and the node: hold and resume, re-INVITE and UPDATE from either
// side with glare (RFC 3261 §14), session refreshes (RFC 4028), and hanging up. It keeps what its user hears.

import { assert } from '../../src/base/assert.ts';
import { utf8 } from '../../src/base/bytes.ts';
import type { Instant } from '../../src/base/time.ts';
import type { Key } from '../../src/ports/media.ts';
import type { Dialog } from '../../src/sip/dialog/dialog.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import type { SipRequest } from '../../src/sip/message/message.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import type { Agent, Answer, Asked, DialogUser, InviteUser } from './agent.ts';
import type { Party } from './media.ts';
import { answerDirection, type Described, type Direction, describe, readDescription } from './session.ts';

const TYPING_MS = 500;

export class Conversation implements DialogUser, InviteUser {
  readonly agent: Agent;
  readonly dialog: Dialog;
  readonly party: Party;
  over = false;
  overAt: Instant | undefined;
  /** How it ended, in words; `undefined` while it goes on. */
  ending: string | undefined;
  /** Whether we may hear them, and since when that is so. */
  listening = false;
  agreedAt: Instant | undefined;
  readonly #ended: (how: string) => void;
  #version = 1;
  /** Typed and not told yet. */
  readonly #keys: Key[] = [];
  /** What we want: sendonly while we hold the other side. */
  #wish: Direction = 'sendrecv';
  #reinvite: Asked | undefined;
  /** What waits for the ACK of our 200: nothing is sent in the dialog before (RFC 3261 §14.1, §15). */
  #afterAck: (() => void)[] | undefined;
  /** Direction offered in a 200 to an INVITE without an offer; the answer comes in the ACK. */
  #offered = false;
  /** The other side has to refresh the session within this time (RFC 4028). */
  #refreshWithinMs: number | undefined;
  #stopSessionTimer: (() => void) | undefined;

  constructor(agent: Agent, dialog: Dialog, party: Party, ended: (how: string) => void) {
    this.agent = agent;
    this.dialog = dialog;
    this.party = party;
    this.#ended = ended;
    agent.dialogOpened(this);
  }

  /** Their description holds from now on; ours had `mine`. */
  agree(described: Described | undefined, mine: Direction): void {
    if (described === undefined) return;
    const agreed = answerDirection(described.direction, mine);
    this.agreedAt = this.agent.world.now;
    this.listening = agreed === 'sendrecv' || agreed === 'recvonly';
    this.party.open = true;
    this.party.sendsTo = described.endpoint;
    this.party.talking = !this.over && described.endpoint !== undefined && /send/.test(agreed);
    this.agent.plane.changed();
  }

  /** Our 200 made this conversation, and has no ACK yet. */
  awaitAck(): void {
    this.#afterAck = [];
  }

  /** The ACK is here, or will never come. */
  acknowledgedFirst(): void {
    const waiting = this.#afterAck ?? [];
    this.#afterAck = undefined;
    for (const action of waiting) action();
  }

  /** RFC 4028 §10: without a refresh in time the session is over. */
  expectRefresh(withinMs: number): void {
    this.#refreshWithinMs = withinMs;
    this.#stopSessionTimer?.();
    this.#stopSessionTimer = this.agent.world.after(withinMs, () =>
      this.hangUp('the session was not refreshed'),
    );
  }

  /** A key in a request of its own, as telephones do that know no events; one after the other, as they are answered. */
  info(key: Key): void {
    this.#keys.push(key);
    if (this.#keys.length === 1) this.#sendKey();
  }

  /** Whoever types does something: for as long as a key is on its way, it is no silence that they wait in. */
  #touch(): void {
    const { sendsTo } = this.party;
    if (sendsTo !== undefined) this.agent.plane.relay?.touch(sendsTo.port);
    const [first] = this.#keys;
    if (first === undefined || this.over) return;
    this.agent.world.after(TYPING_MS, () => {
      if (this.#keys[0] === first) this.#touch();
    });
  }

  #sendKey(): void {
    const [key] = this.#keys;
    if (key === undefined || this.over) return;
    this.#touch();
    const content = {
      body: utf8(`Signal=${key}\r\nDuration=160\r\n`),
      contentType: 'application/dtmf-relay',
    };
    this.agent.ask(this.dialog.createRequest('INFO', content), this.agent.flowOf(this.dialog), (answer) => {
      if (answer.type === 'response' && answer.response.status < 200) return;
      if (this.#keys.length === 1) this.#touch();
      this.#keys.shift();
      this.#sendKey();
    });
  }

  hold(): void {
    this.#wish = 'sendonly';
    this.#offer();
  }

  resume(): void {
    this.#wish = 'sendrecv';
    this.#offer();
  }

  hangUp(how = 'hung up here'): void {
    if (this.over) return;
    if (this.#afterAck !== undefined) {
      this.#afterAck.push(() => this.hangUp(how));
      return;
    }
    const bye = this.dialog.createRequest('BYE');
    this.#close(how);
    this.agent.ask(bye, this.agent.flowOf(this.dialog), () => undefined);
  }

  agentDied(): void {
    if (!this.over) this.#close('the agent died');
  }

  requested(id: TransactionId, request: SipRequest): void {
    const respond = (status: number): void => this.agent.respond(id, createResponse(request, status));
    if (this.dialog.receiveRequest(request) === 'out-of-order') {
      respond(500);
      return;
    }
    switch (request.method) {
      case 'BYE':
        respond(200);
        this.#close('hung up there');
        break;
      case 'INVITE':
      case 'UPDATE':
        if (this.#reinvite !== undefined && request.body.length > 0) respond(491);
        else this.#reoffered(id, request);
        break;
      case 'INFO':
      case 'OPTIONS':
        respond(200);
        break;
      default:
        respond(405);
    }
  }

  /** Our 200 to a re-INVITE is always out already. */
  cancelled(): void {}

  acknowledged(ack: SipRequest): void {
    if (this.#offered) this.agree(readDescription(ack.body), this.#wish);
    this.#offered = false;
  }

  ackMissing(): void {
    this.hangUp('no ACK');
  }

  #reoffered(id: TransactionId, request: SipRequest): void {
    const offer = readDescription(request.body);
    const headers: [string, string][] = [['Contact', this.agent.contact]];
    const expires = request.headers.get('Session-Expires');
    if (this.#refreshWithinMs !== undefined) this.expectRefresh(this.#refreshWithinMs);
    if (expires !== undefined && /\btimer\b/.test(request.headers.get('Supported') ?? '')) {
      headers.push(['Session-Expires', expires], ['Supported', 'timer']);
      if (expires.includes('refresher=uac')) headers.push(['Require', 'timer']);
    }
    const direction = offer === undefined ? this.#wish : answerDirection(offer.direction, this.#wish);
    this.#offered = offer === undefined && request.method === 'INVITE';
    this.#version += 1;
    const body = describe(this.party.at, direction, this.#version);
    const withBody =
      offer === undefined && request.method === 'UPDATE' ? {} : { body, contentType: 'application/sdp' };
    this.agent.respond(id, createResponse(request, 200, { headers, ...withBody }));
    if (request.method === 'INVITE') this.agent.invitedBy(id, this);
    this.agree(offer, this.#wish);
  }

  #offer(): void {
    if (this.over || this.#reinvite !== undefined) return;
    if (this.#afterAck !== undefined) {
      this.#afterAck.push(() => this.#offer());
      return;
    }
    this.#version += 1;
    const wish = this.#wish;
    const reinvite = this.dialog.createRequest('INVITE', {
      headers: [['Contact', this.agent.contact]],
      body: describe(this.party.at, wish, this.#version),
      contentType: 'application/sdp',
    });
    const flow = this.agent.flowOf(this.dialog);
    this.#reinvite = this.agent.ask(reinvite, flow, (answer) => this.#reanswered(answer, wish));
  }

  #reanswered(answer: Answer, wish: Direction): void {
    const asked = this.#reinvite;
    if (asked === undefined || (answer.type === 'response' && answer.response.status < 200)) return;
    const status = answer.type === 'response' ? answer.response.status : 408;
    this.#reinvite = undefined;
    if (answer.type === 'response' && status < 300) {
      const { response } = answer;
      this.dialog.receiveResponse(asked.request, response);
      const ack = this.dialog.createAck(asked.request.cseq?.number ?? 0);
      this.agent.acknowledge(asked, ack, this.agent.flowOf(this.dialog));
      const described = readDescription(response.body);
      const may =
        described === undefined || answerDirection(wish, described.direction) === described.direction;
      assert(may, `${wish} was answered with ${described?.direction}`);
      this.agree(described, wish);
    } else if (status === 491) {
      this.agent.world.after(this.agent.random.between(0, 4_000), () => this.#offer());
    } else if (status === 481 || status === 408) {
      this.hangUp(`re-INVITE got ${status}`);
    }
  }

  #close(how: string): void {
    this.over = true;
    this.overAt = this.agent.world.now;
    this.ending = how;
    this.#stopSessionTimer?.();
    this.agent.dialogClosed(this);
    this.agent.plane.leave(this.party);
    this.#ended(how);
  }
}
