// A simulated phone: it boots, registers with digest, keeps registered, answers calls as its habits have it,
// calls out, and may lose power and boot again. Its flow to the node is UDP or TCP, perhaps through a NAT.

import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import { DigestClient } from '../../src/sip/auth/client.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest } from '../../src/sip/message/message.ts';
import { Agent, type Answer } from './agent.ts';
import { hashing } from './hashing.ts';
import { IncomingCall } from './incoming-call.ts';
import type { MediaPlane } from './media.ts';
import type { Network } from './network.ts';
import { type Manner, OutgoingCall } from './outgoing-call.ts';
import { type Reaction, react } from './reactions.ts';
import type { FlowOfDevice } from './scenario.ts';

export interface PhoneOptions {
  /** Of this device; a user may have several. */
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly domain: string;
  readonly address: string;
  readonly node: Endpoint;
  readonly transport: 'udp' | 'tcp';
  /** Its own idea of its address, behind NAT. */
  readonly inside?: string;
  readonly expiresS: number;
  readonly flow?: FlowOfDevice;
  readonly reaction: () => Reaction;
}

const RETRY_MS: readonly [min: number, max: number] = [3_000, 9_000];

export class Phone {
  readonly options: PhoneOptions;
  readonly incoming: IncomingCall[] = [];
  agent: Agent;
  registrations = 0;
  readonly #network: Network;
  readonly #plane: MediaPlane;
  #callId = '';
  #cseq = 0;
  #expiresS: number;
  #stopTimer: (() => void) | undefined;
  #signedOff = false;

  constructor(network: Network, plane: MediaPlane, options: PhoneOptions) {
    this.#network = network;
    this.#plane = plane;
    this.options = options;
    this.#expiresS = options.expiresS;
    this.agent = this.boot();
  }

  /** Power on: a new agent that registers, as if the phone had never been there. */
  boot(): Agent {
    const { name, user, password, address, transport, inside } = this.options;
    const digest = new DigestClient({ user, password, hashing, newCnonce: () => this.agent.token(8) });
    const host = this.#network.host(address);
    host.alive = true;
    this.agent = new Agent(this.#network, this.#plane, {
      name,
      local: { address, port: 5060 },
      transport,
      user,
      accepts: false,
      digest,
      ...(inside !== undefined && { inside }),
    });
    const { agent } = this;
    this.#callId = agent.token(8);
    agent.invited = (id, request) => {
      const call = new IncomingCall(agent, id, request);
      this.incoming.push(call);
      react(call, this.options.reaction());
      return call;
    };
    agent.connectionLost = () => this.#registerAfter([200, 2_000]);
    agent.whenDead(() => this.#stopTimer?.());
    this.#registerAfter([0, 1_000]);
    return agent;
  }

  /** To a number or to another phone's user. */
  call(called: string, options: Manner): OutgoingCall {
    const { user, domain, node } = this.options;
    return new OutgoingCall(this.agent, {
      uri: `sip:${called}@${domain}`,
      from: `<sip:${user}@${domain}>`,
      headers: [],
      flow: this.agent.flowTo(node),
      ...options,
    });
  }

  /** The person signs off: REGISTER with Expires 0 (RFC 3261 §10.2.2), again where a refresh was under way. */
  signOff(): void {
    this.#signedOff = true;
    this.#stopTimer?.();
    this.#register(0);
  }

  #registerAfter(rangeMs: readonly [min: number, max: number]): void {
    const { agent } = this;
    this.#stopTimer?.();
    if (this.#signedOff) return;
    this.#stopTimer = agent.world.after(agent.random.between(...rangeMs), () =>
      this.#register(this.#expiresS),
    );
  }

  #register(expiresS: number): void {
    const { user, domain, node } = this.options;
    const { agent } = this;
    this.#cseq += 1;
    const request = new SipRequest(
      'REGISTER',
      `sip:${domain}`,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `<sip:${user}@${domain}>;tag=${agent.token(4)}`],
        ['To', `<sip:${user}@${domain}>`],
        ['Call-ID', this.#callId],
        ['CSeq', `${this.#cseq} REGISTER`],
        ['Contact', this.#contact],
        ['Supported', 'path, outbound'],
        ['Expires', String(expiresS)],
        ['User-Agent', `Simulated phone at ${formatEndpoint(agent.options.local)}`],
      ]),
    );
    const asked = agent.ask(request, agent.flowTo(node), (answer) => {
      this.#cseq = asked.request.cseq?.number ?? this.#cseq;
      if (expiresS > 0) this.#registered(answer);
    });
  }

  get #contact(): string {
    const { flow } = this.options;
    const { contact } = this.agent;
    return flow === undefined
      ? contact
      : `${contact};reg-id=${flow.regId};+sip.instance="<${flow.instance}>"`;
  }

  #registered(answer: Answer): void {
    if (answer.type === 'response' && answer.response.status < 200) return;
    if (this.#signedOff) {
      this.#register(0);
      return;
    }
    const status = answer.type === 'response' ? answer.response.status : 0;
    if (status === 200) {
      this.registrations += 1;
      this.#registerAfter([this.#expiresS * 500, this.#expiresS * 900]);
    } else {
      const minS = answer.type === 'response' ? Number(answer.response.headers.get('Min-Expires') ?? '0') : 0;
      if (status === 423) this.#expiresS = Math.max(this.#expiresS, minS);
      this.#registerAfter(RETRY_MS);
    }
  }
}
