// A phone under siege: it registers, refreshes every few seconds, and repeats what is not answered
// (RFC 3261 §17.1.2.2). It keeps its nonce, as phones do.

import type { Endpoint } from '../../../src/base/net.ts';
import type { Instant } from '../../../src/base/time.ts';
import { DigestClient } from '../../../src/sip/auth/client.ts';
import { Headers } from '../../../src/sip/message/headers.ts';
import { SipRequest } from '../../../src/sip/message/message.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { serialise } from '../../../src/sip/message/serialise.ts';
import { hashing } from '../hashing.ts';
import { DOMAIN, NODE, passwordOf } from '../scenario.ts';
import type { Actor, Siege } from './siege.ts';

/** Timer E, added up. */
const REPEATS_MS = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500] as const;
const TIMER_F_MS = 32_000;

export interface Outcome {
  readonly beganAt: Instant;
  readonly tookMs?: number;
  readonly repeats: number;
  /** A final answer that is neither a challenge nor success. */
  readonly refused?: number;
}

interface Attempt {
  request: SipRequest;
  readonly beganAt: Instant;
  sentAt: Instant;
  repeats: number;
  sinceSent: number;
}

export class SiegePhone implements Actor {
  readonly endpoint: Endpoint;
  readonly outcomes: Outcome[] = [];
  /** The node's port that it sends to: the public one, or a door. It may change at any time. */
  door: number;
  readonly #siege: Siege;
  readonly #user: string;
  readonly #everyMs: number;
  readonly #digest: DigestClient;
  #nextAt: Instant;
  #cseq = 0;
  #attempt: Attempt | undefined;

  constructor(
    siege: Siege,
    user: string,
    endpoint: Endpoint,
    firstAt: Instant,
    everyMs: number,
    door: number = NODE.port,
  ) {
    this.door = door;
    this.#siege = siege;
    this.#user = user;
    this.endpoint = endpoint;
    this.#nextAt = firstAt;
    this.#everyMs = everyMs;
    const newCnonce = () => String(siege.random.between(0, 1e9));
    this.#digest = new DigestClient({ user, password: passwordOf(user), hashing, newCnonce });
  }

  /** Comes back from another port, as behind a NAT that was restarted, and at this moment. */
  reborn(port: number, at: Instant): SiegePhone {
    return new SiegePhone(this.#siege, this.#user, { ...this.endpoint, port }, at, this.#everyMs);
  }

  act(now: Instant): void {
    const attempt = this.#attempt;
    if (attempt === undefined) {
      if (now >= this.#nextAt) this.#begin(now);
      return;
    }
    const waitedMs = now - attempt.sentAt;
    if (waitedMs >= TIMER_F_MS) this.#end(now);
    else if (waitedMs >= (REPEATS_MS[attempt.sinceSent] ?? TIMER_F_MS)) {
      attempt.sinceSent++;
      attempt.repeats++;
      this.#siege.send(this.endpoint, serialise(attempt.request), this.door);
    }
  }

  hear(bytes: Uint8Array, now: Instant): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) return;
    if (parsed.value.kind === 'request') {
      this.#answer(parsed.value);
      return;
    }
    const response = parsed.value;
    const attempt = this.#attempt;
    if (attempt === undefined || response.cseq?.number !== attempt.request.cseq?.number) return;
    if (response.status === 200) this.#end(now, { tookMs: now - attempt.beganAt });
    else if (response.status === 401) {
      const again = this.#digest.authorise(attempt.request, response);
      if (!again.ok) return this.#end(now, { refused: 401 });
      this.#cseq++;
      this.#send(attempt, again.value, now);
    } else if (response.status >= 300) this.#end(now, { refused: response.status });
  }

  #begin(now: Instant): void {
    this.#cseq++;
    const { address, port } = this.endpoint;
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<sip:${this.#user}@${DOMAIN}>;tag=${this.#user}`],
      ['To', `<sip:${this.#user}@${DOMAIN}>`],
      ['Call-ID', `${this.#user}-${port}@siege`],
      ['CSeq', `${this.#cseq} REGISTER`],
      ['Contact', `<sip:${this.#user}@${address}:${port}>`],
      ['Expires', '600'],
      ['User-Agent', 'desk phone'],
      ['Content-Length', '0'],
    ]);
    const request = this.#digest.preauthorise(new SipRequest('REGISTER', `sip:${DOMAIN}`, headers));
    const attempt = { request, beganAt: now, sentAt: now, repeats: 0, sinceSent: 0 };
    this.#attempt = attempt;
    this.#send(attempt, request, now);
  }

  #send(attempt: Attempt, request: SipRequest, now: Instant): void {
    const { address, port } = this.endpoint;
    const branch = `z9hG4bK${this.#user}-${port}-${this.#cseq}`;
    const via = `SIP/2.0/UDP ${address}:${port};branch=${branch};rport`;
    attempt.request = request.with({ headers: request.headers.set('Via', via) });
    attempt.sentAt = now;
    attempt.sinceSent = 0;
    this.#siege.send(this.endpoint, serialise(attempt.request), this.door);
  }

  #end(now: Instant, more: Pick<Outcome, 'tookMs' | 'refused'> = {}): void {
    const { beganAt = now, repeats = 0 } = this.#attempt ?? {};
    this.outcomes.push({ beganAt, repeats, ...more });
    this.#attempt = undefined;
    this.#nextAt = Math.max(now, beganAt + this.#everyMs);
  }

  /** The node asks by OPTIONS whether it is there. */
  #answer(request: SipRequest): void {
    const rows = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
      request.headers.all(name).map((value) => `${name}: ${value}`),
    );
    const text = `SIP/2.0 200 OK\r\n${rows.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
    this.#siege.send(this.endpoint, Buffer.from(text), this.door);
  }
}
