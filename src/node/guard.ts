// What the core tells the shield: who has proved to be a customer or a carrier, whose emergency call goes on, which
// media ports are live. It is told here and nowhere else, so that law 2 can be checked in one place.
//
//   digest right, over a challenge of ours ─▶ known          REGISTER stored ─▶ known while it lasts
//   answer to a request of ours ─▶ known (a carrier's)       emergency call ─▶ emergency while it lasts
//
// What strangers do besides is counted here too, and once a second detection says whether it is an attack; then the
// shares of newcomers change, and nothing else.

import { LIMITS } from '../base/limits.ts';
import { type Endpoint, type Flow, flowKey } from '../base/net.ts';
import { earlier, type Instant, SECOND_MS } from '../base/time.ts';
import { TokenBuckets } from '../base/token-buckets.ts';
import type { Calls } from '../calls/calls.ts';
import type { MediaEndpointId, MediaEvent } from '../ports/media.ts';
import type { Binding } from '../ports/records.ts';
import type { KernelCounts, Lane, Load, Posture, ShieldChange } from '../ports/shield.ts';
import type { Packet } from '../ports/signalling.ts';
import { Detection } from '../shield/detection/detection.ts';
import type { DetectionEffect, DetectionStatus } from '../shield/detection/report.ts';
import { kindOf, requestUriOf } from '../shield/first-bytes.ts';
import { Shield, type Verdict } from '../shield/shield.ts';
import type { SipMessage, SipRequest } from '../sip/message/message.ts';
import { asksForFeedback, withFeedback } from '../sip/overload/feedback.ts';
import type { Trunks } from '../trunks/trunks.ts';
import { AbuseDesk } from './abuse-desk.ts';
import type { DoorKeeper } from './door-keeper.ts';
import { isForEmergency } from './placing.ts';
import type { Turn } from './turn.ts';
import type { RefusedCredentials } from './views.ts';

export interface GuardOptions {
  readonly trunks: Trunks;
  readonly calls: () => Calls;
  readonly seed: number;
  readonly doors: DoorKeeper;
  readonly turn: Turn;
  postureChanged(from: Posture): void;
}

/** A kernel shield says once a second what it counted. Longer ago: there is none. */
const KERNEL_FRESH_MS = 3 * SECOND_MS;
/** Several times as long as a busy carrier waits for the next answer. */
const FEEDBACK_VALIDITY_MS = 2 * SECOND_MS;
const LOOK_AFTER_MS = 10 * SECOND_MS;

export class Guard {
  readonly #options: GuardOptions;
  readonly #shield: Shield;
  readonly #detection: Detection;
  readonly #callsForHelpOf: TokenBuckets;
  readonly abuse: AbuseDesk;
  readonly #mediaPorts = new Map<MediaEndpointId, number>();
  #lookAt: Instant = 0;
  #kernelAt: Instant = Number.NEGATIVE_INFINITY;
  /** What every carrier is asked to leave out, because the node has too much to do. */
  lossAskedPercent = 0;
  /** Digests that were right, since the node began. */
  acceptedTimes = 0;

