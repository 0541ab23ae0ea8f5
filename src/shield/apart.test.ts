import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ShieldChange } from '../ports/shield.ts';
import { Apart } from './apart.ts';

const RATE = { perSecond: 20, burst: 200 };

function at(port: number) {
  return { address: '192.0.2.1', port };
}

function flow(
  port: number,
  until = 1_000,
  more: Partial<Extract<ShieldChange, { type: 'flow' }>> = {},
): ShieldChange {
  return { type: 'flow', lane: 'known', transport: 'udp', remote: at(port), rate: RATE, until, ...more };
}

function ports(endpoints: readonly { readonly port: number }[]): readonly number[] {
  return endpoints.map(({ port }) => port);
}

describe('flows that are kept apart', () => {
  test('are the first that are known, as many as there may be, each once', () => {
    const apart = new Apart(2);
    const { open, close } = apart.changed([flow(1), flow(1), flow(2), flow(3)], 0);
    assert.deepEqual([ports(open), ports(close)], [[1, 2], []]);
  });

  test('a carrier takes the place of a phone, an emergency call that of a carrier, and a phone nobody’s', () => {
    const apart = new Apart(1);
    apart.changed([flow(1)], 0);
    const carrier = apart.changed([flow(2, 1_000, { ofCarrier: true })], 0);
    assert.deepEqual([ports(carrier.open), ports(carrier.close)], [[2], [1]]);
    const emergency = apart.changed([flow(3, 1_000, { lane: 'emergency' })], 0);
    assert.deepEqual([ports(emergency.open), ports(emergency.close)], [[3], [2]]);
    assert.deepEqual(apart.changed([flow(4), flow(5, 1_000, { ofCarrier: true })], 0), {
      open: [],
      close: [],
    });
  });

  test('whose time is up gives way to whoever comes; who is told again stays', () => {
    const apart = new Apart(2);
    apart.changed([flow(1, 100), flow(2, 100), flow(1, 500)], 0);
    const { open, close } = apart.changed([flow(3, 900)], 200);
    assert.deepEqual([ports(open), ports(close)], [[3], [2]]);
  });

  test('who is gone leaves, and connections are not concerned', () => {
    const apart = new Apart(2);
    apart.changed([flow(1)], 0);
    const gone: ShieldChange = { type: 'flow-gone', lane: 'known', transport: 'udp', remote: at(1) };
    assert.deepEqual(ports(apart.changed([gone, gone], 0).close), [1]);
    assert.deepEqual(apart.changed([flow(2, 100, { transport: 'tcp' })], 0).open, []);
    assert.equal(apart.size, 0);
  });
});
