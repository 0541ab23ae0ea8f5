import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SeededRandom } from '../../../test/simulation/world.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import { type Change, type Traffic, together, Watch } from './testing.ts';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);
const HOUR = HOUR_MS / SECOND_MS;
const MINUTE = MINUTE_MS / SECOND_MS;
const DAY = DAY_MS / SECOND_MS;

function poisson(random: SeededRandom, mean: number): number {
  if (mean > 50) {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); count++) product *= random.fraction();
  return count;
}

/** A provider of some thousand phones: `busy` is 1 at the height of the day. */
function usual(random: SeededRandom, busy = 1): Traffic {
  const draw = (mean: number) => poisson(random, mean * busy);
  const newPhones = draw(3);
  const scanners = draw(2);
  return {
    packets: {
      known: { REGISTER: draw(60), INVITE: draw(8), response: draw(90), ACK: draw(8), BYE: draw(6) },
      carrier: { INVITE: draw(10), response: draw(30), ACK: draw(8), BYE: draw(6) },
      newcomer: { REGISTER: 2 * newPhones + scanners, OPTIONS: draw(4), INVITE: draw(0.5) },
    },
    sources: newPhones + scanners,
    challenged: newPhones + scanners,
    proved: newPhones,
  };
}

/** A day with a quiet night: from a tenth at four in the morning to all at four in the afternoon. */
function timeOfDay(secondOfDay: number): number {
  return 0.55 - 0.45 * Math.cos((2 * Math.PI * (secondOfDay - 4 * HOUR)) / DAY);
}

function flood(packets: number, sources: number): Traffic {
  const register = Math.round(packets * 0.4);
  return {
    packets: {
      newcomer: { REGISTER: register, INVITE: register, OPTIONS: 0.1 * packets, garbage: 0.1 * packets },
    },
    sources,
    challenged: Math.min(2_000, 2 * register),
  };
}

/** Phones that come back, over so many seconds: each is challenged, and answers. */
function comingBack(phones: number, seconds: number): Traffic {
  const each = phones / seconds;
  return { packets: { newcomer: { REGISTER: 2 * each } }, sources: 1, challenged: each, proved: each };
}

function postures(changes: readonly Change[]): readonly string[] {
  return changes.map(({ to }) => to);
}

function settled(seed: number, hours = 1): { readonly watch: Watch; readonly random: SeededRandom } {
  const random = new SeededRandom(seed);
  const watch = new Watch(12 * HOUR_MS);
  watch.seconds(hours * HOUR, () => usual(random));
  assert.deepEqual(postures(watch.changes), [], `seed ${seed} is quiet before it begins`);
  return { watch, random };
}

describe('what is normal', () => {
  test('days of usual traffic, from the quiet night to the height of the day, are calm for every seed', () => {
    for (const seed of SEEDS.slice(0, 3)) {
      const random = new SeededRandom(seed);
      const watch = new Watch();
      watch.seconds(DAY, (n) => usual(random, timeOfDay(n)));
      assert.deepEqual(watch.changes, [], `seed ${seed}`);
    }
  });

  test('a system where hardly anything happens is not alarmed by twenty packets', () => {
    const watch = new Watch();
    watch.seconds(4 * HOUR, (n) => (n % 900 === 0 ? { packets: { newcomer: { OPTIONS: 20 } } } : {}));
    assert.deepEqual(watch.changes, []);
  });

  test('the office that opens at nine is a surprise at most once: the next day it is known', () => {
    const random = new SeededRandom(3);
    const watch = new Watch();
    const opening = (n: number) => (n % DAY >= 9 * HOUR && n % DAY < 18 * HOUR ? 1 : 0.02);
    watch.seconds(DAY, (n) => together(usual(random), { packets: { known: { INVITE: 300 * opening(n) } } }));
    const onTheFirstDay = watch.changes.length;
    watch.seconds(DAY, (n) => together(usual(random), { packets: { known: { INVITE: 300 * opening(n) } } }));
    assert.equal(watch.changes.length, onTheFirstDay);
  });

  test('what stays is learned, and is no longer unusual within two hours', () => {
    const { watch, random } = settled(4);
    const more = { packets: { carrier: { INVITE: 600 } } };
    assert.equal(watch.seconds(MINUTE, () => together(usual(random), more)).posture, 'elevated');
    watch.seconds(4 * HOUR, () => together(usual(random), more));
    assert.equal(watch.posture, 'calm');
  });
});

