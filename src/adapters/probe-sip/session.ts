// What the two ends of a probe's call have in common: a dialog, a voice, and the session descriptions that tie them
// together (RFC 3264). Either end answers what the other side asks within the dialog, such as a re-INVITE that moves
// the audio.

import type { Endpoint } from '../../base/net.ts';
import type { G711Codec } from '../../rtp/g711.ts';
import { audioOf } from '../../sdp/audio.ts';
import { formatSdp, parseSdp, type SessionDescription } from '../../sdp/description.ts';
import { createAnswer, createOffer } from '../../sdp/offer-answer.ts';
import type { DigestClient } from '../../sip/auth/client.ts';
import type { Dialog } from '../../sip/dialog/dialog.ts';
import { createResponse } from '../../sip/message/compose.ts';
import type { SipMessage, SipRequest } from '../../sip/message/message.ts';
import type { TransactionId } from '../../sip/transaction/layer.ts';
import { type Agent, ALLOW } from './agent.ts';
import { Hearing, type SentLog } from './hearing.ts';
import type { Voice } from './voice.ts';

export const SDP = 'application/sdp';

export interface SessionOptions {
  readonly agent: Agent;
  readonly voice: Voice;
  /** What the other end speaks. */
  readonly otherHz: number;
  readonly otherLog: SentLog;
}

export class Session {
  /** When the other side hung up. */
  endedAt: number | undefined;
  dialog: Dialog | undefined;
  readonly #options: SessionOptions;
  readonly #id: number;
  #version = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#id = Math.floor(options.agent.options.random.fraction() * 2 ** 31);
  }

  offer(): Uint8Array {
    const codecs = ['PCMA', 'PCMU'] as const;
    const offer = createOffer({ ...this.#origin(), codecs, direction: 'sendrecv', dtmfPayloadType: 101 });
    return formatSdp(offer);
  }

  /** The answer to the offer in the message; `undefined` where none can be given. */
  answer(message: SipMessage): Uint8Array | undefined {
    const offer = parseSdp(message.body);
    const answer = offer.ok ? createAnswer(offer.value, this.#origin()) : undefined;
    if (!offer.ok || answer?.ok !== true) return undefined;
    this.hear(offer.value);
    return formatSdp(answer.value);
  }

  /** From now on: listens for what the description says that is sent. */
  hear(description: SessionDescription): void {
    const { playable } = audioOf(description) ?? {};
    if (playable === undefined) return;
    const { voice, otherHz, otherLog } = this.#options;
    // It may send either law, whichever it named first.
    const payloads = new Map<number, G711Codec>([
      [0, 'PCMU'],
      [8, 'PCMA'],
      [playable.payloadType, playable.codec],
    ]);
    voice.hearing ??= new Hearing(otherHz, otherLog, payloads);
  }

  /** From now on: to where the description says, and listening. False: it has no audio for us. */
  speakTo(description: SessionDescription): boolean {
    const { endpoint, playable } = audioOf(description) ?? {};
    if (endpoint === undefined || playable === undefined) return false;
    this.hear(description);
    this.#options.voice.speakTo({
      remote: endpoint,
      codec: playable.codec,
      payloadType: playable.payloadType,
    });
    return true;
  }

  /** To where the message's description says, if it has one. */
  speakAsIn(message: SipMessage): void {
    const description = message.body.length > 0 ? parseSdp(message.body) : undefined;
    if (description?.ok === true) this.speakTo(description.value);
  }

  /** A request within the dialog; false: it is within no dialog of this session. */
  requested(id: TransactionId, request: SipRequest, key: string): boolean {
    const { agent } = this.#options;
    if (this.dialog?.key !== key) return false;
    if (this.dialog.receiveRequest(request) === 'out-of-order') agent.answer(id, request, 500);
    else if (request.method === 'BYE') {
      this.dialog.terminate();
      this.endedAt = performance.now();
      agent.answer(id, request, 200);
    } else if (request.method === 'INVITE') this.#reinvited(id, request, this.dialog);
    else if (request.method === 'OPTIONS' || request.method === 'INFO') agent.answer(id, request, 200);
    else agent.answer(id, request, 405, { headers: [['Allow', ALLOW]] });
    return true;
  }

  /** Hangs up, where it is to be hung up. Never rejects. */
  async bye(digest: DigestClient | undefined): Promise<void> {
    const { dialog } = this;
    if (dialog?.state !== 'confirmed') return;
    const bye = dialog.createRequest('BYE');
    dialog.terminate();
    const { agent } = this.#options;
    const ask = (request: SipRequest) =>
      agent.ask(request, agent.remoteOf(dialog)).final.catch(() => undefined);
    const request = digest?.preauthorise(bye) ?? bye;
    const response = await ask(request);
    if (digest === undefined || (response?.status !== 401 && response?.status !== 407)) return;
    const authorised = digest.authorise(request, response);
    if (authorised.ok) await ask(authorised.value);
  }

  #reinvited(id: TransactionId, request: SipRequest, dialog: Dialog): void {
    const { agent } = this.#options;
    const body = request.body.length > 0 ? this.answer(request) : this.offer();
    if (body === undefined) return agent.answer(id, request, 488);
    this.speakAsIn(request);
    const headers = [['Contact', dialog.localContact]] as const;
    return agent.respond(id, createResponse(request, 200, { headers, body, contentType: SDP }));
  }

  #origin(): { readonly local: Endpoint; readonly sessionId: number; readonly sessionVersion: number } {
    this.#version += 1;
    return { local: this.#options.voice.local, sessionId: this.#id, sessionVersion: this.#version };
  }
}
