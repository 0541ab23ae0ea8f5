// A phone's socket, and its SIP as RFC 3261 has it over UDP: requests that nothing answers are sent again by timers A
// and E (§17.1), answers to INVITE until their ACK comes (§13.3.1.4). It counts how often each request was sent, which
// is what the bench is about. Apart from reading and writing messages it shares nothing with the platform's own stack.
//
// What comes in and is nobody's is found out by its first bytes: bots forge phones' addresses, and a phone is
// then sent the platform's answers to them.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import { createResponse, type ResponseOptions } from '../../src/sip/message/compose.ts';
import { type SipMessage, SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import { parseMessage } from '../../src/sip/message/parse.ts';
import { serialise } from '../../src/sip/message/serialise.ts';
import { admit, type Ground } from './law.ts';

const T1_MS = 500;
const T2_MS = 4_000;
const TIMEOUT_MS = 64 * T1_MS;
/** At the beginning of every branch of ours. */
const BRANCH = 'z9hG4bKrtf';
const BRANCH_WITHIN_BYTES = 400;
const RECEIVE_BUFFER_BYTES = 1_000_000;

export interface Exchange {
  /** Final; nothing where time ran out. */
  readonly response: SipResponse | undefined;
  /** How often the request was sent. */
  readonly sent: number;
}

interface Client {
  readonly request: SipRequest;
  readonly bytes: Uint8Array;
  readonly resolve: (exchange: Exchange) => void;
  readonly giveUp: NodeJS.Timeout;
  again: NodeJS.Timeout | undefined;
  intervalMs: number;
  sent: number;
  provisional: boolean;
  /** The ACK of an INVITE's final response, sent for each of its retransmissions. */
  ack: Uint8Array | undefined;
  settled: boolean;
}

interface Server {
  response: Uint8Array | undefined;
  again: NodeJS.Timeout | undefined;
}

export class Line {
  readonly local: Endpoint;
  readonly #target: Endpoint;
  readonly #socket: Socket;
  readonly #clients = new Map<string, Client>();
  readonly #servers = new Map<string, Server>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #branches = 0;
  #closed = false;
  /** A request that is no retransmission, ACK included. */
  onRequest: (request: SipRequest) => void = (request) => this.respond(request, 405);

  static async open(local: Endpoint, target: Endpoint, ground: Ground): Promise<Line> {
    admit(target, ground);
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
    socket.bind(local.port, local.address);
    await once(socket, 'listening');
    return new Line(socket, local, target);
  }

  private constructor(socket: Socket, local: Endpoint, target: Endpoint) {
    this.#socket = socket;
    this.local = local;
    this.#target = target;
    socket.on('message', (bytes) => this.#received(bytes));
    socket.on('error', () => undefined);
  }

  /** Sends a request, again and again where that is due, until it has its final response. */
  exchange(request: SipRequest): Promise<Exchange> {
    const { branch, bytes } = this.#routed(request);
    const { promise, resolve } = Promise.withResolvers<Exchange>();
    const client: Client = {
      request,
      bytes,
      resolve,
      giveUp: this.#after(TIMEOUT_MS, () => this.#settle(branch, undefined)),
      again: undefined,
      intervalMs: T1_MS,
      sent: 0,
      provisional: false,
      ack: undefined,
      settled: false,
    };
    this.#clients.set(branch, client);
    this.#send(client);
    return promise;
  }

  /** The ACK of a 2xx, with a Via of its own; sent again when the 2xx is. */
  acknowledge(invite: SipResponse, ack: SipRequest): void {
    const { bytes } = this.#routed(ack);
    const client = this.#clients.get(invite.via?.parameters.get('branch') ?? '');
    if (client !== undefined) client.ack = bytes;
    this.#transmit(bytes);
  }

  /** A response to INVITE that is good for it is sent until `acknowledged` is called. */
  respond(request: SipRequest, status: number, options: ResponseOptions = {}): void {
    const server = this.#servers.get(serverKey(request));
    if (server === undefined || this.#closed) return;
    server.response = serialise(createResponse(request, status, { toTag: 'rtf', ...options }));
    this.#transmit(server.response);
    if (request.method === 'INVITE' && status >= 200) this.#again(server, T1_MS, 0);
  }

  acknowledged(invite: SipRequest): void {
    this.#stop(this.#servers.get(serverKey(invite))?.again);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket.close();
  }

  #routed(request: SipRequest) {
    this.#branches += 1;
    const branch = `${BRANCH}${this.local.port}-${this.#branches}`;
    const via = `SIP/2.0/UDP ${formatEndpoint(this.local)};branch=${branch};rport`;
    const bytes = serialise(request.with({ headers: request.headers.prepend('Via', via) }));
    return { branch, bytes };
  }

  /** Timers A and E: twice as long each time, for INVITE without end, for others up to T2. */
  #send(client: Client): void {
    client.sent += 1;
    this.#transmit(client.bytes);
    const isInvite = client.request.method === 'INVITE';
    client.again = this.#after(client.intervalMs, () => {
      if (!(isInvite && client.provisional)) this.#send(client);
    });
    const nextMs = client.provisional ? T2_MS : 2 * client.intervalMs;
    client.intervalMs = isInvite ? nextMs : Math.min(T2_MS, nextMs);
  }

  #received(bytes: Buffer): void {
    const isResponse = bytes.length > 7 && bytes.toString('latin1', 0, 7) === 'SIP/2.0';
    if (isResponse && bytes.subarray(0, BRANCH_WITHIN_BYTES).indexOf(BRANCH, 0, 'latin1') < 0) return;
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.#dispatch(parsed.value);
  }

  #dispatch(message: SipMessage): void {
    if (message.kind === 'request') {
      this.#requested(message);
      return;
    }
    const branch = message.via?.parameters.get('branch') ?? '';
    const client = this.#clients.get(branch);
    if (client === undefined || client.request.method !== message.cseq?.method) return;
    if (message.status < 200) {
      client.provisional = true;
      // Timer B ends what nothing answers; an INVITE that rings has all the time in the world.
      if (client.request.method === 'INVITE') this.#stop(client.giveUp);
      return;
    }
    if (client.request.method === 'INVITE' && message.status >= 300)
      this.#acknowledgeFailure(client, message);
    if (client.settled && client.ack !== undefined) this.#transmit(client.ack);
    this.#settle(branch, message);
  }

  /** §17.1.1.3: within the transaction, with its branch. */
  #acknowledgeFailure(client: Client, { headers, via }: SipResponse): void {
    const { request } = client;
    const rows = request.headers
      .pick(['From', 'Call-ID', 'Max-Forwards'])
      .append('To', headers.get('To') ?? '')
      .append('CSeq', `${request.cseq?.number ?? 1} ACK`)
      .prepend(
        'Via',
        `SIP/2.0/UDP ${formatEndpoint(this.local)};branch=${via?.parameters.get('branch')};rport`,
      );
    const wasSettled = client.settled;
    client.ack = serialise(new SipRequest('ACK', request.uri, rows));
    if (!wasSettled) this.#transmit(client.ack);
  }

  #settle(branch: string, response: SipResponse | undefined): void {
    const client = this.#clients.get(branch);
    if (client === undefined || client.settled) return;
    client.settled = true;
    this.#stop(client.again);
    this.#stop(client.giveUp);
    client.resolve({ response, sent: client.sent });
    this.#after(TIMEOUT_MS, () => this.#clients.delete(branch));
  }

  #requested(request: SipRequest): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (request.method === 'ACK') {
      this.onRequest(request);
    } else if (known !== undefined) {
      if (known.response !== undefined) this.#transmit(known.response);
    } else {
      this.#servers.set(key, { response: undefined, again: undefined });
      this.#after(TIMEOUT_MS, () => this.#servers.delete(key));
      this.onRequest(request);
    }
  }

  #again(server: Server, delayMs: number, sinceMs: number): void {
    if (sinceMs >= TIMEOUT_MS) return;
    server.again = this.#after(delayMs, () => {
      if (server.response !== undefined) this.#transmit(server.response);
      this.#again(server, Math.min(T2_MS, 2 * delayMs), sinceMs + delayMs);
    });
  }

  #transmit(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.send(bytes, this.#target.port, this.#target.address);
  }

  #after(delayMs: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }

  #stop(timer: NodeJS.Timeout | undefined): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers.delete(timer);
  }
}

/** §17.2.3; a CANCEL has the branch of its INVITE. */
function serverKey(request: SipRequest): string {
  return `${request.method} ${request.via?.parameters.get('branch')}`;
}
