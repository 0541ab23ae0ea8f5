// A simulated carrier: it presents calls from the telephone network, takes calls to it and lets the people and
// mobiles out there react, challenges and registers its customer where it is that kind, and may fail.

import type { Endpoint } from '../../src/base/net.ts';
import { DigestServer } from '../../src/sip/auth/server.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import type { SipRequest } from '../../src/sip/message/message.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import { Agent, type InviteUser } from './agent.ts';
import { hashing } from './hashing.ts';
import { IncomingCall } from './incoming-call.ts';
import type { MediaPlane } from './media.ts';
import type { Network } from './network.ts';
import { type Manner, OutgoingCall } from './outgoing-call.ts';
import { type Reaction, react } from './reactions.ts';

export interface CarrierOptions {
  readonly name: string;
  readonly address: string;
  /** The name that it has in its Contact, where that is not its address. */
  readonly contactHost?: string;
  readonly node: Endpoint;
  readonly transport: 'udp' | 'tcp';
  /** Asked of every INVITE and REGISTER that comes in. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** What becomes of a call to this Request-URI. */
  readonly reaction: (uri: string) => Reaction;
}

export class Carrier {
  readonly options: CarrierOptions;
  readonly incoming: IncomingCall[] = [];
  agent: Agent;
  /** Answered to OPTIONS, INVITE and REGISTER while it is overloaded. */
  overloaded = false;
  registered = false;
  /** Told of each call that rings here. */
  rung: (call: IncomingCall) => void = () => undefined;
  readonly #network: Network;
  readonly #plane: MediaPlane;
  readonly #digest: DigestServer;

  constructor(network: Network, plane: MediaPlane, options: CarrierOptions) {
    this.#network = network;
    this.#plane = plane;
    this.options = options;
    this.agent = this.boot();
    this.#digest = new DigestServer({
      realm: options.name,
      key: this.agent.random.bytes(32),
      hashing,
      acceptMd5: true,
      nonceLifetimeMs: 60_000,
      noncesMax: 1_000,
    });
  }

  /** After a failure it comes back knowing nothing of its calls. */
  boot(): Agent {
    const { name, address, contactHost, transport } = this.options;
    this.#network.host(address).alive = true;
    this.agent = new Agent(this.#network, this.#plane, {
      name,
      local: { address, port: 5060 },
      transport,
      user: name,
      ...(contactHost !== undefined && { host: contactHost }),
      accepts: true,
    });
    const { agent } = this;
    agent.invited = (id, request) => this.#invited(agent, id, request);
    agent.asked = (id, request) => this.#asked(agent, id, request);
    return agent;
  }

  /** A call from the telephone network to one of our customer's numbers. */
  present(number: string, caller: string, options: Manner): OutgoingCall {
    const { node, address, transport } = this.options;
    const tcp = transport === 'tcp' ? ';transport=tcp' : '';
    return new OutgoingCall(this.agent, {
      uri: `sip:${number}@${node.address}:${node.port}${tcp}`,
      from: `<sip:${caller}@${address}>`,
      headers: [['P-Asserted-Identity', `<sip:${caller}@${address}>`]],
      flow: this.agent.flowTo(node),
      ...options,
    });
  }

  #invited(agent: Agent, id: TransactionId, request: SipRequest): InviteUser | undefined {
    if (this.overloaded) {
      agent.respond(id, createResponse(request, 503, { toTag: agent.token(4) }));
      return undefined;
    }
    if (this.#challenged(agent, id, request, 407)) return undefined;
    const call = new IncomingCall(agent, id, request);
    this.incoming.push(call);
    react(call, this.options.reaction(request.uri));
    this.rung(call);
    return call;
  }

  #asked(agent: Agent, id: TransactionId, request: SipRequest): boolean {
    if (this.overloaded) {
      agent.respond(id, createResponse(request, 503, { toTag: agent.token(4) }));
      return true;
    }
    if (request.method !== 'REGISTER') return false;
    if (this.#challenged(agent, id, request, 401)) return true;
    const expires = request.headers.get('Expires') ?? '0';
    this.registered = expires !== '0';
    const contact = `${request.headers.get('Contact') ?? ''};expires=${expires}`;
    agent.respond(
      id,
      createResponse(request, 200, { toTag: agent.token(4), headers: [['Contact', contact]] }),
    );
    return true;
  }

  /** True where the request was answered with a challenge. */
  #challenged(agent: Agent, id: TransactionId, request: SipRequest, status: 401 | 407): boolean {
    const { credentials } = this.options;
    if (credentials === undefined) return false;
    const [ask, answer] =
      status === 401
        ? (['WWW-Authenticate', 'Authorization'] as const)
        : (['Proxy-Authenticate', 'Proxy-Authorization'] as const);
    const secretOf = (user: string): { md5Ha1: string; sha256Ha1: string } | undefined => {
      if (user !== credentials.user) return undefined;
      const secret = `${user}:${this.options.name}:${credentials.password}`;
      return { md5Ha1: hashing.md5Hex(secret), sha256Ha1: hashing.sha256Hex(secret) };
    };
    const verdict = this.#digest.verify(request, answer, secretOf, agent.world.now);
    if (verdict.type !== 'challenge') return false;
    const headers = this.#digest
      .challenges(agent.world.now, verdict.stale)
      .map((challenge) => [ask, challenge] as const);
    agent.respond(id, createResponse(request, status, { toTag: agent.token(4), headers }));
    return true;
  }
}
