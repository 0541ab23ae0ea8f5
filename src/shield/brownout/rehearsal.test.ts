import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import { RUNGS } from '../../ports/shield.ts';
import { type GoodRequest, GoodTraffic } from './good-traffic.ts';
import { Rehearsal, type RehearsalReport } from './rehearsal.ts';
import { parseRule, RULE_NAMES } from './rule.ts';

const NOW: Instant = 1_790_000_000_000;
const REQUEST: GoodRequest = {
  at: NOW - MINUTE_MS,
  lane: 'known',
  rung: undefined,
  isEmergency: false,
  isFamiliar: false,
  isStream: false,
  isInvite: false,
  who: 'reception',
  client: 'Yealink',
  address: '192.0.2.7',
};
const REFRESH: GoodRequest = { ...REQUEST, rung: 'registrations' };
const CALL: GoodRequest = { ...REQUEST, rung: 'outbound-invites', isInvite: true };
const CALL_IN: GoodRequest = { ...CALL, lane: 'carrier', rung: 'inbound-invites', who: 'carrier-a' };
const NEWCOMER: GoodRequest = { ...REQUEST, lane: 'newcomer', address: '198.51.100.7' };

const ACCOUNTS: Readonly<Record<string, string>> = { reception: 'acme', workshop: 'acme', shop: 'other' };

function rehearse(text: string, requests: readonly GoodRequest[], inKernel = false): RehearsalReport {
  const traffic = new GoodTraffic();
  for (const request of requests) traffic.note(request);
  const rule = parseRule(text);
  assert.ok(rule.ok, text);
  const rehearsal = new Rehearsal(rule.value, traffic, NOW, inKernel);
  while (!rehearsal.step(3));
  return rehearsal.report((user) => ACCOUNTS[user]);
}

describe('a rehearsal of a rung', () => {
  test('tells whom it would have touched, by account, client and phone', () => {
    const report = rehearse('registrations', [
      ...[REFRESH, REFRESH, CALL, CALL_IN],
      { ...REFRESH, who: 'workshop', client: 'Grandstream' },
      { ...REFRESH, who: 'shop' },
      { ...CALL, who: 'shop' },
      { ...REFRESH, who: 'gone' },
    ]);
    assert.deepEqual([report.requests, report.touched, report.phonesTouched], [8, 5, 4]);
    assert.deepEqual(report.accounts, [
      { name: 'acme', requests: 4, touched: 3 },
      { name: 'other', requests: 2, touched: 1 },
    ]);
    assert.deepEqual(report.clients, [
      { name: 'Yealink', requests: 6, touched: 4 },
      { name: 'Grandstream', requests: 1, touched: 1 },
    ]);
    assert.deepEqual(report.worst[0], {
      name: 'reception',
      account: 'acme',
      client: 'Yealink',
      requests: 3,
      touched: 2,
    });
    assert.equal(report.worst.find(({ name }) => name === 'gone')?.account, undefined);
    assert.deepEqual(report.carriers, []);
  });

  test('names the twenty phones that are hit hardest, and among equals those with the fewest requests', () => {
    const of = (who: string, touched: number, others: number) => [
      ...Array.from({ length: touched }, () => ({ ...CALL, who })),
      ...Array.from({ length: others }, () => ({ ...REQUEST, who })),
    ];
    const { worst } = rehearse('outbound-invites', [
      ...Array.from({ length: 60 }, (_, n) => of(`phone ${n}`, ((n * 7) % 60) + 1, 0)).flat(),
      ...of('talkative', 60, 5),
      ...of('quiet', 0, 5),
    ]);
    const hits = worst.map(({ touched }) => touched);
    assert.deepEqual(hits, [60, ...Array.from({ length: 19 }, (_, n) => 60 - n)]);
    assert.equal(worst[1]?.name, 'talkative');
  });

  test('tells carriers apart from phones', () => {
    const report = rehearse('inbound-invites', [CALL_IN, CALL_IN, CALL, { ...CALL, who: 'carrier-a' }]);
    assert.deepEqual(report.carriers, [{ name: 'carrier-a', requests: 2, touched: 2 }]);
    assert.deepEqual([report.phonesTouched, report.clients.length], [0, 0]);
  });

  test('finds the worst spell of the length that the rung may last', () => {
    const at = (minutes: number) => ({ ...CALL, at: NOW - 30 * MINUTE_MS + minutes * MINUTE_MS });
    const report = rehearse('outbound-invites', [0, 0.9, 5, 5.2, 5.5, 6.1, 20].map(at));
    assert.deepEqual(report.worstSpell, {
      lastsMs: MINUTE_MS,
      from: NOW - 25 * MINUTE_MS,
      touched: 3,
    });
  });

  test('looks back for an hour', () => {
    const report = rehearse('outbound-invites', [{ ...CALL, at: NOW - 61 * MINUTE_MS }, CALL]);
    assert.deepEqual([report.requests, report.touched, report.from], [1, 1, CALL.at]);
  });

  test('never finds an emergency call touched, since no rung is theirs', () => {
    const emergency: GoodRequest = { ...CALL, rung: undefined, isEmergency: true };
    for (const rung of RUNGS) {
      const report = rehearse(rung, [emergency, { ...emergency, lane: 'emergency' }]);
      assert.deepEqual([report.emergencies, report.emergenciesTouched], [2, 0]);
    }
  });

  test('passes over what has given way while it went on', () => {
    const traffic = new GoodTraffic(10);
    for (let n = 0; n < 10; n++) traffic.note(CALL);
    const rehearsal = new Rehearsal({ type: 'rung', rung: 'outbound-invites' }, traffic, NOW);
    assert.equal(rehearsal.step(2), false);
    for (let n = 0; n < 5; n++) traffic.note(CALL);
    assert.equal(rehearsal.step(100), true);
    assert.equal(rehearsal.report(() => undefined).touched, 7);
  });
});

