// A SIP peer of a story: real messages, read and written as bytes, and no decision of its own but the ones that
// every user agent makes by itself: ACK for a refusal, 200 for CANCEL and OPTIONS, 487 for a cancelled INVITE.
// A message that comes a second time is a retransmission, and is passed over.

import assert from 'node:assert/strict';
import { type Endpoint, type Flow, formatEndpoint } from '../../src/base/net.ts';
import { tagOf } from '../../src/sip/message/address.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { inspectRequest, inspectResponse } from '../../src/sip/message/inspect.ts';
import { type SipMessage, SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import { parseMessage } from '../../src/sip/message/parse.ts';
import { serialise } from '../../src/sip/message/serialise.ts';
import { type Description, SDP, session } from './description.ts';
import { type Party, Placed, Ringing } from './party.ts';
import { Asked, type Row, Sent } from './said.ts';
import { type Actor, DOMAIN, NODE, NODE_6, type Stage } from './stage.ts';

const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO';

export interface PeerOptions {
  readonly name: string;
  readonly address: Endpoint;
  readonly transport?: 'udp' | 'tcp' | 'tls' | 'ws';
  /** User part of its Contact; its name by default. */
  readonly user?: string;
}

export interface CallOptions {
  readonly from?: string;
  readonly to?: string;
  readonly headers?: readonly Row[];
  /** The offer, or what to say of it; `none`: the INVITE comes without. */
  readonly offer?: Description | 'none';
  readonly body?: { readonly type: string; readonly text: string };
  readonly contact?: string;
  /** Methods that the peer knows. */
  readonly allow?: string;
  readonly maxForwards?: number;
  readonly callId?: string;
  readonly tag?: string;
}

export class Peer implements Actor {
  readonly name: string;
  readonly user: string;
  address: Endpoint;
  readonly stage: Stage;
  flow: Flow;
  /** Why connections to it fail. */
  unreachable: string | undefined;
  /** Killed, or unplugged: it hears nothing. */
  dead = false;
  /** Answers OPTIONS outside of calls with this; `undefined`: not at all. */
  wellness: number | undefined = 200;
  /** Answers NOTIFY that it never asked for with this; `undefined`: not at all. */
  obliging: number | undefined = 200;
  /** What such NOTIFYs said. */
  readonly lamp: string[] = [];
  /** Answers CANCEL, but goes on with the INVITE. */
  stubborn = false;
  /** INVITEs that came so far. */
  rung = 0;
  readonly #sent = new Map<string, { readonly sent: Sent; readonly party: Party | undefined }>();
  readonly #parties: Party[] = [];
  readonly #invited: Ringing[] = [];
  /** What belongs to no call of the peer's own: REGISTER, or what comes by a Route. */
  readonly #requests: Asked[] = [];
  readonly #asked = new Map<string, Asked>();
  readonly #heard = new Set<string>();
  /** Beginnings of messages from the node that are lost on their way, one each. */
  readonly #lost: string[] = [];
  #late: (() => void)[] | undefined;

  constructor(stage: Stage, { name, address, transport = 'udp', user = name }: PeerOptions) {
    this.name = name;
    this.user = user;
    this.address = address;
    this.stage = stage;
    const local = address.address.includes(':') ? NODE_6 : NODE;
    const connection = transport !== 'udp' ? { connectionId: `${name}-1` } : {};
    this.flow = { transport, local, remote: address, ...connection };
    stage.enters(this);
  }

  get contact(): string {
    const transport = this.flow.transport === 'udp' ? '' : `;transport=${this.flow.transport}`;
    return `<sip:${this.user}@${this.#host}${transport}>`;
  }

  /** A browser knows no address of its own (RFC 7118 §5.2). */
  get #host(): string {
    return this.flow.transport === 'ws' ? 'df7jal23ls0d.invalid' : formatEndpoint(this.address);
  }

  token(): string {
    return this.stage.random.bytes(8).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');
  }

  newMedia(): Endpoint {
    return { address: this.address.address, port: 30_000 + 2 * this.stage.random.between(0, 10_000) };
  }

  // ── what the peer does ──

  /** From now on it is elsewhere, and its NAT says nothing of that. */
  moves(address: Endpoint): void {
    this.address = address;
    this.flow = { ...this.flow, remote: address };
  }

  /** INVITE to this URI. */
  invites(uri: string, options: CallOptions = {}): Placed {
    const media = this.newMedia();
    return new Placed(this, this.composeInvite(uri, media, options), media);
  }

  composeInvite(uri: string, media: Endpoint, options: CallOptions): SipRequest {
    const { from = `<sip:${this.user}@${DOMAIN}>`, to = `<${uri}>`, headers = [], allow = ALLOW } = options;
    const described = options.offer === 'none' ? undefined : session(media, options.offer);
    const type = options.body?.type ?? (described === undefined ? undefined : SDP);
    const rows: Row[] = [
      ['Max-Forwards', String(options.maxForwards ?? 70)],
      ['From', `${from};tag=${options.tag ?? this.token()}`],
      ['To', to],
      ['Call-ID', options.callId ?? this.token()],
      ['CSeq', '1 INVITE'],
      ['Contact', options.contact ?? this.contact],
      ['Allow', allow],
      ...headers,
      ...(type === undefined ? [] : [['Content-Type', type] as const]),
    ];
    const body = new TextEncoder().encode(options.body?.text ?? described ?? '');
    return new SipRequest('INVITE', uri, Headers.of(rows), body);
  }

  /** Sends a request in a new transaction. */
  send(request: SipRequest, party?: Party): Sent {
    if (party !== undefined && !this.#parties.includes(party)) this.#parties.push(party);
    const routed = this.#withVia(request, `z9hG4bK${this.token()}`);
    const sent = new Sent(routed, this.name);
    this.#sent.set(keyOf(routed), { sent, party });
    this.#write(routed);
    return sent;
  }

  /** Sends a request outside of any transaction of ours: ACK of a 2xx. */
  transmit(request: SipRequest): void {
    this.#write(this.#withVia(request, `z9hG4bK${this.token()}`));
  }

  /** The bytes of this request again, as after a lost answer. */
  repeats({ request }: Sent): void {
    this.#write(request);
  }

  /** CANCEL of an INVITE of ours (RFC 3261 §9.1). */
  cancel(invite: SipRequest): Sent {
    const { headers } = invite;
    const cancel = new SipRequest(
      'CANCEL',
      invite.uri,
      headers.pick(['Via', 'Max-Forwards', 'From', 'To', 'Call-ID']).append('CSeq', '1 CANCEL'),
    );
    const numbered = cancel.with({
      headers: cancel.headers.set('CSeq', `${invite.cseq?.number ?? 1} CANCEL`),
    });
    const sent = new Sent(numbered, this.name);
    this.#sent.set(keyOf(numbered), { sent, party: undefined });
    this.#write(numbered);
    return sent;
  }

  /** The next INVITE that came. */
  called(): Ringing {
    const ringing = this.#invited.shift();
    assert.ok(ringing, `${this.name} waits in vain for INVITE`);
    return ringing;
  }

  /** The next INVITE that came, answered 180. */
  rings(): Ringing {
    const ringing = this.called();
    ringing.rings();
    return ringing;
  }

  /** The next INVITE that came, answered 200. */
  answers(): Ringing {
    const ringing = this.called();
    ringing.answers();
    ringing.acknowledged();
    return ringing;
  }

  /** The next request that belongs to no call of the peer's own. */
  takes(method: string): Asked {
    const asked = this.#requests.shift();
    assert.equal(asked?.request.method, method, `${this.name} waits for ${method}`);
    assert.ok(asked);
    return asked;
  }

  // ── what comes to it ──

  /** The next message of the node's that begins so, such as `ACK` or `SIP/2.0 200`, is lost on its way. */
  misses(beginning: string): void {
    this.#lost.push(beginning);
  }

  /** What the node sends in `meanwhile` arrives only after it: it crosses what the peer says there. */
  crossing(meanwhile: () => void): void {
    this.#late = [];
    meanwhile();
    const late = this.#late;
    this.#late = undefined;
    for (const arrive of late) arrive();
  }

  received(bytes: Uint8Array, flow: Flow): void {
    if (this.#late !== undefined) {
      this.#late.push(() => this.received(bytes, flow));
      return;
    }
    if (this.dead) return;
    const text = new TextDecoder().decode(bytes);
    const lost = this.#lost.findIndex((beginning) => text.startsWith(beginning));
    if (lost >= 0) {
      this.#lost.splice(lost, 1);
      return;
    }
    const parsed = parseMessage(bytes);
    assert.ok(parsed.ok, `${this.name} is sent what is not SIP:\n${text}`);
    const message = parsed.value;
    const defect = message.kind === 'request' ? inspectRequest(message) : inspectResponse(message);
    assert.equal(defect, undefined, `${this.name} is sent a bad message: ${defect?.reason}\n${text}`);
    if (this.#heard.has(text)) return;
    this.#heard.add(text);
    if (message.kind === 'response') this.#answered(message);
    else this.#requested(message, flow);
  }

  unmentioned(): readonly string[] {
    if (this.dead) return [];
    return [
      ...this.#requests.map(({ request }) => `${this.name} was sent ${request.method}`),
      ...this.#invited.map(() => `${this.name} was rung`),
      ...this.#parties.flatMap((party) => party.unmentioned()),
    ];
  }

  #answered(response: SipResponse): void {
    const known = this.#sent.get(keyOf(response));
    assert.ok(known, `${this.name} is answered ${response.status} to what it did not ask`);
    const { sent, party } = known;
    sent.hears(response);
    party?.reads(response);
    if (sent.request.method === 'INVITE' && response.status >= 300) this.#acknowledgeRefusal(sent, response);
  }

  /** RFC 3261 §17.1.1.3. */
  #acknowledgeRefusal({ request }: Sent, response: SipResponse): void {
    const headers = request.headers
      .pick(['Via', 'Max-Forwards', 'From', 'Call-ID'])
      .append('To', response.headers.get('To') ?? '')
      .append('CSeq', `${request.cseq?.number ?? 1} ACK`);
    this.#write(new SipRequest('ACK', request.uri, headers));
  }

  #requested(request: SipRequest, flow: Flow): void {
    switch (request.method) {
      case 'ACK':
        return this.#acked(request);
      case 'CANCEL':
        return this.#cancelled(request, flow);
      case 'INVITE':
        if (tagOf(request.to) === undefined) return this.#rung(request, flow);
        break;
      case 'OPTIONS':
        if (tagOf(request.to) === undefined) return this.#probed(request, flow);
        break;
      case 'NOTIFY':
        if (tagOf(request.to) === undefined) return this.#lit(request, flow);
        break;
    }
    const asked = this.#ask(request, flow);
    const party = this.#parties.findLast(({ callId }) => callId === request.callId);
    if (party === undefined) {
      this.#requests.push(asked);
      return;
    }
    // A branch with another tag has a dialog of its own, which no story goes on with.
    if (tagOf(request.to) === party.dialog.localTag) {
      assert.equal(party.dialog.receiveRequest(request), 'accepted', `${request.method} is out of order`);
    }
    party.asks(asked);
  }

  #rung(request: SipRequest, flow: Flow): void {
    this.rung += 1;
    const ringing = new Ringing(this, request, this.token(), (response) => this.#write(response, flow));
    this.#asked.set(branchOf(request), ringing.asked);
    this.#parties.push(ringing);
    this.#invited.push(ringing);
  }

  #probed(request: SipRequest, flow: Flow): void {
    if (this.wellness !== undefined) this.#ask(request, flow).reply(this.wellness);
  }

  #lit(request: SipRequest, flow: Flow): void {
    this.lamp.push(/^Voice-Message: (\S+)/m.exec(new TextDecoder().decode(request.body))?.[1] ?? '');
    if (this.obliging !== undefined) this.#ask(request, flow).reply(this.obliging);
  }

  #cancelled(cancel: SipRequest, flow: Flow): void {
    const asked = this.#asked.get(branchOf(cancel));
    assert.ok(asked, `${this.name} is sent CANCEL for no INVITE of its`);
    asked.withdraw(cancel);
    this.#ask(cancel, flow).reply(200);
    if (!this.stubborn && !asked.answered) asked.reply(487);
  }

  #acked(ack: SipRequest): void {
    const parties = this.#parties.filter(({ callId }) => callId === ack.callId);
    const known = parties.some((party) => party.acked(ack));
    assert.ok(known, `${this.name} is sent ACK for nothing`);
  }

  #ask(request: SipRequest, flow: Flow): Asked {
    const { name, contact } = this;
    const asked = new Asked(request, { name, tag: this.token(), contact }, (response) =>
      this.#write(response, flow),
    );
    this.#asked.set(branchOf(request), asked);
    return asked;
  }

  #withVia(request: SipRequest, branch: string): SipRequest {
    const via = `SIP/2.0/${this.flow.transport.toUpperCase()} ${this.#host};branch=${branch};rport`;
    return request.with({ headers: request.headers.prepend('Via', via) });
  }

  /** On the flow that a request came over, or our own. */
  #write(message: SipMessage, flow: Flow = this.flow): void {
    const connected = flow.transport === 'udp' || flow.connectionId !== undefined;
    this.stage.send(connected ? flow : { ...flow, connectionId: `${this.name}-out` }, serialise(message));
  }
}

function branchOf(message: SipMessage): string {
  return message.via?.parameters.get('branch') ?? '';
}

function keyOf(message: SipMessage): string {
  return `${branchOf(message)} ${message.cseq?.method}`;
}
