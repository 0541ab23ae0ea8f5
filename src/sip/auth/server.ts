// The server's side of digest: asks for credentials and judges them (RFC 7616, RFC 8760, RFC 3261 §22).
//
//   phone → REGISTER                        → verify: challenge, reason none
//   phone ← 401, one challenge an algorithm ← challenges()
//   phone → REGISTER with Authorization     → verify: accepted
//
// Unknown users cost the same hashing as known ones and get the same answer, so that nobody can list users.
// Whoever comes with a nonce that is not (or no longer) its own is told `stale`, and the digest is not looked at: the
// client tries again by itself and asks nobody for a password, and nobody learns from the answer whether a guess was
// right (RFC 7616 §3.3 wants no more than an invalid nonce). So every digest that is judged was sent from where the
// nonce was received, and wrong ones can be counted against the sender (guessing.ts). The username is not hidden
// from the wire (no userhash).

import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';
import type { SipRequest } from '../message/message.ts';
import { parseUri } from '../message/uri.ts';
import { type DigestCredentials, formatChallenge, parseCredentials } from './challenge.ts';
import { equalInConstantTime } from './constant-time.ts';
import { algorithmOf, type DigestAlgorithm, type DigestHashing, digestResponse } from './digest.ts';
import { Guessing, type Sender } from './guessing.ts';
import { isKnownMd5Only, UnansweredChallenges } from './md5-only.ts';
import { Nonces } from './nonce.ts';

export interface DigestServerOptions {
  readonly realm: string;
  /** Seals the nonces. Nonces of another key, or of an earlier process, are stale. */
  readonly key: Uint8Array;
  readonly hashing: DigestHashing;
  readonly acceptMd5: boolean;
  /** From base/limits.ts; others in tests. */
  readonly nonceLifetimeMs?: number;
  readonly noncesMax?: number;
  /** RFC 2069 clients, which know no qop: off unless asked for. Each nonce then works once. */
  readonly acceptWithoutQop?: boolean;
}

/** H(user:realm:password) in both algorithms, lower-case hex. */
export interface UserSecret {
  readonly md5Ha1: string;
  readonly sha256Ha1: string;
}

/** `md5Only`: this client fails at a SHA-256 challenge; hand it to `challenges`. */
export type AuthVerdict =
  | { readonly type: 'accepted'; readonly user: string }
  /** Too many wrong digests came before; this one was not looked at, and none is for so long. */
  | { readonly type: 'slowed'; readonly user: string; readonly waitMs: number }
  | {
      readonly type: 'challenge';
      readonly stale: boolean;
      readonly reason: ChallengeReason;
      readonly md5Only: boolean;
      /** It came with a nonce that the sender has received: no forged source. */
      readonly isProven: boolean;
      /** The user that the credentials name, not proven. */
      readonly user?: string;
    };

export type ChallengeReason =
  | 'none'
  | 'stale'
  | 'replayed'
  | 'wrong'
  | 'unknown-user'
  | 'malformed'
  | 'algorithm';

type ServerAlgorithm = DigestAlgorithm & ('SHA-256' | 'MD5');
type Chosen = { readonly credentials: DigestCredentials; readonly algorithm: ServerAlgorithm };

/** Who is told nothing about who sends: nobody is known, everybody is one. */
const SOMEBODY: Sender = { source: '', flow: '', known: () => undefined };

/** Hashed against when the user is unknown. Nothing hashes to it. */
const NOBODY: UserSecret = { md5Ha1: '0'.repeat(32), sha256Ha1: '0'.repeat(64) };

export class DigestServer {
  readonly #options: DigestServerOptions;
  readonly #nonces: Nonces;
  readonly #unanswered: UnansweredChallenges;
  readonly #guessing = new Guessing();

