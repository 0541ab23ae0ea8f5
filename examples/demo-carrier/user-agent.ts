// The demo carrier's SIP: a socket, the transaction layer of src/sip, and who is to hear of what.
//
//   datagrams ─▶ transactions ─┬─ new INVITE ──────────────▶ the switch, which gives back who takes it
//                              ├─ request within a dialog ─▶ the call that the dialog belongs to
//                              └─ response ────────────────▶ who sent the request
//
// Everything it sends goes to loopback; a Contact or Route elsewhere makes the request fail here (law 9).

import { openUdp } from '../../src/adapters/net-udp/udp.ts';
import { createSystemClock } from '../../src/adapters/system-clock/system-clock.ts';
import { createSystemRandom } from '../../src/adapters/system-random/system-random.ts';
import { present } from '../../src/base/assert.ts';
import { hex } from '../../src/base/ids.ts';
import { type Endpoint, type Flow, formatEndpoint } from '../../src/base/net.ts';
import type { Packet, SignallingHandler, SignallingTransport } from '../../src/ports/signalling.ts';
import { Dialog } from '../../src/sip/dialog/dialog.ts';
import { createResponse, type ResponseOptions } from '../../src/sip/message/compose.ts';
import { inspectRequest, inspectResponse } from '../../src/sip/message/inspect.ts';
import type { SipRequest, SipResponse } from '../../src/sip/message/message.ts';
import { parseMessage } from '../../src/sip/message/parse.ts';
import { parseUri } from '../../src/sip/message/uri.ts';
import {
  statelessResponse,
  type TransactionEffect,
  type TransactionId,
  TransactionLayer,
} from '../../src/sip/transaction/layer.ts';
import { isLoopback } from './options.ts';

export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO';

/** Who took an INVITE. */
export interface Callee {
  /** The caller hung up before an answer; the INVITE wants its 487. */
  cancelled(): void;
  /** The caller never acknowledged the answer. */
  notAcknowledged(): void;
}

/** Who owns a dialog. */
export interface DialogOwner {
  /** ACK excepted, in order, and to be answered. */
  request(id: TransactionId, request: SipRequest): void;
  acknowledged(ack: SipRequest): void;
}

/** Who sent a request. After a final response, or after `failed`, nothing more comes. */
export interface Asker {
  response(response: SipResponse): void;
  failed(status: number, reason: string): void;
}

export interface UserAgentOptions {
  readonly listen: Endpoint;
  /** UDP, unless another transport is given. */
  readonly openTransport?: (listen: Endpoint, handler: SignallingHandler) => Promise<SignallingTransport>;
  /** A request outside of any dialog. Whoever is given back hears what becomes of an INVITE. */
  readonly onRequest: (agent: UserAgent, id: TransactionId, request: SipRequest) => Callee | undefined;
}

export class UserAgent {
  readonly #options: UserAgentOptions;
  readonly #clock = createSystemClock();
  readonly #random = createSystemRandom();
  readonly #layer: TransactionLayer;
  #transport: SignallingTransport | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onSettled: (() => void) | undefined;
  readonly #callees = new Map<TransactionId, Callee>();
  readonly #askers = new Map<TransactionId, Asker>();
  readonly #dialogs = new Map<string, { readonly dialog: Dialog; readonly owner: DialogOwner }>();

