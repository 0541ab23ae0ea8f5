// What doors promise, kept in seeded sieges: whoever has one never meets the public port's flood, and one that bots
// have found is moved without a moment in which its phones are turned away, whatever the network and the node do
// meanwhile.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../../../src/base/assert.ts';
import { LIMITS } from '../../../src/base/limits.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts';
import type { DoorSettings } from '../../../src/node/door-keeper.ts';
import { NODE } from '../scenario.ts';
import { botnet, Flood } from './attackers.ts';
import { account, assertUnharmed, firstTry, TRUNK, users } from './besieged.ts';
import { SiegePhone } from './phone.ts';
import { type Faults, Siege, type SiegeOptions, type Takes } from './siege.ts';

const SEEDS = [1, 2] as const;
const DOORS: DoorSettings = { ports: { from: 10_000, to: 19_999 }, max: 100, movesByItself: true };
/** A machine that a flood of this size is too much for: it takes ten thousand packets a second, and no more. */
const SLOW: Takes = { toReceive: 0.1, toAnswer: 0.5 };
const ROUGH: Faults = { loss: 0.01, duplicates: 0.02, late: 0.05, lateMs: 300 };
/** Turns of hours in which nothing happens but refreshes. */
const LONG_TURN_MS = 200;

interface Town {
  readonly siege: Siege;
  /** The port of acme's door. */
  readonly door: number;
  /** Of acme, by its door. */
  readonly behind: readonly SiegePhone[];
  /** Of another account, by the public port. */
  readonly outside: readonly SiegePhone[];
}

/** Two accounts, one of which has a door, with phones that refresh so often. */
function town(seed: number, everyMs: number, options: SiegeOptions): Town {
  const names = [users(8, 'acme'), users(4, 'bond')] as const;
  const accounts = [account([...names[0], 'newcomer'], 'acme'), account(names[1], 'bond')];
  const siege = new Siege(seed, accounts, [TRUNK], { doors: DOORS, ...options });
  const door = openDoor(siege);
  const [behind, outside] = names.map((those, group) =>
    those.map((user, n) => {
      const endpoint = { address: `198.18.${group}.${n + 1}`, port: 5_060 + n };
      const at = siege.now + (n * everyMs) / those.length;
      return new SiegePhone(siege, user, endpoint, at, everyMs, group === 0 ? door : NODE.port);
    }),
  );
  siege.enters(...present(behind, 'phones'), ...present(outside, 'phones'));
  siege.pass(everyMs + 8 * SECOND_MS);
  return { siege, door, behind: present(behind, 'phones'), outside: present(outside, 'phones') };
}

function openDoor(siege: Siege): number {
  siege.does(
    (node, now) => node.doors.command({ type: 'open', account: 'acme', by: 'test' }, now, () => {}).effects,
  );
  return present(siege.node.doors.views('acme')[0], 'the door').port;
}

function doorsOf(siege: Siege): readonly string[] {
  return siege.node.doors.views('acme').map(({ port, state }) => `${port} ${state}`);
}

function told(siege: Siege, what: string): number {
  return siege.events.filter((event) => event.type === 'door' && event.what === what).length;
}

/** No phone was ever turned away, nor did any give up; they forget what was so far. */
function assertServed(phones: readonly SiegePhone[]): void {
  const outcomes = phones.flatMap((phone) => phone.outcomes.splice(0));
  assert.ok(outcomes.length >= phones.length, `${outcomes.length} attempts`);
  assert.deepEqual(
    outcomes.filter(({ tookMs }) => tookMs === undefined),
    [],
  );
}

describe('a door while the public port is flooded', () => {
  for (const seed of SEEDS) {
    test(`its phones feel nothing of a flood that the public port drowns in, and a new one gets in (seed ${seed})`, () => {
      const { siege, door, behind, outside } = town(seed, 2 * SECOND_MS, { takesMs: SLOW });
      assert.equal(firstTry([...behind, ...outside]), 1);
      for (const phone of [...behind, ...outside]) phone.outcomes.length = 0;
      siege.enters(new Flood(siege, { perSecond: 15_000, from: botnet(siege, 10_000) }));
      const at = { address: '203.0.113.200', port: 5060 };
      const newcomer = new SiegePhone(siege, 'newcomer', at, siege.now + 4 * SECOND_MS, HOUR_MS, door);
      siege.enters(newcomer);
      siege.pass(8 * SECOND_MS);
      assert.ok((siege.overflowed.get(NODE.port) ?? 0) > 10_000, 'the public port is full');
      assert.equal(siege.overflowed.get(door), undefined);
      const publicly = outside.flatMap(({ outcomes }) => outcomes);
      assert.ok(
        publicly.some(({ repeats }) => repeats > 0),
        'who has no door feels it',
      );
      assert.ok(firstTry(behind) >= 0.999, `first try: ${firstTry(behind)}`);
      const slowest = Math.max(
        ...behind.flatMap(({ outcomes }) => outcomes.map(({ tookMs = Infinity }) => tookMs)),
      );
      assert.ok(slowest <= 100, `a refresh took ${slowest} ms`);
      assert.deepEqual(
        newcomer.outcomes.map(({ repeats, refused }) => [repeats, refused]),
        [[0, undefined]],
      );
      assertUnharmed(siege);
    });
  }
});