  constructor(options: DigestServerOptions) {
    this.#options = options;
    this.#nonces = new Nonces({
      realm: options.realm,
      key: options.key,
      hashing: options.hashing,
      lifetimeMs: options.nonceLifetimeMs ?? LIMITS.nonceLifetimeMs,
      rememberedMax: options.noncesMax ?? LIMITS.noncesMax,
    });
    this.#unanswered = new UnansweredChallenges(LIMITS.askedSlots);
  }

  /** What is remembered: bounded, and nothing of it by who has not answered a challenge. */
  get remembered(): { readonly nonces: number; readonly guesses: number } {
    return { nonces: this.#nonces.remembered, guesses: this.#guessing.size };
  }

  /** Passwords were changed: wrong digests of before say nothing any more. */
  passwordsChanged(users: ReadonlySet<string>): void {
    this.#guessing.forget(users);
  }

  /** Values for WWW-Authenticate or Proxy-Authenticate, one row each: SHA-256 first (RFC 8760 §2.4). */
  challenges(now: Instant, stale: boolean, md5Only = false, { source } = SOMEBODY): readonly string[] {
    const { realm, acceptMd5 } = this.#options;
    const nonce = this.#nonces.issue(now, source);
    const algorithms = !acceptMd5 ? ['SHA-256'] : md5Only ? ['MD5'] : ['SHA-256', 'MD5'];
    return algorithms.map((algorithm) => formatChallenge({ realm, nonce, stale, algorithm, qop: ['auth'] }));
  }

  /** `secretOf` gives what is kept of a user. Call it once for each request: a right answer spends its count. */
  verify(
    request: SipRequest,
    header: 'Authorization' | 'Proxy-Authorization',
    secretOf: (user: string) => UserSecret | undefined,
    now: Instant,
    sender = SOMEBODY,
  ): AuthVerdict {
    const chosen = this.#choose(request, header);
    if (typeof chosen === 'string') return this.#refuseWithout(chosen, request, now);
    const { credentials, algorithm } = chosen;
    const refuse = (reason: ChallengeReason, stale = false): AuthVerdict => ({
      type: 'challenge',
      stale,
      reason,
      md5Only: algorithm === 'MD5',
      isProven: reason !== 'malformed' && reason !== 'stale',
      user: credentials.username,
    });

    const nc = this.#count(credentials);
    if (nc === undefined || !namesSameTarget(credentials.uri, request.uri)) return refuse('malformed');
    if (!this.#nonces.isValid(credentials.nonce, sender.source, now)) return refuse('stale', true);
    const user = credentials.username;
    const waitMs = this.#guessing.waitMs(user, sender, now);
    if (waitMs > 0) return { type: 'slowed', user, waitMs };
    const secret = secretOf(user);
    const right = this.#isRight(chosen, request.method, secret ?? NOBODY);
    if (secret === undefined || !right) {
      this.#guessing.wrong(user, sender, now);
      return refuse(secret === undefined ? 'unknown-user' : 'wrong');
    }
    const spent = this.#nonces.spend(credentials.nonce, nc, sender.source, now);
    if (spent !== 'fresh') return refuse(spent, true);
    this.#guessing.right(user, sender, now);
    if (algorithm === 'SHA-256') this.#unanswered.answered(request);
    return { type: 'accepted', user };
  }

  /** No credentials that can be judged: the verdict needs only to know how to ask. */
  #refuseWithout(reason: 'none' | 'malformed' | 'algorithm', request: SipRequest, now: Instant): AuthVerdict {
    const gaveUp = reason === 'none' && this.#unanswered.asked(request, now);
    const md5Only = gaveUp || isKnownMd5Only(request.headers.get('User-Agent'));
    return {
      type: 'challenge',
      stale: false,
      reason,
      md5Only: md5Only && this.#options.acceptMd5,
      isProven: false,
    };
  }

  /** The strongest credentials for this realm: a client may answer each challenge with a row of its own. */
  #choose(request: SipRequest, header: string): Chosen | 'none' | 'malformed' | 'algorithm' {
    let otherwise: 'none' | 'malformed' | 'algorithm' = 'none';
    let chosen: Chosen | undefined;
    for (const value of request.headers.all(header)) {
      const parsed = parseCredentials(value);
      if (!parsed.ok) {
        otherwise = 'malformed';
        continue;
      }
      if (parsed.value.realm !== this.#options.realm) continue;
      const algorithm = algorithmOf(parsed.value.algorithm);
      if (algorithm === 'SHA-256') return { credentials: parsed.value, algorithm };
      if (algorithm === 'MD5' && this.#options.acceptMd5) chosen ??= { credentials: parsed.value, algorithm };
      else otherwise = 'algorithm';
    }
    return chosen ?? otherwise;
  }

  /** The nonce count; 0 for an RFC 2069 client where those are accepted; `undefined` if it makes no sense. */
  #count(credentials: DigestCredentials): number | undefined {
    const { qop, nc, cnonce } = credentials;
    if (qop === undefined) return this.#options.acceptWithoutQop === true ? 0 : undefined;
    if (qop.toLowerCase() !== 'auth' || cnonce === undefined) return undefined;
    return nc !== undefined && /^[0-9a-f]{8}$/i.test(nc) ? Number.parseInt(nc, 16) : undefined;
  }

  #isRight(chosen: Chosen, method: string, secret: UserSecret): boolean {
    const { algorithm, credentials } = chosen;
    const { nonce, uri, qop, nc = '', cnonce = '' } = credentials;
    const expected = digestResponse(this.#options.hashing, {
      algorithm,
      ha1: algorithm === 'MD5' ? secret.md5Ha1 : secret.sha256Ha1,
      nonce,
      method,
      uri,
      ...(qop === undefined ? {} : { qop: { qop: 'auth', nc, cnonce } }),
    });
    return equalInConstantTime(expected, credentials.response.toLowerCase());
  }
}

/**
 * Do digest-uri and Request-URI name the same target?
 * Deviation: RFC 7616 §3.4.6 wants them equal. Phones write the one with and the other without port,
 * transport or user=phone, and proxies rewrite the Request-URI, so user and host decide.
 */
function namesSameTarget(digestUri: string, requestUri: string): boolean {
  if (digestUri === requestUri) return true;
  const a = parseUri(digestUri);
  const b = parseUri(requestUri);
  if (!a.ok || !b.ok || !('host' in a.value) || !('host' in b.value)) return false;
  return a.value.host === b.value.host && a.value.user === b.value.user;
}
