// The transaction layer alone, with messages of every kind that pass inspection and a core that answers, cancels
// and asks at random. It never throws, each request has one outcome, and when its timers have run nothing is left.

import { createResponse } from '../../../src/sip/message/compose.ts';
import { inspectRequest, inspectResponse } from '../../../src/sip/message/inspect.ts';
import type { SipMessage, SipRequest } from '../../../src/sip/message/message.ts';
import { parseMessage } from '../../../src/sip/message/parse.ts';
import { type TransactionEffect, TransactionLayer } from '../../../src/sip/transaction/layer.ts';
import { request, TCP, UDP } from '../../../src/sip/transaction/testing.ts';
import { SeededRandom } from '../../simulation/world.ts';
import { drawMessage } from '../draw-message.ts';
import { Broken, expect, type Input, type Lap, type Target } from '../target.ts';
import { latin1 } from '../words.ts';

const TURNS_MAX = 5_000;
const FLOWS = [UDP, TCP, { ...UDP, remote: { address: '203.0.113.66', port: 9 } }];
const METHODS = ['INVITE', 'OPTIONS', 'BYE', 'REGISTER'] as const;

export const transactionsTarget: Target = {
  name: 'transactions',
  weight: 2,
  draw: (random) => {
    const length = random.between(3, 30);
    return Array.from({ length }, () =>
      random.chance(0.4) ? drawMessage(random) : latin1(`!${random.between(0, 2 ** 31)}`),
    );
  },
  attempt: (steps, lap) => new Play(lap).play(steps),
};

class Play {
  readonly #lap: Lap;
  readonly #layer: TransactionLayer;
  /** Requests in server transactions, to be answered. */
  readonly #asked: { readonly id: string; readonly request: SipRequest }[] = [];
  /** Client transactions, and how many final outcomes each had. */
  readonly #ours = new Map<string, { readonly request: SipRequest; finals: number }>();
  readonly #sent: SipMessage[] = [];
  #branches = 0;
  #now = 1_000_000;

