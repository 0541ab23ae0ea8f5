import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../src/base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../../src/base/time.ts';
import { type Costs, Machine } from './crowd.ts';
import { CrowdCaller, CrowdPhone, crowdAccount, type Outcome } from './crowd-agents.ts';
import { World } from './world.ts';

const NUMBER = '+442079460000';
const CARRIER = { address: '198.51.100.1', port: 5060 };
const TRUNK = {
  name: 'carrier-a',
  target: { host: CARRIER.address, port: 5060, transport: 'udp' },
  from: [],
  inbound: true,
  outbound: true,
  order: 1,
  weight: 1,
  country: 'GB',
  numberFormat: 'e164',
  callsMax: 1_000,
} as const;

/** As docs/performance.md has it: half a millisecond for a registration, five for a call with all its messages. */
const MEASURED: Costs = (kind, bytes) => {
  if (kind === 'REGISTER') return Buffer.from(bytes).includes('Authorization') ? 0.5 : 0.15;
  if (kind === 'INVITE') return 2;
  return kind === 'response' ? 0.2 : 0.1;
};

/** `areKnown`: they were registered before the node was started. */
function stage(count: number, costs: Costs = MEASURED, areKnown = false) {
  const world = new World(7);
  const machine = new Machine(world, [TRUNK], costs);
  const phones = Array.from(
    { length: count },
    (_, n) => new CrowdPhone(machine, `phone${n}`, { address: `192.0.${n >> 8}.${n & 255}`, port: 5060 }),
  );
  const carrier = new CrowdCaller(machine, '+442079460999', CARRIER);
  machine.start([crowdAccount(count, NUMBER)], areKnown ? phones.map((phone) => phone.kept()) : []);
  return { world, machine, phones, carrier };
}

/** Does it so often in each second, for so long; at equal distances. */
function often(world: World, perSecond: number, forMs: number, act: (n: number) => void): void {
  const times = Math.floor((perSecond * forMs) / SECOND_MS);
  for (let n = 0; n < times; n++) world.after((n * SECOND_MS) / perSecond, () => act(n));
}

function statuses(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of outcomes) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/**
 * All phones register in one instant, a second after the start, and come again when they are told; one in ten comes
 * again after two seconds instead. A carrier brings five calls a second meanwhile, from before to after.
 */
function storm({ phones: count, areKnown }: { phones: number; areKnown: boolean }, forMs: number) {
  const made = stage(count, MEASURED, areKnown);
  const { world, phones, carrier } = made;
  const registered: Instant[] = [];
  const told: number[] = [];
  const calls: Outcome[] = [];
  let unanswered = 0;
  const register = (phone: CrowdPhone, isImpatient: boolean): void =>
    phone.register(({ status, retryAfterSeconds }) => {
      if (status === 200) return void registered.push(world.now - world.beginning);
      if (status === 408) unanswered++;
      else told.push(retryAfterSeconds ?? 0);
      const waitMs = isImpatient ? 2 * SECOND_MS : (retryAfterSeconds ?? 0) * SECOND_MS;
      world.after(waitMs, () => register(phone, isImpatient));
    });
  phones[0]?.register(() => registered.push(0));
  for (const [n, phone] of phones.entries())
    if (n > 0) world.after(SECOND_MS, () => register(phone, n % 10 === 0));
  world.after(0.5 * SECOND_MS, () =>
    often(world, 5, 20 * SECOND_MS, () => carrier.call(NUMBER, (outcome) => calls.push(outcome))),
  );
  world.runUntil(world.beginning + forMs);
  const perSecond = Object.groupBy(registered, (at) => Math.floor(at / SECOND_MS));
  return {
    ...made,
    registered: registered.length,
    lastAfterMs: Math.max(...registered),
    peak: Math.max(...Object.values(perSecond).map((each = []) => each.length)),
    told,
    unanswered,
    calls,
  };
}

function assertSetUp(calls: readonly Outcome[]): void {
  assert.equal(calls.length, 100);
  assert.deepEqual(Object.keys(statuses(calls)), ['200']);
  const slowest = Math.max(...calls.map(({ sentAt, answeredAt }) => answeredAt - sentAt));
  assert.ok(slowest <= 300, `a call took ${slowest} ms, of which its phone takes 200`);
}

describe('5,000 phones that all register again after a restart', () => {
  const after = storm({ phones: 5_000, areKnown: true }, 80 * SECOND_MS);

  test('are registered within the stated time, at a pace that is bounded', () => {
    assert.equal(after.registered, 5_000);
    assert.ok(after.lastAfterMs <= 71 * SECOND_MS, `the last one after ${after.lastAfterMs} ms`);
    assert.ok(after.peak <= 1_000, `${after.peak} in one second`);
    assert.ok(after.told.length > 4_000, `${after.told.length} were put off`);
  });

  test('are told to wait for no longer than is stated, and none is left without an answer', () => {
    assert.ok(Math.max(...after.told) * SECOND_MS <= LIMITS.registerWaitMaxMs);
    assert.equal(after.unanswered, 0);
  });

  test('do not hold calls up, and no call is shed for them', () => {
    assertSetUp(after.calls);
    const shed = after.machine.node.brownout().rungs.filter(({ shed }) => shed > 0);
    assert.deepEqual(
      shed.map(({ rung }) => rung),
      ['registrations'],
    );
  });

  test('lose no registration meanwhile', () => {
    assert.equal(after.machine.node.gauges()['bindings'], 5_000);
  });

  test('are told of to the operator, at the beginning and at the end', () => {
    after.world.runUntil(after.world.now + 65 * SECOND_MS);
    assert.deepEqual(
      after.machine.events.flatMap((event) => (event.type === 'registration-storm' ? [event.governing] : [])),
      [true, false],
    );
  });
});

