// A phone of a story: a peer with credentials, which registers and calls as its user, and answers the node's
// challenges (RFC 3261 §22.2).

import assert from 'node:assert/strict';
import { DigestClient } from '../../src/sip/auth/client.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import { hashing } from '../simulation/hashing.ts';
import { Placed } from './party.ts';
import { type CallOptions, Peer, type PeerOptions } from './peer.ts';
import type { Row, Sent } from './said.ts';
import { DOMAIN, type Stage } from './stage.ts';

export interface PhoneOptions extends PeerOptions {
  readonly user: string;
  readonly password: string;
}

export class Phone extends Peer {
  readonly #password: string;
  readonly #digest: DigestClient;
  #callId: string;
  #cseq = 0;

  constructor(stage: Stage, options: PhoneOptions) {
    super(stage, options);
    const { user, password } = options;
    this.#password = password;
    this.#callId = this.token();
    this.#digest = new DigestClient({ user, password, hashing, newCnonce: () => this.token() });
  }

  /** Another device of the same user, or another flow of this one. */
  another(address: string, port = 5060, transport: 'udp' | 'tcp' | 'tls' | 'ws' = 'udp'): Phone {
    const { stage, user } = this;
    const name = `${user} at ${address}${port === 5060 ? '' : `:${port}`}`;
    return new Phone(stage, { name, user, password: this.#password, address: { address, port }, transport });
  }

  /** It knows nothing of before. */
  restarts(): void {
    this.#callId = this.token();
    this.#cseq = 0;
  }

  /** REGISTER of one flow of a device (RFC 5626 §4.2). */
  registersFlow(regId: number, instance: string, rows: readonly Row[] = []): Sent {
    const contact = `${this.contact};reg-id=${regId};+sip.instance="<${instance}>"`;
    return this.registers([['Supported', 'path, outbound, gruu'], ['Expires', '600'], ...rows], contact);
  }

  /** REGISTER, challenged and sent again; the answer is the story's to expect. */
  registers(rows: readonly Row[] = [['Expires', '600']], contact = this.contact): Sent {
    return this.send(this.#authorised(this.#composeRegister([['Contact', contact], ...rows])));
  }

  /** REGISTER of a contact that is to be reached over TLS all the way, at this Request-URI. */
  registersSips(requestUri = `sips:${DOMAIN}`): Sent {
    const contact = `<sips:${this.user}@${this.address.address}:${this.address.port}>`;
    const register = this.#composeRegister([['Contact', contact]]);
    return this.send(this.#authorised(register.with({ uri: requestUri })));
  }

  /** The same, and whatever comes of it is not worth telling. */
  guesses(): void {
    const sent = this.registers();
    const [status] = sent.unmentioned().map((text) => Number(/ got (\d+) /.exec(text)?.[1]));
    if (status !== undefined) sent.expect(status);
  }

  /** A REGISTER with credentials for a challenge that came just now, not sent yet. */
  prepared(): SipRequest {
    return this.#authorised(this.#composeRegister([['Contact', this.contact]]));
  }

  /** Such a request, once more as it is. */
  sends(request: SipRequest, status: number): SipResponse {
    return this.send(request).expect(status);
  }

  /** REGISTER without any Contact. */
  asksForBindings(): Sent {
    return this.send(this.#authorised(this.#composeRegister([])));
  }

  /** REGISTER of somebody else's contacts, with our own credentials. */
  registersAs(user: string): Sent {
    return this.send(this.#authorised(this.#composeRegister([['Contact', this.contact]], user)));
  }

  /** REGISTER that is answered before anybody asks who we are. */
  registersUnchallenged(rows: readonly Row[]): Sent {
    return this.send(this.#composeRegister([['Contact', this.contact], ...rows]));
  }

  #composeRegister(rows: readonly Row[], user = this.user): SipRequest {
    this.#cseq += 2;
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${user}@${DOMAIN}>;tag=${this.token()}`],
      ['To', `<sip:${user}@${DOMAIN}>`],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#cseq} REGISTER`],
      ...rows,
    ]);
    return new SipRequest('REGISTER', `sip:${DOMAIN}`, headers);
  }

  /** INVITE, challenged and sent again, to a number or to another phone's user. */
  calls(dialled: string, options: CallOptions = {}): Placed {
    return this.callsUri(`sip:${dialled}@${DOMAIN}`, options);
  }

  callsUri(uri: string, options: CallOptions = {}): Placed {
    const media = this.newMedia();
    return new Placed(this, this.#authorised(this.composeInvite(uri, media, options)), media);
  }

  /** Any request, challenged and sent again. */
  authorises(request: SipRequest): Sent {
    return this.send(this.#authorised(request));
  }

  #authorised(request: SipRequest): SipRequest {
    const challenge = this.send(request).expect(401);
    const authorised = this.#digest.authorise(request, challenge);
    assert.ok(authorised.ok, authorised.ok ? '' : authorised.error);
    return authorised.value;
  }
}