describe('a door that bots have found', () => {
  for (const seed of SEEDS) {
    test(`is moved by itself, and its phones follow without being turned away once (seed ${seed})`, () => {
      const { siege, door: old, behind, outside } = town(seed, 40 * SECOND_MS, { faults: ROUGH });
      const [laggard, ...followers] = behind;
      assert.ok(laggard !== undefined);
      assertServed(behind);
      // Bots, and who forges the phones' own addresses, from other ports than theirs.
      const bots = botnet(siege, 2_000);
      const forged = () => ({
        address: `198.18.0.${siege.random.between(1, 8)}`,
        port: siege.random.between(20_000, 60_000),
      });
      const from = () => (siege.random.chance(0.5) ? bots() : forged());
      siege.enters(new Flood(siege, { perSecond: 200, from, door: old, untilMs: 5 * MINUTE_MS }));
      siege.pass(50 * SECOND_MS);
      const [opened, ...others] = siege.node.doors.views('acme');
      const door = present(opened, 'the new door').port;
      assert.deepEqual(doorsOf(siege), [`${door} open`, `${old} grace`]);
      assert.notEqual(door, old);
      assert.equal(others.length, 1);
      assertServed(behind);

      // DNS tells the phones, each in its own time; the node crashes while some know and some do not.
      for (const [n, phone] of followers.entries()) {
        if (n === 4) {
          siege.crash();
          assert.deepEqual(doorsOf(siege), [`${door} open`, `${old} grace`]);
        }
        siege.pass(siege.random.between(1_000, 6_000));
        phone.door = door;
      }
      siege.pass(45 * SECOND_MS);
      assertServed(behind);
      assert.deepEqual(
        siege.node.doors.views('acme').map(({ phones }) => phones),
        [7, 1],
      );

      // The bots find the new one, too: it is told, as the old one is again by the node that has begun anew, and
      // neither is moved: an account has two doors at most.
      siege.enters(new Flood(siege, { perSecond: 200, from, door, untilMs: MINUTE_MS }));
      siege.pass(70 * SECOND_MS);
      assert.deepEqual([told(siege, 'leak'), siege.node.counters()['door_moves']], [3, 0]);
      assert.deepEqual(doorsOf(siege), [`${door} open`, `${old} grace`]);
      assertServed(behind);

      // Its time does not close it on the phone that has not heard.
      siege.pass(LIMITS.doorGraceMs, LONG_TURN_MS);
      assert.deepEqual(doorsOf(siege), [`${door} open`, `${old} grace`]);
      laggard.door = door;
      siege.pass(2 * MINUTE_MS, LONG_TURN_MS);
      assert.deepEqual(doorsOf(siege), [`${door} open`]);
      assertServed([...behind, ...outside]);
      assertUnharmed(siege);
      assertNothingLeft(siege);
    });
  }

  test('lets no phone of another account in, though it has its own right password', () => {
    const { siege, door, outside } = town(4, 20 * SECOND_MS, {});
    const [stray, ...others] = outside;
    assert.ok(stray !== undefined);
    stray.outcomes.length = 0;
    stray.door = door;
    siege.pass(30 * SECOND_MS);
    assert.ok(stray.outcomes.length > 0 && stray.outcomes.every(({ refused }) => refused === 403));
    assertServed(others);
  });
});

/** No door waits for anything any more, nothing of a leak is watched, and no port is closed for ever. */
function assertNothingLeft(siege: Siege): void {
  const { doorsInGrace } = siege.node.doors.gauges();
  assert.equal(doorsInGrace, 0);
  assert.equal(siege.node.doors.nextDeadline(), undefined);
  const closed = siege.events.filter((event) => event.type === 'door' && event.what === 'closed');
  assert.equal(closed.length, 1);
  assert.ok(LIMITS.doorPortRestMs <= 30 * DAY_MS);
}