describe('a flood', () => {
  test('from 10,000 sources at once is found within three seconds, for every seed', () => {
    for (const seed of SEEDS) {
      const { watch, random } = settled(seed, 0.25);
      // It begins somewhere within a second.
      const part = random.fraction();
      const began = watch.now + (1 - part) * SECOND_MS;
      watch.see(together(usual(random), flood(20_000 * part, 10_000 * part)));
      watch.seconds(3, () => together(usual(random), flood(20_000, 10_000)));
      const attack = watch.changes.find(({ to }) => to === 'attack');
      assert.ok(attack !== undefined && attack.at - began <= 3 * SECOND_MS, `seed ${seed}: ${attack?.at}`);
    }
  });

  test('is found within three seconds by a node that has just begun and knows nothing', () => {
    for (const seed of SEEDS) {
      const random = new SeededRandom(seed);
      const watch = new Watch();
      watch.seconds(3, () => together(usual(random), flood(1_000 + 30_000 * random.fraction(), 5_000)));
      assert.equal(watch.posture, 'attack', `seed ${seed}`);
    }
  });

  test('of 10,000 bots at a tenth of a packet a second each is found as quickly', () => {
    const { watch, random } = settled(1);
    watch.seconds(3, () => together(usual(random), flood(poisson(random, 1_000), 950)));
    assert.equal(watch.posture, 'attack');
  });

  test('that grows slowly over an hour is found before it takes a sixth of what newcomers have', () => {
    const { watch, random } = settled(2);
    let at = 0;
    watch.seconds(HOUR, (n) => {
      const packets = (5_000 * n) / HOUR;
      if (watch.posture !== 'attack') at = packets;
      return together(usual(random), flood(packets, packets));
    });
    assert.equal(watch.posture, 'attack');
    assert.ok(at < 5_000 / 6, `found at ${at} packets a second`);
  });

  test('of garbage alone is found, and so is one that the kernel drops before anybody can tell its kind', () => {
    for (const traffic of [
      { packets: { newcomer: { garbage: 5_000 } }, sources: 1_000 },
      { dropped: { newcomer: 5_000 } },
    ] satisfies Traffic[]) {
      const { watch, random } = settled(3);
      watch.seconds(3, () => together(usual(random), traffic));
      assert.equal(watch.posture, 'attack');
    }
  });

  test('that forges known phones is found by what goes beyond their budgets', () => {
    const { watch, random } = settled(3);
    const forged = { packets: { known: { REGISTER: 500 } }, dropped: { known: 3_000 } };
    watch.seconds(3, () => together(usual(random), forged));
    assert.equal(watch.posture, 'attack');
  });

  test('is not excused by phones that come back through it and prove themselves', () => {
    const { watch, random } = settled(5);
    // Fair shares let nearly only phones in: nine of ten challenges are answered, and 50,000 packets are dropped.
    const both = { ...comingBack(100, 1), dropped: { newcomer: 50_000 } };
    watch.seconds(10, () => together(usual(random), both));
    assert.equal(watch.posture, 'attack');
  });
});

describe('somebody patient', () => {
  const found = (watch: Watch, random: SeededRandom) => {
    watch.seconds(3, () => together(usual(random), flood(5_000, 3_000)));
    return watch.posture;
  };

  test('who sends for a day what is just no attack teaches nobody that a flood is normal', () => {
    const { watch, random } = settled(12);
    watch.seconds(DAY + 2 * HOUR, () => flood(450, 300));
    assert.ok(!postures(watch.changes).includes('attack'));
    watch.seconds(3, () => flood(2_500, 2_000));
    assert.equal(watch.posture, 'attack');
    assert.equal(found(watch, random), 'attack');
  });

  test('who sends in bursts teaches nobody that a flood is one', () => {
    const { watch, random } = settled(13);
    watch.seconds(3 * HOUR, (n) => together(usual(random), flood(n % 4 === 0 ? 900 : 0, 500)));
    assert.equal(found(watch, random), 'attack');
  });
});

