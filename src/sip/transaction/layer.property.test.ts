// Two layers over a network that loses, repeats, reorders and breaks: whatever it does, each request has exactly
// one outcome at its client, the core is asked once for each request, and in the end nothing is left on either side.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Flow } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import { createResponse } from '../message/compose.ts';
import type { SipMessage, SipRequest } from '../message/message.ts';
import { type TransactionEffect, type TransactionId, TransactionLayer } from './layer.ts';
import { fromWire, request } from './testing.ts';

const ALICE: Flow['local'] = { address: '192.0.2.1', port: 5060 };
const BOB: Flow['local'] = { address: '192.0.2.2', port: 5060 };
const TO_BOB: Flow = { transport: 'udp', local: ALICE, remote: BOB };
const TO_ALICE: Flow = { transport: 'udp', local: BOB, remote: ALICE };

/** Ringing has no end of its own (RFC 3261 §17.1.1.2): as every core must, Alice's cancels what rings for too long. */
const PATIENCE_MS = 60_000;

/** What becomes of one packet: each entry is a copy that arrives after so many milliseconds; none is a loss. */
type Fate = readonly number[];

interface Story {
  readonly method: 'INVITE' | 'OPTIONS' | 'BYE';
  readonly status: number;
  /** When Bob's core rings, and answers. */
  readonly rings: boolean;
  readonly thinkingMs: number;
  readonly cancelledAfterMs: number | undefined;
  /** When both ends are told that nothing can be sent any more. */
  readonly breaksAfterMs: number | undefined;
}

interface Event {
  readonly at: Instant;
  readonly order: number;
  readonly run: (now: Instant) => void;
}

class World {
  readonly alice = new TransactionLayer({ newBranch: () => `a${++this.#count}`, sentBy: () => ALICE });
  readonly bob = new TransactionLayer({ newBranch: () => `b${++this.#count}`, sentBy: () => BOB });
  readonly outcomes = new Map<TransactionId, string[]>();
  readonly requestsSeen: string[] = [];
  acksSeen = 0;
  acksMissing = 0;
  #count = 0;
  #events: Event[] = [];
  #packets = 0;
  readonly #fates: readonly Fate[];
  readonly #stories = new Map<string, Story>();

  constructor(fates: readonly Fate[]) {
    this.#fates = fates;
  }

  later(at: Instant, run: (now: Instant) => void): void {
    this.#events.push({ at, order: ++this.#count, run });
  }

  place(callId: string, story: Story, now: Instant): void {
    this.#stories.set(callId, story);
    const asked = request({ method: story.method, via: '', callId });
    const { id, effects } = this.alice.request(asked, TO_BOB, now);
    this.outcomes.set(id, []);
    this.#atAlice(effects, now);
    this.later(now + (story.cancelledAfterMs ?? PATIENCE_MS), (at) => {
      this.#atAlice(this.alice.cancel(id, at), at);
    });
    if (story.breaksAfterMs !== undefined) {
      this.later(now + story.breaksAfterMs, (at) => {
        this.#atAlice(this.alice.flowFailed(TO_BOB, at), at);
        this.#atBob(this.bob.flowFailed(TO_ALICE, at), at);
      });
    }
  }

  /** Runs until nothing is left to happen, and returns when that was. */
  run(): Instant {
    let now = 0;
    for (let steps = 0; ; steps++) {
      assert.ok(steps < 20_000, 'the world does not come to rest');
      const next = this.#events.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
      const timer = Math.min(this.alice.nextDeadline() ?? Infinity, this.bob.nextDeadline() ?? Infinity);
      if (next === undefined && timer === Infinity) return now;
      if (next !== undefined && next.at <= timer) {
        now = Math.max(now, next.at);
        this.#events = this.#events.filter((event) => event !== next);
        next.run(now);
      } else {
        now = Math.max(now, timer);
        this.#atAlice(this.alice.expire(now), now);
        this.#atBob(this.bob.expire(now), now);
      }
    }
  }