describe('2,000 phones that nobody knows any more, which all register after an outage', () => {
  const after = storm({ phones: 2_000, areKnown: false }, 30 * SECOND_MS);

  test('are registered in the time that calls leave, which is soon', () => {
    assert.equal(after.registered, 2_000);
    assert.ok(after.lastAfterMs <= 15 * SECOND_MS, `the last one after ${after.lastAfterMs} ms`);
    assert.equal(after.unanswered, 0);
  });

  test('do not hold calls up', () => {
    assertSetUp(after.calls);
  });
});

/** Phones that are registered before anything else happens. */
function registeredStage(phones: number, costs: Costs = MEASURED) {
  const made = stage(phones, costs);
  for (const [n, phone] of made.phones.entries())
    made.world.after(n * 20, () =>
      phone.register(({ status }) => assert.equal(status, 200, `${phone.user} registers before it begins`)),
    );
  made.world.runUntil(made.world.now + phones * 20 + 5 * SECOND_MS);
  return { ...made, beginning: made.world.now };
}

/** A slow machine, so that fewer messages are too many for it. */
const SLOW: Costs = (kind, bytes) => 4 * MEASURED(kind, bytes);

describe('known phones that ask for more than the node can do', () => {
  const { world, machine, phones, carrier, beginning } = registeredStage(100, SLOW);
  const one = (n: number): CrowdPhone => phones[n % phones.length] ?? assert.fail();
  const asked: Outcome[] = [];
  const refreshed: Outcome[] = [];
  const calls: Outcome[] = [];
  const urgent: Outcome[] = [];
  const LASTS_MS = 25 * SECOND_MS;
  // A third of the machine for OPTIONS, a tenth for SUBSCRIBE, and more than all of it for refreshes.
  often(world, 800, LASTS_MS, (n) => one(n).wonder('OPTIONS', (outcome) => asked.push(outcome)));
  often(world, 250, LASTS_MS, (n) => one(n).wonder('SUBSCRIBE'));
  often(world, 450, LASTS_MS, (n) => one(n + 7).register((outcome) => refreshed.push(outcome)));
  often(world, 1, LASTS_MS, () => carrier.call(NUMBER, (outcome) => calls.push(outcome)));
  often(world, 1, LASTS_MS, (n) => one(n + 3).call('999', (outcome) => urgent.push(outcome)));
  world.runUntil(beginning + LASTS_MS + 2 * MINUTE_MS);
  const engaged = machine.events.flatMap((event) =>
    event.type === 'shield-rung' && event.engaged ? [event.rung] : [],
  );

  test('have what hurts least shed first, and no more than is needed', () => {
    assert.deepEqual(engaged.slice(0, 3), ['options', 'presence', 'registrations']);
    assert.equal(engaged.includes('outbound-invites'), false);
  });

  test('wait no longer once that is shed', () => {
    const waited = machine.longestWaitMs(beginning + 10 * SECOND_MS, beginning + LASTS_MS);
    assert.ok(waited < SECOND_MS, `${waited} ms`);
  });

  test('have their OPTIONS answered, and never with a refusal', () => {
    assert.deepEqual(
      Object.keys(statuses(asked)).filter((status) => status !== '408'),
      ['200'],
    );
    const lost = asked.filter(({ status }) => status === 408).length;
    assert.ok(lost < 0.001 * asked.length, `${lost} of ${asked.length}`);
  });

  test('are called all the same, and lose no registration', () => {
    assert.deepEqual(Object.keys(statuses(calls)), ['200']);
    assert.ok(refreshed.some(({ status }) => status === 503));
    assert.equal(machine.node.gauges()['bindings'], 100);
  });

  test('get every emergency call through', () => {
    assert.equal(urgent.length, 25);
    assert.deepEqual(Object.keys(statuses(urgent)), ['200']);
  });

  test('find nothing shed any more when it is over', () => {
    assert.deepEqual(
      machine.node.brownout().rungs.filter(({ engaged: still }) => still !== undefined),
      [],
    );
  });
});

describe('carriers that bring more calls than the node can take', () => {
  // A slow machine: sixteen calls a second are all that it can do.
  const { world, machine, phones, carrier, beginning } = registeredStage(20, (kind) =>
    kind === 'INVITE' ? 50 : 1,
  );
  const calls: Outcome[] = [];
  const urgent: Outcome[] = [];
  const LASTS_MS = 30 * SECOND_MS;
  often(world, 30, LASTS_MS, () => carrier.call(NUMBER, (outcome) => calls.push(outcome)));
  often(world, 1, LASTS_MS, (n) => phones[n % 20]?.call('999', (outcome) => urgent.push(outcome)));
  world.runUntil(beginning + LASTS_MS + MINUTE_MS);

  test('are refused some of them, so that the others are taken', () => {
    const { 200: taken = [], 503: refused = [] } = Object.groupBy(calls, ({ status }) => status);
    assert.ok(refused.length > 0 && taken.length > 0, `${taken.length} taken, ${refused.length} refused`);
    assert.ok(refused.every(({ retryAfterSeconds }) => retryAfterSeconds === undefined));
  });

  test('leave emergency calls untouched', () => {
    assert.equal(urgent.length, 30);
    assert.deepEqual(Object.keys(statuses(urgent)), ['200']);
  });

  test('are taken again when it is over', () => {
    calls.length = 0;
    carrier.call(NUMBER, (outcome) => calls.push(outcome));
    world.runUntil(world.now + 5 * SECOND_MS);
    assert.deepEqual(Object.keys(statuses(calls)), ['200']);
    assert.deepEqual(
      machine.node.brownout().rungs.filter(({ engaged }) => engaged !== undefined),
      [],
    );
  });
});
