// The transaction layer: RFC 3261 §17, with RFC 6026 and RFC 3581. It makes lossy transports look like requests that
// each get one outcome, and keeps retransmissions, ACKs of refusals and CANCELs to itself.
//
//      core       ▲ effects: request, cancelled, ack,          │ request, respond,
//                 │ response, timeout, transport-failed        ▼ acknowledge, cancel
//   ┌─────────────┴───────────────────────────────────────────────────────────────┐
//   │ TransactionLayer   matching.ts finds the transaction;                         │
//   │   invite-client    invite-server                                              │
//   │   non-invite-client  non-invite-server   decide; deadlines.ts says when next  │
//   └─────────────▲───────────────────────────────────────────────────┬───────────┘
//      transport  │ receive, flowFailed                                ▼ effects: send
//
// Pure: time and branches are given, effects are returned. Whatever a call did to a transaction, `#settle` brings
// the indexes in line with it, and nothing else touches them.

import { assert } from '../../base/assert.ts';
import { DeadlineHeap } from '../../base/deadline-heap.ts';
import { LIMITS } from '../../base/limits.ts';
import { type Endpoint, type Flow, formatEndpoint } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import { createResponse } from '../message/compose.ts';
import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import { MAGIC_COOKIE } from '../message/via.ts';
import { sending, type TransactionEffect, type TransactionId, type Turn } from './effects.ts';
import { FlowIndex } from './flow-index.ts';
import { InviteClient } from './invite-client.ts';
import { InviteServer } from './invite-server.ts';
import type { Birth } from './machine.ts';
import { answerKey, clientKey, clientKeyOf, serverKey, toTag } from './matching.ts';
import { NonInviteClient } from './non-invite-client.ts';
import { NonInviteServer } from './non-invite-server.ts';
import { composeCancel, type ExtraHeaders } from './own-requests.ts';
import { responseFlow, withSource } from './response-route.ts';
import { statelessResponse, statelessTag } from './stateless.ts';
import { DEFAULT_TIMERS, type TimerSettings } from './timers.ts';

export type { SendEffect, TransactionEffect, TransactionId } from './effects.ts';
export { statelessResponse } from './stateless.ts';

export interface TransactionOptions {
  /** A token that nobody can guess; the layer puts the magic cookie before it. */
  readonly newBranch: () => string;
  readonly timers?: Partial<TimerSettings>;
  /** What to write into our Via for requests over a flow. */
  readonly sentBy: (flow: Flow) => Endpoint;
  /** At this many transactions new requests get 503; requests within dialogs only above it by a tenth. */
  readonly transactionsMax?: number;
}

type ClientTransaction = InviteClient | NonInviteClient;
type ServerTransaction = InviteServer | NonInviteServer;
type Transaction = ClientTransaction | ServerTransaction;

export class TransactionLayer {
  readonly #options: TransactionOptions;
  readonly #timers: TimerSettings;
  readonly #transactionsMax: number;
  readonly #byId = new Map<TransactionId, Transaction>();
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** INVITE server transactions with a 2xx out, by what their ACK is known by. */
  readonly #answered = new Map<string, InviteServer>();
  readonly #byFlow = new FlowIndex<Transaction>();
  readonly #deadlines = new DeadlineHeap<Transaction>();
  #opened = 0;

  constructor(options: TransactionOptions) {
    this.#options = options;
    this.#timers = { ...DEFAULT_TIMERS, ...options.timers };
    this.#transactionsMax = options.transactionsMax ?? LIMITS.transactionsMax;
  }

  /** Live transactions. */
  get size(): number {
    return this.#byId.size;
  }

  nextDeadline(): Instant | undefined {
    return this.#deadlines.deadline;
  }

  /** It came before, and its transaction lives. */
  isRetransmission(request: SipRequest): boolean {
    return this.#servers.has(serverKey(request));
  }

  /** One parsed and inspected message from the transport. */
  receive(message: SipMessage, flow: Flow, now: Instant): readonly TransactionEffect[] {
    const turn: Turn = { now, effects: [] };
    if (message.kind === 'response') this.#receiveResponse(message, flow, turn);
    else this.#receiveRequest(withSource(message, flow), flow, turn);
    return turn.effects;
  }

  /** Sends a request other than ACK and CANCEL in a new client transaction, with our Via on top. */
  request(
    request: SipRequest,
    flow: Flow,
    now: Instant,
  ): { readonly id: TransactionId; readonly effects: readonly TransactionEffect[] } {
    const { method } = request;
    assert(method !== 'ACK' && method !== 'CANCEL', `${method} has its own way through the layer`);
    const turn: Turn = { now, effects: [] };
    const branch = this.#newBranch();
    const birth = this.#birth('client', clientKey(branch, method), flow, now);
    const routed = this.#withVia(request, branch, flow);
    if (method === 'INVITE') {
      const invite: InviteClient = new InviteClient(birth, routed, (extra, at) =>
        this.#sendCancel(invite, branch, extra, at),
      );
      this.#openClient(invite, turn);
    } else {
      this.#openClient(new NonInviteClient(birth, routed, { silent: false }), turn);
    }
    return { id: birth.id, effects: turn.effects };
  }

