// A simulated phone with a message lamp. It subscribes, or takes a NOTIFY that it never asked for, or both, as phones
// do; and it knows the rules that it is to be told by (RFC 6665): the right dialog, one thing at a time, in order.

import { tagOf } from '../../src/sip/message/address.ts';
import { createResponse } from '../../src/sip/message/compose.ts';
import { Headers } from '../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../src/sip/message/message.ts';
import type { TransactionId } from '../../src/sip/transaction/layer.ts';
import type { Agent, Answer } from './agent.ts';
import type { Phone } from './phone.ts';
import { DOMAIN, NODE } from './scenario.ts';

export interface LampHabit {
  readonly subscribes: boolean;
  /** What it answers to a NOTIFY without a subscription. */
  readonly unasked: number;
  readonly expiresS: number;
}

/** What the phone knows of its subscription; a NOTIFY may be the first to tell its tag (§4.4.1). */
interface Subscribed {
  readonly callId: string;
  readonly tag: string;
  remoteTag: string;
  target: string;
  cseq: number;
  notified: number;
  asking: boolean;
}

const RETRY_MS: readonly [min: number, max: number] = [3_000, 9_000];

export class LampPhone {
  readonly phone: Phone;
  readonly habit: LampHabit;
  /** `2/1`: as the lamp has it since the phone was switched on. */
  shown: string | undefined;
  /** Rules that were broken. */
  readonly complaints: string[] = [];
  /** Everything that it was ever told. */
  readonly told: string[] = [];
  #now: Subscribed | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(phone: Phone, habit: LampHabit) {
    this.phone = phone;
    this.habit = habit;
    this.#awake();
  }

  get agent(): Agent {
    return this.phone.agent;
  }

  restart(): void {
    this.phone.boot();
    this.#awake();
  }

  #awake(): void {
    const { agent } = this;
    this.shown = undefined;
    this.#now = undefined;
    this.#stopTimer?.();
    agent.asked = (id, request) => request.method === 'NOTIFY' && this.#notified(agent, id, request);
    if (this.habit.subscribes) this.#subscribeAfter(agent, [500, 6_000]);
  }

  #subscribeAfter(agent: Agent, rangeMs: readonly [min: number, max: number]): void {
    this.#stopTimer?.();
    this.#stopTimer = agent.world.after(agent.random.between(...rangeMs), () => this.#subscribe(agent));
  }

  #subscribe(agent: Agent): void {
    if (!agent.alive) return;
    const { user } = this.phone.options;
    const { expiresS } = this.habit;
    const own = `sip:${user}@${DOMAIN}`;
    const fresh = { remoteTag: '', target: own, cseq: 0, notified: 0, asking: false };
    this.#now ??= { callId: agent.token(8), tag: agent.token(4), ...fresh };
    const subscribed = this.#now;
    subscribed.cseq += 1;
    const to = subscribed.remoteTag === '' ? '' : `;tag=${subscribed.remoteTag}`;
    const headers = Headers.of([
      ['Max-Forwards', '70'],
      ['From', `<${own}>;tag=${subscribed.tag}`],
      ['To', `<${own}>${to}`],
      ['Call-ID', subscribed.callId],
      ['CSeq', `${subscribed.cseq} SUBSCRIBE`],
      ['Contact', agent.contact],
      ['Event', 'message-summary'],
      ['Expires', String(expiresS)],
    ]);
    const request = new SipRequest('SUBSCRIBE', subscribed.target, headers);
    const asked = agent.ask(request, agent.flowTo(NODE), (answer) => {
      subscribed.cseq = asked.request.cseq?.number ?? subscribed.cseq;
      if (this.#now === subscribed) this.#granted(agent, subscribed, answer);
    });
  }

  #granted(agent: Agent, subscribed: Subscribed, answer: Answer): void {
    const response = answer.type === 'response' ? answer.response : undefined;
    if (response?.status === 200) {
      subscribed.remoteTag = tagOf(response.to) ?? '';
      subscribed.target = targetOf(response) ?? subscribed.target;
      this.#subscribeAfter(agent, [this.habit.expiresS * 500, this.habit.expiresS * 900]);
    } else {
      this.#now = undefined;
      this.#subscribeAfter(agent, response?.status === 481 ? [0, 100] : RETRY_MS);
    }
  }

  #notified(agent: Agent, id: TransactionId, request: SipRequest): boolean {
    const counts = /^Voice-Message: (\S+)/m.exec(new TextDecoder().decode(request.body))?.[1];
    if (counts !== undefined) this.told.push(counts);
    const answer = (status: number): void => {
      if (status < 300) this.shown = counts ?? this.shown;
      const response = createResponse(request, status, { toTag: agent.token(4) });
      agent.world.after(agent.random.between(0, 300), () => {
        if (this.#now?.callId === request.callId && this.#now !== undefined) this.#now.asking = false;
        if (agent.alive) agent.respond(id, response);
      });
    };
    if (tagOf(request.to) === undefined) answer(this.habit.unasked);
    else answer(this.#within(agent, request));
    return true;
  }

  #within(agent: Agent, request: SipRequest): number {
    const now = this.#now;
    if (now === undefined || request.callId !== now.callId || tagOf(request.to) !== now.tag) return 481;
    const isOver = /^terminated/.test(request.headers.get('Subscription-State') ?? '');
    const cseq = request.cseq?.number ?? 0;
    if (now.asking) this.complaints.push('was told two things at once');
    if (cseq <= now.notified) this.complaints.push(`was sent CSeq ${cseq} after ${now.notified}`);
    now.asking = true;
    now.notified = cseq;
    if (now.remoteTag === '') now.remoteTag = tagOf(request.from) ?? '';
    if (isOver) {
      this.#now = undefined;
      this.#subscribeAfter(agent, [0, 500]);
    }
    return 200;
  }
}

function targetOf({ contacts }: SipResponse): string | undefined {
  return contacts[0]?.uri;
}