  #carry(message: SipMessage, to: 'alice' | 'bob', now: Instant): void {
    const fate = this.#fates[this.#packets++ % this.#fates.length] ?? [];
    for (const delayMs of fate) {
      this.later(now + delayMs, (at) => {
        if (to === 'bob') this.#atBob(this.bob.receive(message, TO_ALICE, at), at);
        else this.#atAlice(this.alice.receive(message, TO_BOB, at), at);
      });
    }
  }

  #atAlice(effects: readonly TransactionEffect[], now: Instant): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#carry(fromWire(effect), 'bob', now);
      if (effect.type === 'timeout' || effect.type === 'transport-failed') {
        this.outcomes.get(effect.id)?.push(effect.type);
      }
      if (effect.type !== 'response' || effect.response.status < 200) continue;
      const { id, response } = effect;
      this.outcomes.get(id)?.push(String(response.status));
      if (response.cseq?.method === 'INVITE' && response.status < 300) {
        const callId = response.callId ?? '';
        const ack = request({ method: 'ACK', via: '', callId, toTag: `bob-${callId}` });
        this.#atAlice(this.alice.acknowledge(id, ack, TO_BOB, now), now);
      }
    }
  }

  #atBob(effects: readonly TransactionEffect[], now: Instant): void {
    for (const effect of effects) {
      if (effect.type === 'send') this.#carry(fromWire(effect), 'alice', now);
      if (effect.type === 'ack') this.acksSeen += 1;
      if (effect.type === 'ack-missing') this.acksMissing += 1;
      if (effect.type === 'cancelled') this.#respond(effect.id, effect.request, 487, now);
      if (effect.type === 'request') this.#think(effect.id, effect.request, now);
    }
  }

  #think(id: TransactionId, asked: SipRequest, now: Instant): void {
    const story = this.#stories.get(asked.callId ?? '');
    assert.ok(story !== undefined);
    this.requestsSeen.push(asked.callId ?? '');
    if (story.rings && story.method === 'INVITE') this.#respond(id, asked, 180, now);
    this.later(now + story.thinkingMs, (at) => this.#respond(id, asked, story.status, at));
  }

  #respond(id: TransactionId, asked: SipRequest, status: number, now: Instant): void {
    const response = createResponse(asked, status, { toTag: `bob-${asked.callId}` });
    this.#atBob(this.bob.respond(id, response, now), now);
  }
}

const delay = fc.nat(900);
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(delay) },
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.tuple(delay, delay) },
);
const story: fc.Arbitrary<Story> = fc.record({
  method: fc.constantFrom('INVITE', 'INVITE', 'OPTIONS', 'BYE'),
  status: fc.constantFrom(200, 200, 404, 486, 503),
  rings: fc.boolean(),
  thinkingMs: fc.nat(20_000),
  cancelledAfterMs: fc.option(fc.nat(25_000), { nil: undefined, freq: 2 }),
  breaksAfterMs: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat(40_000) },
  ),
});

/** Patience; then 64*T1 for the client's CANCEL, and as long again for what the server may still repeat. */
const LONGEST_MS = PATIENCE_MS + 2 * 64 * 500 + 10_000;

describe('over a network that loses, repeats, reorders and breaks', () => {
  test('each request has one outcome, and nothing is left over', () => {
    fc.assert(
      fc.property(
        fc.array(fate, { minLength: 1, maxLength: 40 }),
        fc.array(story, { minLength: 1, maxLength: 4 }),
        (fates, stories) => {
          const world = new World(fates);
          for (const [index, told] of stories.entries()) {
            world.later(index * 700, (now) => world.place(`call-${index}`, told, now));
          }
          const end = world.run();
          assert.equal(world.outcomes.size, stories.length);
          for (const outcome of world.outcomes.values()) assert.equal(outcome.length, 1, outcome.join());
          assert.equal(world.alice.size + world.bob.size, 0);
          assert.ok(end <= LONGEST_MS, `took until ${end}`);
          if (stories.every(({ breaksAfterMs }) => breaksAfterMs === undefined)) {
            assert.equal(new Set(world.requestsSeen).size, world.requestsSeen.length);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('where half of the packets arrive, requests answered at once succeed', () => {
    const story: Story = {
      method: 'INVITE',
      status: 200,
      rings: true,
      thinkingMs: 0,
      cancelledAfterMs: undefined,
      breaksAfterMs: undefined,
    };
    const world = new World([[10], []]);
    world.later(0, (now) => world.place('call-0', story, now));
    world.run();
    assert.deepEqual([...world.outcomes.values()], [['200']]);
    assert.equal(world.acksSeen + world.acksMissing, 1);
  });
});
