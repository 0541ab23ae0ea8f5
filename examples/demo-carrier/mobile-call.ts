// A call to a mobile: rings after 100 ms, answers after a second, speaks its tone until it is hung up on.
//
//   provider                    mobile
//      ── INVITE ───────────────▶
//      ◀── 180 (100 ms) ─────────
//      ◀── 200 (1 s) ────────────   ═══ 440 Hz ═══▶
//      ── BYE ──────────────────▶

import { assert } from '../../src/base/assert.ts';
import { EMPTY_BYTES } from '../../src/base/bytes.ts';
import { audioOf } from '../../src/sdp/audio.ts';
import { formatSdp, parseSdp } from '../../src/sdp/description.ts';
import { createAnswer, createOffer } from '../../src/sdp/offer-answer.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import type { SipRequest } from '../../src/sip/message/message.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import type { Call } from './call.ts';
import { isLoopback } from './options.ts';
import { ALLOW, type UserAgent } from './user-agent.ts';
import { type SpeakTo, Voice } from './voice.ts';

const RING_AFTER_MS = 100;
const ANSWER_AFTER_MS = 1_000;

export interface MobileCallOptions {
  readonly agent: UserAgent;
  readonly id: TransactionId;
  readonly invite: SipRequest;
  readonly number: string;
  readonly toneHz: number;
  /** Called once, with what became of the call in words. */
  readonly onEnd: (what: string) => void;
}

export class MobileCall implements Call {
  readonly #options: MobileCallOptions;
  readonly #dialog: Dialog;
  readonly #sessionId: number;
  #sessionVersion = 1;
  #voice: Voice | undefined;
  #timer: NodeJS.Timeout | undefined;
  #answeredAt: number | undefined;
  #hasEnded = false;

  constructor(options: MobileCallOptions) {
    const { agent, invite, number } = options;
    this.#options = options;
    this.#dialog = Dialog.asUas(invite, agent.token(), agent.contact(number));
    this.#sessionId = agent.integer();
    agent.own(this.#dialog, this);
    this.#timer = setTimeout(() => this.#ring(), RING_AFTER_MS);
  }

  cancelled(): void {
    this.#refuse(487, 'cancelled by the caller');
  }

  notAcknowledged(): void {
    this.#hangUp('never acknowledged');
  }

  end(): void {
    if (this.#answeredAt === undefined) this.#refuse(503, 'the demo carrier ends');
    else this.#hangUp('the demo carrier ends');
  }

  request(id: TransactionId, request: SipRequest): void {
    const { agent } = this.#options;
    switch (request.method) {
      case 'BYE':
        agent.respond(id, createResponse(request, 200));
        if (this.#answeredAt === undefined) this.#refuse(487, 'ended by the caller');
        else this.#finish('ended by the caller');
        break;
      case 'INVITE':
      case 'UPDATE':
        this.#describeAgain(id, request);
        break;
      case 'INFO':
      case 'OPTIONS':
        agent.respond(id, createResponse(request, 200, { headers: [['Allow', ALLOW]] }));
        break;
      default:
        agent.respond(id, createResponse(request, 405, { headers: [['Allow', ALLOW]] }));
    }
  }

  /** The answer to our offer comes with the ACK, where the INVITE had none. */
  acknowledged(ack: SipRequest): void {
    if (ack.body.length > 0) this.#speakTo(ack.body);
  }

  #ring(): void {
    this.#respond(180);
    this.#timer = setTimeout(() => void this.#answer(), ANSWER_AFTER_MS - RING_AFTER_MS);
  }

  async #answer(): Promise<void> {
    const { agent, invite, toneHz } = this.#options;
    const start = {
      ssrc: agent.integer(),
      sequenceNumber: agent.integer() & 0xffff,
      timestamp: agent.integer(),
    };
    const voice = await Voice.open(agent.local.address, toneHz, start).catch(() => undefined);
    if (voice === undefined || this.#hasEnded) {
      voice?.close();
      this.#refuse(503, 'no port for audio');
      return;
    }
    this.#voice = voice;
    const description = this.#describe(invite.body);
    if (description === undefined) {
      this.#refuse(488, 'no codec in common');
      return;
    }
    this.#answeredAt = agent.now();
    this.#dialog.confirm();
    this.#respond(200, description);
    this.#speakTo(invite.body);
  }

  /** Hold, a changed address, a session refresh (RFC 4028). */
  #describeAgain(id: TransactionId, request: SipRequest): void {
    const { agent, number } = this.#options;
    if (this.#voice === undefined) {
      agent.respond(id, createResponse(request, 491));
      return;
    }
    const isRefresh = request.method === 'UPDATE' && request.body.length === 0;
    const description = isRefresh ? EMPTY_BYTES : this.#describe(request.body);
    if (description === undefined) {
      agent.respond(id, createResponse(request, 488));
      return;
    }
    agent.respond(id, createResponse(request, 200, described(description, agent.contact(number))));
    if (request.body.length > 0) this.#speakTo(request.body);
  }

