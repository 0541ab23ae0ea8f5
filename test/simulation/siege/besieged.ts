// A node with registered phones, before anybody attacks it, and what must hold of them whatever the attack is.

import assert from 'node:assert/strict';
import { LIMITS } from '../../../src/base/limits.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/base/time.ts';
import type { Account, TrunkSettings } from '../../../src/ports/records.ts';
import { secretOf } from '../scenario.ts';
import { SiegePhone } from './phone.ts';
import { Siege } from './siege.ts';

export const PHONES = 40;
const REFRESH_MS = 2 * SECOND_MS;
export const TRUNK: TrunkSettings = {
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

export function users(count: number, prefix = 'phone'): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
}

export function account(phones: readonly string[], name = 'acme'): Account {
  return {
    name,
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

export interface Besieged {
  readonly siege: Siege;
  readonly phones: readonly SiegePhone[];
}

/** A node with registered phones, each at an address of its own. */
export function besieged(seed: number, more: readonly string[] = []): Besieged {
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
export function assertUnharmed(siege: Siege): void {
  const { refusedSources = 0, knownFlows = 0, familiarSources = 0 } = siege.node.tables();
  assert.equal(refusedSources, 0, 'nobody is refused for what can be forged');
  assert.ok(knownFlows <= LIMITS.knownFlowsMax && familiarSources <= LIMITS.familiarSourcesMax);
  assert.deepEqual(
    siege.events.filter(({ type }) => type === 'fault'),
    [],
  );
}

/** Share of what these phones began that was answered to the first packet. */
export function firstTry(phones: readonly SiegePhone[]): number {
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

export function assertOverInTheEnd(siege: Siege): void {
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
