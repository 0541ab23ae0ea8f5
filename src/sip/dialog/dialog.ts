// A dialog: RFC 3261 §12. What two user agents know of each other for the length of a call: tags, targets, the
// route between them, and the order of their requests.
//
//             caller (UAC)                                        callee (UAS)
//   Dialog.asUac ◀── 180 To;tag=b, Record-Route, Contact ─────── Dialog.asUas
//      early                                                        early
//   receiveResponse ◀────────────── 200 ─────────────────────────  confirm
//    confirmed                                                    confirmed
//   createRequest ── BYE, CSeq+1, Route ─▶ receiveRequest
//
// One object per dialog, owned and changed by one call leg. It composes requests; it sends none.

import { assert, present } from '../../base/assert.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { formatNameAddress, type NameAddress, tagOf } from '../message/address.ts';
import { Headers } from '../message/headers.ts';
import { SipRequest, type SipResponse } from '../message/message.ts';
import { routeRequest, routeUri } from './routing.ts';

export type DialogState = 'early' | 'confirmed' | 'terminated';

export interface RequestOptions {
  readonly headers?: Iterable<readonly [name: string, value: string]>;
  readonly body?: Uint8Array;
  readonly contentType?: string;
}

/** What a dialog is made of at its beginning. */
interface DialogSeed {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly localUri: string;
  readonly remoteUri: string;
  readonly localContact: string;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly localCseq: number;
  readonly remoteCseq: number | undefined;
  readonly state: DialogState;
}

/** Requests whose Contact becomes the remote target (§12.2; RFC 3311, RFC 6665, RFC 3515). */
const TARGET_REFRESH_METHODS: ReadonlySet<string> = new Set([
  'INVITE',
  'UPDATE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
]);