  /** Throws RingthroughError LISTEN_FAILED. */
  static async open(options: UserAgentOptions): Promise<UserAgent> {
    const agent = new UserAgent(options);
    const lost = (flow: Flow, reason: string) =>
      agent.#perform(agent.#layer.flowFailed(flow, agent.now(), reason));
    const open = options.openTransport ?? ((listen, handler) => openUdp({ ...listen, handler }));
    agent.#transport = await open(options.listen, {
      received: (batch) => agent.#received(batch),
      failed: lost,
      closed: (flow) => lost(flow, 'the connection was closed'),
    });
    return agent;
  }

  private constructor(options: UserAgentOptions) {
    this.#options = options;
    this.#layer = new TransactionLayer({ newBranch: () => this.token(), sentBy: () => this.local });
  }

  get local(): Endpoint {
    return present(this.#transport, 'transport').listener.local;
  }

  now(): number {
    return this.#clock.now();
  }

  /** For tags, branches and Call-IDs. */
  token(): string {
    return hex(this.#random.bytes(8));
  }

  /** A random unsigned integer of 32 bits. */
  integer(): number {
    return Math.floor(this.#random.fraction() * 2 ** 32);
  }

  /** Our Contact value. */
  contact(user: string): string {
    const { transport } = present(this.#transport, 'transport').listener;
    return `<sip:${user}@${formatEndpoint(this.local)}${transport === 'udp' ? '' : `;transport=${transport}`}>`;
  }

  respond(id: TransactionId, response: SipResponse): void {
    this.#perform(this.#layer.respond(id, response, this.now()));
  }

  /** Responds to a request that makes no dialog. */
  answer(id: TransactionId, request: SipRequest, status: number, options: ResponseOptions = {}): void {
    this.respond(id, createResponse(request, status, { toTag: this.token(), ...options }));
  }

  /** Sends a request outside of a dialog. */
  request(request: SipRequest, target: Endpoint, asker: Asker): TransactionId {
    const { id, effects } = this.#layer.request(request, this.#flowTo(target), this.now());
    this.#askers.set(id, asker);
    this.#perform(effects);
    return id;
  }

  /** Sends a request within a dialog, to where the dialog says. */
  requestIn(dialog: Dialog, request: SipRequest, asker: Asker): TransactionId | undefined {
    const target = loopbackTarget(dialog.nextHop);
    if (target !== undefined) return this.request(request, target, asker);
    asker.failed(503, `${dialog.nextHop} is not on loopback`);
    return undefined;
  }

  /** Acknowledges the 2xx of INVITE `id`. */
  acknowledge(id: TransactionId, dialog: Dialog, ack: SipRequest): void {
    const target = loopbackTarget(dialog.nextHop);
    if (target !== undefined)
      this.#perform(this.#layer.acknowledge(id, ack, this.#flowTo(target), this.now()));
  }

  cancel(id: TransactionId): void {
    this.#perform(this.#layer.cancel(id, this.now()));
  }

  own(dialog: Dialog, owner: DialogOwner): void {
    this.#dialogs.set(dialog.key, { dialog, owner });
  }

  disown(dialog: Dialog): void {
    this.#dialogs.delete(dialog.key);
  }

  /** A callee that no longer wants to hear of its INVITE. */
  forget(id: TransactionId): void {
    this.#callees.delete(id);
  }

  /** Waits until every request that was sent has its answer, for a while; then closes the socket. */
  async close(withinMs: number): Promise<void> {
    const settled = Promise.withResolvers<void>();
    this.#onSettled = settled.resolve;
    const patience = setTimeout(settled.resolve, withinMs);
    if (this.#askers.size > 0) await settled.promise;
    clearTimeout(patience);
    clearTimeout(this.#timer);
    await this.#transport?.close();
  }

  #flowTo(remote: Endpoint): Flow {
    return { transport: present(this.#transport, 'transport').listener.transport, local: this.local, remote };
  }

  #received(batch: readonly Packet[]): void {
    for (const { flow, bytes } of batch) {
      const parsed = parseMessage(bytes);
      if (!parsed.ok) continue;
      const message = parsed.value;
      const defect = message.kind === 'request' ? inspectRequest(message) : inspectResponse(message);
      if (defect === undefined) {
        this.#perform(this.#layer.receive(message, flow, this.now()));
      } else if (message.kind === 'request' && message.method !== 'ACK') {
        this.#perform([statelessResponse(message, flow, defect.status, { reason: defect.reason })]);
      }
    }
  }

  #perform(effects: readonly TransactionEffect[]): void {
    const packets: Packet[] = [];
    for (const effect of effects) if (effect.type === 'send') packets.push(effect);
    if (packets.length > 0) this.#transport?.send(packets);
    for (const effect of effects) this.#tell(effect);
    if (this.#askers.size === 0) this.#onSettled?.();
    this.#arm();
  }

  #tell(effect: TransactionEffect): void {
    switch (effect.type) {
      case 'request':
        this.#requested(effect.id, effect.request);
        break;
      case 'ack':
        this.#dialogs.get(Dialog.keyOf(effect.request))?.owner.acknowledged(effect.request);
        break;
      case 'cancelled':
        this.#callees.get(effect.id)?.cancelled();
        break;
      case 'ack-missing':
        this.#callees.get(effect.id)?.notAcknowledged();
        break;
      case 'response':
        this.#askers.get(effect.id)?.response(effect.response);
        if (effect.response.status >= 200) this.#askers.delete(effect.id);
        break;
      case 'timeout':
        this.#failed(effect.id, 408, 'no answer');
        break;
      case 'transport-failed':
        this.#failed(effect.id, 503, effect.reason);
        break;
      case 'send':
      case 'stray-response':
        break;
    }
  }

  #requested(id: TransactionId, request: SipRequest): void {
    const owned = this.#dialogs.get(Dialog.keyOf(request));
    if (owned !== undefined) {
      const isInOrder = owned.dialog.receiveRequest(request) === 'accepted';
      if (isInOrder) owned.owner.request(id, request);
      else this.answer(id, request, 500, { reason: 'Out of Order' });
      return;
    }
    if (request.to?.parameters.has('tag')) {
      this.answer(id, request, 481);
      return;
    }
    const callee = this.#options.onRequest(this, id, request);
    if (callee !== undefined) this.#callees.set(id, callee);
  }

  #failed(id: TransactionId, status: number, reason: string): void {
    this.#askers.get(id)?.failed(status, reason);
    this.#askers.delete(id);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadline = this.#layer.nextDeadline();
    if (deadline === undefined) return;
    const delayMs = Math.max(0, deadline - this.now());
    this.#timer = setTimeout(() => this.#perform(this.#layer.expire(this.now())), Math.ceil(delayMs));
  }
}

/** Where a SIP URI points to, if that is a loopback address. */
function loopbackTarget(text: string): Endpoint | undefined {
  const uri = parseUri(text);
  if (!uri.ok || uri.value.scheme !== 'sip') return undefined;
  const { host, port = 5060 } = uri.value;
  return isLoopback(host) ? { address: host, port } : undefined;
}
