// The user agents of a crowd (crowd.ts): phones with a password, and a carrier. They write and read SIP as text, for
// there are thousands of them.

import type { Endpoint } from '../../src/base/net.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts';
import type { Account, Binding, Phone } from '../../src/ports/records.ts';
import { ha1 } from '../../src/sip/auth/digest.ts';
import { session } from '../stories/description.ts';
import { type Agent, DOMAIN, type Machine, NODE } from './crowd.ts';
import { hashing } from './hashing.ts';

/** What became of one request. */
export interface Outcome {
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  /** 408 where nothing came. */
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
}

interface Pending {
  readonly method: string;
  readonly text: string;
  readonly sentAt: Instant;
  readonly done: (outcome: Outcome, answer: string) => void;
  stop: () => void;
}

const T1_MS = 500;
const T2_MS = 4_000;
const GIVE_UP_MS = 32_000;

export class CrowdAgent implements Agent {
  readonly at: Endpoint;
  readonly user: string;
  protected readonly machine: Machine;
  readonly #pending = new Map<string, Pending>();
  #serial = 0;

  constructor(machine: Machine, user: string, at: Endpoint) {
    this.machine = machine;
    this.user = user;
    this.at = at;
    machine.enters(this);
  }

  get now(): Instant {
    return this.machine.world.now;
  }

  /** Sends a request, and sends it again until it is answered or given up. */
  ask(method: string, uri: string, rows: readonly string[], body: string, done: Pending['done']): void {
    const branch = `z9hG4bK${this.at.address.replaceAll('.', '-')}x${++this.#serial}`;
    const { address, port } = this.at;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=${branch};rport`,
      'Max-Forwards: 70',
      `Contact: <sip:${this.user}@${address}:${port}>`,
      ...rows,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    const text = `${lines.join('\r\n')}\r\n\r\n${body}`;
    const pending: Pending = { method, text, sentAt: this.now, done, stop: () => {} };
    this.#pending.set(branch, pending);
    this.#send(pending, branch, T1_MS);
  }

  received(text: string): void {
    if (!text.startsWith('SIP/2.0 ')) return this.asked(text);
    const pending = this.#pending.get(branchOf(text));
    const status = Number(text.slice(8, 11));
    if (pending === undefined) return;
    if (status < 200) return pending.stop();
    pending.stop();
    this.#pending.delete(branchOf(text));
    if (pending.method === 'INVITE') this.#acknowledge(pending, text, status);
    const retryAfter = rowOf(text, 'Retry-After');
    const retryAfterSeconds = retryAfter === undefined ? undefined : Number(retryAfter);
    pending.done({ sentAt: pending.sentAt, answeredAt: this.now, status, retryAfterSeconds }, text);
  }

  /** A request of the node's: whatever it is, it is well. */
  protected asked(text: string): void {
    if (!text.startsWith('ACK ')) this.answer(text, 200);
  }

  protected answer(request: string, status: number, body = ''): void {
    const to = rowOf(request, 'To') ?? '';
    const { address, port } = this.at;
    const lines = [
      `SIP/2.0 ${status} Whatever`,
      ...request.split('\r\n').filter((line) => /^(Via|Record-Route|From|Call-ID|CSeq):/.test(line)),
      `To: ${to.includes(';tag=') ? to : `${to};tag=${this.user}`}`,
      `Contact: <sip:${this.user}@${address}:${port}>`,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    this.machine.send(this, `${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  #send(pending: Pending, branch: string, waitMs: number): void {
    this.machine.send(this, pending.text);
    pending.stop = this.machine.world.after(waitMs, () => {
      if (this.now + waitMs - pending.sentAt < GIVE_UP_MS) {
        const next = pending.method === 'INVITE' ? 2 * waitMs : Math.min(T2_MS, 2 * waitMs);
        return this.#send(pending, branch, next);
      }
      this.#pending.delete(branch);
      const { sentAt } = pending;
      pending.done({ sentAt, answeredAt: this.now, status: 408, retryAfterSeconds: undefined }, '');
    });
  }

  #acknowledge(invite: Pending, answer: string, status: number): void {
    const contact = /<([^>]*)>/.exec(rowOf(answer, 'Contact') ?? '')?.[1];
    const [line = '', via = ''] = invite.text.split('\r\n');
    const uri = status < 300 && contact !== undefined ? contact : (line.split(' ')[1] ?? '');
    const branch = status < 300 ? via.replace(/branch=[\w-]+/, `branch=z9hG4bKack${++this.#serial}`) : via;
    const rows = [`ACK ${uri} SIP/2.0`, branch, 'Max-Forwards: 70'];
    rows.push(`From: ${rowOf(invite.text, 'From')}`, `To: ${rowOf(answer, 'To')}`);
    rows.push(`Call-ID: ${rowOf(invite.text, 'Call-ID')}`);
    rows.push(`CSeq: ${(rowOf(invite.text, 'CSeq') ?? '').replace('INVITE', 'ACK')}`, 'Content-Length: 0');
    this.machine.send(this, `${rows.join('\r\n')}\r\n\r\n`);
  }
}

