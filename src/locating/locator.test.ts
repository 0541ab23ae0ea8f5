import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Reply } from '../ports/dns.ts';
import type { DnsRecord } from '../sip/location/records.ts';
import { questionKey } from '../sip/location/records.ts';
import { Locator, type LocatorEffect } from './locator.ts';

const ABILITIES = [{ transport: 'udp', families: ['ipv4'] }] as const;
const CARRIER = { scheme: 'sip', host: 'carrier.example', transport: 'udp' } as const;
const HOST = { scheme: 'sip', host: 'carrier.example', port: 5060 } as const;

/** A locator on fake time with a DNS that answers from a zone after a while, fails or hangs. */
class Scene {
  readonly locator = new Locator(ABILITIES);
  now: Instant = 0;
  dns: 'answers' | 'fails' | 'hangs' = 'answers';
  ttlMs = MINUTE_MS;
  readonly zone = new Map<string, readonly DnsRecord[]>();
  readonly asked: string[] = [];
  /** `key: address address`, with `!` before trouble. */
  readonly told: string[] = [];

  take(effects: readonly LocatorEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'located') {
        const addresses = effect.servers.flatMap((server) => server.addresses).join(' ');
        this.told.push(
          `${effect.key}: ${addresses}${effect.trouble === undefined ? '' : ` ! ${effect.trouble}`}`,
        );
        continue;
      }
      const { question } = effect;
      this.asked.push(questionKey(question));
      if (this.dns !== 'hangs')
        this.take(this.locator.replied(question, this.#reply(questionKey(question)), this.now));
    }
  }

  pass(durationMs: number): void {
    const end = this.now + durationMs;
    for (
      let due = this.locator.nextDeadline();
      due !== undefined && due <= end;
      due = this.locator.nextDeadline()
    ) {
      this.now = Math.max(this.now, due);
      this.take(this.locator.expire(this.now));
    }
    this.now = end;
  }

  #reply(key: string): Reply {
    if (this.dns === 'fails') return { type: 'failed', reason: 'answered SERVFAIL' };
    const records = this.zone.get(key);
    if (records === undefined) return { type: 'none', ttlMs: this.ttlMs };
    const [, name = ''] = key.split(' ');
    return { type: 'rows', rows: records.map((record) => ({ name, ttlMs: this.ttlMs, record })) };
  }
}

function carrierScene(): Scene {
  const scene = new Scene();
  scene.zone.set('SRV _sip._udp.carrier.example', [
    { type: 'SRV', priority: 1, weight: 0, port: 5060, target: 'a.carrier.example' },
    { type: 'SRV', priority: 2, weight: 0, port: 5060, target: 'b.carrier.example' },
  ]);
  scene.zone.set('A a.carrier.example', [{ type: 'A', address: '192.0.2.1' }]);
  scene.zone.set('A b.carrier.example', [{ type: 'A', address: '192.0.2.2' }]);
  return scene;
}

describe('a target that is kept', () => {
  test('is told when it is found, asked for again when the least TTL is over, told again when it has moved', () => {
    const scene = carrierScene();
    scene.take(scene.locator.keep('a', CARRIER, 0));
    assert.deepEqual(scene.told, ['a: 192.0.2.1 192.0.2.2']);
    scene.pass(MINUTE_MS - 1);
    assert.equal(scene.asked.length, 3);
    scene.pass(1);
    assert.equal(scene.asked.length, 6);
    assert.equal(scene.told.length, 1);
    scene.zone.set('A a.carrier.example', [{ type: 'A', address: '192.0.2.3' }]);
    scene.pass(MINUTE_MS);
    assert.deepEqual(scene.told.slice(1), ['a: 192.0.2.3 192.0.2.2']);
  });

  test('an address is told at once and never looked at again', () => {
    const scene = new Scene();
    scene.take(scene.locator.keep('a', { scheme: 'sip', host: '192.0.2.7' }, 0));
    assert.deepEqual(scene.told, ['a: 192.0.2.7']);
    assert.equal(scene.locator.nextDeadline(), undefined);
  });

  test('is not asked for again, nor told of, once all is stopped', () => {
    const scene = carrierScene();
    scene.take(scene.locator.keep('a', CARRIER, 0));
    scene.dns = 'hangs';
    scene.pass(MINUTE_MS);
    scene.locator.stop();
    scene.pass(MINUTE_MS);
    assert.equal(scene.locator.nextDeadline(), undefined);
    assert.equal(scene.asked.length, 4);
    assert.equal(scene.told.length, 1);
  });

  test('two that want the same ask once', () => {
    const scene = carrierScene();
    scene.dns = 'hangs';
    scene.take(scene.locator.keep('a', HOST, 0));
    scene.take(scene.locator.keep('b', HOST, 0));
    assert.deepEqual(scene.asked, ['A carrier.example']);
  });

  test('stays where it was while DNS hangs or fails, with the trouble told, and DNS is asked on', () => {
    for (const dns of ['hangs', 'fails'] as const) {
      const scene = carrierScene();
      scene.take(scene.locator.keep('a', CARRIER, 0));
      scene.dns = dns;
      scene.pass(MINUTE_MS + 3 * LIMITS.dnsAnswerMs);
      assert.match(scene.told[1] ?? '', /^a: 192\.0\.2\.1 192\.0\.2\.2 ! _sip\._udp\.carrier\.example SRV: /);
      const before = scene.asked.length;
      scene.pass(5 * MINUTE_MS);
      assert.ok(scene.asked.length > before);
      assert.ok(scene.asked.length < before + 60, `asked ${scene.asked.length - before} times in 5 minutes`);
      scene.dns = 'answers';
      scene.pass(2 * MINUTE_MS);
      assert.equal(scene.told.at(-1), 'a: 192.0.2.1 192.0.2.2');
    }
  });

  test('that DNS hangs from the start on is told in words, and mended as soon as it answers', () => {
    const scene = carrierScene();
    scene.dns = 'hangs';
    scene.take(scene.locator.keep('a', CARRIER, 0));
    scene.pass(3 * LIMITS.dnsAnswerMs);
    assert.match(scene.told[0] ?? '', /^a: {2}! .*DNS did not answer in 5 s$/);
    scene.dns = 'answers';
    scene.pass(LIMITS.dnsRetryMs);
    assert.equal(scene.told.at(-1), 'a: 192.0.2.1 192.0.2.2');
  });

  test('an answer after its deadline is still believed, a failure after it tells nothing new', () => {
    const scene = carrierScene();
    scene.dns = 'hangs';
    scene.take(scene.locator.keep('a', HOST, 0));
    scene.pass(LIMITS.dnsAnswerMs + 1);
    const question = { type: 'A', name: 'carrier.example' } as const;
    assert.deepEqual(scene.locator.replied(question, { type: 'failed', reason: 'late' }, scene.now), []);
    const record = { type: 'A', address: '192.0.2.9' } as const;
    const rows = [{ name: 'carrier.example', ttlMs: MINUTE_MS, record }];
    scene.take(scene.locator.replied(question, { type: 'rows', rows }, scene.now));
    assert.equal(scene.locator.known(HOST, scene.now)?.[0]?.addresses[0], '192.0.2.9');
  });
});

