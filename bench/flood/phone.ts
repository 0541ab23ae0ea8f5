// A phone of the bench, or its carrier: registers with digest, calls numbers, answers whoever calls at once, and speaks
// on every call. What it attempts is written down as it goes, so that an attempt which never ends is seen too.

import { nodeHashing } from '../../src/adapters/node-hashing/node-hashing.ts';
import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import { audioOf } from '../../src/sdp/audio.ts';
import { formatSdp, parseSdp } from '../../src/sdp/description.ts';
import { createAnswer, createOffer } from '../../src/sdp/offer-answer.ts';
import { DigestClient } from '../../src/sip/auth/client.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import { PASSWORD } from '../office.ts';
import { EDGE, EDGE_ADDRESS } from './addresses.ts';
import type { Ground } from './law.ts';
import { Line } from './line.ts';
import type { Choir, Voice } from './voice.ts';

/** Between the last word and the BYE, so that none is cut off. */
const SILENCE_MS = 300;
const REGISTRATION_S = 3_600;
const CHALLENGES_MAX = 3;

/** Something that somebody wanted, from the first packet on. */
export interface Attempt {
  readonly atMs: number;
  /** Until the answer that was hoped for. */
  tookMs?: number;
  /** No request of it had to be sent twice. */
  firstTry: boolean;
  /** What it was refused with, challenges excepted. */
  refused?: number;
  retryAfterS?: number;
}

interface Conversation {
  readonly invite: SipRequest;
  readonly dialog: Dialog;
  readonly voice: Voice;
}

export class Phone {
  readonly #user: string;
  readonly #line: Line;
  readonly #choir: Choir;
  readonly #digest: DigestClient;
  readonly #registration: string;
  readonly #conversations = new Map<string, Conversation>();
  #tokens = 0;
  #cseq = 0;
  #busy = false;

  static async open(user: string, local: Endpoint, choir: Choir, ground: Ground): Promise<Phone> {
    return new Phone(user, await Line.open(local, EDGE, ground), choir);
  }

  private constructor(user: string, line: Line, choir: Choir) {
    this.#user = user;
    this.#line = line;
    this.#choir = choir;
    this.#registration = this.#token();
    const newCnonce = (): string => this.#token();
    this.#digest = new DigestClient({ user, password: PASSWORD, hashing: nodeHashing, newCnonce });
    line.onRequest = (request) => this.#requested(request);
  }

