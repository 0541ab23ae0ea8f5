// The ladder and the storm governor under the worst that can come together: known traffic that is more than the node
// can do, a wire that loses and delays, an attack before, a crash in the middle. From seeds.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../../src/base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts';
import { RUNGS, type Rung } from '../../../src/ports/shield.ts';
import { LONGEST_MS } from '../../../src/shield/brownout/ladder.ts';
import { type Agent, type Costs, type Faults, Machine } from '../crowd.ts';
import { CrowdCaller, CrowdPhone, crowdAccount, type Outcome } from '../crowd-agents.ts';
import { World } from '../world.ts';
import { message } from './attackers.ts';
import { TRUNK } from './besieged.ts';

const SEEDS = [1, 2] as const;
const NUMBER = '+442079460000';
const MOBILE = '07700900123';
const ROUGH: Faults = { loss: 0.01, duplicates: 0.01, late: 0.05, lateMs: 200 };

/** Phones that are registered, for so long yet. */
function stage(seed: number, count: number, costs: Costs, lastsMs: (luck: World['random']) => number) {
  const world = new World(seed);
  const machine = new Machine(world, [{ ...TRUNK, outbound: true }], costs, ROUGH);
  const phones = Array.from({ length: count }, (_, n) => {
    const at = { address: `192.0.${n >> 8}.${n & 255}`, port: 5060 };
    return new CrowdPhone(machine, `phone${n}`, at);
  });
  const carrier = new CrowdCaller(machine, '+442079460999', { address: TRUNK.target.host, port: 5060 });
  const luck = world.random.fork('phones');
  const kept = phones.map((phone) => phone.kept(lastsMs(luck)));
  machine.start([crowdAccount(count, NUMBER)], kept);
  return { world, machine, phones, carrier };
}

/** So many a second, for so long, at times of chance. */
function often(world: World, perSecond: number, forMs: number, act: (n: number) => void): void {
  const luck = world.random.fork('often');
  const times = Math.floor((perSecond * forMs) / SECOND_MS);
  for (let n = 0; n < times; n++) world.after(luck.between(0, forMs), () => act(n));
}

function statuses(outcomes: readonly Outcome[]): readonly string[] {
  return Object.keys(Object.groupBy(outcomes, ({ status }) => status));
}

interface Spell {
  readonly rung: Rung;
  readonly lastedMs: number;
}

/** Each time that a rung was engaged, of one life of the node; and that they were so in their order. */
function spellsOf(machine: Machine, from: Instant, until: Instant): readonly Spell[] {
  const since: number[] = [];
  const spells: Spell[] = [];
  for (const event of machine.events) {
    if (event.type !== 'shield-rung' || event.at < from || event.at >= until) continue;
    const { rung, engaged, at } = event;
    if (engaged) {
      assert.equal(rung, RUNGS[since.length], 'the next one is engaged');
      since.push(at);
    } else {
      const began = since.pop() ?? assert.fail('it was engaged');
      assert.equal(rung, RUNGS[since.length], 'the last one is released');
      spells.push({ rung, lastedMs: at - began });
    }
  }
  return spells;
}

/** A machine that is twenty times as slow as a real one: twenty calls a second are all that it can do. */
const SLOW: Costs = (kind) => {
  if (kind === 'INVITE') return 50;
  if (kind === 'REGISTER') return 10;
  return kind === 'response' ? 1 : 4;
};

