// The subscriber of a story (RFC 6665 §4.1): a phone's view of one subscription to its mailbox.

import assert from 'node:assert/strict';
import { tagOf } from '../../src/sip/message/address.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import type { Phone } from './phone.ts';
import type { Asked, Reply, Row, Sent } from './said.ts';
import { DOMAIN } from './stage.ts';

export class Watcher {
  readonly phone: Phone;
  readonly #uri: string;
  readonly #callId: string;
  readonly #tag: string;
  readonly #event: string;
  #toTag = '';
  #target: string | undefined;
  cseq = 0;

  constructor(phone: Phone, { uri = `sip:${phone.user}@${DOMAIN}`, event = 'message-summary' } = {}) {
    this.phone = phone;
    this.#uri = uri;
    this.#event = event;
    this.#callId = phone.token();
    this.#tag = phone.token();
  }

  /** SUBSCRIBE with our credentials: the first, or one more of its dialog. */
  subscribes(seconds: number | undefined, rows: readonly Row[] = []): Sent {
    return this.phone.authorises(this.compose(seconds, rows));
  }

  /** Subscribed, and told at once. */
  begins(seconds = 3_600, rows: readonly Row[] = []): Asked {
    this.granted(this.subscribes(seconds, rows));
    return this.told();
  }

  /** The 200, which begins the dialog. */
  granted(sent: Sent): SipResponse {
    const ok = sent.expect(200);
    this.#toTag = tagOf(ok.to) ?? '';
    this.#target = ok.contacts[0]?.uri;
    return ok;
  }

  /** As if the dialog were this one. */
  remembers(toTag: string): void {
    this.#toTag = toTag;
  }

  /** The NOTIFY of the dialog that came, answered. */
  told(status = 200, reply: Reply = {}): Asked {
    const asked = this.heard();
    asked.reply(status, reply);
    return asked;
  }

  /** The same, not answered yet. */
  heard(): Asked {
    const asked = this.phone.takes('NOTIFY');
    const { headers, callId, from, to } = asked.request;
    assert.equal(callId, this.#callId);
    assert.equal(tagOf(to), this.#tag);
    if (this.#toTag !== '') assert.equal(tagOf(from), this.#toTag);
    assert.equal(headers.get('Event'), this.#event);
    assert.ok(headers.has('Contact'));
    return asked;
  }

  compose(seconds: number | undefined, rows: readonly Row[] = []): SipRequest {
    this.cseq += 2;
    const to = this.#toTag === '' ? '' : `;tag=${this.#toTag}`;
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${this.phone.user}@${DOMAIN}>;tag=${this.#tag}`],
      ['To', `<${this.#uri}>${to}`],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.cseq} SUBSCRIBE`],
      ['Contact', this.phone.contact],
      ['Event', this.#event],
      ...(seconds === undefined ? [] : [['Expires', String(seconds)] as const]),
      ...rows,
    ]);
    return new SipRequest('SUBSCRIBE', this.#target ?? this.#uri, headers);
  }
}

/** What a NOTIFY says: its Subscription-State, and `new/old`, or the empty text where it has no body. */
export function said({ request }: Asked): readonly [state: string, counts: string] {
  const body = new TextDecoder().decode(request.body);
  const counts = /^Voice-Message: (\S+) \(0\/0\)\r$/m.exec(body)?.[1] ?? '';
  return [request.headers.get('Subscription-State') ?? '', counts];
}