  /** The core's response in server transaction `id`. After a final one, or the transaction's end: nothing. */
  respond(id: TransactionId, response: SipResponse, now: Instant): readonly TransactionEffect[] {
    const server = this.#byId.get(id);
    if (!(server instanceof InviteServer || server instanceof NonInviteServer)) return [];
    return this.#with(server, now, (turn) => server.respond(response, turn));
  }

  /** The ACK of a 2xx of client transaction `id`: sent now, and again whenever that 2xx (by To tag) comes again. */
  acknowledge(id: TransactionId, ack: SipRequest, flow: Flow, now: Instant): readonly TransactionEffect[] {
    const routed = this.#withVia(ack, this.#newBranch(), flow);
    const client = this.#byId.get(id);
    if (!(client instanceof InviteClient)) return [sending(routed, flow)];
    return this.#with(client, now, (turn) => client.acknowledge(routed, flow, turn));
  }

  /** The call is over without the ACK of our 2xx in server transaction `id`, which goes out no more (RFC 5407 §3.1.6). */
  settle(id: TransactionId, now: Instant): readonly TransactionEffect[] {
    const server = this.#byId.get(id);
    if (!(server instanceof InviteServer)) return [];
    return this.#with(server, now, (turn) => server.settle(turn));
  }

  /**
   * Cancels an INVITE client transaction: at once, or as soon as a provisional response has come (§9.1). Its outcome
   * still comes as any other does: 487, a 2xx that was faster, or a timeout.
   */
  cancel(id: TransactionId, now: Instant, headers: ExtraHeaders = []): readonly TransactionEffect[] {
    const client = this.#byId.get(id);
    if (!(client instanceof InviteClient)) return [];
    return this.#with(client, now, (turn) => client.cancel(headers, turn));
  }

  /** Nothing can be sent over `flow` any more. A lost connection takes along what asked for any to its remote end. */
  flowFailed(flow: Flow, now: Instant, reason = 'the connection failed'): readonly TransactionEffect[] {
    const turn: Turn = { now, effects: [] };
    const { connectionId: _, ...anyConnection } = flow;
    const affected = new Set([...this.#byFlow.over(flow), ...this.#byFlow.over(anyConnection)]);
    return this.#fail([...affected], reason, turn);
  }

  /**
   * A datagram could not be sent. That says little of the next one, so only requests that nothing has come back to
   * fail, because they may have another way; all else has timers of its own to try again.
   */
  datagramFailed(flow: Flow, now: Instant, reason: string): readonly TransactionEffect[] {
    return this.#fail([...this.#byFlow.over(flow)].filter(isUnanswered), reason, { now, effects: [] });
  }

  #fail(transactions: readonly Transaction[], reason: string, turn: Turn): readonly TransactionEffect[] {
    for (const transaction of transactions) {
      transaction.flowFailed(reason, turn);
      this.#settle(transaction, turn);
    }
    return turn.effects;
  }

  /**
   * Answers once and keeps nothing (§8.2.7): for who has not proved that it is where it says, so that a forged
   * source is not answered again and again, and a flood of strangers holds no transactions. `isProven`: it receives
   * what is sent there, whoever it is.
   */
  answerOnce(
    id: TransactionId,
    response: SipResponse,
    now: Instant,
    isProven = false,
  ): readonly TransactionEffect[] {
    const server = this.#byId.get(id);
    const effects = this.respond(id, response, now).map(
      (effect): TransactionEffect =>
        effect.type === 'send' && !isProven ? { ...effect, once: true } : effect,
    );
    if (server !== undefined && this.#byId.has(id)) {
      this.#deadlines.schedule(server, undefined);
      this.#forget(server);
    }
    return effects;
  }

  /** Fires every timer that is due. */
  expire(now: Instant): readonly TransactionEffect[] {
    const turn: Turn = { now, effects: [] };
    for (;;) {
      const transaction = this.#deadlines.due(now);
      if (transaction === undefined) return turn.effects;
      transaction.expire(turn);
      this.#settle(transaction, turn);
    }
  }

  #receiveRequest(request: SipRequest, flow: Flow, turn: Turn): void {
    if (request.method === 'ACK') {
      this.#receiveAck(request, flow, turn);
      return;
    }
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (known !== undefined) {
      known.receiveAgain(turn);
      this.#settle(known, turn);
    } else if (request.method === 'CANCEL') {
      this.#receiveCancel(request, key, flow, turn);
    } else if (this.#overloadedFor(request)) {
      turn.effects.push(statelessResponse(request, flow, 503, { headers: [['Retry-After', '5']] }));
    } else {
      const server = this.#openServer(request, key, flow, turn);
      turn.effects.push({ type: 'request', id: server.id, request, flow });
    }
  }