for (const seed of SEEDS) {
  describe(`everybody who is known asks for more than the node can do (seed ${seed})`, () => {
    const { world, machine, phones, carrier } = stage(seed, 60, SLOW, () => 20 * MINUTE_MS);
    const one = (n: number): CrowdPhone => phones[n % phones.length] ?? assert.fail();
    const strangers = Array.from({ length: 5 }, (_, n) => {
      return new CrowdPhone(machine, `nobody${n}`, { address: `203.0.${n}.9`, port: 5060 });
    });
    const urgent: Outcome[] = [];
    const helpAskedAt: Instant[] = [];
    const taken: Outcome[] = [];
    const beginning = world.now;
    const LASTS_MS = 50 * SECOND_MS;
    const CRASH_MS = 38 * SECOND_MS;
    often(world, 40, LASTS_MS, (n) => one(n).wonder('OPTIONS'));
    often(world, 15, LASTS_MS, (n) => one(n).wonder('SUBSCRIBE'));
    often(world, 15, LASTS_MS, (n) => one(n + 7).register(() => {}));
    often(world, 1, LASTS_MS, (n) => strangers[n % 5]?.call(NUMBER, () => {}));
    often(world, 6, LASTS_MS, (n) => one(n + 13).call(MOBILE, (outcome) => taken.push(outcome)));
    often(world, 25, LASTS_MS, () => carrier.call(NUMBER, (outcome) => taken.push(outcome)));
    often(world, 0.3, LASTS_MS, (n) => {
      helpAskedAt.push(world.now);
      one(n + 3).call('999', (outcome) => urgent.push(outcome));
    });
    world.after(CRASH_MS, () => machine.crash());
    world.runUntil(beginning + LASTS_MS + 2 * MINUTE_MS);
    const crash = beginning + CRASH_MS;

    test('rungs are engaged one after the other, all of them in the end, by both lives of the node', () => {
      const engaged = (from: Instant, until: Instant) =>
        machine.events.flatMap((event) =>
          event.type === 'shield-rung' && event.engaged && event.at >= from && event.at < until
            ? [event.rung]
            : [],
        );
      assert.deepEqual(engaged(beginning, crash).slice(0, RUNGS.length), RUNGS);
      assert.deepEqual(engaged(crash, world.now).slice(0, RUNGS.length), RUNGS);
    });

    test('none lasts longer than it may, and none is left when it is over', () => {
      const first = spellsOf(machine, beginning, crash);
      const second = spellsOf(machine, crash, world.now);
      assert.ok(second.length >= RUNGS.length);
      for (const { rung, lastedMs } of [...first, ...second]) {
        assert.ok(lastedMs <= LONGEST_MS[rung], `${rung} for ${lastedMs} ms`);
      }
      const still = machine.node.brownout().rungs.filter(({ engaged }) => engaged !== undefined);
      assert.deepEqual(still, []);
    });

    test('calls are shed, and as many taken as the node can do', () => {
      const { 200: connected = [], 503: shed = [] } = Object.groupBy(taken, ({ status }) => status);
      assert.ok(shed.length > connected.length, `${shed.length} shed`);
      assert.ok(connected.length >= 150, `${connected.length} taken`);
    });

    test('no emergency call is shed, and none waits behind what is', () => {
      assert.deepEqual(statuses(urgent), ['200']);
      // Those that were being set up when the node crashed are gone with it.
      const gone = helpAskedAt.filter((at) => !urgent.some(({ sentAt }) => sentAt === at));
      assert.ok(gone.length <= 1 && gone.every((at) => at < crash && crash - at < 2 * SECOND_MS), `${gone}`);
      const tookMs = urgent.map(({ sentAt, answeredAt }) => answeredAt - sentAt).sort((a, b) => a - b);
      // What is lost comes again after half a second.
      assert.ok((tookMs.at(-1) ?? Infinity) <= 2 * SECOND_MS, `${tookMs}`);
    });

    test('no phone loses its registration', () => {
      assert.equal(machine.node.gauges()['bindings'], 60);
    });
  });
}

/** A machine that registers some 350 phones a second. */
const WEAK: Costs = (kind, bytes) => {
  if (kind === 'REGISTER') return Buffer.from(bytes).includes('Authorization') ? 2 : 0.6;
  if (kind === 'INVITE') return 8;
  return kind === 'response' ? 0.8 : 0.4;
};

