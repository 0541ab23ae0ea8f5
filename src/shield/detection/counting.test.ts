import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../../../test/simulation/world.ts';
import { LIMITS } from '../../base/limits.ts';
import { Distinct } from './distinct.ts';
import { formatNetwork, mix, SourceWords } from './source-words.ts';
import { Spread } from './spread.ts';
import { TopNetworks } from './top-networks.ts';
import { TopWords } from './top-words.ts';

function networkOf(address: string): string {
  const words = new SourceWords();
  words.read(address);
  return formatNetwork(words.high, words.networkLow);
}

function sameSource(a: string, b: string): boolean {
  const [one, other] = [new SourceWords(), new SourceWords()];
  one.read(a);
  other.read(b);
  return one.high === other.high && one.low === other.low && one.isIpv6 === other.isIpv6;
}

describe('an address as numbers', () => {
  test('has its network, whichever way it is written', () => {
    const networks: Readonly<Record<string, string>> = {
      '192.0.2.77': '192.0.2.0/24',
      '8.8.8.8': '8.8.8.0/24',
      '255.255.255.255': '255.255.255.0/24',
      '::ffff:192.0.2.77': '192.0.2.0/24',
      '2001:db8:0:ab12::7': '2001:db8:0:ab00::/56',
      '2001:db8::1': '2001:db8::/56',
      '2001:DB8::1234:2:3:4:5': '2001:db8:0:1200::/56',
      '1::2:3:4:5:6:7': '1:0:2::/56',
      'fe80::1%eth0': 'fe80::/56',
      '::1': '::/56',
    };
    for (const [address, network] of Object.entries(networks)) assert.equal(networkOf(address), network);
  });

  test('is one customer for all of an IPv6 /64, and for one IPv4 address', () => {
    assert.ok(sameSource('2001:db8:1:2::1', '2001:db8:1:2:ffff::9'));
    assert.ok(!sameSource('2001:db8:1:2::1', '2001:db8:1:3::1'));
    assert.ok(!sameSource('192.0.2.1', '192.0.2.2'));
    assert.ok(!sameSource('0.0.0.1', '::1'));
  });
});

describe('how many different sources', () => {
  test('are told within a few percent, few or very many, and of two counts put together', () => {
    const random = new SeededRandom(1);
    for (const count of [1, 10, 500, 3_000, 10_000, 300_000]) {
      const all = new Distinct();
      const half = new Distinct();
      for (let n = 0; n < count; n++)
        (n % 2 === 0 ? all : half).add(mix(0, random.between(0, 2 ** 32 - 1), 7));
      all.merge(half);
      const estimate = all.estimate();
      assert.ok(Math.abs(estimate - count) <= 0.1 * count, `${estimate} for ${count}`);
    }
  });

  test('are not counted twice', () => {
    const distinct = new Distinct();
    for (let n = 0; n < 100_000; n++) distinct.add(mix(0, n % 100, 7));
    assert.ok(Math.abs(distinct.estimate() - 100) <= 5);
  });
});

describe('the networks that send the most', () => {
  test('are found among a hundred thousand that send a little', () => {
    const random = new SeededRandom(2);
    const top = new TopNetworks(7);
    const loud = [0x0a000100, 0xc0000200, 0xcb007100];
    for (let n = 0; n < 100_000; n++) {
      top.add(0, random.between(0, 2 ** 24 - 1) * 256);
      for (const low of loud) if (random.chance(0.05)) top.add(0, low);
    }
    const found = top.top(3).map(({ network }) => network);
    assert.deepEqual([...found].sort(), ['10.0.1.0/24', '192.0.2.0/24', '203.0.113.0/24']);
  });

  test('have the rate that they have, and are forgotten when they are quiet', () => {
    const top = new TopNetworks(7);
    for (let n = 0; n < 60; n++) {
      top.fade();
      for (let packet = 0; packet < 50; packet++) top.add(0, 0xc0000200);
    }
    const rate = top.top(1)[0]?.perSecond ?? 0;
    assert.ok(Math.abs(rate - 50) < 1, `${rate}`);
    for (let n = 0; n < 120; n++) top.fade();
    assert.deepEqual(top.top(10), []);
  });
});

describe('over how many networks it is spread', () => {
  const spreadOver = (networks: number, loudShare: number): number => {
    const random = new SeededRandom(3);
    const spread = new Spread();
    for (let n = 0; n < 50_000; n++) {
      const network = random.chance(loudShare) ? 0 : random.between(1, networks);
      spread.add(mix(0, network, 7));
    }
    return spread.evenNetworks();
  };

  test('is one where one sends all, and as many as send alike', () => {
    assert.equal(Math.round(spreadOver(1, 0)), 1);
    const hundred = spreadOver(100, 0);
    assert.ok(hundred > 90 && hundred < 105, `${hundred}`);
    assert.ok(spreadOver(10_000, 0) > 3_000);
  });

  test('is few where few networks outshout the many', () => {
    assert.ok(spreadOver(10_000, 0.95) < 10);
  });

  test('is none where nothing came', () => {
    assert.equal(new Spread().evenNetworks(), 0);
  });
});

describe('the words that come the most', () => {
  test('are told with their shares, and strangers can neither fill the table nor write on the terminal', () => {
    const words = new TopWords();
    for (let n = 0; n < 10_000; n++) {
      words.add('friendly-scanner');
      words.add(`bot-${n}\u001b[2J${'x'.repeat(1_000)}`);
    }
    const [first, second] = words.top(2);
    assert.equal(first?.text, 'friendly-scanner');
    assert.ok((first?.share ?? 0) > 0.4);
    assert.ok(second?.text.startsWith('bot-') && !second.text.includes('\u001b'));
    assert.ok(words.top(1_000).length <= LIMITS.shieldWordsMax);
  });
});