  constructor(options: GuardOptions, now: Instant) {
    this.#options = options;
    const newcomersPerSecond = LIMITS.newcomersBearable;
    this.#detection = new Detection({ seed: options.seed, newcomersPerSecond }, now);
    this.#shield = new Shield({
      carrierOf: (flow) => options.trunks.identify(flow)?.name,
      doorOf: (flow) => options.doors.shareOf(flow),
      seed: options.seed,
    });
    this.#callsForHelpOf = new TokenBuckets({
      slots: LIMITS.emergencyInviteSlots,
      burst: LIMITS.emergencyInvitesAtOnce,
      perSecond: LIMITS.emergencyInvitesPerSecond,
      seed: options.seed,
    });
    this.abuse = new AbuseDesk({ shield: this.#shield, turn: options.turn });
  }

  /** Is there room for this packet, and which of those that wait is it among? */
  admit({ flow, bytes }: Packet, now: Instant): Verdict {
    const verdict = this.#shield.admit(flow, now);
    const kind = kindOf(bytes);
    this.#detection.record(verdict.lane, kind, flow, bytes.length, verdict.admitted);
    if (verdict.door !== undefined) this.#options.doors.knocked(verdict.door, now);
    const { lane, admitted } = verdict;
    if (kind !== 'INVITE' || lane !== 'known' || !admitted || !this.#callsForHelp(bytes, flow, now))
      return verdict;
    return { ...verdict, isCallForHelp: true };
  }

  /** Until it is read, nobody but its first bytes can tell that a call is an emergency (law 7). */
  #callsForHelp(bytes: Uint8Array, flow: Flow, now: Instant): boolean {
    const uri = requestUriOf(bytes);
    return uri !== undefined && isForEmergency({ uri }) && this.#callsForHelpOf.take(flowKey(flow), now);
  }

  get posture(): Posture {
    return this.#shield.posture;
  }

  /** As it is answered: a carrier that goes by it is told how much it may send (RFC 7339). */
  withFeedback(request: SipRequest, flow: Flow, now: Instant): SipRequest {
    const load = asksForFeedback(request) ? this.#shield.loadOf(flow, now) : undefined;
    if (load === undefined) return request;
    const lossPercent = Math.max(load.lossPercent, this.lossAskedPercent);
    const perSecond = load.perSecond * (1 - this.lossAskedPercent / 100);
    const sequence = now / SECOND_MS;
    return withFeedback(request, { lossPercent, perSecond, validityMs: FEEDBACK_VALIDITY_MS, sequence });
  }

  tables(): Readonly<Record<string, number>> {
    return { ...this.#shield.tables(), abusers: this.abuse.size };
  }

  /** What detection sees, and what it makes of it. */
  detected(now: Instant): DetectionStatus {
    return this.#detection.status(now);
  }

  // ── what strangers do ──

  /** It could be read. */
  read(message: SipMessage, flow: Flow, now: Instant): void {
    if (!this.#detection.wantsUserAgent || this.laneOf(flow, now) !== 'newcomer') return;
    this.#detection.userAgent(message.headers.get('User-Agent') ?? message.headers.get('Server'));
  }

  /** A scanning tool's, which nobody reads any further. */
  isTools({ flow, bytes }: Packet, now: Instant): boolean {
    const name = this.abuse.signedByTool(flow, bytes, now);
    if (name !== undefined && this.#detection.wantsUserAgent) this.#detection.userAgent(name);
    return name !== undefined;
  }

  /** It could not, for this reason. */
  unreadable(reason: string, flow: Flow, now: Instant): void {
    if (this.laneOf(flow, now) === 'newcomer') this.#detection.malformed(reason);
  }

  challenged(flow: Flow, now: Instant): void {
    if (this.laneOf(flow, now) === 'newcomer') this.#detection.challenged();
  }

  /** A digest over our challenge was wrong. */
  mistaken(user: string, flow: Flow, reason: RefusedCredentials, now: Instant): void {
    this.abuse.mistaken(user, flow, reason, now);
    if (this.laneOf(flow, now) === 'newcomer') this.#detection.answered(user, false);
  }

  // ── what was proved ──

  registered(bindings: readonly Binding[], now: Instant): void {
    for (const { flow, expiresAt } of bindings) {
      this.#shield.proved(flow, 'known', expiresAt + LIMITS.lapsedFlowMs, now);
    }
    this.flush();
  }

  /** A binding is kept beyond its end: what is known of its flow is, too. */
  inGrace({ flow }: Binding, until: Instant, now: Instant): void {
    this.#shield.proved(flow, 'known', until + LIMITS.lapsedFlowMs, now);
    this.flush();
  }

  /** Phones proved themselves at its address before. */
  isFamiliar(flow: Flow, now: Instant): boolean {
    return this.#shield.isFamiliar(flow.remote.address, now);
  }

  laneOf(flow: Flow, now: Instant): Lane {
    return this.#shield.laneOf(flow, now);
  }

  unregistered(bindings: readonly Binding[], now: Instant): void {
    for (const { flow } of bindings) this.#shield.lapsed(flow, now);
    this.flush();
  }

  /** A digest over our challenge was right. */
  accepted(user: string, flow: Flow, now: Instant): void {
    this.acceptedTimes++;
    this.abuse.accepted(flow, now);
    if (this.laneOf(flow, now) === 'newcomer') this.#detection.answered(user, true);
    this.#shield.proved(flow, 'known', now + LIMITS.provenFlowMs, now);
    this.flush();
  }

  /** It answered a request of ours, whose branch nobody else has seen. */
  answered(flow: Flow, now: Instant): void {
    if (!this.#options.trunks.reaches(flow)) return;
    this.#shield.proved(flow, 'carrier', now + LIMITS.provenFlowMs, now);
    this.flush();
  }

  emergencyCall(flow: Flow, now: Instant): void {
    this.#shield.emergency(flow, now);
    this.flush();
  }

  media(event: MediaEvent): void {
    const { id } = event;
    if (event.type === 'opened') {
      this.#mediaPorts.set(id, event.local.port);
      this.#changed({ type: 'media-open', port: event.local.port });
    }
    const port = this.#mediaPorts.get(id);
    if (port === undefined) return;
    if (event.type === 'latched') this.#peer(port, event.from);
    if (event.type === 'closed') {
      this.#mediaPorts.delete(id);
      this.#changed({ type: 'media-closed', port });
    }
  }

  // ── time ──

  /** What a kernel dropped ahead of us is told once a second, where there is one. */
  kernelCounted(counts: KernelCounts, now: Instant): void {
    this.#kernelAt = now;
    this.#detection.kernel(counts, now);
    this.#options.doors.kernelCounted(counts.doorNewcomers, now);
  }

  /** Of known flows and carriers, as a kernel told last. */
  get knownDroppedPerSecond(): number {
    return this.#detection.knownDroppedPerSecond;
  }

  pressed(load: Load): void {
    this.#detection.pressed(load);
  }

  expire(now: Instant): void {
    for (const effect of this.#detection.expire(now)) this.#detected(effect, now);
    if (now < this.#lookAt) return;
    this.#lookAt = now + LOOK_AFTER_MS;
    for (const flow of this.#options.calls().emergencyFlows()) this.#shield.emergency(flow, now);
    this.#shield.sweep(now);
    this.flush();
  }

  /** Only for what must not end: what has ended is no longer believed, and is forgotten whenever there is a turn. */
  nextDeadline(): Instant | undefined {
    return earlier(this.#detection.nextDeadline(), this.#shield.hasEmergencies ? this.#lookAt : undefined);
  }

  /** What the shield has learned goes out with the turn's other effects. */
  flush(): void {
    const changes = this.#shield.takeChanges();
    if (changes.length > 0) this.#options.turn.push({ type: 'shield', changes });
  }

  #detected(effect: DetectionEffect, at: Instant): void {
    const { turn, postureChanged } = this.#options;
    if (effect.type === 'posture') {
      this.#shield.turnTo(effect.to, at, at - this.#kernelAt < KERNEL_FRESH_MS);
      turn.push({ type: 'shield-shares', shares: this.#shield.shares });
      postureChanged(effect.from);
      turn.push({ type: 'event', event: { ...effect, type: 'shield-posture', at } });
    } else {
      turn.push({ type: 'event', event: { ...effect, at } });
    }
  }

  #peer(port: number, remote: Endpoint): void {
    this.#changed({ type: 'media-peer', port, remote });
  }

  #changed(change: ShieldChange): void {
    this.#options.turn.push({ type: 'shield', changes: [change] });
  }
}
