// The user agent server for requests outside of dialogs (RFC 3261 §8.2): who is asking, may they, and what is
// it about? REGISTER goes to the registrar, INVITE to placing and then to calls, OPTIONS is answered here.

import { LIMITS } from '../base/limits.ts';
import { type Flow, flowKey, formatEndpoint, isSecure } from '../base/net.ts';
import { ONE_CUSTOMER, sourceOf } from '../base/source.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import { breadthOf } from '../calls/breadth.ts';
import type { Calls, StartOf } from '../calls/calls.ts';
import { type ContentRefusal, sdpOf, unreadableContent } from '../calls/content.ts';
import { ALLOW, type HeaderRow, SDP_TYPE, SUPPORTED } from '../calls/leg.ts';
import { answerSession, type SessionTerms } from '../calls/session-timer.ts';
import type { Account, Phone } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { RegistrarEffect } from '../registrar/outcome.ts';
import type { Registrar } from '../registrar/registrar.ts';
import { REGISTRAR_SUPPORTED } from '../registrar/response.ts';
import type { Directory } from '../routing/directory.ts';
import { audioOf, isMisaddressed, needsDtls } from '../sdp/audio.ts';
import type { Sender } from '../sip/auth/guessing.ts';
import type { DigestServer } from '../sip/auth/server.ts';
import { tagOf } from '../sip/message/address.ts';
import { formatHostPort } from '../sip/message/host.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { isSips, parseUri, uriUser } from '../sip/message/uri.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import { MESSAGE_SUMMARY } from '../subscriptions/message-summary.ts';
import type { Trunks } from '../trunks/trunks.ts';
import type { Brownout } from './brownout.ts';
import type { DoorKeeper } from './door-keeper.ts';
import type { Guard } from './guard.ts';
import type { Lamps } from './lamps.ts';
import type { ControlSettings } from './options.ts';
import { type Attempt, fullAccount, type Placing, placeFromPhone, placeFromTrunk } from './placing.ts';
import type { Speaker } from './speaker.ts';
import type { NodeEvent, RefusedCredentials } from './views.ts';
import { deviceAt } from './ways.ts';

export interface RequestContext {
  readonly domain: string;
  readonly country: string;
  readonly sessionTerms: SessionTerms;
  readonly calls: Calls;
  readonly registrar: Registrar;
  readonly trunks: Trunks;
  readonly digest: DigestServer;
  readonly guard: Guard;
  readonly brownout: Brownout;
  readonly doors: DoorKeeper;
  readonly lamps: Lamps;
  readonly speaker: Speaker;
  readonly control: ControlSettings | undefined;
  directory(): Directory;
  draining(): boolean;
  now(): Instant;
  /** `then` happens once the writes are durable, or could not be. */
  persist(writes: readonly StoreWrite[], then: () => void): void;
  registrarEffects(effects: readonly RegistrarEffect[], now: Instant): void;
  event(event: NodeEvent): void;
}

type CallerFacts = Pick<StartOf, 'callerKind' | 'callerName' | 'device'>;

type Arrival = {
  readonly id: TransactionId;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly now: Instant;
};

/** Within calls nobody subscribes, so that their own Allow has less. */
const ALLOWED: HeaderRow = ['Allow', `${ALLOW}, SUBSCRIBE`];
/** Option tags that may stand in Require (RFC 3261 §8.2.2.3). All but `timer` are for registrations. */
const UNDERSTOOD = new Set(['timer', 'path', 'outbound', 'gruu']);
/** 301: Incompatible network address formats (RFC 3261 §20.43). */
const ADDRESS_WARNING: HeaderRow = ['Warning', '301 ringthrough "The media address is no host\'s"'];
/** 302: Incompatible transport protocol (RFC 3261 §20.43). */
const DTLS_WARNING: HeaderRow = ['Warning', '302 ringthrough "Only RTP/AVP and RTP/SAVP are relayed"'];
const RETRY_LATER: HeaderRow = ['Retry-After', '30'];
const OTHERS_DOOR = "This Door Is Another Account's";
/** What the ledger says of an INVITE whose content was refused. */
const REFUSED_WORDS: Readonly<Record<number, string>> = {
  415: 'the call came with content that is no session description',
  488: 'the call came without audio that could be connected',
};

