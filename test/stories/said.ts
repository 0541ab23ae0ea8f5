// One request and its answers, from a peer's side: `Sent` is what the peer asked of the node, `Asked` what the node
// asked of the peer. Both remember what the story has not mentioned yet.

import assert from 'node:assert/strict';
import { tagOf } from '../../src/sip/message/address.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../../src/sip/message/message.ts';
import { SDP } from './description.ts';

export type Row = readonly [name: string, value: string];

/** A request of the peer's. */
export class Sent {
  readonly request: SipRequest;
  readonly #name: string;
  readonly #responses: SipResponse[] = [];

  constructor(request: SipRequest, name: string) {
    this.request = request;
    this.#name = name;
  }

  hears(response: SipResponse): void {
    this.#responses.push(response);
  }

  /** The next answer, 100 passed over. */
  expect(status: number): SipResponse {
    const response = this.#take();
    const { method } = this.request;
    assert.ok(response, `${this.#name} waits in vain for ${status} to its ${method}`);
    assert.equal(response.status, status, `${this.#name} gets ${response.status} to its ${method}`);
    return response;
  }

  /** No answer has come but 100, or none since the last. */
  expectNothing(): void {
    assert.deepEqual(this.unmentioned(), []);
  }

  unmentioned(): readonly string[] {
    return this.#responses
      .filter(({ status }) => status !== 100)
      .map(({ status }) => `${this.#name} got ${status} to its ${this.request.method}`);
  }

  #take(): SipResponse | undefined {
    for (let next = this.#responses.shift(); next !== undefined; next = this.#responses.shift()) {
      if (next.status !== 100) return next;
    }
    return undefined;
  }
}

export interface Reply {
  readonly sdp?: string;
  readonly headers?: readonly Row[];
  readonly reason?: string;
  /** Another branch behind the peer answers (RFC 3261 §12.1.2). */
  readonly tag?: string;
}

/** A request of the node's. */
export class Asked {
  readonly request: SipRequest;
  readonly acks: SipRequest[] = [];
  readonly #name: string;
  readonly #tag: string;
  readonly #contact: Row;
  readonly #send: (response: SipResponse) => void;
  readonly #finals: SipResponse[] = [];
  #last: SipResponse | undefined;
  #cancel: SipRequest | undefined;
  #cancelMentioned = false;

  constructor(
    request: SipRequest,
    peer: { readonly name: string; readonly tag: string; readonly contact: string },
    send: (response: SipResponse) => void,
  ) {
    this.request = request;
    this.#name = peer.name;
    // Within a dialog the tag is the dialog's.
    this.#tag = tagOf(request.to) ?? peer.tag;
    this.#contact = ['Contact', peer.contact];
    this.#send = send;
  }

  get answered(): boolean {
    return this.#finals.length > 0;
  }

  reply(status: number, { sdp, headers = [], reason, tag = this.#tag }: Reply = {}): SipResponse {
    const contact = status > 100 && status < 300 && this.request.method !== 'BYE' ? [this.#contact] : [];
    const body = sdp === undefined ? {} : { body: new TextEncoder().encode(sdp), contentType: SDP };
    const response = createResponse(this.request, status, {
      toTag: tag,
      headers: [...contact, ...headers],
      ...body,
      ...(reason === undefined ? {} : { reason }),
    });
    if (status >= 200) this.#finals.push(response);
    this.#last = response;
    this.#send(response);
    return response;
  }

  /** The last answer once more, as after a lost ACK, or to a request that came again. */
  repeats(): void {
    assert.ok(this.#last, `${this.#name} has not answered yet`);
    this.#send(this.#last);
  }

  /** CANCEL came (RFC 3261 §9.2). */
  withdraw(cancel: SipRequest): void {
    this.#cancel = cancel;
  }

  /** The CANCEL that came. */
  cancel(): SipRequest {
    assert.ok(this.#cancel, `${this.#name} waits in vain for CANCEL`);
    this.#cancelMentioned = true;
    return this.#cancel;
  }

  /** The ACK that came, of the 2xx with this tag. */
  ack(tag = this.#tag): SipRequest {
    const ack = this.acks.find((one) => tagOf(one.to) === tag);
    assert.ok(ack, `${this.#name} waits in vain for ACK`);
    return ack;
  }

  unmentioned(): readonly string[] {
    const cancelled = this.#cancel !== undefined && !this.#cancelMentioned;
    const missing =
      this.request.method !== 'INVITE'
        ? []
        : this.#finals.filter(({ to }) => !this.acks.some((ack) => tagOf(ack.to) === tagOf(to)));
    return [
      ...(cancelled ? [`${this.#name} was sent CANCEL`] : []),
      ...missing.map(({ status }) => `${this.#name} was sent no ACK for its ${status}`),
    ];
  }
}
