// Notes what was good of what came in, for rehearsals: what carriers asked, what phones asked over known flows, and the
// requests by which newcomers proved themselves. A request that was challenged is not noted; the one that follows it
// is.

import { type Flow, isStream } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import { GoodTraffic } from '../shield/brownout/good-traffic.ts';
import { Rehearsal } from '../shield/brownout/rehearsal.ts';
import type { Rule } from '../shield/brownout/rule.ts';
import { tagOf } from '../sip/message/address.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { uriUser } from '../sip/message/uri.ts';
import type { Trunks } from '../trunks/trunks.ts';
import type { Brownout } from './brownout.ts';
import type { Guard } from './guard.ts';
import { isForEmergency } from './placing.ts';
import type { Rehearsing } from './views.ts';

export interface WitnessOptions {
  readonly guard: Guard;
  readonly brownout: Brownout;
  readonly trunks: Trunks;
}

/** Requests that phones are challenged for. */
const AUTHENTICATED = new Set(['REGISTER', 'INVITE', 'SUBSCRIBE']);

export class Witness {
  readonly traffic = new GoodTraffic();
  readonly #options: WitnessOptions;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  /** `handle` reads the request and does what it asks for. */
  around(request: SipRequest, flow: Flow, now: Instant, handle: () => void): void {
    if (tagOf(request.to) !== undefined) return handle();
    const { guard, brownout } = this.#options;
    const lane = guard.laneOf(flow, now);
    const rung = brownout.rungOf(request, flow, lane, now);
    const isFamiliar = lane === 'newcomer' && guard.isFamiliar(flow, now);
    const before = guard.acceptedTimes;
    handle();
    const wasAccepted = guard.acceptedTimes > before;
    const isKnown = lane === 'known' || lane === 'carrier' || lane === 'emergency';
    const isGood = lane === 'carrier' || !AUTHENTICATED.has(request.method) ? isKnown : wasAccepted;
    if (!isGood) return;
    const isInvite = request.method === 'INVITE';
    this.traffic.note({
      at: now,
      lane,
      rung,
      isEmergency: lane === 'emergency' || (isInvite && isForEmergency(request)),
      isFamiliar,
      isStream: isStream(flow.transport),
      isInvite,
      who: this.#who(request, flow, lane === 'carrier'),
      client: clientOf(request),
      address: flow.remote.address,
    });
  }

  /** `accountOf`: whose phone a user is. `inKernel`: newcomers meet a kernel's shield first. */
  rehearse(
    rule: Rule,
    accountOf: (user: string) => string | undefined,
    inKernel: boolean,
    now: Instant,
  ): Rehearsing {
    const rehearsal = new Rehearsal(rule, this.traffic, now, inKernel);
    return { step: (atMost) => rehearsal.step(atMost), report: () => rehearsal.report(accountOf) };
  }

  #who(request: SipRequest, flow: Flow, isCarrier: boolean): string {
    if (isCarrier) return this.#options.trunks.identify(flow)?.name ?? flow.remote.address;
    const named = request.method === 'REGISTER' ? request.to : request.from;
    return (named === undefined ? undefined : uriUser(named.uri)) ?? '';
  }
}

/** Its make, mostly: `Yealink SIP-T46U 108.86.0.20` and `Yealink/1` are `Yealink`, `snomD785/10.1` is `snomD`. */
function clientOf(request: SipRequest): string {
  const [first = ''] = (request.headers.get('User-Agent') ?? '').trim().split(/[\s/_(]/, 1);
  const make = first.replace(/[\d.-]+$/, '');
  return make === '' ? 'unknown' : make;
}