describe('many who come at once and are welcome', () => {
  test('an office of 500 phones that reconnects is no attack, whatever the seed', () => {
    for (const seed of SEEDS) {
      const { watch, random } = settled(seed, 0.25);
      watch.seconds(5, () => together(usual(random), comingBack(500, 5)));
      watch.seconds(MINUTE, () => usual(random));
      assert.ok(!postures(watch.changes).includes('attack'), `seed ${seed}`);
    }
  });

  test('nor is it one right after the start of the node', () => {
    const watch = new Watch();
    watch.seconds(5, () => comingBack(500, 2));
    assert.equal(watch.posture, 'calm');
  });

  test('5,000 phones whose provider gave them new addresses are at most unusual', () => {
    const { watch, random } = settled(6);
    watch.seconds(25, () => together(usual(random), comingBack(200, 1), { dropped: { newcomer: 2_000 } }));
    assert.ok(!postures(watch.changes).includes('attack'));
  });

  test('the calls of a television show, ten times as many as usual, are unusual and no attack', () => {
    const { watch, random } = settled(7);
    const show = { packets: { carrier: { INVITE: 400, ACK: 300, BYE: 200, response: 900 } } };
    watch.seconds(10 * MINUTE, () => together(usual(random), show));
    assert.deepEqual(postures(watch.changes), ['elevated']);
  });
});

describe('the posture', () => {
  test('goes down slowly after an attack: half a minute to elevated, and a minute more to calm', () => {
    const { watch, random } = settled(8);
    watch.seconds(60, () => together(usual(random), flood(20_000, 10_000)));
    const ended = watch.now;
    watch.seconds(5 * MINUTE, () => usual(random));
    const after = watch.changes.filter(({ at }) => at > ended);
    assert.deepEqual(postures(after), ['elevated', 'calm']);
    const [elevated, calm] = after.map(({ at }) => (at - ended) / SECOND_MS);
    assert.ok(elevated !== undefined && elevated >= 30 && elevated <= 40, `elevated after ${elevated} s`);
    assert.ok(calm !== undefined && calm >= elevated + 60 && calm <= elevated + 65, `calm after ${calm} s`);
  });

  test('stays at attack under pulses that would make it flap', () => {
    const { watch, random } = settled(9);
    watch.seconds(HOUR, (n) => (n % 50 < 5 ? together(usual(random), flood(20_000, 10_000)) : usual(random)));
    assert.ok(watch.changes.length <= 9, postures(watch.changes).join(' '));
  });

  test('an attack that lasts all night teaches nobody that it is normal', () => {
    const { watch, random } = settled(10);
    watch.seconds(10 * HOUR, () => together(usual(random), flood(3_000, 2_000)));
    assert.equal(watch.posture, 'attack');
    assert.deepEqual(postures(watch.changes).slice(-1), ['attack']);
  });

  test('a node that is late for its own reasons is unusual, and not attacked', () => {
    const { watch, random } = settled(11);
    watch.seconds(10, () => ({ ...usual(random), lateMs: 200 }));
    assert.equal(watch.posture, 'elevated');
  });

  test('whatever comes, it changes seldom, and ends calm when there is quiet', () => {
    const traffic = fc.record({
      seconds: fc.integer({ min: 1, max: 90 }),
      packets: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50_000 })),
      sources: fc.integer({ min: 0, max: 50_000 }),
      proved: fc.integer({ min: 0, max: 3_000 }),
      lateMs: fc.constantFrom(0, 0, 0, 300),
    });
    fc.assert(
      fc.property(fc.array(traffic, { maxLength: 30 }), (spells) => {
        const watch = new Watch();
        for (const { seconds, packets, sources, proved, lateMs } of spells) {
          watch.seconds(seconds, () => ({ ...flood(packets, sources), proved, lateMs }));
        }
        const ups = watch.changes.filter(({ to }) => to === 'attack').map(({ at }) => at);
        for (const [index, at] of ups.entries()) {
          const before = ups[index - 1];
          if (before !== undefined)
            assert.ok(at - before >= 30 * SECOND_MS, `attack twice in ${at - before} ms`);
        }
        // The longest hold is sixteen times half a minute, and sixteen times a minute after it.
        watch.seconds(26 * MINUTE, () => ({}));
        assert.equal(watch.posture, 'calm');
      }),
      { numRuns: 60 },
    );
  });
});