export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** Empty where the peer is from before RFC 3261 and gave none (§12.1.1). */
  readonly remoteTag: string;
  /** Ours in From: a whole header value but for the tag. */
  readonly localUri: string;
  /** The peer's in To: a whole header value but for the tag. */
  readonly remoteUri: string;
  /** Our Contact value, for who composes requests and responses. */
  readonly localContact: string;
  #remoteTarget: string;
  #routeSet: readonly string[];
  #localCseq: number;
  #remoteCseq: number | undefined;
  #state: DialogState;

  private constructor(seed: DialogSeed) {
    this.callId = seed.callId;
    this.localTag = seed.localTag;
    this.remoteTag = seed.remoteTag;
    this.localUri = seed.localUri;
    this.remoteUri = seed.remoteUri;
    this.localContact = seed.localContact;
    this.#remoteTarget = seed.remoteTarget;
    this.#routeSet = seed.routeSet;
    this.#localCseq = seed.localCseq;
    this.#remoteCseq = seed.remoteCseq;
    this.#state = seed.state;
  }

  /**
   * The dialog of an inspected INVITE that we answer with `localTag` (§12.1.1), early until `confirm`. A request
   * without a usable Contact, which §8.1.1.8 forbids, is answered at its From URI.
   */
  static asUas(request: SipRequest, localTag: string, localContact: string): Dialog {
    const from = present(request.from, 'From of an inspected request');
    const to = present(request.to, 'To of an inspected request');
    return new Dialog({
      callId: present(request.callId, 'Call-ID of an inspected request'),
      localTag,
      remoteTag: tagOf(from) ?? '',
      localUri: withoutTag(to),
      remoteUri: withoutTag(from),
      localContact,
      remoteTarget: request.contacts[0]?.uri ?? from.uri,
      routeSet: request.headers.values('Record-Route'),
      localCseq: 0,
      remoteCseq: present(request.cseq, 'CSeq of an inspected request').number,
      state: 'early',
    });
  }

  /**
   * The dialog that an inspected 101-299 response to our INVITE made or told of (§12.1.2): early below 200, else
   * confirmed. The error says in words why the response makes none.
   */
  static asUac(request: SipRequest, response: SipResponse): Result<Dialog, string> {
    const { status } = response;
    if (status <= 100 || status >= 300) return err(`a ${status} response makes no dialog`);
    const from = present(request.from, 'From of our request');
    const to = present(response.to, 'To of an inspected response');
    const remoteTag = tagOf(to);
    if (remoteTag === undefined) return err(`the ${status} response has no To tag`);
    return ok(
      new Dialog({
        callId: present(request.callId, 'Call-ID of our request'),
        localTag: tagOf(from) ?? '',
        remoteTag,
        localUri: withoutTag(from),
        remoteUri: withoutTag(to),
        localContact: request.headers.get('Contact') ?? '',
        remoteTarget: response.contacts[0]?.uri ?? request.uri,
        routeSet: response.headers.values('Record-Route').toReversed(),
        localCseq: present(request.cseq, 'CSeq of our request').number,
        remoteCseq: undefined,
        state: status < 200 ? 'early' : 'confirmed',
      }),
    );
  }

  /** What a dialog is found by. */
  static key(callId: string, localTag: string, remoteTag: string): string {
    return `${callId}|${localTag}|${remoteTag}`;
  }

  /** The key of the dialog that an inspected request from the peer means: we are in its To. */
  static keyOf(request: SipRequest): string {
    const localTag = tagOf(request.to) ?? '';
    const remoteTag = tagOf(request.from) ?? '';
    return Dialog.key(request.callId ?? '', localTag, remoteTag);
  }

  get key(): string {
    return Dialog.key(this.callId, this.localTag, this.remoteTag);
  }

  get state(): DialogState {
    return this.#state;
  }

  /** The peer's Contact URI. */
  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /** Route values in the order that our requests take them. */
  get routeSet(): readonly string[] {
    return this.#routeSet;
  }

  /** CSeq number of our latest request; 0 before the first. */
  get localCseq(): number {
    return this.#localCseq;
  }

  /** CSeq number of the peer's latest request; `undefined` before the first. */
  get remoteCseq(): number | undefined {
    return this.#remoteCseq;
  }

  /** The URI to send the next request to (§8.1.2): the first route, or the peer itself where there is none. */
  get nextHop(): string {
    const [first] = this.#routeSet;
    return first === undefined ? this.#remoteTarget : routeUri(first);
  }

  /** A new request within the dialog (§12.2.1.1), without Via and Contact. */
  createRequest(method: string, options: RequestOptions = {}): SipRequest {
    assert(method !== 'ACK' && method !== 'CANCEL', `${method} takes the CSeq of another request`);
    this.#localCseq += 1;
    return this.#compose(method, this.#localCseq, options);
  }

  /** A request of ours once more as a new one, such as with the credentials that its answer asked for (§22.2). */
  renewed(request: SipRequest): SipRequest {
    this.#localCseq += 1;
    return request.with({ headers: request.headers.set('CSeq', `${this.#localCseq} ${request.method}`) });
  }

  /** The ACK of a 2xx to our INVITE with this CSeq number (§13.2.2.4). */
  createAck(inviteCseq: number, options: RequestOptions = {}): SipRequest {
    return this.#compose('ACK', inviteCseq, options);
  }

  /**
   * A request of the peer, other than CANCEL (§12.2.2). Out of order: the core answers 500, and nothing has changed.
   * ACK repeats the CSeq of its INVITE and is always in order.
   */
  receiveRequest(request: SipRequest): 'accepted' | 'out-of-order' {
    if (request.method === 'ACK') return 'accepted';
    const { number } = present(request.cseq, 'CSeq of an inspected request');
    if (this.#remoteCseq !== undefined && number <= this.#remoteCseq) return 'out-of-order';
    this.#remoteCseq = number;
    if (TARGET_REFRESH_METHODS.has(request.method)) this.#refreshTarget(request.contacts);
    return 'accepted';
  }

  /**
   * A response to our `request`. The first 2xx to the INVITE that began the dialog confirms it, and its Record-Route
   * replaces that of the provisional (§13.2.2.4); any 2xx to a target refresh request moves the target. A response
   * with another To tag is about another dialog of a forked INVITE and changes nothing here.
   */
  receiveResponse(request: SipRequest, response: SipResponse): void {
    if (tagOf(response.to) !== this.remoteTag || response.status <= 100 || response.status >= 300) return;
    if (!TARGET_REFRESH_METHODS.has(request.method)) return;
    const isFinal = response.status >= 200;
    const beganDialog = this.#state === 'early' && request.method === 'INVITE';
    if (beganDialog && isFinal) {
      this.#routeSet = response.headers.values('Record-Route').toReversed();
      this.confirm();
    }
    if (isFinal || beganDialog) this.#refreshTarget(response.contacts);
  }

  /** Our 2xx to the peer's INVITE is out (§12.1.1), or theirs is in. */
  confirm(): void {
    if (this.#state === 'early') this.#state = 'confirmed';
  }

  /** After BYE, a final refusal of the INVITE, or what else ends it (§12.3). */
  terminate(): void {
    this.#state = 'terminated';
  }

  #refreshTarget(contacts: readonly NameAddress[]): void {
    const [contact] = contacts;
    if (contact !== undefined) this.#remoteTarget = contact.uri;
  }

  #compose(method: string, cseq: number, options: RequestOptions): SipRequest {
    const { uri, routes } = routeRequest(this.#remoteTarget, this.#routeSet);
    let headers = Headers.of([
      ...routes.map((route) => ['Route', route] as const),
      ['Max-Forwards', '70'],
      ['From', withTag(this.localUri, this.localTag)],
      ['To', withTag(this.remoteUri, this.remoteTag)],
      ['Call-ID', this.callId],
      ['CSeq', `${cseq} ${method}`],
    ]);
    for (const [name, value] of options.headers ?? []) {
      headers =
        name.toLowerCase() === 'max-forwards' ? headers.set(name, value) : headers.append(name, value);
    }
    if (options.contentType !== undefined) headers = headers.append('Content-Type', options.contentType);
    return new SipRequest(method, uri, headers, options.body);
  }
}

function withoutTag(address: NameAddress): string {
  const parameters = new Map(address.parameters);
  parameters.delete('tag');
  return formatNameAddress({ ...address, parameters });
}

function withTag(address: string, tag: string): string {
  return tag === '' ? address : `${address};tag=${tag}`;
}
