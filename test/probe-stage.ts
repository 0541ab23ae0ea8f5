// For tests of the probes: a registrar on loopback that challenges, keeps contacts, and can be told to misbehave.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createSecureContext, createServer as createTls } from 'node:tls';
import { nodeHashing } from '../src/adapters/node-hashing/node-hashing.ts';
import type { Around } from '../src/adapters/probe-sip/run.ts';
import type { Reply } from '../src/ports/dns.ts';
import type { PhoneAccount } from '../src/ports/probes.ts';
import { parseCredentials } from '../src/sip/auth/challenge.ts';
import { digestResponse, ha1 } from '../src/sip/auth/digest.ts';
import type { DnsRecord } from '../src/sip/location/records.ts';
import { createResponse } from '../src/sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../src/sip/message/message.ts';
import { parseMessage } from '../src/sip/message/parse.ts';
import { serialise } from '../src/sip/message/serialise.ts';
import type { Issued } from './authority.ts';
import { SeededRandom } from './simulation/world.ts';

export const HOST = '127.0.0.1';
export const PASSWORD = 'over-the-hills';
const NONE: Reply = { type: 'none' };

/** `authority`: PEM, of whom connections over TLS trust. */
export function around(ask: Around['resolver']['ask'] = async () => NONE, authority?: string): Around {
  return {
    resolver: { ask },
    random: new SeededRandom(1),
    hashing: nodeHashing,
    userAgent: 'Ringthrough/test',
    trust: { context: createSecureContext(authority === undefined ? {} : { ca: authority }) },
  };
}

/** `undefined`: as it should. */
export type Answer = (request: SipRequest) => SipResponse | typeof SILENT | undefined;

export const SILENT = Symbol('no answer');

/** DNS in which the servers of every domain are on loopback, at these ports, to be tried in this order. */
export function srv(...ports: readonly number[]): Around['resolver']['ask'] {
  const records: readonly DnsRecord[] = ports.map((port, index) => {
    return { type: 'SRV', priority: index, weight: 1, port, target: `sip${index + 1}.example.net` };
  });
  return async ({ type, name }) => {
    const address = { type: 'A', address: HOST } as const;
    const found = type === 'A' ? [address] : name.startsWith('_sip._udp.') && type === 'SRV' ? records : [];
    return found.length === 0
      ? NONE
      : { type: 'rows', rows: found.map((record) => ({ name, ttlMs: 1, record })) };
  };
}

export class FakeRegistrar {
  readonly port: number;
  /** Contacts that are registered now, as they were written. */
  readonly contacts = new Set<string>();
  readonly requests: SipRequest[] = [];
  readonly #first: Answer;

  /** `first`: what it does instead, where it gives something for a request. */
  static async start(t: TestContext, first: Answer = () => undefined): Promise<FakeRegistrar> {
    const socket = createSocket('udp4');
    socket.bind(0, HOST);
    await once(socket, 'listening');
    t.after(() => socket.close());
    const registrar = new FakeRegistrar(socket.address().port, first);
    socket.on('message', (bytes, { address, port }) =>
      registrar.#receive(bytes, (response) => socket.send(response, port, address)),
    );
    return registrar;
  }

  /** Over TLS, with this certificate. */
  static async secured(t: TestContext, { certificate: cert, key }: Issued): Promise<FakeRegistrar> {
    const server = createTls({ cert, key });
    server.on('tlsClientError', () => undefined);
    server.listen(0, HOST);
    await once(server, 'listening');
    t.after(() => server.close());
    const registrar = new FakeRegistrar((server.address() as AddressInfo).port, () => undefined);
    server.on('secureConnection', (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => registrar.#receive(bytes, (response) => socket.write(response)));
    });
    return registrar;
  }

  private constructor(port: number, first: Answer) {
    this.port = port;
    this.#first = first;
  }

  #receive(bytes: Uint8Array, send: (response: Uint8Array) => void): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok || parsed.value.kind !== 'request') return;
    this.requests.push(parsed.value);
    const response = this.#first(parsed.value) ?? this.#answer(parsed.value);
    if (response !== SILENT) send(serialise(response));
  }

  account(user = 'probe-a', password = PASSWORD): PhoneAccount {
    const server = { scheme: 'sip', host: HOST, port: this.port, transport: 'udp' } as const;
    return { server, domain: 'voice.example.net', user, password };
  }

  #answer(request: SipRequest): SipResponse {
    const credentials = parseCredentials(request.headers.get('Authorization') ?? '');
    if (!credentials.ok || credentials.value.response !== expected(request, credentials.value)) {
      return createResponse(request, 401, {
        toTag: 'r',
        headers: [['WWW-Authenticate', 'Digest realm="voice.example.net", nonce="n1", qop="auth"']],
      });
    }
    const contact = request.headers.get('Contact') ?? '';
    if (request.headers.get('Expires') === '0') this.contacts.delete(contact);
    else this.contacts.add(contact);
    const headers = [...this.contacts].map((each) => ['Contact', `${each};expires=60`] as const);
    return createResponse(request, 200, { toTag: 'r', headers });
  }
}

type Credentials = Extract<ReturnType<typeof parseCredentials>, { ok: true }>['value'];

function expected({ method }: SipRequest, { username, realm, nonce, uri, nc, cnonce }: Credentials): string {
  return digestResponse(nodeHashing, {
    algorithm: 'MD5',
    ha1: ha1(nodeHashing, 'MD5', username, realm, PASSWORD),
    nonce,
    method,
    uri,
    ...(nc === undefined || cnonce === undefined ? {} : { qop: { qop: 'auth', nc, cnonce } }),
  });
}
