// A call's way through its steps: opens the legs of one step at a time, and goes on when they have all failed
// or their time is up. It decides by the verdicts of routing/; whether a leg answered, and what the caller
// hears meanwhile, is its call's business.
//
//   next ─▶ resolve the step ─┬─ nobody to try ─▶ next
//                             ├─ ring: a leg for each telephone ────────┬─ all failed, or time up ─▶ next
//                             │          ▲── its flow failed: next ─────┤
//                             └─ dial: a leg over the first trunk ──────┤
//                                        ▲── carrier's failure: next ───┘

import { LIMITS } from '../base/limits.ts';
import { formatEndpoint } from '../base/net.ts';
import { err, ok, type Result } from '../base/result.ts';
import { formatDuration, type Instant, MINUTE_MS } from '../base/time.ts';
import type { Account, Cap, PlanStep } from '../ports/records.ts';
import { destinationAllowed } from '../routing/destinations.ts';
import { divertAllowed } from '../routing/divert-classes.ts';
import { fitsAfter } from '../routing/forwards.ts';
import { mailboxInstead } from '../routing/mailbox-instead.ts';
import { type PhoneTarget, resolveStep, type StepTargets, stepsInTurn } from '../routing/plan.ts';
import { mostTelling, VERDICTS, type Verdict } from '../routing/verdicts.ts';
import { breadthHeader, breadthOf } from './breadth.ts';
import { CalleeLeg, type CalleeTarget, type LegNews, SIGN_OF_LIFE_MS } from './callee-leg.ts';
import type { CallerLeg } from './caller-leg.ts';
import { callerHeaders, diversionHeaders } from './identity.ts';
import type { HeaderRow } from './leg.ts';
import { MediaSide } from './media-side.ts';
import type { CallRecord } from './record.ts';
import type { CallStart, DialogueStep } from './route.ts';
import type { PhoneDevice, Surroundings, TrunkChoice } from './surroundings.ts';

/** What the call does when the walk comes to it. */
export interface WalkEvents {
  /** The present step may take until then. */
  stepUntil(at: Instant): void;
  /** The caller hears ringing meanwhile. */
  waits(now: Instant): void;
  announcement(prompt: string, now: Instant): void;
  /** False where that cannot be had, so that the plan goes on. */
  dialogue(step: DialogueStep, now: Instant): boolean;
  /** There is no further step. */
  exhausted(now: Instant): void;
}

export class PlanWalk {
  readonly legs: CalleeLeg[] = [];
  /** The most telling of what failed so far. */
  verdict: Verdict | undefined;
  /** The last final status of a far end. */
  farStatus: number | undefined;
  /** Of the number that is dialled. */
  lengthMaxMs: number = LIMITS.callLengthMaxMs;
  readonly #start: CallStart;
  readonly #caller: CallerLeg;
  readonly #around: Surroundings;
  readonly #record: CallRecord;
  readonly #events: WalkEvents;
  #steps: readonly PlanStep[];
  #step = 0;
  #dialling: StepTargets & { type: 'dial' } = NOTHING;
  /** Trunks that may still carry the number of the present dial step. */
  #trunks: TrunkChoice[] = [];
  #divertedLegTaken = false;
  /** A step would have exceeded a cap of the account, and voicemail has not been tried for it. */
  #capped = false;
  /** From which number to which the call is being sent on, while nobody has answered. */
  #way: string | undefined;
  readonly #breadth: number;
  /** Telephones that the present step rings at once. */
  #branches = 1;
  /** Flows of the same telephone that a leg may be replaced by. */
  readonly #spareFlows = new Map<CalleeLeg, readonly string[]>();

  constructor(
    start: CallStart,
    caller: CallerLeg,
    around: Surroundings,
    record: CallRecord,
    events: WalkEvents,
  ) {
    this.#start = start;
    this.#steps = start.route.steps;
    this.#caller = caller;
    this.#around = around;
    this.#record = record;
    this.#events = events;
    this.#breadth = breadthOf(start.invite);
  }

