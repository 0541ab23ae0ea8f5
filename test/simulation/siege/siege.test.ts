// The shield's promises, kept in seeded sieges: nobody who is known starves, nothing that can be forged has anybody
// refused, new phones get in, memory is bounded, and when it is over nothing of it is left.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../../src/base/limits.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts';
import type { Account, TrunkSettings } from '../../../src/ports/records.ts';
import { secretOf } from '../scenario.ts';
import { botnet, Flood, message, mixed } from './attackers.ts';
import { SiegePhone } from './phone.ts';
import { Siege } from './siege.ts';

const SEEDS = [1] as const;
const PHONES = 40;
const REFRESH_MS = 2 * SECOND_MS;
/** Long enough that every phone refreshes several times. */
const SIEGE_MS = 8 * SECOND_MS;

const TRUNK: TrunkSettings = {
  name: 'carrier-a',
  target: { host: '198.51.100.1', port: 5060, transport: 'udp' },
  from: ['198.51.100.0/24'],
  inbound: true,
  outbound: false,
  order: 1,
  weight: 1,
  country: 'GB',
  numberFormat: 'e164',
  callsMax: 1_000,
};

function users(count: number, prefix = 'phone'): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

function account(phones: readonly string[]): Account {
  return {
    name: 'acme',
    phones: phones.map((user) => ({ user, secret: secretOf(user) })),
    numbers: [],
    hours: [],
    limits: {
      callsMax: 1_000,
      divertedCallsMax: 10,
      phonesMax: 10_000,
      bindingsPerPhoneMax: 5,
      destinationsAllowed: ['+44'],
      destinationsDenied: [],
    },
  };
}

interface Besieged {
  readonly siege: Siege;
  readonly phones: readonly SiegePhone[];
}

/** A node with registered phones, each at an address of its own. */
function besieged(seed: number, more: readonly string[] = []): Besieged {
  const names = users(PHONES);
  const siege = new Siege(seed, [account([...names, ...more])], [TRUNK]);
  const phones = names.map((user, n) => {
    const endpoint = { address: `192.0.2.${n + 1}`, port: 5_060 + n };
    return new SiegePhone(siege, user, endpoint, siege.now + (n * REFRESH_MS) / PHONES, REFRESH_MS);
  });
  siege.enters(...phones);
  siege.pass(8 * SECOND_MS);
  for (const phone of phones) {
    assert.ok(phone.outcomes.length > 0 && phone.outcomes.every(({ tookMs }) => tookMs !== undefined));
    phone.outcomes.length = 0;
  }
  return { siege, phones };
}

/** What must hold whatever the attack was. */
function assertUnharmed({ siege }: Besieged): void {
  const { refusedSources = 0, knownFlows = 0, familiarSources = 0 } = siege.node.tables();
  assert.equal(refusedSources, 0, 'nobody is refused for what can be forged');
  assert.ok(knownFlows <= LIMITS.knownFlowsMax && familiarSources <= LIMITS.familiarSourcesMax);
  assert.deepEqual(
    siege.events.filter(({ type }) => type === 'fault'),
    [],
  );
}

/** Share of what these phones began that was answered to the first packet. */
function firstTry(phones: readonly SiegePhone[]): number {
  const outcomes = phones.flatMap((phone) => phone.outcomes);
  assert.ok(outcomes.length >= phones.length, `${outcomes.length} attempts`);
  assert.deepEqual(
    outcomes.filter(({ refused }) => refused !== undefined),
    [],
    'no phone is refused',
  );
  return (
    outcomes.filter(({ tookMs, repeats }) => tookMs !== undefined && repeats === 0).length / outcomes.length
  );
}

function assertOverInTheEnd({ siege }: Besieged): void {
  siege.pass(30 * SECOND_MS);
  siege.now += 2 * MINUTE_MS;
  for (let n = 0; n < 200 && siege.node.nextDeadline() !== undefined; n++) {
    siege.now = Math.max(siege.now, siege.node.nextDeadline() ?? 0);
    siege.node.expire(siege.now);
  }
  siege.now += HOUR_MS;
  for (let n = 0; n < 8; n++) siege.node.expire(siege.now + n * 10 * SECOND_MS);
  const { knownFlows, emergencyFlows, refusedSources } = siege.node.tables();
  assert.deepEqual(
    { knownFlows, emergencyFlows, refusedSources },
    { knownFlows: 0, emergencyFlows: 0, refusedSources: 0 },
  );
}