describe('a rehearsal of shares', () => {
  test('lets in at once a phone that is alone at its address', () => {
    assert.equal(rehearse('attack', [NEWCOMER, { ...NEWCOMER, address: '203.0.113.9' }]).touched, 0);
  });

  test('tells who gets in only by sending again, and who does not get in', () => {
    // Of the four messages that one address has at once, two phones need all; one more every four seconds.
    const office = Array.from({ length: 12 }, (_, n) => ({ ...NEWCOMER, who: `phone ${n}` }));
    const report = rehearse('attack', office);
    assert.equal(report.touched, 10);
    assert.ok(report.recovered >= 1 && report.recovered <= 5, `${report.recovered}`);
    assert.equal(rehearse('elevated', office).touched, 0);
  });

  test('gives an office where phones were before what it needs', () => {
    const office = Array.from({ length: 500 }, (_, n) => ({
      ...NEWCOMER,
      who: `phone ${n}`,
      isFamiliar: true,
      at: NEWCOMER.at + n * SECOND_MS * 0.01,
    }));
    assert.equal(rehearse('attack', office).touched, 0);
  });

  test('knows that a kernel lets few in at once, and no more of them in the end', () => {
    const crowd = Array.from({ length: 120 }, (_, n) => ({
      ...NEWCOMER,
      who: `phone ${n}`,
      address: `100.64.${n >> 1}.${n & 1}`,
    }));
    assert.equal(rehearse('attack', crowd).touched, 0);
    const { touched, recovered, atOnceMax } = rehearse('attack', crowd, true);
    const { kernelNewcomersAtOnce: atOnce } = LIMITS;
    // Each needs two of these packets.
    assert.deepEqual([atOnceMax, touched, recovered], [atOnce, 120 - atOnce / 2, 120 - atOnce / 2]);
    assert.equal(rehearse('options', crowd, true).atOnceMax, undefined);
  });

  test('does not touch known flows, nor connections', () => {
    const known = Array.from({ length: 50 }, () => ({ ...REQUEST, address: NEWCOMER.address }));
    const overTcp = Array.from({ length: 50 }, () => ({ ...NEWCOMER, isStream: true }));
    assert.equal(rehearse('attack', [...known, ...overTcp]).touched, 0);
  });
});

describe('a rehearsal of a refusal', () => {
  test('finds newcomers within the network, and no known flow', () => {
    const report = rehearse('refuse:198.51.100.0/24', [
      NEWCOMER,
      { ...REQUEST, address: '198.51.100.8' },
      { ...NEWCOMER, address: '203.0.113.9' },
      { ...NEWCOMER, address: '2001:db8::1' },
    ]);
    assert.deepEqual([report.requests, report.touched], [4, 1]);
    assert.equal(rehearse('refuse:2001:db8::/32', [{ ...NEWCOMER, address: '2001:db8::1' }]).touched, 1);
  });
});

test('a rule is named as it is told, and what is none is told with what there is', () => {
  for (const name of RULE_NAMES) assert.ok(parseRule(name).ok, name);
  for (const wrong of ['', 'calm', 'refuse', 'refuse:', 'refuse:example.net', 'refuse:192.0.2.0/33']) {
    assert.equal(parseRule(wrong).ok, false, wrong);
  }
  const told = parseRule('everything');
  assert.match(told.ok ? '' : told.error, /there are options, presence, registrations/);
});
