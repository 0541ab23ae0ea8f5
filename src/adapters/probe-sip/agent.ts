// The SIP of one end of a probe: one line, the transaction layer of src/sip, and whoever owns the end.
//
//   messages ─▶ transactions ─┬─ request ──▶ the owner, who responds
//                             └─ response ─▶ whoever asked
//
// Over UDP requests within a dialog go to where the dialog says, if that is an address; else, and over a connection
// always, they go to the server, as those of a phone behind a NAT do.

import type { SecureContext } from 'node:tls';
import { present } from '../../base/assert.ts';
import { hex } from '../../base/ids.ts';
import { parseAddress } from '../../base/ip.ts';
import { LIMITS } from '../../base/limits.ts';
import { type Endpoint, type Flow, formatEndpoint, isStream } from '../../base/net.ts';
import { contains, type Prefix } from '../../base/prefix.ts';
import type { Hashing } from '../../ports/hashing.ts';
import { reasonOf } from '../../ports/probes.ts';
import type { Random } from '../../ports/random.ts';
import type { Dialog } from '../../sip/dialog/dialog.ts';
import { createResponse, type ResponseOptions } from '../../sip/message/compose.ts';
import { inspectRequest, inspectResponse } from '../../sip/message/inspect.ts';
import type { SipRequest, SipResponse } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { parseUri } from '../../sip/message/uri.ts';
import { type TransactionEffect, type TransactionId, TransactionLayer } from '../../sip/transaction/layer.ts';
import { type Line, type LineHandler, listenUdp, openLine } from './line.ts';
import { type ServerAddress, Unserved } from './where.ts';

export interface AgentOptions {
  readonly random: Random;
  readonly hashing: Hashing;
  /** How it names itself: `Ringthrough/0.1.0`. */
  readonly userAgent: string;
  /** Whom connections over TLS trust. */
  readonly trust: { readonly context: SecureContext };
}

/** Who hears of what comes to an end of a probe. */
export interface Owner {
  /** Neither ACK nor CANCEL, and to be responded to. */
  requested(id: TransactionId, request: SipRequest, from: Endpoint): void;
  /** Of an INVITE without a final response, which is to be 487. */
  cancelled(id: TransactionId, invite: SipRequest): void;
  acknowledged(ack: SipRequest): void;
}

export interface Asked {
  readonly id: TransactionId;
  /** Rejects where none comes. */
  readonly final: Promise<SipResponse>;
}

interface Asker {
  readonly method: string;
  resolve(response: SipResponse): void;
  reject(cause: Error): void;
  /** Provisional ones, and one more 2xx of an INVITE that was forked. */
  also(response: SipResponse): void;
}

export const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS';

