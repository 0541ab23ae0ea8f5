// One end of one call, at a peer: `Placed` is a call that the peer makes, `Ringing` one that comes to it. Both speak
// in the words of a story, and keep what RFC 3261 asks of a user agent: tags, CSeq, route set, ACK.

import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/base/net.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/message/message.ts';
import type { Described } from '../simulation/session.ts';
import { readDescription } from '../simulation/session.ts';
import { type Description, SDP, session } from './description.ts';
import { Asked, type Reply, type Row, type Sent } from './said.ts';

/** The peer at whose end this is, as far as a call needs it. */
export interface Line {
  readonly name: string;
  readonly contact: string;
  /** Killed, or unplugged: it hears nothing. */
  dead: boolean;
  newMedia(): Endpoint;
  send(request: SipRequest, party?: Party): Sent;
  transmit(request: SipRequest): void;
  cancel(invite: SipRequest): Sent;
}

export interface Telling {
  readonly headers?: readonly Row[];
  readonly sdp?: string;
  readonly body?: { readonly type: string; readonly text: string };
}

export abstract class Party {
  readonly peer: Line;
  /** Where this end wants its audio. */
  media: Endpoint;
  /** What the node described last. */
  theirs: Described | undefined;
  #origin: string | undefined;
  readonly #asked: Asked[] = [];
  readonly #sent: Sent[] = [];
  readonly #every: Asked[] = [];
  protected dialogue: Dialog | undefined;

  constructor(peer: Line, media: Endpoint) {
    this.peer = peer;
    this.media = media;
  }

  abstract get callId(): string;

  get dialog(): Dialog {
    assert.ok(this.dialogue, `${this.peer.name} has no dialog yet`);
    return this.dialogue;
  }

  /** The o= line of what the node described last. */
  get origin(): string | undefined {
    return this.#origin;
  }

  /** Our session description now. */
  session(description: Description = {}): string {
    return session(this.media, description);
  }

  /** Sends a request within the dialog. */
  tells(method: string, { headers = [], sdp, body }: Telling = {}): Sent {
    const contentType = sdp === undefined ? body?.type : SDP;
    const content = sdp ?? body?.text;
    const request = this.dialog.createRequest(method, {
      headers: [['Contact', this.peer.contact], ...headers],
      ...(contentType === undefined ? {} : { contentType }),
      ...(content === undefined ? {} : { body: new TextEncoder().encode(content) }),
    });
    const sent = this.peer.send(request, this);
    this.#sent.push(sent);
    return sent;
  }

  /** Re-INVITE, answered with 200 and acknowledged; gives the 200. */
  reinvites(description: Description, headers: readonly Row[] = []): SipResponse {
    const sent = this.tells('INVITE', { sdp: this.session(description), headers });
    const ok = sent.expect(200);
    this.acknowledges(sent);
    return ok;
  }

  /** ACK of a 2xx to an INVITE of ours. */
  acknowledges({ request }: Sent, sdp?: string): void {
    const body = sdp === undefined ? {} : { body: new TextEncoder().encode(sdp), contentType: SDP };
    this.peer.transmit(this.dialog.createAck(request.cseq?.number ?? 0, body));
  }

  /** The next request of the node within the dialog. */
  takes(method: string): Asked {
    const asked = this.#asked.shift();
    assert.ok(asked, `${this.peer.name} waits in vain for ${method}`);
    assert.equal(asked.request.method, method, `${this.peer.name} is sent ${asked.request.method}`);
    return asked;
  }

  hangsUp(): void {
    this.tells('BYE').expect(200);
  }

  /** BYE came, and is answered. */
  hungUp(): SipRequest {
    const bye = this.takes('BYE');
    bye.reply(200);
    return bye.request;
  }

  /** A request of the node within our dialog. */
  asks(asked: Asked): void {
    this.#asked.push(asked);
    this.#every.push(asked);
    this.reads(asked.request);
  }