  constructor(lap: Lap) {
    this.#lap = lap;
    this.#layer = new TransactionLayer({
      newBranch: () => `ours${++this.#branches}`,
      sentBy: (flow) => flow.local,
      transactionsMax: 20,
    });
  }

  play(steps: Input): number {
    for (const step of steps) {
      if (step[0] === 0x21)
        this.#act(new SeededRandom(Number(Buffer.from(step.subarray(1)).toString('latin1'))));
      else this.#receive(step, UDP);
    }
    for (const id of this.#ours.keys()) this.#turn(() => this.#layer.cancel(id, this.#now));
    for (let turns = 0; this.#layer.nextDeadline() !== undefined; turns++) {
      expect(turns < TURNS_MAX, 'the timers never come to rest');
      // Whom nobody answers is answered by the core in the end, as every core must.
      for (const { id, request: asked } of this.#asked.splice(0)) this.#respond(id, asked, 500);
      this.#now = Math.max(this.#now, this.#layer.nextDeadline() ?? 0);
      this.#turn(() => this.#layer.expire(this.#now));
    }
    for (const { id, request: asked } of this.#asked.splice(0)) this.#respond(id, asked, 500);
    this.#rest();
    expect(this.#layer.size === 0, 'transactions are left in the end');
    return steps.length;
  }

  #rest(): void {
    for (let turns = 0; this.#layer.nextDeadline() !== undefined; turns++) {
      expect(turns < TURNS_MAX, 'the timers never come to rest');
      this.#now = Math.max(this.#now, this.#layer.nextDeadline() ?? 0);
      this.#turn(() => this.#layer.expire(this.#now));
    }
  }

  #receive(bytes: Uint8Array, flow: typeof UDP): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) return;
    const message = parsed.value;
    const defect = message.kind === 'request' ? inspectRequest(message) : inspectResponse(message);
    if (defect === undefined) this.#turn(() => this.#layer.receive(message, flow, this.#now));
  }

  #act(random: SeededRandom): void {
    const flow = random.pick(FLOWS);
    random.weighted<() => void>([
      [4, () => this.#ask(random, flow)],
      [4, () => this.#answerOurs(random, flow)],
      [4, () => this.#answerTheirs(random)],
      [2, () => this.#ours.size > 0 && this.#cancel(random)],
      [1, () => this.#turn(() => this.#layer.flowFailed(flow, this.#now, 'broken'))],
      [3, () => this.#pass(random.pick([1, 500, 4_000, 32_000]))],
    ])();
  }

  #ask(random: SeededRandom, flow: typeof UDP): void {
    const asked = request({ method: random.pick(METHODS), via: '', callId: `c${random.between(0, 9)}` });
    this.#turn(() => {
      const { id, effects } = this.#layer.request(asked, flow, this.#now);
      this.#ours.set(id, { request: asked, finals: 0 });
      return effects;
    });
  }

  /** The peer answers something that we sent. */
  #answerOurs(random: SeededRandom, flow: typeof UDP): void {
    const requests = this.#sent.filter((message): message is SipRequest => message.kind === 'request');
    if (requests.length === 0) return;
    const status = random.pick([100, 180, 200, 200, 404, 486, 500]);
    const response = createResponse(random.pick(requests), status, { toTag: random.pick(['a', 'b', 'c']) });
    if (inspectResponse(response) === undefined)
      this.#turn(() => this.#layer.receive(response, flow, this.#now));
  }

  #answerTheirs(random: SeededRandom): void {
    if (this.#asked.length === 0) return;
    const { id, request: asked } = random.pick(this.#asked);
    this.#respond(id, asked, random.pick([100, 180, 200, 302, 404, 503]));
  }

  #respond(id: string, asked: SipRequest, status: number): void {
    this.#turn(() => this.#layer.respond(id, createResponse(asked, status, { toTag: 'us' }), this.#now));
  }

  #cancel(random: SeededRandom): void {
    const id = random.pick([...this.#ours.keys()]);
    this.#turn(() => this.#layer.cancel(id, this.#now));
  }

  #pass(durationMs: number): void {
    const end = this.#now + durationMs;
    for (
      let next = this.#layer.nextDeadline();
      next !== undefined && next <= end;
      next = this.#layer.nextDeadline()
    ) {
      this.#now = Math.max(this.#now, next);
      this.#turn(() => this.#layer.expire(this.#now));
    }
    this.#now = end;
  }

  #turn(act: () => readonly TransactionEffect[]): void {
    for (const effect of this.#lap(act)) {
      switch (effect.type) {
        case 'send':
          this.#check(effect.bytes, effect.message);
          break;
        case 'request':
          expect(effect.request.method !== 'ACK', 'an ACK is never a request to be answered');
          this.#asked.push({ id: effect.id, request: effect.request });
          break;
        case 'response':
        case 'timeout':
        case 'transport-failed':
          this.#outcome(effect);
          break;
        case 'cancelled':
          this.#respond(effect.id, effect.request, 487);
          break;
        case 'ack':
        case 'ack-missing':
        case 'stray-response':
          break;
      }
    }
  }

  #check(bytes: Uint8Array, message: SipMessage): void {
    if (message.kind === 'response') expect(message.cseq?.method !== 'ACK', 'an ACK was answered');
    const parsed = parseMessage(bytes);
    const code = parsed.ok ? undefined : parsed.error.code;
    if (code !== undefined && code !== 'too-large' && code !== 'too-many-headers') {
      throw new Broken(`the layer sent what is no SIP: ${code}`);
    }
    this.#sent.push(message);
    if (this.#sent.length > 20) this.#sent.shift();
  }

  #outcome(effect: Extract<TransactionEffect, { type: 'response' | 'timeout' | 'transport-failed' }>): void {
    const ours = this.#ours.get(effect.id);
    if (ours === undefined) return;
    if (effect.type === 'response') {
      if (effect.response.status < 200) return;
      // A forked INVITE may be answered by several with 2xx.
      if (ours.request.method === 'INVITE' && effect.response.status < 300) return;
    }
    ours.finals += 1;
    expect(ours.finals === 1, 'a request has two outcomes');
  }
}