describe('a target that is awaited', () => {
  const wait = (scene: Scene, waitMs: number): void =>
    scene.take(scene.locator.await('w', HOST, scene.now + waitMs, scene.now));

  test('is told once, when DNS has answered', () => {
    const scene = new Scene();
    scene.zone.set('A carrier.example', [{ type: 'A', address: '192.0.2.1' }]);
    wait(scene, SECOND_MS);
    scene.pass(10 * MINUTE_MS);
    assert.deepEqual(scene.told, ['w: 192.0.2.1']);
    assert.equal(scene.asked.length, 1);
  });

  test('is told at its time when DNS hangs, with nothing', () => {
    const scene = new Scene();
    scene.dns = 'hangs';
    wait(scene, 0.5 * SECOND_MS);
    scene.pass(0.5 * SECOND_MS - 1);
    assert.deepEqual(scene.told, []);
    scene.pass(1);
    assert.deepEqual(scene.told, ['w:  ! DNS has not answered yet']);
  });

  test('an old answer is better than waiting for a new one', () => {
    const scene = new Scene();
    scene.zone.set('A carrier.example', [{ type: 'A', address: '192.0.2.1' }]);
    wait(scene, SECOND_MS);
    scene.pass(10 * MINUTE_MS);
    scene.dns = 'hangs';
    wait(scene, SECOND_MS);
    assert.deepEqual(scene.told, ['w: 192.0.2.1', 'w: 192.0.2.1']);
    assert.equal(scene.asked.length, 2);
  });

  test('more questions than there may be are asked when others are answered, and a trunk has room', () => {
    const scene = new Scene();
    scene.dns = 'hangs';
    const names = Array.from(
      { length: LIMITS.dnsQuestionsOfOthersMax + 5 },
      (_, index) => `n${index}.example`,
    );
    for (const host of names) {
      const target = { scheme: 'sip', host, port: 5060 } as const;
      scene.take(scene.locator.await(host, target, 10 * MINUTE_MS, 0));
      scene.zone.set(`A ${host}`, [{ type: 'A', address: '192.0.2.1' }]);
    }
    assert.equal(scene.asked.length, LIMITS.dnsQuestionsOfOthersMax);
    scene.take(scene.locator.keep('trunk', HOST, 0));
    assert.equal(scene.asked.at(-1), 'A carrier.example');
    scene.dns = 'answers';
    scene.pass(LIMITS.dnsAnswerMs);
    assert.equal(scene.asked.length, names.length + 1);
    assert.equal(scene.told.filter((text) => text.endsWith(': 192.0.2.1')).length, 5);
  });

  test('no more are awaited than may be: the next is told at once that nothing is known', () => {
    const scene = new Scene();
    scene.dns = 'hangs';
    const wait = (host: string): void =>
      scene.take(scene.locator.await(host, { scheme: 'sip', host, port: 5060 }, MINUTE_MS, 0));
    for (let index = 0; index < LIMITS.lookupsMax; index++) wait(`n${index}.example`);
    assert.deepEqual(scene.told, []);
    wait('one-more.example');
    assert.deepEqual(scene.told, ['one-more.example:  ! DNS has not answered yet']);
    assert.ok(scene.asked.length <= LIMITS.dnsQuestionsOfOthersMax);
  });
});
