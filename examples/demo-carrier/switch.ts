// Where a call goes, by its number, as in any telephone network: to the provider to whom the number belongs, to a
// mobile, or nowhere. One line is printed for each call, when it has ended.

import type { SipRequest } from '../../src/sip/message/message.ts';
import { uriUser } from '../../src/sip/message/uri.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import type { Call } from './call.ts';
import { MobileCall } from './mobile-call.ts';
import type { Options, Route } from './options.ts';
import { ThroughCall } from './through-call.ts';
import { ALLOW, type Callee, UserAgent } from './user-agent.ts';

/** Ofcom's range of mobile numbers for drama: nobody has one. */
const MOBILE = /^\+447700900\d{3}$/;
/** Calls at once. More: 503. */
const CALLS_MAX = 1_000;

export class Switch {
  readonly #options: Options;
  readonly #print: (line: string) => void;
  readonly #calls = new Set<Call>();
  #isClosing = false;

  constructor(options: Options, print: (line: string) => void) {
    this.#options = options;
    this.#print = print;
  }

  /** Opens the carrier. Throws RingthroughError LISTEN_FAILED. */
  open(): Promise<UserAgent> {
    const { listen } = this.#options;
    return UserAgent.open({ listen, onRequest: (agent, id, request) => this.#requested(agent, id, request) });
  }

  /** Ends all calls and takes no new ones. */
  end(): void {
    this.#isClosing = true;
    for (const call of [...this.#calls]) call.end();
  }

  #requested(agent: UserAgent, id: TransactionId, request: SipRequest): Callee | undefined {
    if (request.method === 'OPTIONS') {
      const headers = [['Allow', ALLOW] as const, ['Accept', 'application/sdp'] as const];
      agent.answer(id, request, 200, { headers });
    } else if (request.method !== 'INVITE') {
      agent.answer(id, request, 405, { headers: [['Allow', ALLOW]] });
    } else if (this.#isClosing || this.#calls.size >= CALLS_MAX) {
      agent.answer(id, request, 503);
    } else if (request.maxForwards === 0) {
      agent.answer(id, request, 483);
    } else {
      return this.#invited(agent, id, request);
    }
    return undefined;
  }

  #invited(agent: UserAgent, id: TransactionId, invite: SipRequest): Callee | undefined {
    const number = dialled(invite);
    const line = (what: string) => `${uriUser(invite.from?.uri ?? '') ?? 'anonymous'} → ${number}: ${what}`;
    const onEnd = (what: string): void => {
      this.#calls.delete(call);
      this.#print(line(what));
    };
    const route = this.#routeOf(number);
    if (route === undefined && !MOBILE.test(number)) {
      agent.answer(id, invite, 404);
      this.#print(line('answered 404: no such number here'));
      return undefined;
    }
    const common = { agent, id, invite, number, onEnd };
    const call: Call =
      route === undefined
        ? new MobileCall({ ...common, toneHz: this.#options.toneHz })
        : new ThroughCall({ ...common, target: route.target });
    this.#calls.add(call);
    return call;
  }

  /** The longest prefix wins. */
  #routeOf(number: string): Route | undefined {
    const fitting = this.#options.routes.filter(({ prefix }) => number.startsWith(prefix));
    return fitting.sort((a, b) => b.prefix.length - a.prefix.length)[0];
  }
}

/** The called number with its plus sign, which some providers leave out. */
function dialled(invite: SipRequest): string {
  const user = uriUser(invite.uri) ?? '';
  return /^[1-9]\d+$/.test(user) ? `+${user}` : user;
}