  get trying(): readonly CalleeLeg[] {
    return this.legs.filter((leg) => leg.trying);
  }

  next(now: Instant): void {
    const { route } = this.#start;
    this.#trunks = [];
    for (;;) {
      const step = this.#steps[this.#step++];
      if (step === undefined || this.#full) {
        if (!this.#toMailbox(now)) this.#events.exhausted(now);
        return;
      }
      const { account } = route;
      if (!fitsAfter(step, this.verdict)) continue;
      const targets = resolveStep(step, {
        now,
        account,
        secureOnly: this.#start.secure,
        phoneTargets: (user) => this.#phoneTargets(user),
      });
      if (this.#try(targets, now)) return;
    }
  }

  /** A dialogue has found other steps than those that were left. */
  goOn(steps: readonly PlanStep[], now: Instant): void {
    this.#steps = stepsInTurn(steps);
    this.#step = 0;
    this.next(now);
  }

  /** A leg of the present step failed. */
  failed(leg: CalleeLeg, news: LegNews & { type: 'failed' }, now: Instant): void {
    this.#learn(news.verdict);
    this.farStatus = news.status ?? this.farStatus;
    // A carrier that does not know 999, or says that it is busy, is not the last word on it (law 7).
    const another = this.#start.route.emergency || VERDICTS[news.verdict].trunk === 'next-trunk';
    const again = leg.target.type === 'trunk' && another;
    if (again && this.#dialNextTrunk(now)) return;
    if (news.flowFailed === true && this.#ringNextFlow(leg, now)) return;
    if (this.trying.length > 0) return;
    this.leaveDialled();
    this.next(now);
  }

  /** A telephone that may have answered, unheard, has all of its step's time where there is nobody else to try. */
  waitsOn(leg: CalleeLeg, now: Instant): boolean {
    const isLast = this.#step >= this.#steps.length && !this.#spareFlows.has(leg);
    if (leg.target.type !== 'phone' || !leg.unheard || !isLast || !this.#around.phones.doubtsSilence())
      return false;
    this.#record.note(
      now,
      'silent',
      `${leg.words} gives no sign of life, which proves nothing in this flood`,
    );
    return true;
  }

  /** A carrier took the call and says nothing: the next one has it, where there is one. Else it may still ring. */
  stuck(leg: CalleeLeg, text: string, now: Instant): void {
    if (this.#soonest() === undefined || this.#full) return;
    this.#record.note(now, 'failed', `${leg.words} ${text}`);
    leg.supersede(text);
    this.#learn('failing');
    this.#dialNextTrunk(now);
  }

  /** The present step's time is up. */
  timeUp(now: Instant): void {
    for (const leg of this.trying) this.#record.note(now, 'no-answer', `${leg.words} did not answer in time`);
    this.giveUp(480, 'No answer');
    this.#learn('no-answer');
    this.leaveDialled();
    this.next(now);
  }

  /** Ends what still rings. */
  giveUp(cause: number, text: string): void {
    for (const leg of this.trying) leg.giveUp(cause, text);
    this.#leaveWay();
  }

  /** What a dialled leg counted for is free again. */
  leaveDialled(): void {
    this.#leaveWay();
    this.lengthMaxMs = LIMITS.callLengthMaxMs;
    this.#around.unusual.over(this.#start.route.account.name, this.#start.id);
    if (!this.#divertedLegTaken) return;
    this.#divertedLegTaken = false;
    this.#around.releaseDivertedLeg(this.#start.route.account.name);
  }

  /** False when the step had nobody to try, so that the plan goes on at once. */
  #try(targets: StepTargets, now: Instant): boolean {
    switch (targets.type) {
      case 'none':
        this.#leaveOut(targets, now);
        return false;
      case 'announcement':
        if (!this.#toMailbox(now)) this.#events.announcement(targets.prompt, now);
        return true;
      case 'voicemail':
      case 'menu':
        return this.#events.dialogue(targets, now);
      case 'ring':
        this.#leaveOut(targets, now);
        return this.#ring(targets, now);
      case 'dial':
        return this.#dial(targets, now);
    }
  }

  #leaveOut({ left }: StepTargets & { type: 'ring' | 'none' }, now: Instant): void {
    for (const { who, why } of left) {
      this.#record.note(now, 'left-out', `${who} ${why}`);
      this.#learn('unreachable');
    }
  }

  #ring(targets: StepTargets & { type: 'ring' }, now: Instant): boolean {
    this.#branches = Math.min(targets.devices.length, this.#breadth);
    for (const [index, { user, flows }] of targets.devices.entries()) {
      if (index >= this.#branches) {
        this.#record.note(now, 'left-out', `${user} is one branch too many (Max-Breadth ${this.#breadth})`);
        continue;
      }
      const devices = targets.devices.filter((device) => device.user === user).length;
      this.#ringOver(user, flows, devices > 1, now);
    }
    if (this.trying.length === 0) return false;
    this.#events.stepUntil(now + targets.forMs);
    return true;
  }

  /** Rings a telephone over the first of these flows that still exists; the others wait for its failure. */
  #ringOver(user: string, [key, ...spare]: readonly string[], named: boolean, now: Instant): boolean {
    if (key === undefined || this.#full) return false;
    const choice = this.#around.phones.choice(key);
    if (choice === undefined) return this.#ringOver(user, spare, named, now);
    const { uri, flow, routes, device } = choice;
    const words = named ? `${user} at ${formatEndpoint(flow.remote)}` : user;
    this.#record.note(now, 'ringing-phone', `ringing ${words}`);
    const hasSpareFlow = spare.length > 0;
    const target = { type: 'phone', name: user, key, uri, routes, hasSpareFlow } as const;
    const leg = this.#openLeg(target, flow, words, { user, device, key });
    if (hasSpareFlow) this.#spareFlows.set(leg, spare);
    return true;
  }

  /** RFC 5626 §7: a flow that failed is replaced by another one of the same telephone, within the same step. */
  #ringNextFlow(leg: CalleeLeg, now: Instant): boolean {
    const spare = this.#spareFlows.get(leg) ?? [];
    this.#spareFlows.delete(leg);
    return this.#ringOver(leg.target.name, spare, true, now);
  }

  /** Of a phone, or of the one device of it that is meant. */
  #phoneTargets(user: string): readonly PhoneTarget[] {
    const { instance } = this.#start.route;
    const targets = this.#around.phones.targets(user);
    return instance === undefined ? targets : targets.filter(({ device }) => device === instance);
  }

  #dial(step: StepTargets & { type: 'dial' }, now: Instant): boolean {
    const refusal = this.#whyNotDial(step.number, now);
    if (refusal !== undefined) {
      this.#record.note(now, 'refused', refusal);
      this.#learn('not-allowed');
      return false;
    }
    if (!this.#takeWay(step.number)) {
      this.#record.note(now, 'refused', `${step.number} is not dialled again: this looks like a loop`);
      this.#learn('failing');
      this.leaveDialled();
      return false;
    }
    this.#dialling = step;
    this.#trunks = this.#around.trunks
      .choices(step.number, this.#start.secure)
      .filter(({ name }) => name === (step.trunk ?? name));
    const waitMs = this.#soonest()?.waitMs ?? 0;
    if (this.#dialNextTrunk(now)) {
      this.#events.stepUntil(now + waitMs + step.forMs);
      return true;
    }
    this.#record.note(
      now,
      'refused',
      `${step.trunk ?? 'no trunk'} ${step.trunk === undefined ? 'can' : 'cannot'} carry ${step.number} now${this.#whyNoTrunk()}`,
    );
    this.#learn('failing');
    this.leaveDialled();
    return false;
  }

  /** Caps on what a diverted or outbound leg may cost (law 8); emergency calls have none (law 7). */
  #whyNotDial(number: string, now: Instant): string | undefined {
    const { account, emergency, number: record } = this.#start.route;
    if (emergency) return undefined;
    const allowed =
      record === undefined ? destinationAllowed(number, account.limits) : this.#mayDivert(number, account);
    if (!allowed.ok) return allowed.error;
    const unusual = this.#whyNotThere(number, now);
    // The caller of a diverted number has nothing to do with it: voicemail takes the call, and the account is told.
    if (unusual !== undefined && record !== undefined) this.#exceeds('destinations', unusual);
    return unusual;
  }

