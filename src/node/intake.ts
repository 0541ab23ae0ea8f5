// What comes in is read here, before it is anybody's: bytes → message → sense → transactions. What cannot be read is
// answered once, with the reason, and nothing of it is kept; ACKs, responses and what is not SIP get nothing at all.

import { utf8 } from '../base/bytes.ts';
import { LIMITS } from '../base/limits.ts';
import { type Flow, isStream } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Packet } from '../ports/signalling.ts';
import { tagOf } from '../sip/message/address.ts';
import { type Defect, inspectRequest, inspectResponse } from '../sip/message/inspect.ts';
import type { SipMessage, SipRequest } from '../sip/message/message.ts';
import { parseMessage } from '../sip/message/parse.ts';
import { strictDefect } from '../sip/message/strict.ts';
import {
  statelessResponse,
  type TransactionEffect,
  type TransactionLayer,
} from '../sip/transaction/layer.ts';
import { statelessTag } from '../sip/transaction/stateless.ts';
import type { Brownout } from './brownout.ts';
import type { Guard } from './guard.ts';
import type { Strangers } from './strangers.ts';

export interface IntakeOptions {
  readonly layer: TransactionLayer;
  readonly strangers: Strangers;
  readonly guard: Guard;
  readonly brownout: Brownout;
  /** What comes over this flow must keep every rule. */
  readonly isStrict: (flow: Flow) => boolean;
}

export class Intake {
  readonly counters = { malformed: 0, unanswerable: 0, turned_away: 0 };
  readonly #layer: TransactionLayer;
  readonly #strangers: Strangers;
  readonly #isStrict: (flow: Flow) => boolean;
  readonly #guard: Guard;
  readonly #brownout: Brownout;

  constructor({ layer, strangers, guard, brownout, isStrict }: IntakeOptions) {
    this.#layer = layer;
    this.#strangers = strangers;
    this.#guard = guard;
    this.#brownout = brownout;
    this.#isStrict = isStrict;
  }

  receive(packet: Packet, now: Instant): readonly TransactionEffect[] {
    if (this.#guard.isTools(packet, now)) return [];
    const { flow, bytes } = packet;
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      const { code, partial, status, reason } = parsed.error;
      this.#guard.unreadable(code, flow, now);
      return this.#refuse(partial, status, reason, flow, now);
    }
    const message = parsed.value;
    const instead = message.kind === 'request' ? this.#brownout.shed(message, flow, now) : undefined;
    if (instead !== undefined) return instead;
    const defect =
      inspect(message) ??
      (this.#isStrict(flow) ? strictDefect(message, bytes, !isStream(flow.transport)) : undefined);
    if (defect === undefined) {
      this.#guard.read(message, flow, now);
      const told = message.kind === 'request' ? this.#guard.withFeedback(message, flow, now) : message;
      return this.#layer.receive(told, flow, now);
    }
    this.#guard.unreadable(defect.reason, flow, now);
    const request = message.kind === 'request' ? message : undefined;
    return this.#refuse(request, defect.status, defect.reason, flow, now);
  }

  /**
   * There is no room for what a carrier sends. A call that begins is answered, so that the carrier takes it another way
   * at once; so many a second, because everything else of it is dropped for being too much. `Retry-After` is short: a
   * carrier may send us nothing at all meanwhile (RFC 3261 §21.5.4), and the one that floods may be a forger.
   */
  turnAway({ flow, bytes }: Packet, now: Instant): readonly TransactionEffect[] {
    if (!isInvite(bytes) || !this.#strangers.mayTurnAway(flow, now)) return [];
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.value.kind !== 'request' || inspect(parsed.value) !== undefined) return [];
    const request = this.#guard.withFeedback(parsed.value, flow, now);
    if (tagOf(request.to) !== undefined) return [];
    this.counters.turned_away++;
    // Spread by the request itself, so that those turned away together do not come back together.
    const seconds = 1 + (statelessTag(request).charCodeAt(0) % LIMITS.turnedAwaySecondsMax);
    return [statelessResponse(request, flow, 503, { headers: [['Retry-After', String(seconds)]] })];
  }

  #refuse(
    request: SipRequest | undefined,
    status: number | undefined,
    reason: string,
    flow: Flow,
    now: Instant,
  ): readonly TransactionEffect[] {
    const isRequest = request !== undefined && status !== undefined && request.method !== 'ACK';
    if (!isRequest || request.via === undefined) {
      this.counters.unanswerable++;
      return [];
    }
    this.counters.malformed++;
    if (!this.#strangers.mayRefuse(flow, now)) return [];
    return [statelessResponse(firstOfEach(request), flow, status, { reason })];
  }
}

const INVITE = utf8('INVITE ');

function isInvite(bytes: Uint8Array): boolean {
  return INVITE.every((octet, index) => bytes[index] === octet);
}

function inspect(message: SipMessage): Defect | undefined {
  return message.kind === 'request' ? inspectRequest(message) : inspectResponse(message);
}

/** A request that says twice what it may say once is answered as if it had said the first only. */
function firstOfEach(request: SipRequest): SipRequest {
  let { headers } = request;
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const first = headers.get(name);
    if (first !== undefined && headers.count(name) > 1) headers = headers.set(name, first);
  }
  return request.with({ headers });
}
