import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../../../test/simulation/world.ts';
import { present } from '../../base/assert.ts';
import { HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import type { KernelCounts, Lane } from '../../ports/shield.ts';
import { Detection } from './detection.ts';
import type { AttackReport, DetectionEffect } from './report.ts';
import { eachLane } from './second.ts';
import { NEWCOMERS_PER_SECOND, play } from './testing.ts';

const SEEDS = [1, 2, 3, 4, 5];
const STEPS_A_SECOND = 10;

function detection(now: Instant = 0): Detection {
  return new Detection({ seed: 7, newcomersPerSecond: NEWCOMERS_PER_SECOND }, now);
}

function addressOf(word: number): string {
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255].join('.');
}

/** Bots that really are somewhere, in networks where customers of providers are. */
function botnet(random: SeededRandom, bots: number): readonly string[] {
  return Array.from({ length: bots }, () => addressOf(random.between(0x20000000, 0xdf000000)));
}

interface Flood {
  readonly from: () => string;
  readonly perSecond: number;
  readonly port?: () => number;
}

/** Mixed as botnets mix: what comes in is challenged where it can be, and never answers. */
function flooding(target: Detection, random: SeededRandom, { from, perSecond, port }: Flood): () => void {
  const kinds = ['REGISTER', 'INVITE', 'OPTIONS', 'garbage'] as const;
  return () => {
    for (let n = 0; n < perSecond / STEPS_A_SECOND; n++) {
      const kind = random.pick(kinds);
      const remote = { address: from(), port: port?.() ?? 5_060 };
      const isAdmitted = random.chance(0.2);
      target.record('newcomer', kind, { transport: 'udp', remote }, 400, isAdmitted);
      if (!isAdmitted) continue;
      if (kind === 'garbage') target.malformed('the first line is not of SIP');
      else target.userAgent('friendly-scanner');
      if (kind === 'REGISTER' || kind === 'INVITE') target.challenged();
    }
  };
}

/** Phones that register anew from changed ports: each one challenge, each one right answer. */
function phonesComingBack(target: Detection, perSecond: number): () => void {
  let phone = 0;
  return () => {
    for (let n = 0; n < perSecond / STEPS_A_SECOND; n++) {
      const remote = { address: '192.0.2.1', port: 10_000 + (phone % 50_000) };
      target.record('newcomer', 'REGISTER', { transport: 'udp', remote }, 500, true);
      target.challenged();
      target.record('newcomer', 'REGISTER', { transport: 'udp', remote }, 700, true);
      target.answered(`phone-${phone++}`, true);
    }
  };
}

function attackIn(told: readonly { readonly at: Instant; readonly effect: DetectionEffect }[]) {
  return told.find(({ effect }) => effect.type === 'posture' && effect.to === 'attack');
}

function reportAfter(target: Detection, seconds: number, arrive: () => void, from = 0): AttackReport {
  play(target, from, seconds, arrive);
  return present(target.status(from + seconds * SECOND_MS).attack, 'an attack that goes on');
}

function kernelCounts(dropped: Partial<Readonly<Record<Lane, number>>>, garbage = 0): KernelCounts {
  const none = { admitted: 0, admittedBytes: 0, dropped: 0, droppedBytes: 0 };
  return {
    lanes: eachLane((lane) => ({
      ...none,
      dropped: dropped[lane] ?? 0,
      droppedBytes: 400 * (dropped[lane] ?? 0),
    })),
    connects: { admitted: 0, dropped: 0 },
    media: { admitted: 0, dropped: 0 },
    fragments: { admitted: 0, dropped: 0 },
    garbage,
    crowd: 0,
    doorNewcomers: new Map(),
    tables: {},
  };
}

