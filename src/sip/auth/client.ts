// The client's side of digest: answers a 401 or 407 (RFC 7616 §3.4, RFC 8760 §2.4, RFC 3261 §22.2, §22.3).
//
// One DigestClient is one user's credentials at one peer. It remembers the last challenge of each realm, so
// that later requests can carry credentials at once, and it knows when to stop: a server that refuses a
// first answer to its own challenge has refused the password.

import { present } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import {
  type DigestChallenge,
  type DigestCredentials,
  formatCredentials,
  parseChallenge,
  parseCredentials,
} from './challenge.ts';
import {
  algorithmOf,
  type DigestAlgorithm,
  type DigestHashing,
  digestResponse,
  ha1,
  hashAlgorithmOf,
} from './digest.ts';

export interface DigestClientOptions {
  readonly user: string;
  readonly password: string;
  readonly hashing: DigestHashing;
  /** A fresh token for each challenge; 64 random bits or more. */
  readonly newCnonce: () => string;
}

type CredentialsHeader = 'Authorization' | 'Proxy-Authorization';

/** What is known of one realm: its last challenge, and how often its nonce was used. */
interface Session {
  readonly header: CredentialsHeader;
  readonly challenge: DigestChallenge;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  uses: number;
}

const STRONGEST_FIRST: readonly DigestAlgorithm[] = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'];

export class DigestClient {
  readonly #options: DigestClientOptions;
  readonly #sessions = new Map<string, Session>();
  #staleInARow = 0;

  constructor(options: DigestClientOptions) {
    this.#options = options;
  }

  /**
   * The request again, with credentials for every realm that the 401 or 407 names and the next CSeq. The
   * error says for people why it is not worth another try.
   */
  authorise(request: SipRequest, response: SipResponse): Result<SipRequest, string> {
    const header = response.status === 401 ? 'Authorization' : 'Proxy-Authorization';
    const challenges = strongestOfEachRealm(
      response.headers.all(response.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate'),
    );
    if (!challenges.ok) return challenges;
    for (const { challenge, algorithm } of challenges.value) {
      const refusal = this.#refusal(credentialsIn(request, header, challenge.realm), challenge);
      if (refusal !== undefined) return err(refusal);
      this.#remember({ header, challenge, algorithm, cnonce: this.#options.newCnonce(), uses: 0 });
    }
    const realms = challenges.value.map(({ challenge }) => challenge.realm);
    const answered = this.#withCredentials(request, (session) => realms.includes(session.challenge.realm));
    const cseq = present(request.cseq, 'CSeq of our own request');
    return ok(answered.with({ headers: answered.headers.set('CSeq', `${cseq.number + 1} ${cseq.method}`) }));
  }

  /** The request with credentials for every realm known so far, which saves a round trip; CSeq as it was. */
  preauthorise(request: SipRequest): SipRequest {
    return this.#withCredentials(request, () => true);
  }

  #remember(session: Session): void {
    const key = `${session.header} ${session.challenge.realm}`;
    this.#sessions.delete(key);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= LIMITS.digestRealmsMax && oldest !== undefined) this.#sessions.delete(oldest);
    this.#sessions.set(key, session);
  }

  /** Why another try is useless, given what the refused request carried for the realm. */
  #refusal(carried: DigestCredentials | undefined, challenge: DigestChallenge): string | undefined {
    if (carried === undefined) return undefined;
    // A nonce that had worked before may have aged; one that was new when it was refused cannot have.
    const uses = [...this.#sessions.values()].find(
      (session) => session.challenge.nonce === carried.nonce && session.challenge.realm === carried.realm,
    )?.uses;
    if (uses !== undefined && uses > 1 && carried.nonce !== challenge.nonce) {
      this.#staleInARow = 0;
      return undefined;
    }
    if (challenge.stale) {
      this.#staleInARow += 1;
      return this.#staleInARow <= LIMITS.digestStaleInARowMax
        ? undefined
        : `realm "${challenge.realm}" calls every nonce of its own stale`;
    }
    return `realm "${challenge.realm}" refuses the credentials of "${this.#options.user}"`;
  }

  #withCredentials(request: SipRequest, wanted: (session: Session) => boolean): SipRequest {
    let headers = request.headers;
    for (const session of this.#sessions.values()) {
      if (!wanted(session)) continue;
      const others = headers
        .all(session.header)
        .filter((value) => realmOf(value) !== session.challenge.realm);
      headers = headers.set(session.header, [...others, this.#answer(session, request)]);
    }
    return headers === request.headers ? request : request.with({ headers });
  }

  /** One Authorization value: the session's nonce, counted up. */
  #answer(session: Session, request: SipRequest): string {
    const { user, password, hashing } = this.#options;
    const { challenge, algorithm, cnonce } = session;
    session.uses += 1;
    const { realm, nonce } = challenge;
    const nc = session.uses.toString(16).padStart(8, '0');
    const withQop = challenge.qop.includes('auth');
    const response = digestResponse(hashing, {
      algorithm,
      ha1: ha1(hashing, hashAlgorithmOf(algorithm), user, realm, password),
      nonce,
      method: request.method,
      uri: request.uri,
      cnonce,
      ...(withQop ? { qop: { qop: 'auth', nc, cnonce } } : {}),
    });
    return formatCredentials({
      username: user,
      realm,
      nonce,
      uri: request.uri,
      response,
      ...(challenge.algorithm === undefined ? {} : { algorithm }),
      ...(challenge.opaque === undefined ? {} : { opaque: challenge.opaque }),
      ...(withQop ? { qop: 'auth', nc } : {}),
      ...(withQop || algorithm.endsWith('-sess') ? { cnonce } : {}),
    });
  }
}

/** For each realm the challenge with the strongest algorithm that we know; the error says what is missing. */
function strongestOfEachRealm(
  values: readonly string[],
): Result<readonly { challenge: DigestChallenge; algorithm: DigestAlgorithm }[], string> {
  const best = new Map<string, { challenge: DigestChallenge; algorithm: DigestAlgorithm }>();
  let fault = 'no challenge';
  for (const value of values) {
    const parsed = parseChallenge(value);
    if (!parsed.ok) {
      fault = parsed.error;
      continue;
    }
    const challenge = parsed.value;
    const algorithm = algorithmOf(challenge.algorithm);
    if (algorithm === undefined) {
      fault = `algorithm ${challenge.algorithm}`;
      continue;
    }
    if (challenge.qop.length > 0 && !challenge.qop.includes('auth')) {
      fault = `qop ${challenge.qop.join(',')}`;
      continue;
    }
    const rival = best.get(challenge.realm);
    if (rival !== undefined && strength(rival.algorithm) <= strength(algorithm)) continue;
    best.set(challenge.realm, { challenge, algorithm });
  }
  return best.size > 0 ? ok([...best.values()]) : err(`the server asks for what we cannot answer: ${fault}`);
}

/** Lower is stronger. */
function strength(algorithm: DigestAlgorithm): number {
  return STRONGEST_FIRST.indexOf(algorithm);
}

function credentialsIn(
  request: SipRequest,
  header: CredentialsHeader,
  realm: string,
): DigestCredentials | undefined {
  for (const value of request.headers.all(header)) {
    const parsed = parseCredentials(value);
    if (parsed.ok && parsed.value.realm === realm) return parsed.value;
  }
  return undefined;
}

function realmOf(value: string): string | undefined {
  const parsed = parseCredentials(value);
  return parsed.ok ? parsed.value.realm : undefined;
}
