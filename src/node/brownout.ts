// What the node does when it has too much to do: it sheds in the stated order, keeps the bindings of phones that were
// put off, and lets phones that all register at once in one after the other. The decisions are in src/shield/brownout/;
// here they meet the messages, the registrar and whoever is told.
//
//   load ─▶ ladder, governor ─▶ grace, events          packet ─▶ shed? ─▶ answered at once, and nothing is kept

import { LIMITS } from '../base/limits.ts';
import { type Flow, flowKey } from '../base/net.ts';
import { ONE_CUSTOMER, sourceOf } from '../base/source.ts';
import { earlier, type Instant, SECOND_MS } from '../base/time.ts';
import { TokenBuckets } from '../base/token-buckets.ts';
import type { Random } from '../ports/random.ts';
import type { Lane, Load, Posture, Rung } from '../ports/shield.ts';
import { RUNGS } from '../ports/shield.ts';
import { givesUp } from '../registrar/grace.ts';
import type { Registrar } from '../registrar/registrar.ts';
import { type Registering, StormGovernor } from '../shield/brownout/governor.ts';
import { Ladder, type RungChange } from '../shield/brownout/ladder.ts';
import { mayBeShed, retryAfterSeconds, rungOf } from '../shield/brownout/shedding.ts';
import { Remembered } from '../shield/remembered.ts';
import { tagOf } from '../sip/message/address.ts';
import type { SipRequest } from '../sip/message/message.ts';
import {
  statelessResponse,
  type TransactionEffect,
  type TransactionLayer,
} from '../sip/transaction/layer.ts';
import type { Guard } from './guard.ts';
import { isForEmergency } from './placing.ts';
import type { Turn } from './turn.ts';
import type { BrownoutView } from './views.ts';

export interface BrownoutOptions {
  readonly layer: TransactionLayer;
  readonly registrar: Registrar;
  readonly guard: Guard;
  readonly draining: () => boolean;
  readonly random: Random;
  readonly turn: Turn;
  /** A carrier's INVITE was shed: the ledger is to say so. */
  readonly turnedAway: (invite: SipRequest, flow: Flow, now: Instant) => void;
}

const ALL = 'all';
/** Nearly all, but not what a carrier leaves out last: emergencies, and what belongs to a call (RFC 7339 §5.10). */
const LOSS_ASKED_PERCENT = 90;
/** From a REGISTER to the one that answers its challenge. */
const REFRESH_MS = 5 * SECOND_MS;
const NOTHING: readonly TransactionEffect[] = [];