  /** A registration is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  close(): void {
    this.#line.close();
  }

  /** With the credentials of the last challenge, where there was one. */
  async register(attempt: Attempt): Promise<void> {
    this.#busy = true;
    this.#cseq += 1;
    const rows = this.#rows('REGISTER', this.#cseq, `<sip:${this.#user}@${EDGE_ADDRESS}>`, this.#registration)
      .append('Contact', this.#contact)
      .append('Expires', String(REGISTRATION_S));
    const done = await this.#insist(new SipRequest('REGISTER', `sip:${EDGE_ADDRESS}`, rows), attempt);
    this.#cseq = done?.request.cseq?.number ?? this.#cseq;
    this.#busy = false;
  }

  /** Talks for so long once it was answered, and hangs up. The attempt has succeeded at the 200. */
  async call(number: string, talkMs: number, attempt: Attempt): Promise<void> {
    const voice = await this.#choir.open(this.#line.local.address);
    const uri = `sip:${number}@${EDGE_ADDRESS}`;
    const offer = createOffer({ ...this.#origin(voice), codecs: ['PCMA', 'PCMU'], direction: 'sendrecv' });
    const rows = this.#rows('INVITE', 1, `<${uri}>`, this.#token())
      .append('Contact', this.#contact)
      .append('Content-Type', 'application/sdp');
    const done = await this.#insist(new SipRequest('INVITE', uri, rows, formatSdp(offer)), attempt);
    if (done !== undefined) await this.#talk(done, voice, talkMs);
    voice.close();
  }

  async #talk(
    { request, response }: { readonly request: SipRequest; readonly response: SipResponse },
    voice: Voice,
    talkMs: number,
  ): Promise<void> {
    const dialog = Dialog.asUac(request, response);
    if (!dialog.ok) return;
    this.#line.acknowledge(response, dialog.value.createAck(request.cseq?.number ?? 1));
    speakTo(voice, response.body);
    await elapsed(talkMs);
    voice.stop();
    voice.peer?.stop();
    await elapsed(SILENCE_MS);
    await this.#line.exchange(dialog.value.createRequest('BYE'));
  }

  /** The request, answering challenges; gives back what was asked last, and its 200. */
  async #insist(first: SipRequest, attempt: Attempt) {
    let request = this.#digest.preauthorise(first);
    for (let challenges = 0; ; challenges++) {
      const { response, sent } = await this.#line.exchange(request);
      if (sent > 1) attempt.firstTry = false;
      if (response === undefined) return undefined;
      const isChallenge = response.status === 401 || response.status === 407;
      const again =
        isChallenge && challenges < CHALLENGES_MAX ? this.#digest.authorise(request, response) : undefined;
      if (response.status < 300) attempt.tookMs = performance.now() - attempt.atMs;
      else if (!again?.ok) attempt.refused = response.status;
      if (!again?.ok) {
        const retryAfterS = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
        if (retryAfterS > 0) attempt.retryAfterS = retryAfterS;
        return response.status < 300 ? { request, response } : undefined;
      }
      request = again.value;
    }
  }

  #requested(request: SipRequest): void {
    const conversation = this.#conversations.get(request.callId ?? '');
    switch (request.method) {
      case 'INVITE':
        void this.#answer(request);
        break;
      case 'ACK':
        if (conversation === undefined) return;
        this.#line.acknowledged(conversation.invite);
        speakTo(conversation.voice, conversation.invite.body);
        break;
      case 'BYE':
        this.#line.respond(request, conversation === undefined ? 481 : 200);
        conversation?.voice.close();
        this.#conversations.delete(request.callId ?? '');
        break;
      default:
        this.#line.respond(request, request.method === 'OPTIONS' ? 200 : 405);
    }
  }

  async #answer(invite: SipRequest): Promise<void> {
    const offer = parseSdp(invite.body);
    const voice = await this.#choir.open(this.#line.local.address);
    const answer = offer.ok ? createAnswer(offer.value, this.#origin(voice)) : offer;
    if (!answer.ok) {
      voice.close();
      this.#line.respond(invite, 488);
      return;
    }
    const dialog = Dialog.asUas(invite, this.#token(), this.#contact);
    this.#conversations.set(invite.callId ?? '', { invite, dialog, voice });
    const headers = [['Contact', this.#contact]] as const;
    this.#line.respond(invite, 180, { toTag: dialog.localTag, headers });
    const body = formatSdp(answer.value);
    this.#line.respond(invite, 200, {
      toTag: dialog.localTag,
      headers,
      body,
      contentType: 'application/sdp',
    });
  }

  #origin(voice: Voice) {
    return {
      local: { address: this.#line.local.address, port: voice.port },
      sessionId: voice.source,
      sessionVersion: 1,
    };
  }

  get #contact(): string {
    return `<sip:${this.#user}@${formatEndpoint(this.#line.local)}>`;
  }

  #rows(method: string, cseq: number, to: string, callId: string): Headers {
    return Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${this.#user}@${this.#domain}>;tag=${this.#token()}`],
      ['To', to],
      ['Call-ID', callId],
      ['CSeq', `${cseq} ${method}`],
      ['User-Agent', 'Desk Phone 1.0'],
    ]);
  }

  /** A carrier calls from where it is. */
  get #domain(): string {
    return this.#user.startsWith('+') ? this.#line.local.address : EDGE_ADDRESS;
  }

  #token(): string {
    this.#tokens += 1;
    return `${this.#user.replace('+', '')}-${this.#tokens}-${Math.random().toString(36).slice(2, 10)}`;
  }
}

function speakTo(voice: Voice, description: Uint8Array): void {
  const parsed = parseSdp(description);
  const endpoint = parsed.ok ? audioOf(parsed.value)?.endpoint : undefined;
  if (endpoint !== undefined) voice.speak(endpoint);
}

async function elapsed(delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}
