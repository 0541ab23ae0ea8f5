// Phones that live, die, come back and keep silent, watched by a registrar on fake time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Flow } from '../base/net.ts';
import type { Reachability } from '../ports/records.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import type { BindingKey, RegistrarEffect } from './outcome.ts';
import { Registrar } from './registrar.ts';

const T = 1_790_000_000_000;
const SECOND = 1_000;
const LIMITS = { bindingsPerPhoneMax: 10 };
const UDP: Flow = {
  transport: 'udp',
  local: { address: '203.0.113.1', port: 5060 },
  remote: { address: '192.0.2.7', port: 5060 },
};
const TCP: Flow = { ...UDP, transport: 'tcp', connectionId: 't1' };

/** A registrar with one phone that registered at T, and the phone's end of the probes. */
class Scene {
  readonly registrar: Registrar;
  readonly events: { readonly reachability: Reachability; readonly reason: string; readonly at: number }[] =
    [];
  /** When probes were sent, in seconds after T. */
  readonly probes: number[] = [];
  /** Delay of the phone's answers; `undefined`: it does not answer. */
  answerMs: number | undefined = 30;
  #now = T;
  #cseq = 0;
  #answers: { readonly at: number; readonly key: BindingKey; readonly sentAt: number }[] = [];

  constructor(fraction: () => number = () => 0.5) {
    this.registrar = new Registrar({ random: { fraction, bytes: (count) => new Uint8Array(count) } });
  }

  get now(): number {
    return this.#now;
  }

  get reachability(): Reachability | undefined {
    return this.registrar.lookup('reception')[0]?.reachability;
  }

  get key(): BindingKey {
    return this.registrar.lookup('reception')[0]?.key ?? 'none';
  }

