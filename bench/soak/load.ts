// The steady mix: phones that keep registered, calls of every kind that there is, and garbage. Calls come evenly,
// at a rate; what kind each is, is drawn.
//
//   carrier ──▶ number ──▶ phone: answers, is busy (so the mobile is called over the trunk), rings in vain
//   phone   ──▶ number or mobile: the same from inside
//   anybody ──▶ cancels while it rings, dials what is nobody's, offers what cannot be spoken

import type { MobileCall } from '../../examples/demo-carrier/mobile-call.ts';
import { UserAgent } from '../../examples/demo-carrier/user-agent.ts';
import { present } from '../../src/base/assert.ts';
import type { Endpoint } from '../../src/base/net.ts';
import { onLoopback } from '../stand.ts';
import { Caller, type CallerOptions } from './caller.ts';
import { Garbage } from './garbage.ts';
import type { SoakNode, SoakPhone } from './node.ts';
import { answering, SoakPhoneAgent } from './phone.ts';

export interface LoadOptions {
  readonly listeners: SoakNode['listeners'];
  /** Opened by `openCarrier`: the node has to know it before it starts. */
  readonly carrier: CarrierAgent;
  readonly phones: readonly SoakPhone[];
  readonly callsPerSecond: number;
  readonly garbagePerSecond: number;
}

const OPEN_AT_ONCE = 20;
/** Half of the phones speak UDP, as most do. */
const TRANSPORTS = ['udp', 'tcp', 'udp', 'tls', 'udp', 'ws', 'udp', 'tcp'] as const;
const UNKNOWN = '+442079469999';
const CALLER = '+447700900999';

/** The other end of the trunk: takes calls to mobiles, and places those of the outside. */
export class CarrierAgent {
  readonly agent: UserAgent;
  readonly #calls: Set<MobileCall>;

  static async open(listen: Endpoint): Promise<CarrierAgent> {
    const calls = new Set<MobileCall>();
    const agent = await UserAgent.open({
      listen: onLoopback(listen),
      onRequest: (own, id, request) => {
        if (request.method === 'INVITE') return answering(own, id, request, 'mobile', calls);
        own.answer(id, request, request.method === 'OPTIONS' ? 200 : 405);
        return undefined;
      },
    });
    return new CarrierAgent(agent, calls);
  }

  private constructor(agent: UserAgent, calls: Set<MobileCall>) {
    this.agent = agent;
    this.#calls = calls;
  }

  end(): void {
    for (const call of this.#calls) call.end();
  }
}

export class Load {
  /** What happened so far, and how often. */
  readonly counts = new Map<string, number>();
  readonly #options: LoadOptions;
  #agents: readonly SoakPhoneAgent[] = [];
  #garbage: Garbage | undefined;
  #timer: NodeJS.Timeout | undefined;
  #calls = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Calls that are under way. */
  get calls(): number {
    return this.#calls;
  }

  async begin(): Promise<void> {
    const { phones, listeners, callsPerSecond, garbagePerSecond } = this.#options;
    const counted = (what: string) => this.#count(what);
    const agents: SoakPhoneAgent[] = [];
    for (let from = 0; from < phones.length; from += OPEN_AT_ONCE) {
      const some = phones.slice(from, from + OPEN_AT_ONCE).map(async ({ user }, index) => {
        const transport = present(TRANSPORTS[(from + index) % TRANSPORTS.length], 'a transport');
        const node = listeners[transport];
        const agent = await SoakPhoneAgent.open({ user, listen: '127.0.0.1', transport, node, counted });
        await agent.register();
        return agent;
      });
      agents.push(...(await Promise.all(some)));
    }
    this.#agents = agents;
    this.#garbage = new Garbage(listeners.udp, garbagePerSecond, counted);
    this.#timer = setInterval(() => this.#call(), 1_000 / callsPerSecond);
  }

  /** No new calls and no garbage; those that are end by themselves. */
  pause(): void {
    clearInterval(this.#timer);
    this.#garbage?.stop();
  }

  async signOff(): Promise<void> {
    this.#options.carrier.end();
    for (let from = 0; from < this.#agents.length; from += OPEN_AT_ONCE) {
      await Promise.all(this.#agents.slice(from, from + OPEN_AT_ONCE).map((agent) => agent.signOff()));
    }
    await Promise.all(this.#agents.map((agent) => agent.close()));
  }

  #call(): void {
    const { carrier, phones, listeners } = this.#options;
    const { number } = present(phones[Math.floor(Math.random() * phones.length)], 'a phone');
    const phone = present(this.#agents[Math.floor(Math.random() * this.#agents.length)], 'a phone');
    const kind = drawKind();
    const fromPhone = { agent: phone.agent, from: phone.user, digest: phone.digest, node: phone.node };
    const fromOutside = { agent: carrier.agent, from: CALLER, node: listeners.udp };
    const ended = (how: string): void => {
      this.#calls -= 1;
      this.#count(`${kind}: ${how}`);
    };
    const talkMs = 2_000 + 4_000 * Math.random();
    const base = { ended, talkMs, called: number };
    this.#calls += 1;
    const caller = new Caller({ ...base, ...this.#optionsOf(kind, fromPhone, fromOutside) });
    void caller.call();
  }

  #optionsOf(kind: Kind, fromPhone: Side, fromOutside: Side): Side & Partial<CallerOptions> {
    switch (kind) {
      case 'from outside':
        return fromOutside;
      case 'from a phone':
        return fromPhone;
      case 'from a phone to a mobile':
        return { ...fromPhone, called: '07700900123' };
      case 'given up while it rings':
        return { ...fromOutside, cancelMs: 100 + 800 * Math.random() };
      case 'to nobody':
        return { ...fromOutside, called: UNKNOWN };
      case 'with nothing that can be spoken':
        return { ...fromOutside, body: { type: 'application/sdp', bytes: Buffer.from('v=0\r\nnonsense') } };
    }
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

/** Who calls, and where the node is for him. */
type Side = Pick<CallerOptions, 'agent' | 'from' | 'node'>;

type Kind =
  | 'from outside'
  | 'from a phone'
  | 'from a phone to a mobile'
  | 'given up while it rings'
  | 'to nobody'
  | 'with nothing that can be spoken';

function drawKind(): Kind {
  const drawn = Math.random();
  if (drawn < 0.4) return 'from outside';
  if (drawn < 0.55) return 'from a phone';
  if (drawn < 0.7) return 'from a phone to a mobile';
  if (drawn < 0.87) return 'given up while it rings';
  return drawn < 0.93 ? 'to nobody' : 'with nothing that can be spoken';
}