  acked(ack: SipRequest): boolean {
    const asked = this.#every.find(
      ({ request }) => request.method === 'INVITE' && request.cseq?.number === ack.cseq?.number,
    );
    asked?.acks.push(ack);
    this.reads(ack);
    return asked !== undefined;
  }

  reads(message: SipMessage): void {
    const description = readDescription(message.body);
    if (description === undefined) return;
    this.theirs = description;
    this.#origin = /^o=.*/m.exec(new TextDecoder().decode(message.body))?.[0];
  }

  unmentioned(): readonly string[] {
    return [
      ...this.#asked.map(({ request }) => `${this.peer.name} was sent ${request.method}`),
      ...this.#every.flatMap((asked) => asked.unmentioned()),
      ...this.#sent.flatMap((sent) => sent.unmentioned()),
    ];
  }
}

/** A call that the peer makes. */
export class Placed extends Party {
  readonly sent: Sent;

  constructor(peer: Line, invite: SipRequest, media: Endpoint) {
    super(peer, media);
    this.sent = peer.send(invite, this);
  }

  override get callId(): string {
    return this.sent.request.callId ?? '';
  }

  /** The next answer to the INVITE, 100 passed over. */
  expect(status: number): SipResponse {
    const response = this.sent.expect(status);
    if (status >= 200 && status < 300) {
      const dialog = Dialog.asUac(this.sent.request, response);
      assert.ok(dialog.ok);
      this.dialogue = dialog.value;
    }
    return response;
  }

  /** A dialog that a provisional response told of. */
  early(response: SipResponse): void {
    const dialog = Dialog.asUac(this.sent.request, response);
    assert.ok(dialog.ok, dialog.ok ? '' : dialog.error);
    this.dialogue = dialog.value;
  }

  /** 200, and the ACK for it. */
  connected(): SipResponse {
    const ok = this.expect(200);
    this.acknowledges(this.sent);
    return ok;
  }

  /** CANCEL; the node answers it, and the INVITE with 487. */
  cancels(): void {
    this.peer.cancel(this.sent.request).expect(200);
  }

  override unmentioned(): readonly string[] {
    return [...super.unmentioned(), ...this.sent.unmentioned()];
  }
}

/** A call that comes to the peer. */
export class Ringing extends Party {
  readonly asked: Asked;
  readonly #tag: string;

  constructor(peer: Line, request: SipRequest, tag: string, send: (response: SipResponse) => void) {
    super(peer, peer.newMedia());
    this.#tag = tag;
    const { name, contact } = peer;
    this.asked = new Asked(request, { name, tag, contact }, send);
    this.reads(request);
  }

  override get callId(): string {
    return this.asked.request.callId ?? '';
  }

  get invite(): SipRequest {
    return this.asked.request;
  }

  header(name: string): string | undefined {
    return this.invite.headers.get(name);
  }

  rings(): void {
    this.asked.reply(180);
  }

  /** 183 with a description: sound before the answer. */
  plays(): void {
    this.asked.reply(183, { sdp: this.session() });
  }

  answers(reply: Reply = {}): void {
    this.dialogue = Dialog.asUas(this.invite, this.#tag, this.peer.contact);
    this.asked.reply(200, { sdp: this.session(), ...reply });
  }

  /** 200 without a session description. */
  answersWithout(): void {
    this.dialogue = Dialog.asUas(this.invite, this.#tag, this.peer.contact);
    this.asked.reply(200);
  }

  refuses(status: number, reply: Reply = {}): void {
    this.asked.reply(status, reply);
  }

  /** CANCEL came; the INVITE has been answered 487. */
  withdrawn(): SipRequest {
    return this.asked.cancel();
  }

  acknowledged(tag?: string): SipRequest {
    return this.asked.ack(tag ?? this.#tag);
  }

  override acked(ack: SipRequest): boolean {
    if (ack.cseq?.number !== this.invite.cseq?.number) return super.acked(ack);
    this.asked.acks.push(ack);
    this.reads(ack);
    return true;
  }

  override unmentioned(): readonly string[] {
    return [...super.unmentioned(), ...this.asked.unmentioned()];
  }
}