describe('detection', () => {
  test('finds a botnet of 10,000 within three seconds of its first packet, wherever in a second that comes', () => {
    for (const seed of SEEDS) {
      const random = new SeededRandom(seed);
      const bots = botnet(random, 10_000);
      const target = detection();
      const quiet = phonesComingBack(target, 10);
      const began = MINUTE_MS + random.between(0, 9) * 100;
      play(target, 0, began / SECOND_MS, quiet);
      const flood = flooding(target, random, { from: () => random.pick(bots), perSecond: 20_000 });
      const attack = attackIn(play(target, began, 4, flood));
      assert.ok(attack !== undefined && attack.at - began <= 3 * SECOND_MS, `seed ${seed}: ${attack?.at}`);
    }
  });

  test('tells what an attack is made of', () => {
    const random = new SeededRandom(1);
    const bots = [...botnet(random, 10_000), ...Array.from({ length: 50 }, (_, n) => `198.18.7.${n}`)];
    const loud = bots.slice(-50);
    const target = detection();
    const from = () => (random.chance(0.3) ? random.pick(loud) : random.pick(bots));
    const report = reportAfter(target, 20, flooding(target, random, { from, perSecond: 10_000 }));
    assert.ok(Math.abs(report.sources - bots.length) < 0.1 * bots.length, `${report.sources} sources`);
    assert.equal(report.networks[0]?.network, '198.18.7.0/24');
    assert.ok(Math.abs((report.networks[0]?.share ?? 0) - 0.3) < 0.1, JSON.stringify(report.networks[0]));
    assert.deepEqual(report.kinds.map(({ kind }) => kind).sort(), [
      'INVITE',
      'OPTIONS',
      'REGISTER',
      'garbage',
    ]);
    assert.equal(report.userAgents[0]?.text, 'friendly-scanner');
    assert.equal(report.malformations[0]?.text, 'the first line is not of SIP');
    assert.ok(Math.abs(report.peakPerSecond - 10_000) <= 1_000, `${report.peakPerSecond}`);
    assert.equal(report.sure.words, 'certain');
    assert.equal(report.answered, 0);
  });

  test('a flood of forged known flows alone has no strangers in it, of whom shares could be told', () => {
    const target = detection();
    play(target, 0, 10, phonesComingBack(target, 100));
    play(target, 10 * SECOND_MS, 2, () => {});
    const remote = { address: '192.0.2.1', port: 5_060 };
    const forged = () => {
      for (let n = 0; n < 5_000; n++)
        target.record('known', 'REGISTER', { transport: 'udp', remote }, 500, false);
    };
    const report = reportAfter(target, 5, forged, 12 * SECOND_MS);
    const shares = [...report.networks, ...report.kinds, ...report.userAgents, ...report.malformations];
    assert.deepEqual(
      shares.filter(({ share }) => !(share >= 0 && share <= 1)),
      [],
    );
  });

  test('takes an office that reconnects for unusual at most, and says why', () => {
    const target = detection();
    play(target, 0, 10 * 60, phonesComingBack(target, 10));
    const told = play(target, 10 * MINUTE_MS, 30, phonesComingBack(target, 500));
    assert.equal(attackIn(told), undefined);
    const [first] = told;
    assert.ok(first?.effect.type === 'posture' && first.effect.to === 'elevated');
    assert.match(first.effect.why, /strangers send .* REGISTERs a second, normally 20; 100 % of challenges/);
    assert.equal(first.effect.sure.words, 'unlikely');
  });

  test('an attack that is over is told once, with its beginning, its end and its peak', () => {
    const random = new SeededRandom(2);
    const bots = botnet(random, 1_000);
    const target = detection();
    play(target, 0, 10, flooding(target, random, { from: () => random.pick(bots), perSecond: 5_000 }));
    const told = play(target, 10 * SECOND_MS, 300, () => {});
    const over = told.filter(({ effect }) => effect.type === 'attack-over');
    assert.equal(over.length, 1);
    const [{ effect }] = over as [(typeof over)[0]];
    assert.ok(effect.type === 'attack-over');
    const { began, ended = 0 } = effect.report;
    assert.ok(
      began <= 2 * SECOND_MS && ended >= 10 * SECOND_MS && ended <= 16 * SECOND_MS,
      `${began} ${ended}`,
    );
    assert.deepEqual(target.status(310 * SECOND_MS).attacks, [effect.report]);
    assert.equal(target.status(310 * SECOND_MS).attack, undefined);
  });

  test('what a kernel drops counts, and so it finds a flood of which this process sees nothing', () => {
    const target = detection();
    target.kernel(kernelCounts({ newcomer: 1_000_000 }), -SECOND_MS);
    assert.equal(target.nextDeadline(), undefined, 'what was counted before this process began is no flood');
    const dropped = (now: Instant) => 1_000_000 + 40 * now;
    const told = play(target, 0, 4, (now) => {
      if (now % SECOND_MS === 0) target.kernel(kernelCounts({ newcomer: dropped(now) }, now), now);
    });
    assert.ok(attackIn(told) !== undefined);
    assert.match(target.status(4_000).why, /send 41,000 packets a second/);
  });

  test('a kernel that answers now sooner, now later is no flood that comes and goes', () => {
    const target = detection();
    const pausesMs = [1_000, 1_700, 300, 1_400, 600];
    let nextAt = 0;
    let answers = 0;
    play(target, 0, 60, (now) => {
      if (now < nextAt) return;
      target.kernel(kernelCounts({ newcomer: 40 * now }), now);
      nextAt = now + (pausesMs[answers++ % pausesMs.length] ?? 0);
    });
    const attack = present(target.status(60 * SECOND_MS).attack, 'an attack');
    assert.ok(attack.peakPerSecond < 42_000, `${attack.peakPerSecond}`);
    assert.ok(Math.abs(attack.packets - 40 * 58_000) < 0.1 * 40 * 58_000, `${attack.packets}`);
  });

  test('a kernel whose table was made anew begins to count anew', () => {
    const target = detection();
    target.kernel(kernelCounts({ newcomer: 1_000_000 }), 0);
    target.kernel(kernelCounts({ newcomer: 5 }), SECOND_MS);
    play(target, 0, 5, () => {});
    assert.equal(target.posture, 'calm');
  });

  test('asks for no time while nothing comes, and goes on where packets come again', () => {
    const target = detection();
    assert.equal(target.nextDeadline(), undefined);
    play(target, 0, 60, phonesComingBack(target, 10));
    play(target, MINUTE_MS, 5, () => {});
    assert.equal(target.nextDeadline(), undefined);
    assert.equal(target.status(HOUR_MS).lanes.find(({ lane }) => lane === 'newcomer')?.admittedPerSecond, 0);
    play(target, HOUR_MS, 60, phonesComingBack(target, 10));
    const { lanes } = target.status(HOUR_MS + MINUTE_MS);
    assert.equal(lanes.find(({ lane }) => lane === 'newcomer')?.admittedPerSecond, 20);
    assert.equal(target.posture, 'calm');
  });

  test('a node that was held up does not take what waited meanwhile for a flood', () => {
    const target = detection();
    const phones = phonesComingBack(target, 200);
    play(target, 0, 10 * 60, phones);
    // Four seconds in which nothing is read, and then all at once.
    for (let step = 0; step < 40; step++) phones();
    assert.deepEqual(target.expire(10 * MINUTE_MS + 4 * SECOND_MS), []);
    const { lanes, lateMs } = target.status(10 * MINUTE_MS + 4 * SECOND_MS);
    const rate = lanes.find(({ lane }) => lane === 'newcomer')?.admittedPerSecond ?? 0;
    assert.ok(rate > 350 && rate < 450, `${rate}`);
    assert.ok(lateMs > 2_500);
  });

  test('an insider who proves himself again and again is one user, and excuses nobody', () => {
    const random = new SeededRandom(4);
    const bots = botnet(random, 5_000);
    const target = detection();
    const flood = flooding(target, random, { from: () => random.pick(bots), perSecond: 2_000 });
    const told = play(target, 0, 4, () => {
      flood();
      for (let n = 0; n < 100; n++) target.answered('insider', true);
    });
    assert.ok(attackIn(told) !== undefined);
  });
});

