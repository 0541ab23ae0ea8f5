import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import type { Destination } from '../base/net.ts';
import { DeadServers } from './dead.ts';

const A: Destination = { transport: 'udp', address: '192.0.2.1', port: 5060 };
const B: Destination = { transport: 'udp', address: '192.0.2.2', port: 5060 };

describe('the memory of the dead', () => {
  test('puts them last for a while, and longer each time', () => {
    const dead = new DeadServers();
    assert.deepEqual(dead.last([A, B], 0), [A, B]);
    dead.failed(A, 0);
    dead.failed(A, 10);
    assert.deepEqual(dead.last([A, B], LIMITS.deadServerMinMs - 1), [B, A]);
    assert.deepEqual(dead.last([A, B], LIMITS.deadServerMinMs), [A, B]);
    dead.failed(A, LIMITS.deadServerMinMs);
    assert.deepEqual(dead.last([A, B], 3 * LIMITS.deadServerMinMs - 1), [B, A]);
    let now = LIMITS.deadServerMinMs;
    for (let times = 0; times < 20; times++) {
      now += LIMITS.deadServerMaxMs;
      dead.failed(A, now);
    }
    assert.deepEqual(dead.last([A, B], now + LIMITS.deadServerMaxMs), [A, B]);
  });

  test('forgets who answers, and tells transports and ports apart', () => {
    const dead = new DeadServers();
    dead.failed(A, 0);
    dead.answered({ ...A, port: 5070 });
    dead.answered({ ...A, transport: 'tcp' });
    assert.deepEqual(dead.last([A, B], 1), [B, A]);
    dead.answered(A);
    assert.deepEqual(dead.last([A, B], 1), [A, B]);
  });

  test('holds no more than its limit', () => {
    const dead = new DeadServers();
    for (let port = 1; port <= LIMITS.deadServersMax + 10; port++) dead.failed({ ...A, port }, 0);
    assert.equal(dead.size, LIMITS.deadServersMax);
  });
});
