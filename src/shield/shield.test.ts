import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { DAY_MS, type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Lane, ShieldChange } from '../ports/shield.ts';
import { Shield } from './shield.ts';

const LOCAL = { address: '203.0.113.1', port: 5060 };

function udp(address: string, port = 5060): Flow {
  return { transport: 'udp', local: LOCAL, remote: { address, port } };
}

const PHONE = udp('192.0.2.10', 40_001);
const CARRIER = udp('198.51.100.7');

function shield(): Shield {
  return new Shield({
    carrierOf: ({ remote }) => (remote.address.startsWith('198.51.100.') ? 'carrier-a' : undefined),
    seed: 7,
  });
}

/** How many of so many packets at one moment found room. */
function admitted(from: Shield, flow: Flow, packets: number, now: Instant): number {
  let count = 0;
  for (let n = 0; n < packets; n++) if (from.admit(flow, now).admitted) count++;
  return count;
}

function changesOf<T extends ShieldChange['type']>(
  of: Shield,
  type: T,
): Extract<ShieldChange, { type: T }>[] {
  return of
    .takeChanges()
    .filter((change): change is Extract<ShieldChange, { type: T }> => change.type === type);
}

function lanes(of: Shield, flows: readonly Flow[], now: Instant): readonly Lane[] {
  return flows.map((flow) => of.laneOf(flow, now));
}

describe('the lanes', () => {
  test('a flow that proved itself is known, until its time is up; another port of that address is a newcomer', () => {
    const it = shield();
    it.proved(PHONE, 'known', 5 * MINUTE_MS, 0);
    assert.deepEqual(lanes(it, [PHONE, udp('192.0.2.10', 40_002)], 0), ['known', 'newcomer']);
    assert.equal(it.laneOf(PHONE, 5 * MINUTE_MS), 'newcomer');
  });

  test('a connection is no datagram, though address and port be the same', () => {
    const it = shield();
    it.proved(PHONE, 'known', MINUTE_MS, 0);
    assert.equal(it.laneOf({ ...PHONE, transport: 'tcp' }, 0), 'newcomer');
  });

  test("a known flow keeps its own budget while an attacker at its address empties the newcomers' share", () => {
    const it = shield();
    it.turnTo('attack', 0);
    it.proved(PHONE, 'known', MINUTE_MS, 0);
    assert.ok(admitted(it, udp('192.0.2.10', 666), 10_000, 0) <= 2_010);
    assert.equal(admitted(it, PHONE, 100, 0), 100);
  });

  test('who forges a known flow exactly takes from that flow alone, which is then judged like a newcomer', () => {
    const it = shield();
    const other = udp('192.0.2.11', 40_001);
    it.proved(PHONE, 'known', MINUTE_MS, 0);
    it.proved(other, 'known', MINUTE_MS, 0);
    it.turnTo('attack', 0);
    assert.ok(admitted(it, PHONE, 100_000, 0) < 3_000);
    assert.equal(it.admit(PHONE, 0).lane, 'newcomer');
    assert.equal(admitted(it, other, 100, 0), 100);
  });

  test('a carrier has a budget of its own and no blank cheque; its other carriers and proven flows keep theirs', () => {
    const it = new Shield({ carrierOf: ({ remote }) => remote.address, seed: 7 });
    it.proved(CARRIER, 'carrier', MINUTE_MS, 0);
    it.turnTo('attack', 0);
    const forged = udp(CARRIER.remote.address, 6_666);
    const beyond = it.shares.beyondBudgets.burst;
    assert.equal(admitted(it, forged, 100_000, 0), 2 * LIMITS.carrierPerSecond + beyond);
    assert.deepEqual(it.admit(CARRIER, 0), { lane: 'carrier', admitted: true });
    assert.ok(it.admit(udp('198.51.100.8'), 0).admitted);
  });

  test('a refusal hurts no known flow at that address, and ends by itself', () => {
    const it = shield();
    it.proved(PHONE, 'known', DAY_MS, 0);
    const guesser = udp('192.0.2.10', 5_555);
    assert.ok(it.refuse('192.0.2.10', MINUTE_MS, 0));
    assert.deepEqual(it.admit(guesser, 1), { lane: 'refused', admitted: false });
    assert.deepEqual(it.admit(PHONE, 1), { lane: 'known', admitted: true });
    assert.equal(it.laneOf(guesser, MINUTE_MS), 'newcomer');
  });

  test('nobody is refused for longer than the limit, nor more sources than the limit', () => {
    const it = shield();
    it.refuse('192.0.2.10', 30 * DAY_MS, 0);
    const [change] = changesOf(it, 'refused');
    assert.equal(change?.until, LIMITS.refusedSourceMaxMs);
    let refused = 1;
    for (let n = 0; n < LIMITS.refusedSourcesMax + 10; n++)
      if (it.refuse(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, MINUTE_MS, 0)) refused++;
    assert.equal(refused, LIMITS.refusedSourcesMax);
  });

  test('a pardon is told, and only for who was refused', () => {
    const it = shield();
    it.refuse('192.0.2.10', MINUTE_MS, 0);
    it.pardon('192.0.2.10');
    it.pardon('192.0.2.11');
    assert.deepEqual(changesOf(it, 'refused-gone'), [{ type: 'refused-gone', address: '192.0.2.10' }]);
    assert.equal(it.laneOf(udp('192.0.2.10'), 1), 'newcomer');
  });

  test("an emergency call's flow goes before everything for as long as it is said, known or not", () => {
    const it = shield();
    it.turnTo('attack', 0);
    it.emergency(PHONE, 0);
    assert.equal(admitted(it, PHONE, 1_000, 0), 1_000);
    assert.equal(it.laneOf(PHONE, LIMITS.emergencyFlowMs - 1), 'emergency');
    assert.equal(it.laneOf(PHONE, LIMITS.emergencyFlowMs), 'newcomer');
  });
});