  #mayDivert(number: string, account: Account): Result<void, string> {
    const { divertedCallsMax } = account.limits;
    const allowed = divertAllowed(number, account);
    if (!allowed.ok) return this.#exceeds('destinations', allowed.error);
    const spent = this.#around.caps.minutesUsed(account);
    if (spent !== undefined) return this.#exceeds('minutes', spent);
    this.#divertedLegTaken ||= this.#around.takeDivertedLeg(account.name, divertedCallsMax);
    if (this.#divertedLegTaken) return ok(undefined);
    return this.#exceeds('calls', `the account already has its ${divertedCallsMax} diverted calls`);
  }

  #exceeds(cap: Cap, why: string): Result<void, string> {
    const { account, called } = this.#start.route;
    this.#capped = true;
    this.#around.caps.exceeded(account, cap, called, why);
    return err(why);
  }

  /** Where a cap has kept the call from where it was to go and the plan would end in mere words, voicemail takes it. */
  #toMailbox(now: Instant): boolean {
    const { number, account } = this.#start.route;
    const mailbox = this.#capped && number !== undefined ? mailboxInstead(number, account) : undefined;
    this.#capped = false;
    return mailbox !== undefined && this.#events.dialogue({ type: 'voicemail', mailbox }, now);
  }

  #whyNotThere(number: string, now: Instant): string | undefined {
    const { id: call, callerName: caller, route } = this.#start;
    const judgement = this.#around.unusual.judge({ call, account: route.account, number, caller });
    if (judgement.type === 'usual') return undefined;
    if (judgement.type === 'refused') {
      this.leaveDialled();
      return `${number} is not dialled now: ${judgement.why}, and this looks like toll fraud`;
    }
    const { why, lengthMaxMs = LIMITS.callLengthMaxMs } = judgement;
    this.lengthMaxMs = lengthMaxMs;
    const isShort = lengthMaxMs < LIMITS.callLengthMaxMs;
    const limit = isShort ? `; this call is ended after ${lengthMaxMs / MINUTE_MS} minutes` : '';
    this.#record.note(now, 'unusual', `${why}${limit}`);
    return undefined;
  }

  /**
   * A call that a carrier sends back to us is a new call for the same number from the same caller, whatever headers
   * (Diversion, History-Info, Max-Forwards) it has lost on its way. So what is sent on from one number to another for
   * one caller is counted until somebody answers, which nobody does in a loop.
   */
  #takeWay(dialled: string): boolean {
    const { route, caller } = this.#start;
    if (route.emergency || route.number === undefined || this.#way !== undefined) return true;
    const way = `${route.number.number} to ${dialled} for ${caller.id ?? ''}`;
    const max = caller.id === undefined ? LIMITS.sameDivertsOfAnonymousMax : LIMITS.sameDivertsMax;
    if (!this.#around.takeWay(way, max)) return false;
    this.#way = way;
    return true;
  }

  #leaveWay(): void {
    if (this.#way !== undefined) this.#around.releaseWay(this.#way);
    this.#way = undefined;
  }

  #dialNextTrunk(now: Instant): boolean {
    const next = this.#soonest();
    if (next === undefined || this.#full) return false;
    const { trunk, waitMs } = next;
    this.#trunks = this.#trunks.filter((other) => other !== trunk);
    const { number } = this.#dialling;
    const { name, uri, flow } = trunk;
    const turn = waitMs === 0 ? '' : `, when it is its turn: in ${formatDuration(waitMs)}`;
    this.#record.note(now, 'dialling', `dialling ${number} over ${name}${turn}`);
    const isUrgent = this.#start.route.emergency;
    const target = { type: 'trunk', name, key: number, uri, routes: [], isUrgent } as const;
    this.#openLeg(target, flow, `${number} over ${name}`);
    if (waitMs > 0) this.#events.waits(now);
    return true;
  }

  /**
   * The trunk over which the call rings soonest, and how long it waits there for its turn. Of those that have one at
   * once that is the first; one that is known to be down costs what it takes to notice that. `undefined`: none has a
   * turn in time.
   */
  #soonest(): { readonly trunk: TrunkChoice; readonly waitMs: number } | undefined {
    const { trunks } = this.#around;
    let soonest: { trunk: TrunkChoice; waitMs: number; ringsAfterMs: number } | undefined;
    for (const trunk of this.#trunks) {
      const waitMs = this.#start.route.emergency ? 0 : trunks.waitMs(trunk.name);
      const ringsAfterMs = waitMs + (trunk.health === 'down' ? SIGN_OF_LIFE_MS : 0);
      if (
        waitMs > LIMITS.trunkTurnMaxMs ||
        ringsAfterMs >= (soonest?.ringsAfterMs ?? Number.POSITIVE_INFINITY)
      )
        continue;
      soonest = { trunk, waitMs, ringsAfterMs };
    }
    return soonest;
  }

  #whyNoTrunk(): string {
    if (this.#trunks.length > 0) return ': they have as many calls waiting as they take in the next seconds';
    return this.#start.secure ? ' over TLS, as sips asks' : '';
  }

  #openLeg(target: CalleeTarget, flow: CalleeLeg['flow'], words: string, device?: PhoneDevice): CalleeLeg {
    const { id: callId, sessionId, invite } = this.#start;
    const { domain, sip } = this.#around;
    const id = `leg${this.legs.length + 1}`;
    const content = {
      headers: [
        ...this.#identityHeaders(target),
        breadthHeader(this.#breadth, target.type === 'phone' ? this.#branches : 1),
      ],
      maxForwards: (invite.maxForwards ?? 70) - 1,
      to: target.type === 'phone' ? `<sip:${target.name}@${domain}>` : `<${target.uri}>`,
      sipCallId: sip.newCallId(),
      offer: this.#caller.offerForOthers,
    };
    const media = new MediaSide(`${callId}/${id}`, sessionId, (command) => this.#around.media(command));
    const trunk = target.type === 'trunk' ? { trunk: target.name } : {};
    const options = { id, callId, kind: target.type, words, media, ...trunk, ...(device && { device }) };
    const leg = new CalleeLeg(options, target, content, sip.newTag(), flow, this.#around);
    this.legs.push(leg);
    media.open(flow.remote.address);
    return leg;
  }

  /** Who calls, and for a leg that carries a call on to a carrier, who sent it there. */
  #identityHeaders(target: CalleeTarget): readonly HeaderRow[] {
    const { invite, route } = this.#start;
    const outside = target.type === 'trunk' ? this.#start.callerOutside : undefined;
    const caller = outside ?? this.#start.caller;
    const { domain, sip } = this.#around;
    const named = callerHeaders(caller, target.type, domain, sip.newTag());
    if (target.type === 'phone' || route.number === undefined) return named;
    return [...named, ...diversionHeaders(invite, route.number.number, target.key, this.verdict, domain)];
  }

  #learn(verdict: Verdict): void {
    this.verdict = mostTelling(this.verdict, verdict);
  }

  get #full(): boolean {
    return this.legs.length >= LIMITS.legsPerCallMax;
  }
}

const NOTHING: StepTargets & { type: 'dial' } = { type: 'dial', number: '', forMs: 0 };
