import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ShieldPlan } from '../../ports/shield.ts';
import { sharesIn } from '../../shield/shares.ts';
import { disjoint } from './addresses.ts';
import { type Ground, render, tableName } from './ruleset.ts';
import { limit, PLACES } from './sets.ts';

const PLAN: ShieldPlan = {
  listeners: [
    { transport: 'udp', local: { address: '0.0.0.0', port: 5060 } },
    { transport: 'udp', local: { address: '127.0.0.1', port: 5070 } },
    { transport: 'tls', local: { address: '2001:db8::7', port: 5061 } },
  ],
  media: { addresses: ['203.0.113.7'], from: 20_000, to: 29_999 },
  carriers: [
    {
      name: 'carrier-a',
      from: ['198.51.100.0/24', '198.51.100.7'],
      rate: { perSecond: 2_000, burst: 4_000 },
    },
    { name: 'carrier-b', from: ['198.51.100.7'], rate: { perSecond: 2_000, burst: 4_000 } },
  ],
  shares: sharesIn('attack'),
};
const GROUND: Ground = {
  table: { family: 'inet', name: 'ringthrough_a' },
  interfaces: [],
  owner: '1 2 3',
  places: PLACES,
};

/** The rules of one chain. */
function rulesOf(text: string, chain: string): readonly string[] {
  const [, body = ''] =
    new RegExp(`chain ${chain} \\{\\n([^}]*(?:\\{[^}]*\\}[^}]*)*)\\n {2}\\}`).exec(text) ?? [];
  return body.split('\n').map((line) => line.trim());
}

describe('a plan as a ruleset', () => {
  test('only packets to the node’s own ports are judged, those at a wildcard at addresses of this machine', () => {
    const { fresh } = render(PLAN, GROUND);
    assert.deepEqual(rulesOf(fresh, 'packets4'), [
      'ip frag-off & 0x1fff != 0 goto fragments4',
      'udp dport { 5060 } fib daddr type local goto signalling4',
      'udp dport 20000-29999 ip daddr { 203.0.113.7 } goto media4',
    ]);
    assert.deepEqual(rulesOf(fresh, 'packets6'), [
      'frag frag-off != 0 goto fragments6',
      'ip6 daddr . tcp dport { 2001:db8:0:0:0:0:0:7 . 5061 } goto connecting6',
    ]);
  });

  test('every chain that is gone to is there, before whoever goes there', () => {
    for (const doors of [
      {},
      {
        doors: {
          from: 30_000,
          to: 39_999,
          inside: { a: 5_090, b: 5_091 },
          newcomers: { perSecond: 5, burst: 20 },
        },
      },
    ]) {
      const { fresh } = render({ ...PLAN, ...doors }, GROUND);
      const declared = new Set<string>();
      for (const line of fresh.split('\n')) {
        const chain = /^ {2}chain (\w+) /.exec(line)?.[1];
        if (chain !== undefined) declared.add(chain);
      }
      for (const [, target = ''] of fresh.matchAll(/goto (\w+)/g)) assert.ok(declared.has(target), target);
    }
  });

  test('shares, carriers and ports change the rules and keep what is held; other sets do not', () => {
    const before = render(PLAN, GROUND).layout;
    assert.equal(render({ ...PLAN, shares: sharesIn('calm'), carriers: [] }, GROUND).layout, before);
    const newcomers = { perSecond: 5, burst: 20 };
    const doors = { from: 30_000, to: 39_999, inside: { a: 5_090, b: 5_091 }, newcomers };
    assert.notEqual(render({ ...PLAN, doors }, GROUND).layout, before);
    const ground: Ground = { ...GROUND, table: { ...GROUND.table, family: 'netdev' }, interfaces: ['eth0'] };
    assert.notEqual(render(PLAN, ground).layout, before);
  });

  test('every statement names our own table', () => {
    const { fresh, kept, reshared, adopted } = render(PLAN, GROUND);
    for (const text of [fresh, kept, reshared, adopted]) {
      for (const line of text.split('\n').filter((each) => /^[a-z]/.test(each))) {
        assert.match(line, / ?inet ringthrough_a\b/);
      }
    }
  });

  test('ranges that lie within others are left out, for nftables takes none that overlap', () => {
    assert.deepEqual(
      disjoint(['198.51.100.7', '198.51.100.0/24', '198.51.100.9/24', '2001:db8::1/32', '203.0.113.1']),
      { '4': ['198.51.100.0/24', '203.0.113.1'], '6': ['2001:db8:0:0:0:0:0:0/32'] },
    );
  });

  test('a rate is written in the smallest unit that has it whole, or nearly', () => {
    assert.equal(limit({ perSecond: 20, burst: 200 }), 'limit rate 20/second burst 200 packets');
    assert.equal(limit({ perSecond: 0.25, burst: 4 }), 'limit rate 15/minute burst 4 packets');
    assert.equal(limit({ perSecond: 1.5, burst: 0 }), 'limit rate 90/minute burst 1 packets');
    assert.equal(limit({ perSecond: 0.01, burst: 1.2 }), 'limit rate 36/hour burst 2 packets');
    assert.equal(limit({ perSecond: 0, burst: 1 }), 'limit rate 1/day burst 1 packets');
  });

  test('a table’s name is one for nftables, whatever the node’s is', () => {
    assert.equal(tableName('london-1.example'), 'ringthrough_london_1__example');
  });
});