describe('under siege', () => {
  for (const seed of SEEDS) {
    test(`10,000 bots at 5,000 packets a second: phones feel nothing, a new one gets in (seed ${seed})`, () => {
      const it = besieged(seed, ['newcomer']);
      const { siege, phones } = it;
      siege.enters(new Flood(siege, { perSecond: 5_000, from: botnet(siege, 10_000) }));
      const at = { address: '203.0.113.200', port: 5060 };
      const newcomer = new SiegePhone(siege, 'newcomer', at, siege.now + 4 * SECOND_MS, HOUR_MS);
      siege.enters(newcomer);
      siege.pass(12 * SECOND_MS);
      assert.ok(firstTry(phones) >= 0.999, `first try: ${firstTry(phones)}`);
      const [first] = newcomer.outcomes;
      assert.ok((first?.tookMs ?? Number.POSITIVE_INFINITY) <= 8_000, JSON.stringify(newcomer.outcomes));
      assertUnharmed(it);
    });

    test(`a slow botnet, each bot once in ten seconds, gets nobody refused (seed ${seed})`, () => {
      const it = besieged(seed);
      it.siege.enters(new Flood(it.siege, { perSecond: 1_000, from: botnet(it.siege, 10_000) }));
      it.siege.pass(SIEGE_MS);
      assert.ok(firstTry(it.phones) >= 0.999);
      assertUnharmed(it);
    });

    test(`phones' addresses forged, from other ports: phones feel nothing (seed ${seed})`, () => {
      const it = besieged(seed);
      const { siege } = it;
      const from = () => ({
        address: `192.0.2.${siege.random.between(1, PHONES)}`,
        port: siege.random.between(20_000, 60_000),
      });
      siege.enters(new Flood(siege, { perSecond: 5_000, from }));
      siege.pass(SIEGE_MS);
      assert.ok(firstTry(it.phones) >= 0.999);
      assertUnharmed(it);
    });

    test(`one phone's flow forged exactly: the other ${PHONES - 1} feel nothing (seed ${seed})`, () => {
      const it = besieged(seed);
      const [victim, ...others] = it.phones;
      assert.ok(victim !== undefined);
      it.siege.enters(new Flood(it.siege, { perSecond: 3_000, from: () => victim.endpoint }));
      it.siege.pass(SIEGE_MS);
      assert.ok(firstTry(others) >= 0.999, `first try: ${firstTry(others)}`);
      assertUnharmed(it);
    });

    test(`an insider's registered phone floods: the others feel nothing (seed ${seed})`, () => {
      const it = besieged(seed);
      const [insider, ...others] = it.phones;
      assert.ok(insider !== undefined);
      const sends = (n: number) => message('REGISTER', n, 'phone-0');
      it.siege.enters(new Flood(it.siege, { perSecond: 3_000, from: () => insider.endpoint, sends }));
      it.siege.pass(SIEGE_MS);
      assert.ok(firstTry(others) >= 0.999, `first try: ${firstTry(others)}`);
      assertUnharmed(it);
    });

    test(`a carrier gone mad, or forged, keeps to its budget: phones feel next to nothing (seed ${seed})`, () => {
      const it = besieged(seed);
      const sends = (n: number) => message('INVITE', n, '+442079460000');
      const from = () => ({ address: '198.51.100.9', port: it.siege.random.between(1_024, 65_535) });
      it.siege.enters(new Flood(it.siege, { perSecond: 4_000, from, sends }));
      it.siege.pass(SIEGE_MS);
      const share = firstTry(it.phones);
      assert.ok(share >= 0.97, `first try: ${share}`);
      assertUnharmed(it);
    });
  }

  test('an office of 200 phones behind one NAT comes back in the middle of an attack', () => {
    const office = users(200, 'office');
    const it = besieged(7, office);
    const { siege } = it;
    const nat = '203.0.113.50';
    const before = office.map((user, n) => {
      const at = siege.now + 10 * n;
      return new SiegePhone(siege, user, { address: nat, port: 10_000 + n }, at, HOUR_MS);
    });
    siege.enters(...before);
    siege.pass(8 * SECOND_MS);
    assert.ok(before.every(({ outcomes }) => outcomes[0]?.tookMs !== undefined));
    siege.enters(new Flood(siege, { perSecond: 4_000, from: botnet(siege, 10_000), sends: mixed }));
    siege.pass(4 * SECOND_MS);
    const back = before.map((phone, n) => phone.reborn(30_000 + n, siege.now + siege.random.between(0, 500)));
    siege.enters(...back);
    siege.pass(12 * SECOND_MS);
    const late = back.filter(({ outcomes }) => outcomes[0]?.tookMs === undefined);
    assert.equal(late.length, 0, `${late.length} of 200 did not come back`);
    assertUnharmed(it);
  });

  test('when it is over nothing of it is left, and every rule has ended', () => {
    const it = besieged(9);
    it.siege.enters(
      new Flood(it.siege, { perSecond: 4_000, from: botnet(it.siege, 10_000), untilMs: 8 * SECOND_MS }),
    );
    it.siege.pass(SIEGE_MS);
    const posture = () =>
      it.siege.events.flatMap((event) => (event.type === 'shield-posture' ? [event.to] : []));
    assert.ok(posture().includes('attack'), `${posture()}`);
    assertOverInTheEnd(it);
  });
});
