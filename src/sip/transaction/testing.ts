// The stage for this folder's tests: one layer under test on fake time, its effects told as short lines, and
// messages in few words. Only tests import it.
//
//   const bob = new Stage();
//   bob.hears(invite());                 → ['request INVITE']
//   bob.passes(200);                     → ['200: send 100 Trying']

import { present } from '../../base/assert.ts';
import type { Flow } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import { createResponse } from '../message/compose.ts';
import { Headers } from '../message/headers.ts';
import { type SipMessage, SipRequest, type SipResponse } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import {
  type SendEffect,
  type TransactionEffect,
  type TransactionId,
  TransactionLayer,
  type TransactionOptions,
} from './layer.ts';

export const UDP: Flow = {
  transport: 'udp',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '198.51.100.9', port: 49_152 },
};

/** A connection that the peer opened from an ephemeral port. */
export const TCP: Flow = { ...UDP, transport: 'tcp', connectionId: 'c1' };

export interface RequestWords {
  readonly method?: string;
  readonly uri?: string;
  readonly via?: string;
  readonly branch?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly headers?: readonly (readonly [string, string])[];
}

/** A request as Alice's phone would send it; give `via: ''` for one of ours, which the layer adds its own to. */
export function request(words: RequestWords = {}): SipRequest {
  const { method = 'INVITE', uri = 'sip:bob@example.com', branch = 'z9hG4bKalice1', cseq = 1 } = words;
  const via = words.via ?? `SIP/2.0/UDP 192.168.1.5:5060;branch=${branch};rport`;
  const toTag = words.toTag === undefined ? '' : `;tag=${words.toTag}`;
  return new SipRequest(
    method,
    uri,
    Headers.of([
      ...(via === '' ? [] : [['Via', via] as const]),
      ['Max-Forwards', '70'],
      ['From', `"Alice" <sip:alice@example.com>;tag=${words.fromTag ?? 'alice'}`],
      ['To', `<sip:bob@example.com>${toTag}`],
      ['Call-ID', words.callId ?? 'call-1'],
      ['CSeq', `${cseq} ${method}`],
      ...(words.headers ?? []),
    ]),
  );
}

/** `send INVITE`, `send 200 OK`, `response 180`, `timeout`. */
export function tell(effect: TransactionEffect): string {
  switch (effect.type) {
    case 'send':
      return `send ${shown(effect.message)}`;
    case 'request':
    case 'ack':
      return `${effect.type} ${effect.request.method}`;
    case 'response':
    case 'stray-response':
      return `${effect.type} ${effect.response.status}`;
    case 'transport-failed':
      return `transport-failed: ${effect.reason}`;
    default:
      return effect.type;
  }
}

function shown(message: SipMessage): string {
  return message.kind === 'request' ? message.method : `${message.status} ${message.reason}`;
}

/** A message that we sent, read again from its bytes: what the peer sees. */
export function fromWire(effect: SendEffect): SipMessage {
  const parsed = parseMessage(effect.bytes);
  if (!parsed.ok) throw new Error(`we sent what we cannot read: ${parsed.error.reason}`);
  return parsed.value;
}

export class Stage {
  readonly layer: TransactionLayer;
  now: Instant = 1_000_000;
  /** Every effect so far, of every call. */
  readonly effects: TransactionEffect[] = [];
  #branches = 0;

  constructor(options: Partial<TransactionOptions> = {}) {
    this.layer = new TransactionLayer({
      newBranch: () => `ours${++this.#branches}`,
      sentBy: (flow) => flow.local,
      ...options,
    });
  }

  /** A message arrives. */
  hears(message: SipMessage, flow: Flow = UDP): readonly string[] {
    return this.#note(this.layer.receive(message, flow, this.now));
  }

  /** Our core sends a request. */
  asks(message: SipRequest, flow: Flow = UDP): readonly string[] {
    const { id, effects } = this.layer.request(message, flow, this.now);
    this.asked = id;
    return this.#note(effects);
  }

  /** Id of the latest client transaction that `asks` opened. */
  asked: TransactionId = '';

  /** Our core responds to the latest request that it was told of. */
  answers(status: number, toTag = 'bob'): readonly string[] {
    const { id, request: asked } = present(this.told('request').at(-1), 'a request');
    return this.#note(this.layer.respond(id, createResponse(asked, status, { toTag }), this.now));
  }

  /** Our core acknowledges a 2xx of the latest request of ours. */
  acknowledges(toTag = 'bob', flow: Flow = UDP): readonly string[] {
    const ack = request({ method: 'ACK', via: '', toTag });
    return this.#note(this.layer.acknowledge(this.asked, ack, flow, this.now));
  }

  cancels(headers: readonly (readonly [string, string])[] = []): readonly string[] {
    return this.#note(this.layer.cancel(this.asked, this.now, headers));
  }

  loses(flow: Flow, reason?: string): readonly string[] {
    return this.#note(this.layer.flowFailed(flow, this.now, reason));
  }

  /** Time passes; each timer fires when it is due. What happened, each line with the milliseconds since now. */
  passes(durationMs: number): readonly string[] {
    const start = this.now;
    const end = start + durationMs;
    const lines: string[] = [];
    for (;;) {
      const deadline = this.layer.nextDeadline();
      if (deadline === undefined || deadline > end) break;
      this.now = deadline;
      const effects = this.layer.expire(deadline);
      lines.push(...this.#note(effects).map((line) => `${deadline - start}: ${line}`));
    }
    this.now = end;
    return lines;
  }

  /** The latest message that went out. */
  get sent(): SendEffect {
    return present(this.told('send').at(-1), 'a message that was sent');
  }

  /** The latest request that went out, as the peer reads it. */
  get sentRequest(): SipRequest {
    const message = present(
      this.told('send').findLast((effect) => effect.message.kind === 'request'),
      'a request that was sent',
    );
    const read = fromWire(message);
    if (read.kind !== 'request') throw new Error('a request reads as a response');
    return read;
  }

  /** The peer's response to the latest request of this method that went out. */
  response(status: number, options: { toTag?: string; to?: string; body?: string } = {}): SipResponse {
    const { toTag = 'bob', to = 'INVITE', body } = options;
    const asked = present(
      this.told('send').findLast(({ message }) => message.kind === 'request' && message.method === to),
      `a ${to} that was sent`,
    ).message;
    if (asked.kind !== 'request') throw new Error('unreachable');
    return createResponse(asked, status, {
      toTag,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    });
  }

  told<T extends TransactionEffect['type']>(type: T): readonly Extract<TransactionEffect, { type: T }>[] {
    return this.effects.filter(
      (effect): effect is Extract<TransactionEffect, { type: T }> => effect.type === type,
    );
  }

  #note(effects: readonly TransactionEffect[]): readonly string[] {
    this.effects.push(...effects);
    return effects.map(tell);
  }
}
