import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Endpoint } from '../base/net.ts';
import { Latch } from './latch.ts';

const PRIVATE: Endpoint = { address: '10.0.0.5', port: 4000 };
const CARRIER: Endpoint = { address: '192.0.2.10', port: 4000 };

function latchOf(signalled: Endpoint | undefined, signallingAddress: string): Latch {
  const latch = new Latch();
  latch.remote({ signalled, signallingAddress }, 0);
  return latch;
}

describe('a latch', () => {
  test('takes nothing before it knows anything', () => {
    assert.equal(new Latch().receive('192.0.2.10', 4000, 0), 'stranger');
  });

  test('sends to the signalled address until a packet came', () => {
    assert.deepEqual(latchOf(CARRIER, '192.0.2.1').target, CARRIER);
  });

  test('takes to the signalled address, and refuses whoever comes later', () => {
    const latch = latchOf(CARRIER, '192.0.2.1');
    assert.equal(latch.receive('192.0.2.10', 4000, 1), 'latched');
    assert.equal(latch.receive('192.0.2.10', 4000, 2), 'accepted');
    assert.equal(latch.receive('192.0.2.10', 4002, 3), 'stranger');
    assert.equal(latch.receive('192.0.2.1', 4000, 4), 'stranger');
    assert.equal(latch.receive('198.51.100.66', 4000, 5), 'stranger');
    assert.equal(latch.strangers, 3);
    assert.deepEqual(latch.target, CARRIER);
  });

  test('takes to the port of a NAT at the address of the signalling', () => {
    const latch = latchOf(PRIVATE, '203.0.113.9');
    assert.equal(latch.receive('203.0.113.9', 61_000, 1), 'latched');
    assert.equal(latch.receive('203.0.113.9', 61_002, 2), 'stranger');
    assert.deepEqual(latch.target, { address: '203.0.113.9', port: 61_000 });
  });

  test('never takes to an address that nobody signalled', () => {
    const latch = latchOf(PRIVATE, '203.0.113.9');
    assert.equal(latch.receive('198.51.100.66', 4000, 1), 'stranger');
    assert.deepEqual(latch.target, PRIVATE);
  });

  test('is given back to the signalled address and port when a forged packet came first', () => {
    const latch = latchOf(CARRIER, '192.0.2.1');
    assert.equal(latch.receive('192.0.2.1', 20_000, 1), 'latched');
    assert.equal(latch.receive('192.0.2.10', 4000, 2), 'latched');
    assert.equal(latch.receive('192.0.2.1', 20_000, 3), 'stranger');
    assert.deepEqual(latch.target, CARRIER);
  });

  test('stays through hold and resume with the same address, and sends nothing while held', () => {
    const latch = latchOf(PRIVATE, '203.0.113.9');
    latch.receive('203.0.113.9', 61_000, 1);
    latch.remote({ signalled: undefined, signallingAddress: '203.0.113.9' }, 2);
    assert.equal(latch.target, undefined);
    assert.equal(latch.receive('203.0.113.9', 61_000, 3), 'accepted');
    assert.equal(latch.receive('203.0.113.9', 61_002, 4), 'stranger');
    latch.remote({ signalled: PRIVATE, signallingAddress: '203.0.113.9' }, 5);
    assert.deepEqual(latch.target, { address: '203.0.113.9', port: 61_000 });
  });
});

describe('a changed address', () => {
  const moved: Endpoint = { address: '10.0.0.5', port: 4002 };

  function movedLatch(): Latch {
    const latch = latchOf(PRIVATE, '203.0.113.9');
    latch.receive('203.0.113.9', 61_000, 1);
    latch.remote({ signalled: moved, signallingAddress: '203.0.113.9' }, 1_000);
    return latch;
  }

  test('permits one more latch, while stragglers from the old one still pass', () => {
    const latch = movedLatch();
    assert.deepEqual(latch.target, moved);
    assert.equal(latch.receive('203.0.113.9', 61_000, 1_010), 'accepted');
    assert.deepEqual(latch.target, moved);
    assert.equal(latch.receive('203.0.113.9', 61_007, 1_020), 'latched');
    assert.equal(latch.receive('203.0.113.9', 61_000, 1_030), 'stranger');
    assert.equal(latch.receive('203.0.113.9', 61_009, 1_040), 'stranger');
  });

  test('goes back to the old source when that is what still sends after the grace', () => {
    const latch = movedLatch();
    assert.equal(latch.receive('203.0.113.9', 61_000, 1_499), 'accepted');
    assert.equal(latch.receive('203.0.113.9', 61_000, 1_500), 'latched');
    assert.deepEqual(latch.target, { address: '203.0.113.9', port: 61_000 });
  });

  test('back to where the packets come from is latched at once', () => {
    const latch = latchOf(PRIVATE, '203.0.113.9');
    latch.receive('203.0.113.9', 61_000, 1);
    latch.remote(
      { signalled: { address: '203.0.113.9', port: 61_000 }, signallingAddress: '203.0.113.9' },
      2,
    );
    assert.equal(latch.receive('203.0.113.9', 61_000, 3), 'latched');
  });
});

test('whatever comes, a latch sends only to addresses that were signalled or signalled from', () => {
  const address = fc.constantFrom('10.0.0.5', '203.0.113.9', '192.0.2.10', '198.51.100.66');
  const endpoint = fc.record({ address, port: fc.integer({ min: 1, max: 4 }) });
  const step = fc.oneof(
    fc.record({ type: fc.constant('packet' as const), from: endpoint }),
    fc.record({
      type: fc.constant('remote' as const),
      signalled: fc.option(endpoint, { nil: undefined }),
      from: address,
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const latch = new Latch();
      const permitted = new Set<string>();
      let now = 0;
      for (const one of steps) {
        now += 100;
        if (one.type === 'remote') {
          latch.remote({ signalled: one.signalled, signallingAddress: one.from }, now);
          permitted.add(one.from);
          if (one.signalled !== undefined) permitted.add(one.signalled.address);
        } else if (latch.receive(one.from.address, one.from.port, now) !== 'stranger') {
          assert.ok(permitted.has(one.from.address));
        }
        assert.ok(latch.target === undefined || permitted.has(latch.target.address));
      }
    }),
  );
});