export class Requests {
  /** Digests that were wrong and, after too many of those, not looked at. */
  readonly counters = { credentials_refused: 0, credentials_slowed: 0 };
  readonly #context: RequestContext;
  #refusedTimes = 0;
  #refusedTellAt: Instant = 0;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  receive(id: TransactionId, request: SipRequest, flow: Flow, now: Instant): void {
    const arrival = { id, request, flow, now };
    const required = request.headers.values('Require').filter((tag) => tag !== '');
    const unknown = required.filter((tag) => !UNDERSTOOD.has(tag.toLowerCase()));
    if (unknown.length > 0) {
      const told = unknown.slice(0, LIMITS.unsupportedToldMax).join(', ');
      return this.#answerOnce(arrival, 420, [['Unsupported', told]]);
    }
    if (tagOf(request.to) !== undefined) {
      if (request.method === 'SUBSCRIBE' && this.#context.lamps.knows(request))
        return this.#subscribe(arrival);
      if (!this.#context.calls.request(request, id, flow, now)) this.#answerOnce(arrival, 481);
      return;
    }
    const scheme = parseUri(request.uri);
    if (!scheme.ok || scheme.value.scheme === 'other') return this.#answerOnce(arrival, 416);
    if (isSips(request.uri) && !isSecure(flow.transport)) return this.#refuseSips(arrival);
    switch (request.method) {
      case 'REGISTER':
        return this.#register(arrival);
      case 'INVITE':
        return this.#invite(arrival);
      case 'OPTIONS':
        if (this.#context.draining()) return this.#answerOnce(arrival, 503, [RETRY_LATER]);
        return this.#answerOnce(arrival, 200, [
          ALLOWED,
          ['Allow-Events', MESSAGE_SUMMARY],
          ['Accept', SDP_TYPE],
          ['Supported', `${SUPPORTED}, ${REGISTRAR_SUPPORTED}`],
        ]);
      case 'SUBSCRIBE':
        return this.#subscribe(arrival);
      case 'BYE':
      case 'UPDATE':
      case 'INFO':
        return this.#answerOnce(arrival, 481);
      default:
        return this.#answerOnce(arrival, 405, [ALLOWED]);
    }
  }

  /** What is remembered of digests. */
  get remembered(): { readonly nonces: number; readonly guesses: number } {
    return this.#context.digest.remembered;
  }