describe('newcomers', () => {
  test('in calm times an office of 500 phones behind one NAT comes back at once', () => {
    const it = shield();
    let inTime = 0;
    for (let phone = 0; phone < 500; phone++) inTime += admitted(it, udp('192.0.2.1', 10_000 + phone), 2, 0);
    assert.equal(inTime, 1_000);
  });

  test('in an attack the same office comes back too, because phones have proved themselves there before', () => {
    const it = shield();
    it.proved(udp('192.0.2.1', 9_999), 'known', MINUTE_MS, 0);
    it.turnTo('attack', 0);
    let inTime = 0;
    for (let phone = 0; phone < 500; phone++)
      inTime += admitted(it, udp('192.0.2.1', 10_000 + phone), 2, 5_000);
    assert.equal(inTime, 1_000);
  });

  test('in an attack each of 10,000 bots exhausts its share, and a phone gets in meanwhile', () => {
    const it = shield();
    it.turnTo('attack', 0);
    const bot = (n: number) => udp(`${11 + (n >> 12)}.${(n >> 4) & 255}.${(n & 15) * 16}.66`);
    let bots = 0;
    const tries: boolean[] = [];
    // Each bot sends two packets a second; the phone comes after five seconds, with the pauses of RFC 3261 Timer E.
    const phoneAt = [5_000, 5_500, 6_500, 8_500, 12_500];
    for (let now = 0; now < 13_000; now += 500) {
      for (let n = 0; n < 10_000; n++) if (it.admit(bot(n), now).admitted) bots++;
      if (phoneAt.includes(now)) tries.push(it.admit(udp('192.0.2.77'), now).admitted);
    }
    assert.ok(tries.filter(Boolean).length >= 3, `of the phone's tries: ${tries}`);
    assert.ok(bots < 1_000 * 14, `${bots} of the bots' packets`);
  });

  test('over connections they have a share that no datagram takes from', () => {
    const it = shield();
    it.turnTo('attack', 0);
    for (let n = 0; n < 20_000; n++) it.admit(udp(`10.${n >> 8}.${n & 255}.1`), 0);
    assert.ok(it.admit({ ...udp('192.0.2.77'), transport: 'tcp', connectionId: '1' }, 0).admitted);
  });
});

