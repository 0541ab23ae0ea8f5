// Many phones, each on a loopback address and a socket of its own, that ask one platform things and wait for the
// answers: closed loops, so that the platform is never asked faster than it answers. What nothing came back for
// in half a second is sent again, and counted.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import { present } from '../src/base/assert.ts';
import { type Endpoint, formatEndpoint } from '../src/base/net.ts';
import { DigestClient } from '../src/sip/auth/client.ts';
import { Headers } from '../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../src/sip/message/message.ts';
import { parseMessage } from '../src/sip/message/parse.ts';
import { serialise } from '../src/sip/message/serialise.ts';
import { onLoopback } from './stand.ts';

const AGAIN_MS = 500;
const TRIES_MAX = 10;
const PER_PREFIX = 4;

export class BenchPhone {
  readonly user: string;
  readonly #socket: Socket;
  readonly #local: Endpoint;
  readonly #target: Endpoint;
  readonly #realm: string;
  readonly #password: string;
  readonly #callId: string;
  #digest: DigestClient;
  #cseq = 0;
  #branches = 0;
  #waiting: { readonly branch: string; readonly answered: (response: SipResponse) => void } | undefined;
  retransmissions = 0;

  static async open(index: number, user: string, password: string, target: Endpoint): Promise<BenchPhone> {
    onLoopback(target);
    const socket = createSocket('udp4');
    const prefix = Math.floor(index / PER_PREFIX);
    socket.bind({ address: `127.66.${prefix}.${1 + (index % PER_PREFIX)}`, port: 0 });
    await once(socket, 'listening');
    return new BenchPhone(socket, user, password, target);
  }

  private constructor(socket: Socket, user: string, password: string, target: Endpoint) {
    const { address, port } = socket.address();
    this.user = user;
    this.#socket = socket;
    this.#local = { address, port };
    this.#target = target;
    this.#realm = target.address;
    this.#password = password;
    this.#callId = `${user}-${port}`;
    this.#digest = this.#newDigest();
    socket.on('message', (bytes) => this.#received(bytes));
  }

  close(): void {
    this.#socket.close();
  }

  /** Nothing comes back for this, and nothing is waited for. */
  strayAck(): void {
    const request = this.#request('ACK', this.user);
    const headers = request.headers.set('To', `<sip:${this.user}@${this.#realm}>;tag=gone`);
    this.#transmit(serialise(this.#routed(request.with({ headers }), this.#newBranch())));
  }

  async options(): Promise<number> {
    return (await this.#exchange(this.#request('OPTIONS'))).status;
  }

  /** REGISTER, 401, REGISTER with credentials. */
  async registerAnew(): Promise<number> {
    this.#digest = this.#newDigest();
    const request = this.#register();
    const challenge = await this.#exchange(request);
    const authorised = this.#digest.authorise(request, challenge);
    if (!authorised.ok) throw new Error(`${challenge.status} ${authorised.error}`);
    this.#cseq += 1;
    return (await this.#exchange(authorised.value)).status;
  }

  /** With the nonce of the last challenge, counted up. */
  async registerAgain(): Promise<number> {
    return (await this.#exchange(this.#digest.preauthorise(this.#register()))).status;
  }

  #newDigest(): DigestClient {
    const options = { user: this.user, password: this.#password, hashing: nodeHashing };
    return new DigestClient({ ...options, newCnonce: () => '0a4f113b0a4f113b' });
  }

  #register(): SipRequest {
    const request = this.#request('REGISTER');
    const contact = `<sip:${this.user}@${formatEndpoint(this.#local)}>`;
    return request.with({ headers: request.headers.append('Contact', contact).append('Expires', '3600') });
  }

  #request(method: string, user?: string): SipRequest {
    this.#cseq += 1;
    const self = `<sip:${this.user}@${this.#realm}>`;
    return new SipRequest(
      method,
      `sip:${user === undefined ? '' : `${user}@`}${this.#realm}`,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `${self};tag=${this.#callId}`],
        ['To', self],
        ['Call-ID', this.#callId],
        ['CSeq', `${this.#cseq} ${method}`],
        ['User-Agent', 'bench'],
      ]),
    );
  }

  #newBranch(): string {
    this.#branches += 1;
    return `z9hG4bK${this.#callId}-${this.#branches}`;
  }

  #routed(request: SipRequest, branch: string): SipRequest {
    const via = `SIP/2.0/UDP ${formatEndpoint(this.#local)};branch=${branch};rport`;
    return request.with({ headers: request.headers.prepend('Via', via) });
  }

  async #exchange(request: SipRequest): Promise<SipResponse> {
    const branch = this.#newBranch();
    const bytes = serialise(this.#routed(request, branch));
    const { promise, resolve, reject } = Promise.withResolvers<SipResponse>();
    this.#waiting = { branch, answered: resolve };
    let tries = 0;
    const again = setInterval(() => {
      tries += 1;
      this.retransmissions += 1;
      if (tries > TRIES_MAX) reject(new Error(`${request.method} of ${this.user} is not answered`));
      else this.#transmit(bytes);
    }, AGAIN_MS);
    this.#transmit(bytes);
    try {
      return await promise;
    } finally {
      clearInterval(again);
    }
  }

  #transmit(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#target.port, this.#target.address);
  }

  /** The platform may ask OPTIONS of its own of what has registered: answered, so that it is no dead phone. */
  #received(bytes: Uint8Array): void {
    const message = parseMessage(bytes);
    if (!message.ok) return;
    if (message.value.kind === 'request') {
      const { headers } = message.value;
      const rows = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
        headers.all(name).map((value) => `${name}: ${value}${name === 'To' ? ';tag=b' : ''}\r\n`),
      );
      this.#transmit(Buffer.from(`SIP/2.0 200 OK\r\n${rows.join('')}Content-Length: 0\r\n\r\n`));
      return;
    }
    const branch = message.value.via?.parameters.get('branch');
    if (message.value.status < 200 || branch !== this.#waiting?.branch) return;
    const { answered } = present(this.#waiting, 'an exchange');
    this.#waiting = undefined;
    answered(message.value);
  }
}

/** `total` operations by all phones together, each phone one after another. Every one must give `expected`. */
export async function operate(
  phones: readonly BenchPhone[],
  total: number,
  expected: number,
  act: (phone: BenchPhone) => Promise<number>,
): Promise<void> {
  let begun = 0;
  await Promise.all(
    phones.map(async (phone) => {
      while (begun < total) {
        begun += 1;
        const status = await act(phone);
        if (status !== expected) throw new Error(`${phone.user} was answered ${status}, not ${expected}`);
      }
    }),
  );
}
