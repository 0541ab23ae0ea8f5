// What comes in is read here, before it is anybody's: bytes → message → sense → transactions. What cannot be read is
// answered once, with the reason, and nothing of it is kept; ACKs, responses and what is not SIP get nothing at all.

import { type Flow, isStream } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Packet } from '../ports/signalling.ts';
import { type Defect, inspectRequest, inspectResponse } from '../sip/message/inspect.ts';
import type { SipMessage, SipRequest } from '../sip/message/message.ts';
import { parseMessage } from '../sip/message/parse.ts';
import { strictDefect } from '../sip/message/strict.ts';
import {
  statelessResponse,
  type TransactionEffect,
  type TransactionLayer,
} from '../sip/transaction/layer.ts';
import type { Strangers } from './strangers.ts';

export class Intake {
  readonly counters = { malformed: 0, unanswerable: 0 };
  readonly #layer: TransactionLayer;
  readonly #strangers: Strangers;
  readonly #isStrict: (flow: Flow) => boolean;

  /** `isStrict`: what comes over this flow must keep every rule. */
  constructor(layer: TransactionLayer, strangers: Strangers, isStrict: (flow: Flow) => boolean) {
    this.#layer = layer;
    this.#strangers = strangers;
    this.#isStrict = isStrict;
  }

  receive({ flow, bytes }: Packet, now: Instant): readonly TransactionEffect[] {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) {
      const { partial, status, reason } = parsed.error;
      return this.#refuse(partial, status, reason, flow, now);
    }
    const message = parsed.value;
    const defect =
      inspect(message) ??
      (this.#isStrict(flow) ? strictDefect(message, bytes, !isStream(flow.transport)) : undefined);
    if (defect === undefined) return this.#layer.receive(message, flow, now);
    const request = message.kind === 'request' ? message : undefined;
    return this.#refuse(request, defect.status, defect.reason, flow, now);
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