  /** RFC 5630 §8.1 names the warning. The sender may come over TLS, or use sip. */
  #refuseSips(arrival: Arrival): void {
    const warning = `380 ${formatHostPort(this.#context.domain, undefined)} "SIPS Not Allowed"`;
    this.#answerOnce(arrival, 480, [['Warning', warning]], 'SIPS Needs TLS');
  }

  passwordsChanged(users: ReadonlySet<string>): void {
    if (users.size > 0) this.#context.digest.passwordsChanged(users);
  }

  // ── REGISTER ──

  #register(arrival: Arrival): void {
    const { request, flow, now } = arrival;
    const { registrar, brownout } = this.#context;
    const named = request.to === undefined ? undefined : uriUser(request.to.uri);
    const early = named === undefined ? undefined : brownout.tooEarly(named, flow, now);
    if (early !== undefined) return this.#answerOnce(arrival, 503, [['Retry-After', String(early)]]);
    const owner = this.#authenticate(arrival);
    if (owner === undefined) return;
    const { account, phone } = owner;
    if (named !== phone.user) return this.#respond(arrival, 403, [], 'Credentials Are For Another User');
    const seconds = brownout.putOff(phone.user, request, flow, now);
    if (seconds !== undefined) return this.#respond(arrival, 503, [['Retry-After', String(seconds)]]);
    const terms = { ...account.limits, expiryShare: brownout.expiryShare(now) };
    const outcome = registrar.register(phone.user, request, flow, terms, now);
    this.#context.registrarEffects(outcome.effects, now);
    const respond = () => this.#respond(arrival, outcome.status, outcome.headers, outcome.reason);
    if (!outcome.changed) return respond();
    const registered = () => {
      respond();
      this.#context.lamps.registered(phone.user, this.#context.now());
    };
    for (const { contact } of outcome.added)
      this.#told(phone.user, `registered ${contact} from ${formatEndpoint(flow.remote)}`, now);
    for (const { contact } of outcome.removed) this.#told(phone.user, `unregistered ${contact}`, now);
    // The phone may rely on its 200, so it is not said before the binding would survive a crash.
    const bindings = registrar.bindingsOf(phone.user);
    this.#context.guard.unregistered(outcome.removed, now);
    this.#context.guard.registered(bindings, now);
    this.#context.persist([{ type: 'bindings', user: phone.user, bindings }], registered);
  }

  #told(user: string, text: string, at: Instant): void {
    this.#context.event({ type: 'registration', user, text, at });
  }

  // ── SUBSCRIBE ──

  /** RFC 6665 §4.2.1. What could never be granted is refused before anybody is asked for a password. */
  #subscribe(arrival: Arrival): void {
    const { request, flow, now } = arrival;
    const { lamps, registrar } = this.#context;
    const asked = lamps.read(request);
    if (!asked.ok) return this.#answerOnce(arrival, asked.error.status, asked.error.headers);
    const owner = this.#authenticate(arrival);
    if (owner === undefined) return;
    const { user } = owner.phone;
    this.#context.registrarEffects(registrar.signOfLife(flow, now), now);
    const outcome = lamps.subscribe(user, request, asked.value, flow, now);
    this.#context.speaker.respond(arrival.id, request, outcome);
    lamps.follow(user, outcome, now);
  }

  // ── INVITE ──

  /** A carrier's INVITE that nobody reads any further: what is left of it is its ledger row (law 1). */
  turnedAway(invite: SipRequest, flow: Flow, now: Instant): void {
    const trunk = this.#context.trunks.identify(flow);
    if (trunk === undefined) return;
    const { control } = this.#context;
    const placing = placeFromTrunk(invite, trunk, this.#context.directory(), now, control);
    const attempt = placing.type === 'route' ? placing : placing.attempt;
    if (attempt?.route.number === undefined) return;
    this.#context.calls.refuse(attempt, 503, 'the node has more to do than it can', now);
  }

  #invite(arrival: Arrival): void {
    const { request, flow, now } = arrival;
    if (request.maxForwards === 0) return this.#answerOnce(arrival, 483);
    if (breadthOf(request) === 0) return this.#answerOnce(arrival, 440);
    if (this.#context.calls.has(request)) return this.#answerOnce(arrival, 482, [], 'Merged Request');
    const trunk = this.#context.trunks.identify(flow);
    if (trunk !== undefined) {
      if (this.#context.doors.isDoor(flow)) return this.#answerOnce(arrival, 403, [], OTHERS_DOOR);
      const { control } = this.#context;
      const placing = placeFromTrunk(request, trunk, this.#context.directory(), now, control);
      return this.#place(arrival, { callerKind: 'trunk', callerName: trunk.name }, placing);
    }
    const owner = this.#authenticate(arrival);
    if (owner === undefined) return;
    this.#context.registrarEffects(this.#context.registrar.signOfLife(flow, now), now);
    const { registrar, domain, country, control } = this.#context;
    const settings = { country, domain, ...(control === undefined ? {} : { control }) };
    const placing = placeFromPhone(request, owner, this.#context.directory(), settings, now);
    const { user } = owner.phone;
    const device = deviceAt(registrar, user, flow);
    this.#place(arrival, { callerKind: 'phone', callerName: user, ...(device && { device }) }, placing);
  }

  #place(arrival: Arrival, from: CallerFacts, placing: Placing): void {
    const { id, request, flow, now } = arrival;
    if (placing.type === 'refused') {
      const { status, reason, attempt } = placing;
      return this.#refuse(arrival, attempt, { status, headers: [], reason });
    }
    const { route, caller, callerOutside } = placing;
    const { calls, guard } = this.#context;
    if (route.emergency) guard.emergencyCall(flow, now);
    else {
      const busy = this.#context.draining()
        ? 'the node is shutting down'
        : calls.size < LIMITS.callsMax
          ? undefined
          : `the node already has its ${LIMITS.callsMax} calls`;
      if (busy !== undefined)
        return this.#refuse(arrival, placing, { status: 503, headers: [RETRY_LATER] }, busy);
    }
    const refusal = contentRefusal(request, this.#context.sessionTerms);
    if (refusal !== undefined) return this.#refuse(arrival, placing, refusal);
    const { name, limits } = route.account;
    const callsOf = calls.callsOf(name);
    const full = !route.emergency && route.refusal === undefined && callsOf >= limits.callsMax;
    if ((full || route.refusal !== undefined) && callsOf >= limits.callsMax + LIMITS.announcementsMax) {
      const status = route.refusal === undefined ? 486 : 404;
      return this.#refuse(arrival, placing, { status, headers: [] }, `${name} already has its calls`);
    }
    calls.start(
      {
        route: full ? fullAccount(route) : route,
        caller,
        ...(callerOutside === undefined ? {} : { callerOutside }),
        ...from,
        // Whatever the caller asked for, an emergency call takes the way that there is (law 7).
        secure: isSips(request.uri) && !route.emergency,
        invite: request,
        transaction: id,
        flow,
      },
      now,
    );
  }

  /** Nothing begins, but a call to a number of ours is in the ledger whatever becomes of it (law 1). */
  #refuse(
    arrival: Arrival,
    attempt: Attempt | undefined,
    { status, headers, reason }: ContentRefusal,
    why: string = reason ?? REFUSED_WORDS[status] ?? 'refused',
  ): void {
    // 422 is no end: the caller comes again at once, with a longer session (RFC 4028 §7.3).
    if (attempt?.route.number !== undefined && status !== 422)
      this.#context.calls.refuse(attempt, status, why, arrival.now);
    this.#respond(arrival, status, headers, reason);
  }

  /** The phone whose credentials are right; else the challenge, or the refusal, has been sent. */
  #authenticate(arrival: Arrival): { readonly account: Account; readonly phone: Phone } | undefined {
    const { digest } = this.#context;
    const directory = this.#context.directory();
    const secretOf = (user: string) => directory.phone(user)?.phone.secret;
    const sender = this.#senderOf(arrival);
    const verdict = digest.verify(arrival.request, 'Authorization', secretOf, arrival.now, sender);
    if (verdict.type === 'accepted') return this.#acceptedAt(arrival, verdict.user);
    if (verdict.type === 'slowed') {
      this.#credentialsRefused(arrival, verdict.user, 'slowed');
      const seconds = Math.ceil(verdict.waitMs / SECOND_MS);
      const headers: readonly HeaderRow[] = [['Retry-After', String(seconds)]];
      this.#context.speaker.answerOnce(arrival.id, true, arrival.request, { status: 503, headers });
      return undefined;
    }
    if (verdict.reason === 'wrong' || verdict.reason === 'unknown-user') {
      this.#credentialsRefused(arrival, verdict.user ?? '', verdict.reason);
    }
    this.#context.guard.challenged(arrival.flow, arrival.now);
    const challenges = digest.challenges(arrival.now, verdict.stale, verdict.md5Only, sender);
    const headers = challenges.map((value): HeaderRow => ['WWW-Authenticate', value]);
    this.#context.speaker.answerOnce(arrival.id, verdict.isProven, arrival.request, { status: 401, headers });
    return undefined;
  }

  /** Whoever it is may not come by the door of another account: it is that account's because nobody else uses it. */
  #acceptedAt(
    arrival: Arrival,
    user: string,
  ): { readonly account: Account; readonly phone: Phone } | undefined {
    const { flow, now } = arrival;
    const { doors, guard } = this.#context;
    const owner = this.#context.directory().phone(user);
    if (owner !== undefined && !doors.admits(flow, owner.account.name)) {
      this.#respond(arrival, 403, [], OTHERS_DOOR);
      return undefined;
    }
    if (owner !== undefined) doors.proved(flow, owner.account.name);
    guard.accepted(user, flow, now);
    return owner;
  }

  #senderOf({ request, flow }: Arrival): Sender {
    const { registrar } = this.#context;
    return {
      source: sourceOf(flow.remote.address, ONE_CUSTOMER),
      flow: flowKey(flow),
      known: (user) => registrar.recognises(user, request, flow),
    };
  }

  /** Told, so that a wrong password or a guesser is seen, and not more often than a log can bear. */
  #credentialsRefused({ flow, now }: Arrival, user: string, reason: RefusedCredentials): void {
    this.#context.guard.mistaken(user, flow, reason, now);
    this.#refusedTimes++;
    this.counters[reason === 'slowed' ? 'credentials_slowed' : 'credentials_refused']++;
    if (now < this.#refusedTellAt) return;
    this.#refusedTellAt = now + SECOND_MS;
    const from = formatEndpoint(flow.remote);
    const times = this.#refusedTimes;
    this.#refusedTimes = 0;
    this.#context.event({ type: 'refused-credentials', user, from, reason, times, at: now });
  }

  /** Before we know who asks. */
  #answerOnce(arrival: Arrival, status: number, headers: readonly HeaderRow[] = [], reason?: string): void {
    this.#context.speaker.answerOnce(arrival.id, false, arrival.request, { status, headers, reason });
  }

  #respond(
    { id, request }: Arrival,
    status: number,
    headers: readonly HeaderRow[] = [],
    reason?: string,
  ): void {
    this.#context.speaker.respond(id, request, { status, headers, reason });
  }
}

/** What is wrong with what an INVITE carries, before it costs a port. */
function contentRefusal(invite: SipRequest, sessionTerms: SessionTerms): ContentRefusal | undefined {
  const terms = answerSession(invite, sessionTerms);
  if (terms.type === 'too-small') return { status: 422, headers: terms.headers };
  const unreadable = unreadableContent(invite);
  const sdp = sdpOf(invite);
  if (unreadable !== undefined || sdp === undefined) return unreadable;
  const audio = audioOf(sdp);
  if (audio === undefined || audio.rejected) return { status: 488, headers: [] };
  if (isMisaddressed(sdp)) return { status: 488, headers: [ADDRESS_WARNING] };
  return needsDtls(sdp)
    ? { status: 488, reason: 'DTLS-SRTP Not Supported', headers: [DTLS_WARNING] }
    : undefined;
}