describe('whether sources are forged', () => {
  const likelihood = (seconds: number, flood: (random: SeededRandom, target: Detection) => () => void) => {
    const target = detection();
    return reportAfter(target, seconds, flood(new SeededRandom(5), target)).forged;
  };

  test('is nearly certain where addresses come that nobody can have', () => {
    const forged = likelihood(10, (random, target) =>
      flooding(target, random, {
        from: () => addressOf(random.between(0, 2 ** 32 - 1)),
        port: () => random.between(1, 65_535),
        perSecond: 5_000,
      }),
    );
    assert.equal(forged.words, 'forged');
  });

  test('is probable where every packet has another source, and none comes again', () => {
    const forged = likelihood(15, (random, target) =>
      flooding(target, random, {
        from: () => addressOf(random.between(0x20000000, 0xbfffffff)),
        perSecond: 5_000,
      }),
    );
    assert.equal(forged.words, 'probably forged');
  });

  test('cannot be told of a botnet that is merely silent', () => {
    const forged = likelihood(10, (random, target) => {
      const bots = botnet(random, 5_000);
      return flooding(target, random, { from: () => random.pick(bots), perSecond: 5_000 });
    });
    assert.equal(forged.words, 'nobody can tell whether they are forged');
  });

  test('is out of the question where they answer challenges, be it with wrong passwords', () => {
    const forged = likelihood(10, (random, target) => {
      const bots = botnet(random, 500);
      const flood = flooding(target, random, { from: () => random.pick(bots), perSecond: 5_000 });
      return () => {
        flood();
        for (let n = 0; n < 40; n++) target.answered('admin', false);
      };
    });
    assert.equal(forged.words, 'real');
  });
});