/** After the answer to a call; then it is given up. */
const ANSWERED_AGAIN_MS = [500, 1_500, 3_500, 7_500, 11_500] as const;

export class CrowdCaller extends CrowdAgent {
  #calls = 0;
  /** By Call-ID: calls that it answered, until the ACK comes. */
  readonly #answered = new Set<string>();

  /** INVITE, a second of talk, BYE. What became of the INVITE is told. */
  call(number: string, done: (outcome: Outcome) => void): void {
    this.invite(number, `call${++this.#calls}-${this.user}`, 1, [], (outcome, answer, callId) => {
      if (outcome.status === 200) this.machine.world.after(SECOND_MS, () => this.#hangUp(answer, callId));
      done(outcome);
    });
  }

  protected invite(
    number: string,
    callId: string,
    cseq: number,
    rows: readonly string[],
    done: (outcome: Outcome, answer: string, callId: string) => void,
  ): void {
    const uri = `sip:${number}@${DOMAIN}`;
    const sdp = session({ address: this.at.address, port: 30_000 });
    const all = [
      `From: <sip:${this.user}@${DOMAIN}>;tag=${callId}`,
      `To: <${uri}>`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} INVITE`,
      ...rows,
    ];
    this.ask('INVITE', uri, all, sdp, (outcome, answer) => done(outcome, answer, callId));
  }

  protected override asked(text: string): void {
    const callId = rowOf(text, 'Call-ID') ?? '';
    if (text.startsWith('ACK ')) this.#answered.delete(callId);
    if (!text.startsWith('INVITE ')) return super.asked(text);
    this.answer(text, 180);
    const sdp = session({ address: this.at.address, port: 30_000 });
    this.machine.world.after(200, () => {
      this.#answered.add(callId);
      this.answer(text, 200, sdp);
      for (const delayMs of ANSWERED_AGAIN_MS)
        this.machine.world.after(delayMs, () => {
          if (this.#answered.has(callId)) this.answer(text, 200, sdp);
        });
    });
  }

  #hangUp(answer: string, callId: string): void {
    const contact = /<([^>]*)>/.exec(rowOf(answer, 'Contact') ?? '')?.[1] ?? '';
    const rows = [`From: ${rowOf(answer, 'From')}`, `To: ${rowOf(answer, 'To')}`, `Call-ID: ${callId}`];
    this.ask('BYE', contact, [...rows, 'CSeq: 99 BYE'], '', () => {});
  }
}

export class CrowdPhone extends CrowdCaller {
  /** Granted until then. */
  registeredUntil: Instant = Number.NEGATIVE_INFINITY;
  #cseq = 0;

  get isRegistered(): boolean {
    return this.registeredUntil > this.now;
  }

  /** Its registration, as it was on disk when the node was started; it has so long to go. */
  kept(lastsMs: number = 4 * MINUTE_MS): Binding {
    return {
      user: this.user,
      contact: `sip:${this.user}@${this.at.address}:${this.at.port}`,
      parameters: '',
      flow: { transport: 'udp', local: NODE, remote: this.at },
      path: [],
      callId: this.user,
      cseq: 0,
      q: 1_000,
      userAgent: 'crowd',
      registeredAt: this.now - MINUTE_MS,
      expiresAt: this.now + lastsMs,
    };
  }

  /** REGISTER, with the answer to its challenge. */
  register(done: (outcome: Outcome) => void): void {
    const sentAt = this.now;
    this.#register([], (first, challenge) => {
      if (first.status !== 401) return done(first);
      this.#register([this.#credentials('REGISTER', `sip:${DOMAIN}`, challenge)], (second, answer) => {
        const expires = /expires=(\d+)/.exec(rowOf(answer, 'Contact') ?? '')?.[1];
        if (second.status === 200) this.registeredUntil = this.now + Number(expires) * SECOND_MS;
        done({ ...second, sentAt });
      });
    });
  }

  /** A call, with the answer to its challenge. */
  override call(number: string, done: (outcome: Outcome) => void): void {
    const callId = `call${++this.#cseq}-${this.user}`;
    const sentAt = this.now;
    this.invite(number, callId, 1, [], (first, challenge) => {
      if (first.status !== 401) return done(first);
      const credentials = this.#credentials('INVITE', `sip:${number}@${DOMAIN}`, challenge);
      this.invite(number, callId, 2, [credentials], (second) => done({ ...second, sentAt }));
    });
  }

  /** OPTIONS, SUBSCRIBE and the like. */
  wonder(method: string, done: (outcome: Outcome) => void = () => {}): void {
    const rows = [
      `From: <sip:${this.user}@${DOMAIN}>;tag=w${++this.#cseq}`,
      `To: <sip:${DOMAIN}>`,
      `Call-ID: w${this.#cseq}-${this.user}`,
      `CSeq: 1 ${method}`,
    ];
    this.ask(method, `sip:${DOMAIN}`, rows, '', done);
  }

  #register(rows: readonly string[], done: (outcome: Outcome, answer: string) => void): void {
    const all = [
      `From: <sip:${this.user}@${DOMAIN}>;tag=${++this.#cseq}`,
      `To: <sip:${this.user}@${DOMAIN}>`,
      `Call-ID: ${this.user}`,
      `CSeq: ${this.#cseq} REGISTER`,
      'Expires: 300',
      ...rows,
    ];
    this.ask('REGISTER', `sip:${DOMAIN}`, all, '', done);
  }

  #credentials(method: string, uri: string, challenge: string): string {
    const nonce = /SHA-256[^\r]*nonce="([^"]*)"|nonce="([^"]*)"[^\r]*SHA-256/.exec(challenge);
    const given = nonce?.[1] ?? nonce?.[2] ?? '';
    const secret = ha1(hashing, 'SHA-256', this.user, DOMAIN, passwordOf(this.user));
    const hashed = hashing.sha256Hex(`${method}:${uri}`);
    const response = hashing.sha256Hex(`${secret}:${given}:00000001:c:auth:${hashed}`);
    return (
      `Authorization: Digest username="${this.user}", realm="${DOMAIN}", nonce="${given}", uri="${uri}", ` +
      `response="${response}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`
    );
  }
}