  /** Our session description: an answer to theirs, or an offer where there is none. */
  #describe(theirs: Uint8Array): Uint8Array | undefined {
    assert(this.#voice !== undefined, 'a mobile describes its session when it has a voice');
    const origin = {
      local: this.#voice.local,
      sessionId: this.#sessionId,
      sessionVersion: this.#sessionVersion++,
    };
    if (theirs.length === 0) {
      return formatSdp(createOffer({ ...origin, codecs: ['PCMA', 'PCMU'], direction: 'sendrecv' }));
    }
    const offer = parseSdp(theirs);
    const answer = offer.ok ? createAnswer(offer.value, origin) : offer;
    return answer.ok ? formatSdp(answer.value) : undefined;
  }

  #speakTo(theirs: Uint8Array): void {
    if (theirs.length > 0) this.#voice?.speakTo(listenerOf(theirs));
  }

  #respond(status: number, description: Uint8Array = EMPTY_BYTES): void {
    const { agent, id, invite, number } = this.#options;
    const options = { toTag: this.#dialog.localTag, ...described(description, agent.contact(number)) };
    agent.respond(id, createResponse(invite, status, options));
  }

  #refuse(status: number, why: string): void {
    if (this.#hasEnded) return;
    this.#respond(status);
    this.#finish(`answered ${status}: ${why}`);
  }

  #hangUp(why: string): void {
    if (this.#hasEnded) return;
    const bye = this.#dialog.createRequest('BYE');
    this.#options.agent.requestIn(this.#dialog, bye, {
      response: () => undefined,
      failed: () => undefined,
    });
    this.#finish(why);
  }

  #finish(why: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#voice?.close();
    this.#dialog.terminate();
    const { agent, id, onEnd, toneHz } = this.#options;
    agent.disown(this.#dialog);
    agent.forget(id);
    if (this.#answeredAt === undefined) {
      onEnd(why);
      return;
    }
    const seconds = ((agent.now() - this.#answeredAt) / 1_000).toFixed(1);
    const heard = this.#voice?.heardAudio ? 'heard audio' : 'heard nothing';
    onEnd(
      `answered with ${toneHz} Hz, ${seconds} s, ${heard} (${this.#voice?.heardPackets ?? 0} packets), ${why}`,
    );
  }
}

function described(description: Uint8Array, contact: string) {
  const headers = [
    ['Contact', contact],
    ['Allow', ALLOW],
  ] as const;
  return description.length === 0
    ? { headers }
    : { headers, body: description, contentType: 'application/sdp' };
}

/** Where and how to speak to who described himself so; nobody while he holds the call. */
function listenerOf(description: Uint8Array): SpeakTo | undefined {
  const parsed = parseSdp(description);
  const audio = parsed.ok ? audioOf(parsed.value) : undefined;
  if (audio?.endpoint === undefined || audio.playable === undefined) return undefined;
  if (audio.direction !== 'sendrecv' && audio.direction !== 'recvonly') return undefined;
  return isLoopback(audio.endpoint.address) ? { remote: audio.endpoint, ...audio.playable } : undefined;
}
