import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import { decodeG711, G711_SILENCE } from '../../rtp/g711.ts';
import { toneShare } from '../../rtp/tone.ts';
import { dueSteps, Pacer } from './pacer.ts';
import { encodeSound, encodeTone, Playback } from './playback.ts';
import { PortPairs } from './port-pairs.ts';

describe('a playback', () => {
  const sound = encodeSound(new Int16Array(400).fill(1_000));

  test('gives 20 ms at a time and fills the last ones up with silence', () => {
    const playback = new Playback([sound], false);
    const steps = [playback.next('PCMA'), playback.next('PCMA'), playback.next('PCMA')];
    assert.deepEqual(
      steps.map((step) => step?.length),
      [160, 160, 160],
    );
    assert.deepEqual([...(steps[2]?.subarray(79, 81) ?? [])], [sound.PCMA[0], G711_SILENCE.PCMA]);
    assert.equal(playback.next('PCMA'), undefined);
  });

  test('begins again at its end when it repeats', () => {
    const playback = new Playback([sound], true);
    for (let step = 0; step < 3; step += 1) playback.next('PCMU');
    assert.deepEqual(playback.next('PCMU'), sound.PCMU.subarray(0, 160));
  });

  test('of nothing is over at once, even when it repeats', () => {
    assert.equal(new Playback([encodeSound(new Int16Array(0))], true).next('PCMU'), undefined);
  });

  test('goes from one sound to the next in the middle of a step', () => {
    const other = encodeSound(new Int16Array(100).fill(-1_000));
    const playback = new Playback([sound, other], false);
    const played = [0, 1, 2, 3].flatMap(() => [...(playback.next('PCMA') ?? [])]);
    assert.deepEqual(played.slice(0, 500), [...sound.PCMA, ...other.PCMA]);
    assert.equal(playback.next('PCMA'), undefined);
  });

  test('of a tone repeats without a seam', () => {
    const playback = new Playback([encodeTone(425)], true);
    const bytes: number[] = [];
    for (let step = 0; step < 60; step += 1) bytes.push(...(playback.next('PCMU') ?? []));
    const seam = decodeG711('PCMU', Uint8Array.from(bytes.slice(8_000 - 400, 8_000 + 400)));
    assert.ok(toneShare(seam, 425, 8_000) > 0.99);
  });
});

describe('the beat of playing', () => {
  test('is due every 20 ms, and makes good what a late timer missed', () => {
    assert.deepEqual(dueSteps(1_000, 999), { count: 0, nextAt: 1_000 });
    assert.deepEqual(dueSteps(1_000, 1_000), { count: 1, nextAt: 1_020 });
    assert.deepEqual(dueSteps(1_000, 1_019.5), { count: 1, nextAt: 1_020 });
    assert.deepEqual(dueSteps(1_000, 1_047), { count: 3, nextAt: 1_060 });
  });

  test('does not drift, however late each timer is', () => {
    let steps = 0;
    let nextAt = 0;
    for (let now = 0; now < 60_000; now = nextAt + (steps % 19)) {
      const due = dueSteps(nextAt, now);
      steps += due.count;
      nextAt = due.nextAt;
    }
    assert.equal(steps, 3_000);
  });

  test('goes on later after a stall, instead of bursting', () => {
    const stalledUntil = 1_000 + LIMITS.mediaCatchUpStepsMax * 20;
    assert.deepEqual(dueSteps(1_000, stalledUntil), { count: 1, nextAt: stalledUntil + 20 });
  });

  test('gives a listener who came during a stall only what was due since then', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let now = 0;
    const pacer = new Pacer({ now: () => now });
    const steps = { first: 0, late: 0 };
    const counting = (who: keyof typeof steps) => ({
      step() {
        steps[who] += 1;
      },
    });
    pacer.add(counting('first'));
    t.mock.timers.tick(0);
    now = 65;
    pacer.add(counting('late'));
    now = 85;
    t.mock.timers.tick(85);
    assert.deepEqual(steps, { first: 5, late: 1 });
  });
});

describe('port pairs', () => {
  test('are even and odd within the range, each given out once', () => {
    const pairs = new PortPairs({ from: 20_001, to: 20_008 }, 5_000, 0.5);
    assert.equal(pairs.total, 3);
    const taken = [pairs.take(0), pairs.take(0), pairs.take(0)];
    assert.deepEqual(taken.toSorted(), [20_002, 20_004, 20_006]);
    assert.equal(pairs.take(0), undefined);
    assert.equal(pairs.free, 0);
  });

  test('are none in a range without a whole pair', () => {
    assert.equal(new PortPairs({ from: 20_001, to: 20_002 }, 5_000, 0).total, 0);
    assert.equal(new PortPairs({ from: 20_000, to: 20_000 }, 5_000, 0).take(0), undefined);
  });

  test('rest after use, and come back in the order of their release', () => {
    const pairs = new PortPairs({ from: 20_000, to: 20_003 }, 5_000, 0);
    assert.equal(pairs.take(0), 20_000);
    assert.equal(pairs.take(0), 20_002);
    pairs.release(20_002, 1_000);
    pairs.release(20_000, 2_000);
    assert.equal(pairs.free, 2);
    assert.equal(pairs.take(5_999), undefined);
    assert.equal(pairs.take(6_000), 20_002);
    assert.equal(pairs.take(6_000), undefined);
    assert.equal(pairs.take(7_000), 20_000);
  });

  test('last through any number of calls', () => {
    const pairs = new PortPairs({ from: 20_000, to: 20_019 }, 100, 0);
    for (let call = 0; call < 1_000; call += 1) {
      const port = pairs.take(call * 100);
      assert.ok(port !== undefined);
      pairs.release(port, call * 100);
    }
    assert.equal(pairs.free, 10);
  });
});