/** An account with so many phones, `phone0` and so on, and a number that rings the first. */
export function crowdAccount(phones: number, number: string): Account {
  const users = Array.from({ length: phones }, (_, n) => `phone${n}`);
  return {
    name: 'crowd',
    phones: users.map((user): Phone => ({ user, secret: secretOf(user) })),
    numbers: [
      {
        number,
        plan: { steps: [{ type: 'ring', phones: ['phone0'], order: 'together', forMs: 20 * SECOND_MS }] },
      },
    ],
    hours: [],
    limits: {
      callsMax: 10_000,
      divertedCallsMax: 4,
      phonesMax: phones,
      bindingsPerPhoneMax: 5,
      destinationsAllowed: ['+44'],
      destinationsDenied: [],
    },
  };
}

function secretOf(user: string) {
  const sha256Ha1 = ha1(hashing, 'SHA-256', user, DOMAIN, passwordOf(user));
  return { realm: DOMAIN, md5Ha1: '0'.repeat(32), sha256Ha1 };
}

function passwordOf(user: string): string {
  return `${user}-secret`;
}

function branchOf(text: string): string {
  return /branch=([\w-]+)/.exec(text)?.[1] ?? '';
}

function rowOf(text: string, name: string): string | undefined {
  const at = text.indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const begin = at + name.length + 4;
  return text.slice(begin, text.indexOf('\r\n', begin));
}