export class Brownout {
  readonly #options: BrownoutOptions;
  readonly #ladder = new Ladder();
  readonly #governor: StormGovernor;
  readonly #answers = new TokenBuckets({
    slots: 1,
    seed: 0,
    burst: LIMITS.shedAnswersPerSecond,
    perSecond: LIMITS.shedAnswersPerSecond,
  });
  /** Rows for shed calls are written by the second, and looking for what they say costs too. */
  readonly #rows = new TokenBuckets({
    slots: 1,
    seed: 0,
    burst: LIMITS.refusalRowsPerSecondMax,
    perSecond: LIMITS.refusalRowsPerSecondMax,
  });
  readonly #refreshing = new Remembered(LIMITS.refreshingMax);
  readonly #shed = new Map<Rung, number>(RUNGS.map((rung) => [rung, 0]));
  #unanswered = 0;
  #bindingsBefore = 0;
  #wasGoverning = false;

  constructor(options: BrownoutOptions) {
    this.#options = options;
    const bindings = () => Math.max(this.#bindingsBefore, options.registrar.size);
    this.#governor = new StormGovernor({ fraction: () => options.random.fraction(), bindings });
  }

  get counters(): Readonly<Record<string, number>> {
    return { ...this.#governor.counters, shed_unanswered: this.#unanswered };
  }

  /** The node begins, with so many bindings on disk. Their phones may come all at once. */
  begins(bindings: number, now: Instant): void {
    this.#bindingsBefore = bindings;
    if (bindings > 0) this.#options.registrar.grace(now + LIMITS.graceAfterRestartMs);
  }

  /** The posture has changed. After an attack phones may come all at once. */
  postureChanged(from: Posture): void {
    if (from === 'attack') this.#governor.beCareful();
  }

  /** How hard the node worked in the interval that ends now. */
  pressed(load: Load, now: Instant): void {
    this.#tell(this.#ladder.pressed(load, now), now);
    this.#governor.pressed(load, now);
    this.#look(now);
    if (isDeafening(load)) this.#doubtSilence(now);
    const isReason = this.#ladder.has('registrations') || this.#options.guard.posture === 'attack';
    if (isReason) this.#options.registrar.grace(now + LIMITS.graceAfterMs);
  }

  /** The guard has heard what a kernel shield counted: about once a second, where there is one. */
  kernelCounted(now: Instant): void {
    if (this.#options.guard.knownDroppedPerSecond > LIMITS.deafeningDroppedPerSecond) this.#doubtSilence(now);
  }

  #doubtSilence(now: Instant): void {
    this.#options.registrar.doubtSilence(now + LIMITS.deafenedMs);
  }

  /** Requests of this rung are shed. */
  isShedding(rung: Rung): boolean {
    return this.#ladder.has(rung);
  }

  /** What to answer instead of looking into the request any further; `undefined` where it is to be looked into. */
  shed(request: SipRequest, flow: Flow, now: Instant): readonly TransactionEffect[] | undefined {
    if (!mayBeShed(request.method, this.#ladder.engaged.length)) return undefined;
    const rung = this.rungOf(request, flow, this.#options.guard.laneOf(flow, now), now);
    if (rung === undefined || !this.#ladder.has(rung)) return undefined;
    if (!isAnswerable(request) || this.#options.layer.isRetransmission(request)) return undefined;
    if (rung === 'options' && this.#options.draining()) return undefined;
    const seconds = rung === 'registrations' ? this.#refresh(request, flow, now) : this.#retryAfter(rung);
    if (seconds === 'read') return undefined;
    this.#shed.set(rung, (this.#shed.get(rung) ?? 0) + 1);
    if (rung === 'inbound-invites' && this.#rows.take(ALL, now)) this.#options.turnedAway(request, flow, now);
    return this.#answer(request, rung, seconds, flow, now);
  }

  /** The rung by which this request would be shed, were it engaged. */
  rungOf(request: SipRequest, flow: Flow, lane: Lane, now: Instant): Rung | undefined {
    if (tagOf(request.to) !== undefined) return undefined;
    const { method } = request;
    const isRefresh =
      method === 'REGISTER' && this.#options.registrar.refreshes(request, flow, now) !== undefined;
    const isEmergency = method === 'INVITE' && isForEmergency(request);
    return rungOf({ method, lane, isRefresh, isEmergency });
  }

  /** Whole seconds that a phone, whose digest nobody has looked at, was told to wait and has not waited. */
  tooEarly(user: string, flow: Flow, now: Instant): number | undefined {
    return this.#governor.tooEarly(phoneAt(user, flow), now);
  }

  /** Whole seconds after which a phone, whose digest was right, is to register again; `undefined`: it may now. */
  putOff(user: string, request: SipRequest, flow: Flow, now: Instant): number | undefined {
    const { registrar } = this.#options;
    if (givesUp(request) || !request.headers.has('Contact')) return undefined;
    // Its turn was found when the first REGISTER of this refresh was let in.
    if (this.#refreshing.forget(flowKey(flow))) return undefined;
    const isBound = registrar.recognises(user, request, flow) !== undefined;
    const seconds = this.#governor.ask(phoneAt(user, flow), isBound, now);
    if (seconds !== undefined) registrar.grace(now + LIMITS.graceAfterMs);
    this.#look(now);
    return seconds;
  }

  /** Of the time that a phone asks to be registered for, the share that it is given. */
  expiryShare(now: Instant): number {
    return this.#governor.expiryShare(now);
  }

  expire(now: Instant): void {
    this.#tell(this.#ladder.expire(now), now);
    this.#look(now);
  }

  nextDeadline(): Instant | undefined {
    return earlier(this.#ladder.nextDeadline(), this.#wasGoverning ? this.#governor.over : undefined);
  }

  view(now: Instant): BrownoutView {
    const governor = this.#governor;
    const engaged = new Map(this.#ladder.engaged.map(({ rung, ...rest }) => [rung, rest]));
    return {
      rungs: RUNGS.map((rung) => {
        const since = engaged.get(rung);
        return { rung, shed: this.#shed.get(rung) ?? 0, ...(since === undefined ? {} : { engaged: since }) };
      }),
      storm: {
        governing: governor.isGoverning(now),
        perSecond: Math.round(governor.perSecond),
        waiting: governor.waiting(now),
        putOff: governor.counters.registrations_put_off,
      },
      inGrace: this.#options.registrar.inGrace,
    };
  }

  /** Some are read all the same; the REGISTER that answers the challenge of such a one belongs to it. */
  #refresh(request: SipRequest, flow: Flow, now: Instant): number | 'read' {
    const key = flowKey(flow);
    const user = this.#options.registrar.refreshes(request, flow, now);
    if (user === undefined || this.#refreshing.has(key, now)) return 'read';
    const seconds = this.#governor.refresh(phoneAt(user, flow), now);
    if (seconds !== undefined) return seconds;
    this.#refreshing.remember(key, now + REFRESH_MS);
    return 'read';
  }

  #retryAfter(rung: Rung): number | undefined {
    return retryAfterSeconds(rung, this.#options.random.fraction());
  }

  #answer(
    request: SipRequest,
    rung: Rung,
    seconds: number | undefined,
    flow: Flow,
    now: Instant,
  ): readonly TransactionEffect[] {
    if (!this.#answers.take(ALL, now)) {
      this.#unanswered++;
      return NOTHING;
    }
    if (rung === 'options') return [statelessResponse(request, flow, 200)];
    const headers = seconds === undefined ? [] : [['Retry-After', String(seconds)] as const];
    const told = this.#options.guard.withFeedback(request, flow, now);
    return [statelessResponse(told, flow, 503, { headers })];
  }

  #tell(changes: readonly RungChange[], at: Instant): void {
    this.#options.guard.lossAskedPercent = this.#ladder.has('inbound-invites') ? LOSS_ASKED_PERCENT : 0;
    for (const change of changes) this.#options.turn.event({ type: 'shield-rung', ...change, at });
  }

  /** Tells when a storm begins and when it is over. */
  #look(now: Instant): void {
    const governing = this.#governor.isGoverning(now);
    if (governing === this.#wasGoverning) return;
    this.#wasGoverning = governing;
    this.#options.turn.event({ type: 'registration-storm', governing, at: now });
  }
}

function phoneAt(user: string, flow: Flow): Registering {
  return { user, source: sourceOf(flow.remote.address, ONE_CUSTOMER) };
}

/** It has all that an answer repeats. */
function isAnswerable({ via, from, to, callId, cseq }: SipRequest): boolean {
  return [via, from, to, callId, cseq].every((one) => one !== undefined);
}

/** More comes in than is read, and what the known send is among what is lost. Where a kernel drops it, none comes. */
function isDeafening({ strangers }: Load): boolean {
  return strangers * (SECOND_MS / LIMITS.loadIntervalMs) > LIMITS.deafeningPerSecond;
}
