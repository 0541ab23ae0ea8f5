// A phone of the soak: registers with its password, refreshes before it expires, takes calls as its people are
// (answers, is busy, lets it ring, hangs up after a while), and signs off at the end.

import { MobileCall } from '../../examples/demo-carrier/mobile-call.ts';
import { UserAgent, type UserAgentOptions } from '../../examples/demo-carrier/user-agent.ts';
import { openTcp } from '../../src/adapters/net-stream/tcp.ts';
import { nodeHashing } from '../../src/adapters/node-hashing/node-hashing.ts';
import { createSystemClock } from '../../src/adapters/system-clock/system-clock.ts';
import type { Endpoint } from '../../src/base/net.ts';
import { DigestClient } from '../../src/sip/auth/client.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import { onLoopback } from '../stand.ts';
import { openTlsLine, openWebSocketLine, type PhoneTransport } from './connections.ts';
import { PASSWORD } from './node.ts';

/** The least that the node grants, so that there is the most to do. */
const EXPIRES_S = 60;
const TONE_HZ = 400;
const CALLEE_HANGS_UP_MS = 3_000;

/** UDP is what the user agent speaks by itself. */
function openers(node: Endpoint): Readonly<Record<PhoneTransport, UserAgentOptions['openTransport']>> {
  const clock = createSystemClock();
  return {
    udp: undefined,
    tcp: (listen, handler) => openTcp({ ...listen, handler: { ...handler, knows: () => true }, clock }),
    tls: (_, handler) => openTlsLine(node, handler),
    ws: (_, handler) => openWebSocketLine(node, handler),
  };
}

export interface SoakPhoneOptions {
  readonly user: string;
  readonly listen: string;
  readonly transport: PhoneTransport;
  /** Where the node listens for it. */
  readonly node: Endpoint;
  readonly counted: (what: string) => void;
}

export class SoakPhoneAgent {
  readonly agent: UserAgent;
  readonly digest: DigestClient;
  readonly #options: SoakPhoneOptions;
  readonly #calls = new Set<MobileCall>();
  readonly #callId: string;
  #timer: NodeJS.Timeout | undefined;
  #cseq = 0;
  #signedOff = false;

  static async open(options: SoakPhoneOptions): Promise<SoakPhoneAgent> {
    onLoopback(options.node);
    const made: { phone?: SoakPhoneAgent } = {};
    const openTransport = openers(options.node)[options.transport];
    const agent = await UserAgent.open({
      listen: onLoopback({ address: options.listen, port: 0 }),
      ...(openTransport && { openTransport }),
      onRequest: (_, id, request) => made.phone?.requested(id, request),
    });
    made.phone = new SoakPhoneAgent(agent, options);
    return made.phone;
  }

  private constructor(agent: UserAgent, options: SoakPhoneOptions) {
    this.agent = agent;
    this.#options = options;
    this.#callId = agent.token();
    this.digest = new DigestClient({
      user: options.user,
      password: PASSWORD,
      hashing: nodeHashing,
      newCnonce: () => agent.token(),
    });
  }

  get user(): string {
    return this.#options.user;
  }

  get node(): Endpoint {
    return this.#options.node;
  }

  /** REGISTER now, and again and again. */
  register(): Promise<void> {
    return this.#register(EXPIRES_S);
  }

  async signOff(): Promise<void> {
    this.#signedOff = true;
    clearTimeout(this.#timer);
    for (const call of this.#calls) call.end();
    await this.#register(0);
  }

  close(): Promise<void> {
    return this.agent.close(1_000);
  }

  async #register(expiresS: number): Promise<void> {
    const asked = this.digest.preauthorise(this.#composed(expiresS));
    const first = await this.#ask(asked);
    const again = first?.status === 401 ? this.digest.authorise(asked, first) : undefined;
    if (again?.ok) this.#cseq = again.value.cseq?.number ?? this.#cseq;
    const last = again?.ok ? await this.#ask(again.value) : first;
    this.#options.counted(last?.status === 200 ? 'registered' : `registration ${last?.status ?? 'failed'}`);
    if (this.#signedOff) return;
    const waitMs = EXPIRES_S * 1_000 * (0.5 + 0.3 * Math.random());
    this.#timer = setTimeout(() => void this.#register(EXPIRES_S), waitMs);
  }

  #ask(request: SipRequest): Promise<SipResponse | undefined> {
    return new Promise((resolve) => {
      this.agent.request(request, this.#options.node, {
        response: (response) => {
          if (response.status >= 200) resolve(response);
        },
        failed: () => resolve(undefined),
      });
    });
  }

  #composed(expiresS: number): SipRequest {
    const { user, node } = this.#options;
    this.#cseq += 1;
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${user}@${node.address}>;tag=${this.agent.token()}`],
      ['To', `<sip:${user}@${node.address}>`],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#cseq} REGISTER`],
      ['Contact', this.agent.contact(user)],
      ['Expires', String(expiresS)],
      ['User-Agent', 'soak'],
    ]);
    return new SipRequest('REGISTER', `sip:${node.address}`, headers);
  }

  private requested(id: TransactionId, request: SipRequest) {
    if (request.method !== 'INVITE') {
      this.agent.answer(id, request, request.method === 'OPTIONS' ? 200 : 405);
      return undefined;
    }
    // One in five is busy, so that the plan goes on to the mobile.
    if (Math.random() < 0.2) {
      this.agent.answer(id, request, 486);
      return undefined;
    }
    return answering(this.agent, id, request, this.user, this.#calls);
  }
}

/** Rings, answers after a second, speaks; one in three hangs up by itself. */
export function answering(
  agent: UserAgent,
  id: TransactionId,
  invite: SipRequest,
  number: string,
  calls: Set<MobileCall>,
): MobileCall {
  const hangUp = setTimeout(() => call.end(), CALLEE_HANGS_UP_MS);
  if (Math.random() < 0.67) clearTimeout(hangUp);
  const call = new MobileCall({
    agent,
    id,
    invite,
    number,
    toneHz: TONE_HZ,
    onEnd: () => {
      clearTimeout(hangUp);
      calls.delete(call);
    },
  });
  calls.add(call);
  return call;
}