  register(flow = UDP, more: readonly (readonly [string, string])[] = []): this {
    this.#cseq += 1;
    const request = new SipRequest(
      'REGISTER',
      'sip:voice.example.net',
      Headers.of([
        ['Call-ID', 'c1'],
        ['CSeq', `${this.#cseq} REGISTER`],
        ['Contact', '<sip:reception@192.0.2.7:5060>;expires=3600'],
        ...more,
      ]),
    );
    const outcome = this.registrar.register('reception', request, flow, LIMITS, this.#now);
    assert.equal(outcome.status, 200);
    return this.perform(outcome.effects);
  }

  perform(effects: readonly RegistrarEffect[]): this {
    for (const effect of effects) {
      if (effect.type === 'reachability') this.events.push(effect);
      if (effect.type !== 'probe') continue;
      this.probes.push((this.#now - T) / SECOND);
      if (this.answerMs === undefined) continue;
      this.#answers.push({ at: this.#now + this.answerMs, key: effect.key, sentAt: this.#now });
      this.#answers.sort((a, b) => a.at - b.at);
    }
    return this;
  }

  /** Lets time pass, with deadlines kept to the millisecond. */
  run(seconds: number): this {
    const until = this.#now + seconds * SECOND;
    for (;;) {
      const answer = this.#answers[0];
      const deadline = this.registrar.nextDeadline() ?? Number.POSITIVE_INFINITY;
      const at = Math.min(deadline, answer?.at ?? Number.POSITIVE_INFINITY);
      if (at > until) break;
      this.#now = at;
      if (answer?.at === at) {
        this.#answers.shift();
        this.perform(this.registrar.probeAnswered(answer.key, at - answer.sentAt, at));
      } else {
        this.perform(this.registrar.expire(at));
      }
    }
    this.#now = until;
    return this;
  }
}

describe('a phone that answers', () => {
  test('is asked at once when it registered, which makes it reachable and tells its round trip', () => {
    const scene = new Scene().register();
    assert.equal(scene.reachability, 'unknown');
    scene.run(0.3);
    assert.equal(scene.reachability, 'reachable');
    assert.equal(scene.registrar.lookup('reception')[0]?.roundTripMs, 30);
    assert.deepEqual(
      scene.events.map(({ reason }) => reason),
      ['answered a probe'],
    );
  });

  test('is asked every 15 to 20 s, and stays reachable', () => {
    const scene = new Scene().register().run(600);
    assert.equal(scene.events.length, 1);
    assert.ok(scene.probes.length > 30 && scene.probes.length <= 41, `${scene.probes.length} probes`);
  });

  test('is not asked while its own messages say that it is there', () => {
    const scene = new Scene().register().run(1);
    for (let second = 0; second < 300; second += 5) {
      scene.perform(scene.registrar.signOfLife(UDP, scene.now)).run(5);
    }
    assert.deepEqual(scene.probes.length, 1);
    assert.equal(scene.reachability, 'reachable');
  });

  test('is not given up for one lost answer', () => {
    const scene = new Scene().register().run(10);
    scene.answerMs = undefined;
    scene.run(9);
    scene.answerMs = 30;
    scene.run(60);
    assert.deepEqual(
      scene.events.map(({ reachability }) => reachability),
      ['reachable'],
    );
  });
});

describe('a phone that stopped answering', () => {
  test('is known as unreachable within 30 s, however its probes fall', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        fc.double({ min: 1, max: 120, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 8 }),
        (fractions, livesFor, signs) => {
          const scene = new Scene(() => fractions.next().value).register().run(livesFor);
          for (const pause of signs) scene.run(pause).perform(scene.registrar.signOfLife(UDP, scene.now));
          assert.equal(scene.reachability, 'reachable');
          scene.answerMs = undefined;
          scene.run(30);
          assert.equal(scene.reachability, 'unreachable');
        },
      ),
    );
  });

  test('and it takes two probes without an answer', () => {
    const scene = new Scene().register().run(1);
    scene.answerMs = undefined;
    scene.run(30);
    const [, first = 0, second = 0] = scene.probes;
    assert.equal(second - first, 2);
    assert.deepEqual(scene.events.at(-1), {
      type: 'reachability',
      user: 'reception',
      contact: 'sip:reception@192.0.2.7:5060',
      reachability: 'unreachable',
      reason: 'answered no probe',
      at: T + (second + 2) * SECOND,
    });
  });

  test('is asked ever more rarely, from 5 s to 60 s', () => {
    const scene = new Scene().register().run(1);
    scene.answerMs = undefined;
    scene.run(600);
    const pauses = scene.probes.map((at, index) => at - (scene.probes[index - 1] ?? at)).slice(3);
    assert.deepEqual(
      pauses.slice(0, 5).map((pause) => pause - 2),
      [4.375, 8.75, 17.5, 35, 52.5],
    );
    assert.ok(pauses.every((pause) => pause <= 62));
  });

  test('is reachable again with its first answer, request or REGISTER', () => {
    const returns: readonly ((scene: Scene) => unknown)[] = [
      (scene) => scene.perform(scene.registrar.signOfLife(UDP, scene.now)),
      (scene) => scene.perform(scene.registrar.answered(scene.key, scene.now)),
      (scene) => scene.perform(scene.registrar.probeAnswered(scene.key, 5_000, scene.now)),
      (scene) => scene.register(),
    ];
    for (const comesBack of returns) {
      const scene = new Scene().register().run(1);
      scene.answerMs = undefined;
      scene.run(40);
      assert.equal(scene.reachability, 'unreachable');
      comesBack(scene);
      assert.equal(scene.reachability, 'reachable');
      assert.equal(scene.registrar.lookup('reception')[0]?.since, scene.now);
    }
  });

  test('and whose probes cannot even be sent is known sooner', () => {
    const scene = new Scene().register().run(1);
    scene.answerMs = undefined;
    while (scene.probes.length < 2) scene.run(1);
    scene.perform(scene.registrar.probeFailed(scene.key, 'ECONNREFUSED', scene.now));
    scene.perform(scene.registrar.probeFailed(scene.key, 'ECONNREFUSED', scene.now));
    assert.equal(scene.reachability, 'unreachable');
    assert.equal(scene.events.at(-1)?.reason, 'probe failed: ECONNREFUSED');
    assert.equal(scene.probes.length, 3);
  });

  test('a late answer is a sign of life, and no round trip', () => {
    const scene = new Scene().register().run(5);
    scene.perform(scene.registrar.probeAnswered(scene.key, 19_000, scene.now));
    assert.equal(scene.registrar.lookup('reception')[0]?.roundTripMs, 30);
  });

  test('a late failure of an old probe counts for nothing', () => {
    const scene = new Scene().register().run(5);
    assert.deepEqual(scene.registrar.probeFailed(scene.key, 'ECONNREFUSED', scene.now), []);
    assert.deepEqual(scene.registrar.probeFailed('nobody#1', 'ECONNREFUSED', scene.now), []);
  });
});

describe('a call that got nothing', () => {
  test('makes the contact unreachable at once, and it is asked within a second', () => {
    const scene = new Scene().register().run(5);
    scene.perform(scene.registrar.noSignOfLife(scene.key, scene.now));
    assert.equal(scene.reachability, 'unreachable');
    assert.equal(scene.events.at(-1)?.reason, 'gave a call no sign of life');
    scene.run(1);
    assert.equal(scene.reachability, 'reachable');
  });
});

