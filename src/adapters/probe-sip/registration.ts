// A registration as a phone makes it (RFC 3261 §10.2), for the length of one probe: asked for with digest, found in
// the answer, given back. Its contact has a user part that nobody can guess, so that a call to it is known by that.

import { LIMITS } from '../../base/limits.ts';
import { formatDuration, SECOND_MS } from '../../base/time.ts';
import type { PhoneAccount } from '../../ports/probes.ts';
import { DigestClient } from '../../sip/auth/client.ts';
import { Headers } from '../../sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../sip/message/message.ts';
import { uriUser } from '../../sip/message/uri.ts';
import type { Agent } from './agent.ts';
import { Unserved } from './where.ts';

/** A binding that a crash leaves behind ends after it. */
const EXPIRES_MS = 60 * SECOND_MS;

export class Registration {
  /** The user part of its contact. */
  readonly token: string;
  readonly #agent: Agent;
  readonly #account: PhoneAccount;
  readonly #digest: DigestClient;
  readonly #callId: string;
  readonly #fromTag: string;
  #cseq = 0;
  /** Whether it may be registered now. */
  #held = false;

  constructor(agent: Agent, account: PhoneAccount) {
    this.#agent = agent;
    this.#account = account;
    this.#digest = digestOf(agent, account);
    this.token = agent.token();
    this.#callId = agent.token();
    this.#fromTag = agent.token();
  }

  get aor(): string {
    return `sip:${this.#account.user}@${this.#account.domain}`;
  }

  /** Rejects with why it is not registered. */
  async register(): Promise<void> {
    this.#held = true;
    const response = await this.#send(EXPIRES_MS);
    if (response.status === 503) throw new Unserved(`503 ${response.reason}`.trim());
    if (response.status >= 300) throw new Error(`${response.status} ${response.reason}`.trim());
    const kept = response.contacts.some(({ uri }) => uriUser(uri) === this.token);
    if (!kept) throw new Error(`${response.status}, but our contact is not among those that it lists`);
  }

  /** Gives it back (§10.2.2), where it may be there. Never rejects. */
  async leave(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    await this.#send(0).catch(() => undefined);
  }

  async #send(expiresMs: number): Promise<SipResponse> {
    let request = this.#digest.preauthorise(this.#compose(expiresMs));
    for (let followUps = 0; ; followUps += 1) {
      const response = await this.#agent.ask(request, undefined).final;
      // One that was given up meanwhile must not come after what gives it back.
      const mayGoOn = followUps < LIMITS.probeFollowUpsMax && this.#held === expiresMs > 0;
      const next = mayGoOn ? this.#next(request, response) : undefined;
      if (next === undefined) return response;
      this.#cseq = next.cseq?.number ?? this.#cseq;
      request = next;
    }
  }

  /** What answers a challenge (§22.2), or an interval that is too brief (§10.2.8). */
  #next(request: SipRequest, response: SipResponse): SipRequest | undefined {
    const { status, reason } = response;
    if (status === 401 || status === 407) {
      const authorised = this.#digest.authorise(request, response);
      if (!authorised.ok) throw new Error(`${status} ${reason}: ${authorised.error}`);
      return authorised.value;
    }
    const minMs = Number.parseInt(response.headers.get('Min-Expires') ?? '', 10) * SECOND_MS;
    if (status !== 423 || !this.#held || !(minMs > EXPIRES_MS)) return undefined;
    if (minMs > LIMITS.probeExpiresMaxMs)
      throw new Error(`it registers for ${formatDuration(minMs)} at least`);
    return this.#digest.preauthorise(this.#compose(minMs));
  }

  #compose(expiresMs: number): SipRequest {
    this.#cseq += 1;
    const { userAgent } = this.#agent.options;
    return new SipRequest(
      'REGISTER',
      `sip:${this.#account.domain}`,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `<${this.aor}>;tag=${this.#fromTag}`],
        ['To', `<${this.aor}>`],
        ['Call-ID', this.#callId],
        ['CSeq', `${this.#cseq} REGISTER`],
        ['Contact', `<${this.#agent.contact(this.token)}>`],
        ['Expires', String(expiresMs / SECOND_MS)],
        ['User-Agent', userAgent],
      ]),
    );
  }
}

export function digestOf(agent: Agent, { user, password }: PhoneAccount): DigestClient {
  const { hashing } = agent.options;
  return new DigestClient({ user, password, hashing, newCnonce: () => agent.token() });
}