  /** By its INVITE's branch where it acknowledges a refusal, end to end where it acknowledges a 2xx. */
  #receiveAck(request: SipRequest, flow: Flow, turn: Turn): void {
    const invite = this.#servers.get(serverKey(request, 'INVITE')) ?? this.#answered.get(answerKey(request));
    if (invite instanceof InviteServer) {
      invite.receiveAck(request, flow, turn);
      this.#settle(invite, turn);
    } else {
      turn.effects.push({ type: 'ack', id: undefined, request, flow });
    }
  }

  /** §9.2: answered here, whatever becomes of the INVITE. Of an INVITE that nobody knows nothing is kept. */
  #receiveCancel(request: SipRequest, key: string, flow: Flow, turn: Turn): void {
    const match = this.#servers.get(serverKey(request, 'INVITE'));
    const invite = match instanceof InviteServer ? match : undefined;
    const status = invite === undefined ? 481 : 200;
    if (invite === undefined || this.#overloadedFor(request)) {
      turn.effects.push(statelessResponse(request, flow, status));
    } else {
      const tag = invite.lastResponse === undefined ? '' : toTag(invite.lastResponse);
      const server = this.#openServer(request, key, flow, turn);
      server.respond(createResponse(request, status, { toTag: tag || statelessTag(request) }), turn);
      this.#settle(server, turn);
    }
    if (invite !== undefined) {
      invite.receiveCancel(turn);
      this.#settle(invite, turn);
    }
  }

  #receiveResponse(response: SipResponse, flow: Flow, turn: Turn): void {
    const key = clientKeyOf(response);
    const client = key === undefined ? undefined : this.#clients.get(key);
    if (client === undefined) {
      turn.effects.push({ type: 'stray-response', response, flow });
      return;
    }
    client.receive(response, flow, turn);
    this.#settle(client, turn);
  }

  #sendCancel(invite: InviteClient, branch: string, extra: ExtraHeaders, turn: Turn): void {
    const birth = this.#birth('client', clientKey(branch, 'CANCEL'), invite.flow, turn.now);
    this.#openClient(
      new NonInviteClient(birth, composeCancel(invite.request, extra), { silent: true }),
      turn,
    );
  }

  #openClient(client: ClientTransaction, turn: Turn): void {
    this.#byId.set(client.id, client);
    this.#clients.set(client.key, client);
    client.start(turn);
    this.#settle(client, turn);
  }

  #openServer(request: SipRequest, key: string, source: Flow, turn: Turn): ServerTransaction {
    const birth = this.#birth('server', key, responseFlow(request, source), turn.now);
    const server =
      request.method === 'INVITE'
        ? new InviteServer(birth, request, source)
        : new NonInviteServer(birth, request, source);
    this.#byId.set(server.id, server);
    this.#servers.set(server.key, server);
    this.#settle(server, turn);
    return server;
  }

  #birth(role: 'client' | 'server', key: string, flow: Flow, now: Instant): Birth {
    this.#opened += 1;
    return { id: `${role}-${this.#opened}`, key, flow, settings: this.#timers, now };
  }

  #with(transaction: Transaction, now: Instant, step: (turn: Turn) => void): readonly TransactionEffect[] {
    const turn: Turn = { now, effects: [] };
    step(turn);
    this.#settle(transaction, turn);
    return turn.effects;
  }

  /** After whatever happened to a transaction: fires what is due already (timers of 0), then updates the indexes. */
  #settle(transaction: Transaction, turn: Turn): void {
    while (transaction.deadline !== undefined && transaction.deadline <= turn.now) transaction.expire(turn);
    this.#deadlines.schedule(transaction, transaction.deadline);
    this.#byFlow.put(transaction);
    if (transaction instanceof InviteServer && transaction.answerKey !== undefined) {
      this.#answered.set(transaction.answerKey, transaction);
    }
    if (transaction.terminated) this.#forget(transaction);
  }

  #forget(transaction: Transaction): void {
    this.#byId.delete(transaction.id);
    this.#byFlow.remove(transaction);
    if (transaction instanceof InviteClient || transaction instanceof NonInviteClient) {
      this.#clients.delete(transaction.key);
      return;
    }
    this.#servers.delete(transaction.key);
    if (transaction instanceof InviteServer && transaction.answerKey !== undefined) {
      this.#answered.delete(transaction.answerKey);
    }
  }

  /** Requests within a dialog go on while new ones are refused: most of them end something. */
  #overloadedFor(request: SipRequest): boolean {
    const reserve = toTag(request) === '' ? 0 : this.#transactionsMax / 10;
    return this.size >= this.#transactionsMax + reserve;
  }

  #newBranch(): string {
    return MAGIC_COOKIE + this.#options.newBranch();
  }

  #withVia(request: SipRequest, branch: string, flow: Flow): SipRequest {
    const sentBy = formatEndpoint(this.#options.sentBy(flow));
    // On a connection that we open, the peer may send its own requests back (RFC 5923 §5).
    const alias = flow.transport === 'tls' && flow.connectionId === undefined ? ';alias' : '';
    const via = `SIP/2.0/${flow.transport.toUpperCase()} ${sentBy};branch=${branch};rport${alias}`;
    return request.with({ headers: request.headers.prepend('Via', via) });
  }
}

/** Nothing has come back yet. */
function isUnanswered(transaction: Transaction): boolean {
  if (transaction instanceof InviteClient) return transaction.state === 'calling';
  return transaction instanceof NonInviteClient && transaction.state === 'trying';
}
