// The shield's promises, kept in seeded sieges: nobody who is known starves, nothing that can be forged has anybody
// refused, new phones get in, memory is bounded, and when it is over nothing of it is left.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS, SECOND_MS } from '../../../src/base/time.ts';
import { botnet, Flood, message, mixed } from './attackers.ts';
import { assertOverInTheEnd, assertUnharmed, besieged, firstTry, PHONES, users } from './besieged.ts';
import { SiegePhone } from './phone.ts';

const SEEDS = [1] as const;
/** Long enough that every phone refreshes several times. */
const SIEGE_MS = 8 * SECOND_MS;

describe('under siege', () => {
  for (const seed of SEEDS) {
    test(`10,000 bots at 5,000 packets a second: phones feel nothing, new ones get in (seed ${seed})`, () => {
      const names = users(40, 'newcomer');
      const it = besieged(seed, names);
      const { siege, phones } = it;
      siege.enters(new Flood(siege, { perSecond: 5_000, from: botnet(siege, 10_000) }));
      const newcomers = names.map((user, n) => {
        const at = { address: `203.${n}.113.200`, port: 5060 };
        return new SiegePhone(siege, user, at, siege.now + 250 * n, HOUR_MS);
      });
      siege.enters(...newcomers);
      siege.pass(18 * SECOND_MS);
      assert.ok(firstTry(phones) >= 0.999, `first try: ${firstTry(phones)}`);
      // It is a lottery until the attack is found, and until bots not heard before that have spent what is theirs.
      const gotIn = newcomers.map(({ outcomes: [first] }) => (first?.tookMs ?? Infinity) <= 8 * SECOND_MS);
      const later = gotIn.slice(24);
      assert.deepEqual([later.length, later.filter((isIn) => isIn).length], [16, 16]);
      assert.ok(gotIn.filter((isIn) => isIn).length >= 0.8 * gotIn.length, `${gotIn}`);
      assertUnharmed(it.siege);
    });

    test(`a slow botnet, each bot once in ten seconds, gets nobody refused (seed ${seed})`, () => {
      const it = besieged(seed);
      it.siege.enters(new Flood(it.siege, { perSecond: 1_000, from: botnet(it.siege, 10_000) }));
      it.siege.pass(SIEGE_MS);
      assert.ok(firstTry(it.phones) >= 0.999);
      assertUnharmed(it.siege);
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
      assertUnharmed(it.siege);
    });

    test(`one phone's flow forged exactly: the other ${PHONES - 1} feel nothing (seed ${seed})`, () => {
      const it = besieged(seed);
      const [victim, ...others] = it.phones;
      assert.ok(victim !== undefined);
      it.siege.enters(new Flood(it.siege, { perSecond: 3_000, from: () => victim.endpoint }));
      it.siege.pass(SIEGE_MS);
      assert.ok(firstTry(others) >= 0.999, `first try: ${firstTry(others)}`);
      assertUnharmed(it.siege);
    });

    test(`an insider's registered phone floods: the others feel nothing (seed ${seed})`, () => {
      const it = besieged(seed);
      const [insider, ...others] = it.phones;
      assert.ok(insider !== undefined);
      const sends = (n: number) => message('REGISTER', n, 'phone-0');
      it.siege.enters(new Flood(it.siege, { perSecond: 3_000, from: () => insider.endpoint, sends }));
      it.siege.pass(SIEGE_MS);
      assert.ok(firstTry(others) >= 0.999, `first try: ${firstTry(others)}`);
      assertUnharmed(it.siege);
    });

    test(`a carrier gone mad, or forged, keeps to its budget: phones feel next to nothing (seed ${seed})`, () => {
      const it = besieged(seed);
      const sends = (n: number) => message('INVITE', n, '+442079460000');
      const from = () => ({ address: '198.51.100.9', port: it.siege.random.between(1_024, 65_535) });
      it.siege.enters(new Flood(it.siege, { perSecond: 4_000, from, sends }));
      it.siege.pass(SIEGE_MS);
      const share = firstTry(it.phones);
      assert.ok(share >= 0.97, `first try: ${share}`);
      assertUnharmed(it.siege);
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
    assertUnharmed(it.siege);
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
    assertOverInTheEnd(it.siege);
  });
});