for (const seed of SEEDS) {
  describe(`after an attack, all phones come back in one second (seed ${seed})`, () => {
    const COUNT = 1_000;
    // Most registrations end while it lasts, and the first phone's, which is called, with them.
    const lastsMs = (luck: World['random']) => luck.between(20, 240) * SECOND_MS;
    const { world, machine, phones, carrier } = stage(seed, COUNT, WEAK, lastsMs);
    const beginning = world.now;
    const calls: Outcome[] = [];
    const told: number[] = [];
    const back: Instant[] = [];
    let fewest = COUNT;
    let mostInGrace = 0;
    const luck = world.random.fork('bots');
    often(world, 1_000, 6 * SECOND_MS, (n) => {
      const address = `${luck.between(20, 99)}.${luck.between(0, 255)}.${luck.between(0, 255)}.66`;
      const bot: Agent = { at: { address, port: luck.between(1_024, 65_535) }, received: () => {} };
      machine.send(bot, message('REGISTER', n));
    });
    const register = (phone: CrowdPhone): void =>
      phone.register(({ status, retryAfterSeconds }) => {
        if (status === 200) return void back.push(world.now);
        const waitMs = (retryAfterSeconds ?? 5) * SECOND_MS;
        told.push(waitMs);
        world.after(waitMs, () => register(phone));
      });
    const over = (): boolean =>
      machine.events.some((event) => event.type === 'shield-posture' && event.from === 'attack');
    let began: Instant | undefined;
    let crashed: Instant | undefined;
    const look = (): void => {
      const { bindings = 0, inGrace = 0 } = { ...machine.node.gauges(), ...machine.node.brownout() };
      fewest = Math.min(fewest, bindings);
      mostInGrace = Math.max(mostInGrace, inGrace);
      carrier.call(NUMBER, (outcome) => calls.push(outcome));
      if (began === undefined && over()) {
        began = world.now;
        for (const phone of phones) world.after(luck.between(0, SECOND_MS), () => register(phone));
      }
      if (began !== undefined && crashed === undefined && world.now - began > 8 * SECOND_MS) {
        crashed = world.now;
        machine.crash();
      }
      world.after(SECOND_MS, look);
    };
    world.after(SECOND_MS, look);
    world.runUntil(beginning + 150 * SECOND_MS);

    test('none is unreachable at any time: what ended meanwhile is kept, by both lives of the node', () => {
      assert.equal(fewest, COUNT);
      assert.ok(mostInGrace >= 50, `${mostInGrace} in grace`);
      assert.deepEqual(statuses(calls), ['200']);
      assert.ok(calls.length >= 145, `${calls.length} calls`);
    });

    test('they are let in one after the other, and all of them soon', () => {
      assert.ok(began !== undefined && crashed !== undefined);
      assert.equal(back.length, COUNT);
      const seconds = Object.values(Object.groupBy(back, (at) => Math.floor(at / SECOND_MS)));
      const peak = Math.max(...seconds.map((each = []) => each.length));
      assert.ok(peak <= (2 / 3) * COUNT, `${peak} in one second`);
      assert.ok(told.length >= COUNT / 5, `${told.length} were put off`);
      assert.ok(Math.max(...told) <= LIMITS.registerWaitMaxMs);
      assert.ok(Math.max(...back) - began <= 30 * SECOND_MS);
    });

    test('no call waits for it longer than for a message that is lost', () => {
      const slowest = Math.max(...calls.map(({ sentAt, answeredAt }) => answeredAt - sentAt));
      assert.ok(slowest <= 2 * SECOND_MS, `${slowest} ms`);
    });

    test('it is over, and nothing is shed any more', () => {
      const { rungs, storm, inGrace } = machine.node.brownout();
      assert.deepEqual([storm.governing, storm.waiting, inGrace], [false, 0, 0]);
      assert.deepEqual(
        rungs.filter(({ engaged }) => engaged !== undefined),
        [],
      );
    });
  });
}