describe('what is known', () => {
  test('in calm times may send more than it ever did, and earns it: a proxy put before all phones', () => {
    const it = shield();
    it.proved(PHONE, 'known', DAY_MS, 0);
    let inTime = 0;
    for (let now = 0; now < 60 * SECOND_MS; now += 1) inTime += admitted(it, PHONE, 2, now);
    assert.equal(inTime, 120_000);
    it.turnTo('attack', 0);
    assert.equal(admitted(it, PHONE, 8_000, 61 * SECOND_MS), 8_000);
  });

  test('a budget grows with what its flow usually sends, and is told when it has', () => {
    const it = shield();
    it.proved(PHONE, 'known', DAY_MS, 0);
    it.takeChanges();
    for (let now = 0; now <= 30 * SECOND_MS; now += 20) it.admit(PHONE, now);
    const [change] = changesOf(it, 'flow');
    assert.equal(change?.rate.perSecond, 50 * LIMITS.flowHeadroom);
  });

  test('keeps its own while very many others are forged: those share what is left for all of them', () => {
    const it = shield();
    const forged = Array.from({ length: 400 }, (_, n) => udp(`198.51.100.${n & 255}`, 1_000 + n));
    for (const flow of [...forged, PHONE]) it.proved(flow, 'known', DAY_MS, 0);
    it.turnTo('attack', 0);
    for (const flow of forged) admitted(it, flow, 500, 0);
    let inTime = 0;
    let ofPhone = 0;
    for (let now = SECOND_MS; now <= 6 * SECOND_MS; now += 20) {
      for (const flow of forged) inTime += admitted(it, flow, 1, now);
      ofPhone += now % SECOND_MS === 0 ? admitted(it, PHONE, 10, now) : 0;
    }
    const { exceedingFlows, beyondBudgets, familiarAll, all } = it.shares;
    const shared = [exceedingFlows, beyondBudgets, familiarAll, all];
    const most = shared.reduce((sum, { perSecond, burst }) => sum + 6 * perSecond + burst, 0);
    assert.ok(inTime <= most, `${inTime} of the forged, of ${most}`);
    assert.equal(ofPhone, 60);
  });

  test('that stopped exceeding its budget has it for itself again', () => {
    const it = shield();
    it.proved(PHONE, 'known', DAY_MS, 0);
    it.turnTo('attack', 0);
    admitted(it, PHONE, 5_000, 0);
    const at = LIMITS.exceedingFlowMs + SECOND_MS;
    assert.equal(admitted(it, PHONE, 200, at), 200);
    assert.equal(it.laneOf(PHONE, at), 'known');
  });

  test('what is sent during an attack teaches nothing, since a forger may have sent it', () => {
    const it = shield();
    it.proved(PHONE, 'known', DAY_MS, 0);
    it.turnTo('attack', 0);
    it.takeChanges();
    for (let now = 0; now <= 30 * SECOND_MS; now += 1) it.admit(PHONE, now);
    assert.deepEqual(changesOf(it, 'flow'), []);
  });

  test('the flow longest unproven gives way where there are too many, and the kernel hears of it', () => {
    const it = new Shield({ carrierOf: () => undefined, seed: 7, knownFlowsMax: 100 });
    const phone = (n: number) => udp(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    for (let n = 0; n <= 100; n++) it.proved(phone(n), 'known', DAY_MS, 0);
    assert.equal(it.tables().knownFlows, 100);
    assert.deepEqual(lanes(it, [phone(0), phone(1)], 1), ['newcomer', 'known']);
    assert.deepEqual(
      changesOf(it, 'flow-gone').map(({ remote }) => remote),
      [phone(0).remote],
    );
  });

  test('all that has ended is forgotten', () => {
    const it = shield();
    for (let n = 0; n < 5_000; n++) it.proved(udp(`10.0.${n >> 8}.${n & 255}`), 'known', MINUTE_MS, 0);
    it.refuse('192.0.2.1', MINUTE_MS, 0);
    it.emergency(PHONE, 0);
    for (let round = 0; round < 4; round++) it.sweep(2 * MINUTE_MS);
    assert.deepEqual(
      { ...it.tables(), familiarSources: 0 },
      { knownFlows: 0, emergencyFlows: 0, familiarSources: 0, refusedSources: 0 },
    );
    assert.ok(!it.hasEmergencies);
  });
});