describe('a device that ignores OPTIONS', () => {
  test('is not condemned for it, so that calls still try it', () => {
    const scene = new Scene();
    scene.answerMs = undefined;
    scene.register().run(120);
    assert.equal(scene.reachability, 'unknown');
    scene.register().perform(scene.registrar.signOfLife(UDP, scene.now)).run(120);
    assert.deepEqual(
      scene.events.map(({ reachability }) => reachability),
      ['reachable', 'unknown'],
    );
  });

  test('is condemned by a call that got nothing, until it registers again', () => {
    const scene = new Scene();
    scene.answerMs = undefined;
    scene.register().run(10);
    scene.perform(scene.registrar.noSignOfLife(scene.key, scene.now)).run(200);
    assert.equal(scene.reachability, 'unreachable');
    scene.register();
    assert.equal(scene.reachability, 'unknown');
  });
});

describe('connections', () => {
  test('when its connection closes a phone is unreachable at once, and tried at its Contact', () => {
    const scene = new Scene().register(TCP).run(5);
    scene.perform(scene.registrar.flowClosed(TCP, scene.now));
    const [found] = scene.registrar.lookup('reception');
    assert.deepEqual([found?.reachability, found?.binding.flow.connectionId], ['unreachable', undefined]);
    assert.equal(scene.events.at(-1)?.reason, 'its connection closed');
    scene.run(1);
    assert.equal(scene.reachability, 'reachable');
  });

  test('the connection that then leads to it is its own, and its end is known at once', () => {
    const scene = new Scene().register(TCP).run(5);
    scene.perform(scene.registrar.flowClosed(TCP, scene.now)).run(1);
    const opened = { ...TCP, connectionId: 't2' };
    scene.perform(scene.registrar.signOfLife(opened, scene.now));
    assert.deepEqual(scene.registrar.lookup('reception')[0]?.binding.flow, opened);
    scene.perform(scene.registrar.flowClosed(opened, scene.now));
    assert.equal(scene.reachability, 'unreachable');
  });

  test('behind a NAT there is no other way: it is not asked until it registers', () => {
    const behindNat = { ...TCP, remote: { address: '203.0.113.9', port: 40_001 } };
    const scene = new Scene().register(behindNat).run(5);
    scene.perform(scene.registrar.flowClosed(behindNat, scene.now));
    const asked = scene.probes.length;
    scene.run(300);
    assert.deepEqual([scene.reachability, scene.probes.length], ['unreachable', asked]);
    scene.register({ ...behindNat, connectionId: 't2' });
    assert.equal(scene.reachability, 'reachable');
    scene.run(1);
    assert.equal(scene.probes.length, asked + 1);
  });

  test('there is no other way to a browser either, even where its Contact is the address it came from', () => {
    const scene = new Scene().register({ ...TCP, transport: 'ws' }).run(5);
    scene.perform(scene.registrar.flowClosed({ ...TCP, transport: 'ws' }, scene.now));
    const asked = scene.probes.length;
    scene.perform(scene.registrar.signOfLife({ ...TCP, transport: 'ws', connectionId: 't2' }, scene.now));
    scene.run(200);
    assert.deepEqual([scene.reachability, scene.probes.length], ['unreachable', asked]);
  });

  test('the end of another connection, or of an old one, changes nothing', () => {
    const scene = new Scene()
      .register(TCP)
      .run(5)
      .register({ ...TCP, connectionId: 't2' });
    assert.deepEqual(scene.registrar.flowClosed(TCP, scene.now), []);
    assert.deepEqual(scene.registrar.flowClosed({ ...TCP, connectionId: 't3' }, scene.now), []);
    assert.deepEqual(scene.registrar.flowClosed(UDP, scene.now), []);
    assert.equal(scene.reachability, 'reachable');
  });

  test('a phone that moved to another port is asked there at once', () => {
    const scene = new Scene().register().run(5);
    scene.register({ ...UDP, remote: { address: '192.0.2.7', port: 40_002 } }).run(0.25);
    assert.equal(scene.probes.length, 2);
  });

  test('what a proxy sends is no sign of life of the phones behind it', () => {
    const scene = new Scene().register(UDP, [['Path', '<sip:edge.example.net;lr>']]).run(1);
    scene.answerMs = undefined;
    for (let second = 0; second < 30; second++) {
      scene.run(1).perform(scene.registrar.signOfLife(UDP, scene.now));
    }
    assert.equal(scene.reachability, 'unreachable');
  });

  test('a closed connection to a proxy takes the phones behind it along', () => {
    const scene = new Scene().register(TCP, [['Path', '<sip:edge.example.net;lr>']]).run(1);
    scene.perform(scene.registrar.flowClosed(TCP, scene.now));
    assert.equal(scene.reachability, 'unreachable');
  });
});