export class Agent {
  owner: Owner | undefined;
  /** Told of each response: somebody is there. */
  heard: (() => void) | undefined;
  readonly options: AgentOptions;
  readonly #layer: TransactionLayer;
  readonly #askers = new Map<TransactionId, Asker>();
  #line: Line | undefined;
  #server: Endpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Rejects with why there is no way to the server. */
  static async towards(
    server: ServerAddress,
    address: string | undefined,
    options: AgentOptions,
    signal: AbortSignal,
  ): Promise<Agent> {
    const agent = new Agent(options);
    agent.#server = { address: server.address, port: server.port };
    const opening = openLine(server, address, agent.#handler(), { signal, trust: options.trust });
    agent.#line = await opening.catch((cause) => {
      throw new Unserved(reasonOf(cause), { cause });
    });
    // Whoever gave it up while it opened closes nothing of it any more.
    if (signal.aborted) agent.close();
    signal.throwIfAborted();
    return agent;
  }

  /** One that waits for others to speak first, over UDP. What comes from elsewhere than `from` is not heard. */
  static async at(local: Endpoint, from: readonly Prefix[], options: AgentOptions): Promise<Agent> {
    const agent = new Agent(options, LIMITS.probeListenTransactionsMax);
    const { received, lost } = agent.#handler();
    const isFrom = ({ address }: Endpoint): boolean => {
      const bytes = parseAddress(address);
      return bytes !== undefined && from.some((prefix) => contains(prefix, bytes));
    };
    agent.#line = await listenUdp(local, {
      received: (bytes, remote) => {
        if (from.length === 0 || isFrom(remote)) received(bytes, remote);
      },
      lost,
    });
    return agent;
  }

  private constructor(options: AgentOptions, transactionsMax: number = LIMITS.probeTransactionsMax) {
    this.options = options;
    this.#layer = new TransactionLayer({
      newBranch: () => this.token(),
      sentBy: () => this.local,
      transactionsMax,
    });
  }

  get local(): Endpoint {
    return present(this.#line, 'line of an agent').local;
  }

  /** For tags, branches and Call-IDs. */
  token(): string {
    return hex(this.options.random.bytes(12));
  }

  /** Our URI, as others are to know it. */
  contact(user: string): string {
    const { transport } = present(this.#line, 'line of an agent');
    return `sip:${user}@${formatEndpoint(this.local)}${transport === 'udp' ? '' : `;transport=${transport}`}`;
  }

  ask(request: SipRequest, remote: Endpoint | undefined, also: Asker['also'] = () => undefined): Asked {
    const { promise: final, resolve, reject } = Promise.withResolvers<SipResponse>();
    // Nobody may be waiting for it any more when it fails.
    final.catch(() => undefined);
    const flow = this.#flowTo(remote ?? this.#server);
    if (flow === undefined || this.#closed) {
      reject(new Error('there is no way to send it'));
      return { id: '', final };
    }
    const { id, effects } = this.#layer.request(request, flow, performance.now());
    this.#askers.set(id, { method: request.method, resolve, reject, also });
    this.#perform(effects);
    return { id, final };
  }

  /** Where requests of the dialog go; `undefined`: to the server. */
  remoteOf(dialog: Dialog): Endpoint | undefined {
    const uri = parseUri(dialog.nextHop);
    if (!uri.ok || uri.value.scheme !== 'sip') return undefined;
    const { host: address, port = 5060 } = uri.value;
    return /^[\d.]+$|:/.test(address) && port > 0 ? { address, port } : undefined;
  }

  respond(id: TransactionId, response: SipResponse): void {
    this.#perform(this.#layer.respond(id, response, performance.now()));
  }

  /** Responds to a request that begins no dialog. */
  answer(id: TransactionId, request: SipRequest, status: number, options: ResponseOptions = {}): void {
    this.respond(id, createResponse(request, status, { toTag: this.token(), ...options }));
  }

  /** The ACK of the 2xx to INVITE `id`. */
  acknowledge(id: TransactionId, dialog: Dialog, ack: SipRequest): void {
    const flow = this.#flowTo(this.remoteOf(dialog) ?? this.#server);
    if (flow !== undefined) this.#perform(this.#layer.acknowledge(id, ack, flow, performance.now()));
  }

  /** The ACK of our 2xx is awaited no more, and the 2xx goes out no more. */
  settle(id: TransactionId): void {
    this.#perform(this.#layer.settle(id, performance.now()));
  }

  cancel(id: TransactionId): void {
    this.#perform(this.#layer.cancel(id, performance.now()));
  }

  /** Safe to call twice. Whoever still waits for a response is told that none comes. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#line?.close();
    for (const asker of this.#askers.values()) asker.reject(new Error('given up'));
    this.#askers.clear();
  }

  #handler(): LineHandler {
    return {
      received: (bytes, remote) => this.#received(bytes, remote),
      lost: (reason) => {
        const flow = this.#flowTo(this.#server);
        if (flow !== undefined) this.#perform(this.#layer.flowFailed(flow, performance.now(), reason));
      },
    };
  }

  #flowTo(remote: Endpoint | undefined): Flow | undefined {
    if (this.#line === undefined || remote === undefined) return undefined;
    const { transport, local } = this.#line;
    return { transport, local, remote: isStream(transport) ? (this.#server ?? remote) : remote };
  }

  #received(bytes: Uint8Array, remote: Endpoint): void {
    const parsed = parseMessage(bytes);
    const flow = this.#flowTo(remote);
    if (!parsed.ok || flow === undefined || this.#closed) return;
    const message = parsed.value;
    const defect = message.kind === 'request' ? inspectRequest(message) : inspectResponse(message);
    if (defect === undefined) this.#perform(this.#layer.receive(message, flow, performance.now()));
  }

  #perform(effects: readonly TransactionEffect[]): void {
    for (const effect of effects) if (effect.type === 'send') this.#send(effect);
    for (const effect of effects) this.#tell(effect);
    clearTimeout(this.#timer);
    const deadline = this.#layer.nextDeadline();
    if (deadline === undefined || this.#closed) return;
    const delayMs = Math.max(0, Math.ceil(deadline - performance.now()));
    this.#timer = setTimeout(() => this.#perform(this.#layer.expire(performance.now())), delayMs);
  }

  #send({ bytes, flow }: TransactionEffect & { type: 'send' }): void {
    if (!this.#closed) this.#line?.send(bytes, flow.remote);
  }

  #tell(effect: TransactionEffect): void {
    switch (effect.type) {
      case 'request':
        if (this.owner === undefined) this.#refuse(effect.id, effect.request);
        else this.owner.requested(effect.id, effect.request, effect.flow.remote);
        break;
      case 'ack':
        this.owner?.acknowledged(effect.request);
        break;
      case 'cancelled':
        if (this.owner === undefined) this.answer(effect.id, effect.request, 487);
        else this.owner.cancelled(effect.id, effect.request);
        break;
      case 'response':
        this.#responded(effect.id, effect.response);
        break;
      case 'timeout':
        this.#failed(effect.id, 'no answer');
        break;
      case 'transport-failed':
        this.#failed(effect.id, effect.reason);
        break;
      case 'send':
      case 'ack-missing':
      case 'stray-response':
        break;
    }
  }

  #responded(id: TransactionId, response: SipResponse): void {
    const asker = this.#askers.get(id);
    this.heard?.();
    if (response.status >= 200) asker?.resolve(response);
    asker?.also(response);
    // An INVITE that was forked may be answered once more.
    if (response.status >= 200 && asker?.method !== 'INVITE') this.#askers.delete(id);
  }

  #failed(id: TransactionId, reason: string): void {
    this.#askers.get(id)?.reject(new Unserved(reason));
    this.#askers.delete(id);
  }

  /** Of nobody's: a carrier that asks whether anybody is there is told so, between two calls. */
  #refuse(id: TransactionId, request: SipRequest): void {
    const headers = [['Allow', ALLOW]] as const;
    if (request.method === 'OPTIONS') this.answer(id, request, 200, { headers });
    else if (request.to?.parameters.has('tag') === true) this.answer(id, request, 481);
    else if (request.method === 'INVITE') this.answer(id, request, 480);
    else this.answer(id, request, 405, { headers });
  }
}
