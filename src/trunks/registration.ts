// Our registration with one carrier (RFC 3261 §10.2): asked for, kept, asked for again, given back.
//
//           due                200                       80-90 % of its time
//   waiting ───▶ asking ────────────────▶ waiting (registered) ───────▶ asking …
//                 │ ▲ 401, 407, 423: asked again at once
//                 └─┴─ anything else: waiting, longer each time (RFC 5626 §4.5)
//
// One REGISTER at a time (§10.2): while one is under way nothing else is sent, however long Timer F takes.

import { hex } from '../base/ids.ts';
import { DAY_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';
import { DigestClient } from '../sip/auth/client.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../sip/message/message.ts';
import { equalUris, parseUri, uriUser } from '../sip/message/uri.ts';

const RETRY = {
  firstMs: 5 * SECOND_MS,
  maxMs: 2 * MINUTE_MS,
  /** A Retry-After longer than this is not obeyed to the letter: carriers come back sooner than they say. */
  retryAfterMaxMs: 30 * MINUTE_MS,
  /** Answers to challenges and 423s within one attempt. */
  followUpsMax: 3,
} as const;

export interface RegistrationOptions {
  /** The carrier's domain, as in the Request-URI. */
  readonly registrar: string;
  readonly expiresMs: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly userAgent: string;
  readonly random: Random;
  readonly hashing: Hashing;
}

export class Registration {
  state: 'registered' | 'trying' | 'failed' = 'trying';
  reason = 'not registered yet';
  /** Until when the carrier keeps our contact. */
  until: Instant | undefined;
  readonly #options: RegistrationOptions;
  readonly #digest: DigestClient | undefined;
  readonly #callId: string;
  readonly #fromTag: string;
  #cseq = 0;
  #phase: 'waiting' | 'asking' | 'leaving' = 'waiting';
  /** When the next REGISTER is due; before the first one: at once. */
  #dueAt: Instant = 0;
  #expiresMs: number;
  #followUps = 0;
  #failures = 0;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#expiresMs = options.expiresMs;
    this.#callId = hex(options.random.bytes(16));
    this.#fromTag = hex(options.random.bytes(8));
    if (options.password !== undefined) {
      this.#digest = new DigestClient({
        user: options.user,
        password: options.password,
        hashing: options.hashing,
        newCnonce: () => hex(options.random.bytes(16)),
      });
    }
  }

  nextDeadline(): Instant | undefined {
    if (this.#phase === 'leaving') return undefined;
    const lapse = this.state === 'registered' ? this.until : undefined;
    if (this.#phase === 'asking') return lapse;
    return lapse === undefined ? this.#dueAt : Math.min(this.#dueAt, lapse);
  }

  /** A REGISTER, where one is due. `contact` is our URI as the carrier is to know it. */
  expire(contact: string, now: Instant): SipRequest | undefined {
    if (this.state === 'registered' && this.until !== undefined && now >= this.until) {
      this.state = 'failed';
      this.reason = `the registration ran out: ${this.reason}`;
    }
    if (this.#phase !== 'waiting' || now < this.#dueAt) return undefined;
    this.#phase = 'asking';
    this.#followUps = 0;
    return this.#register(contact, this.#expiresMs);
  }

  /** Gives the registration back (§10.2.2), where there is one. Nothing more is sent afterwards. */
  leave(contact: string): SipRequest | undefined {
    const registered = this.until !== undefined;
    this.#phase = 'leaving';
    this.#followUps = 0;
    this.state = 'trying';
    this.reason = 'unregistering';
    return registered ? this.#register(contact, 0) : undefined;
  }

  /** Takes the final answer to `request`; returns the REGISTER that follows it at once, if one does. */
  answered(request: SipRequest, response: SipResponse, now: Instant): SipRequest | undefined {
    const leaving = this.#phase === 'leaving';
    if (response.status === 401 || response.status === 407) return this.#challenged(request, response, now);
    if (response.status === 423 && !leaving) return this.#tooBrief(request, response, now);
    if (response.status >= 200 && response.status < 300) {
      if (leaving) this.#left();
      else this.#granted(request, response, now);
    } else {
      const retryAfterMs = Number.parseInt(response.headers.get('Retry-After') ?? '', 10) * SECOND_MS;
      this.#refused(`${response.status} ${response.reason}`, now, retryAfterMs);
    }
    return undefined;
  }

  /** No answer came to the REGISTER that is under way. */
  failed(reason: string, now: Instant): void {
    this.#refused(reason, now, Number.NaN);
  }

  #challenged(request: SipRequest, response: SipResponse, now: Instant): SipRequest | undefined {
    const authorised = this.#digest?.authorise(request, response);
    if (authorised === undefined) {
      this.#refused('the carrier asks for credentials and none are configured', now, Number.NaN);
    } else if (!authorised.ok) {
      this.#refused(`${response.status} ${response.reason}: ${authorised.error}`, now, Number.NaN);
    } else if (this.#mayFollowUp(response, now)) {
      this.#cseq = authorised.value.cseq?.number ?? this.#cseq + 1;
      return authorised.value;
    }
    return undefined;
  }

  /** 423 Interval Too Brief (§10.2.8): asked again with what the carrier wants at least. */
  #tooBrief(request: SipRequest, response: SipResponse, now: Instant): SipRequest | undefined {
    const minMs = Number.parseInt(response.headers.get('Min-Expires') ?? '', 10) * SECOND_MS;
    if (!(minMs > this.#expiresMs && minMs <= DAY_MS)) {
      this.#refused(`423 ${response.reason} without a usable Min-Expires`, now, Number.NaN);
      return undefined;
    }
    if (!this.#mayFollowUp(response, now)) return undefined;
    this.#expiresMs = minMs;
    return this.#register(contactOf(request), minMs);
  }

  #mayFollowUp(response: SipResponse, now: Instant): boolean {
    this.#followUps += 1;
    if (this.#followUps <= RETRY.followUpsMax) return true;
    this.#refused(`${response.status} ${response.reason} again and again`, now, Number.NaN);
    return false;
  }

  #granted(request: SipRequest, response: SipResponse, now: Instant): void {
    const grantedMs = grantedExpiresMs(contactOf(request), response) ?? this.#expiresMs;
    if (grantedMs <= 0) {
      this.#refused(`${response.status}, but the carrier did not keep our contact`, now, Number.NaN);
      return;
    }
    this.#phase = 'waiting';
    this.#failures = 0;
    this.state = 'registered';
    this.reason = `registered for ${Math.round(grantedMs / SECOND_MS)} s`;
    this.until = now + grantedMs;
    this.#dueAt = now + grantedMs * (0.8 + 0.1 * this.#options.random.fraction());
  }

  /** A registration that still holds stays good: only the refresh failed. */
  #refused(reason: string, now: Instant, retryAfterMs: number): void {
    if (this.#phase === 'leaving') {
      this.#left();
      return;
    }
    this.#phase = 'waiting';
    this.reason = reason;
    if (this.until === undefined || now >= this.until) this.state = 'failed';
    const limitMs = Math.min(RETRY.firstMs * 2 ** Math.min(this.#failures, 10), RETRY.maxMs);
    const waitMs = limitMs * (0.5 + 0.5 * this.#options.random.fraction());
    this.#failures += 1;
    const askedMs = Number.isFinite(retryAfterMs) ? Math.min(retryAfterMs, RETRY.retryAfterMaxMs) : 0;
    this.#dueAt = now + Math.max(waitMs, askedMs);
  }

  #left(): void {
    this.until = undefined;
    this.state = 'trying';
    this.reason = 'unregistered';
  }

  #register(contact: string, expiresMs: number): SipRequest {
    const { registrar, user, userAgent } = this.#options;
    this.#cseq += 1;
    const request = new SipRequest(
      'REGISTER',
      `sip:${registrar}`,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `<sip:${user}@${registrar}>;tag=${this.#fromTag}`],
        ['To', `<sip:${user}@${registrar}>`],
        ['Call-ID', this.#callId],
        ['CSeq', `${this.#cseq} REGISTER`],
        ['Contact', `<${contact}>`],
        ['Expires', String(Math.ceil(expiresMs / SECOND_MS))],
        ['User-Agent', userAgent],
      ]),
    );
    return this.#digest?.preauthorise(request) ?? request;
  }
}

function contactOf(request: SipRequest): string {
  return request.contacts[0]?.uri ?? '';
}

/**
 * What the registrar granted to `contact` (§10.3 step 8): its own `expires`, else the Expires header, else
 * undefined. A carrier that mends NAT by rewriting our address is recognised by the user part. 0 where it
 * lists contacts and ours is not among them.
 */
function grantedExpiresMs(contact: string, response: SipResponse): number | undefined {
  const ours = parseUri(contact);
  if (ours.ok && response.contacts.length > 0) {
    const listed = response.contacts.map((address) => ({ address, uri: parseUri(address.uri) }));
    const exact = listed.find(({ uri }) => uri.ok && equalUris(uri.value, ours.value));
    const sameUser = listed.find(({ address }) => uriUser(address.uri) === uriUser(contact));
    const found = exact ?? sameUser;
    if (found === undefined) return 0;
    const own = Number.parseInt(found.address.parameters.get('expires') ?? '', 10);
    if (Number.isFinite(own)) return own * SECOND_MS;
  }
  const common = Number.parseInt(response.headers.get('Expires') ?? '', 10);
  return Number.isFinite(common) ? common * SECOND_MS : undefined;
}
