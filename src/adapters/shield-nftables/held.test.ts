import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ShieldChange } from '../../ports/shield.ts';
import { batch } from './elements.ts';
import { HeldElements } from './held.ts';
import { ROOM } from './sets.ts';

const NOW = 1_000_000;
const TABLE = { family: 'inet', name: 'ringthrough_a' } as const;

function flow(port: number, more: Partial<ShieldChange & { type: 'flow' }> = {}): ShieldChange {
  return {
    type: 'flow',
    lane: 'known',
    transport: 'udp',
    remote: { address: '192.0.2.1', port },
    rate: { perSecond: 20, burst: 200 },
    until: NOW + 60_000,
    ...more,
  };
}

function told(held: HeldElements, now = NOW): readonly string[] {
  return batch(held.takeMarked(100, now), TABLE, now);
}

describe('what the kernel is told', () => {
  test('an element is told as it is by then, however often it changed, in one step that cannot fail', () => {
    const held = new HeldElements();
    held.take(flow(5060));
    held.take(flow(5060, { until: NOW + 90_500, rate: { perSecond: 40, burst: 400 } }));
    assert.deepEqual(told(held), [
      'add element inet ringthrough_a known4 { 192.0.2.1 . 5060 }',
      'delete element inet ringthrough_a known4 { 192.0.2.1 . 5060 }',
      'add element inet ringthrough_a known4 { 192.0.2.1 . 5060 limit rate 40/second burst 400 packets timeout 91s }',
    ]);
    assert.deepEqual(told(held), []);
  });

  test('what is gone, or has ended by then, is taken away', () => {
    const held = new HeldElements();
    held.take(flow(5060));
    held.take({
      type: 'flow-gone',
      lane: 'known',
      transport: 'udp',
      remote: { address: '192.0.2.1', port: 5060 },
    });
    held.take(flow(5061, { until: NOW + 10 }));
    const commands = told(held, NOW + 20);
    assert.deepEqual(commands, [
      'add element inet ringthrough_a known4 { 192.0.2.1 . 5060, 192.0.2.1 . 5061 }',
      'delete element inet ringthrough_a known4 { 192.0.2.1 . 5060, 192.0.2.1 . 5061 }',
    ]);
  });

  test('emergencies and media go first, and a batch ends where it is full', () => {
    const held = new HeldElements();
    held.take({ type: 'familiar', address: '192.0.2.1', until: NOW + 60_000 });
    held.take(flow(5060));
    held.take({ type: 'media-open', port: 20_000 });
    held.take(flow(5060, { lane: 'emergency' }));
    const sets = held.takeMarked(4, NOW).map(({ set }) => set);
    assert.deepEqual(sets, ['emergency4', 'media_open', 'media_open', 'known4']);
    assert.equal(held.waiting, 1);
  });

  test('IPv6 sources are told by their /64, mapped IPv4 as IPv4, connections not at all', () => {
    const held = new HeldElements();
    held.take({ type: 'refused', address: '2001:db8::1:2:3:4', until: NOW + 60_000 });
    held.take({ type: 'refused', address: '::ffff:192.0.2.9', until: NOW + 60_000 });
    held.take(flow(5060, { transport: 'tls' }));
    const keys = held.takeMarked(10, NOW).map(({ set, key }) => `${set} ${key}`);
    assert.deepEqual(keys, ['refused4 192.0.2.9', 'refused6 2001:db8:0:0:0:0:0:0']);
  });

  test('a media port has one peer, and both go when it closes', () => {
    const held = new HeldElements();
    held.take({ type: 'media-open', port: 20_000 });
    held.take({ type: 'media-peer', port: 20_000, remote: { address: '192.0.2.1', port: 4_000 } });
    held.take({ type: 'media-peer', port: 20_000, remote: { address: '2001:db8::1', port: 4_002 } });
    const live = held.takeMarked(10, NOW).filter((each) => each.held !== undefined);
    assert.deepEqual(
      live.map(({ set, key }) => `${set} ${key}`),
      ['media_open 20000', 'media_open 20001', 'media_peers6 20000 . 2001:db8:0:0:0:0:0:1 . 4002'],
    );
    held.take({ type: 'media-closed', port: 20_000 });
    const gone = held.takeMarked(10, NOW);
    assert.deepEqual(
      gone.map((each) => [each.set, each.held]),
      [
        ['media_open', undefined],
        ['media_open', undefined],
        ['media_peers6', undefined],
      ],
    );
    assert.deepEqual([...held.takeAll(NOW, 10)], []);
  });

  test('where a set is full, what was told longest ago gives way', () => {
    const held = new HeldElements({ ...ROOM, known4: 2 });
    for (const port of [1, 2, 1, 3]) held.take(flow(port));
    const live = [...held.takeAll(NOW, 1)].map((part) => part.map(({ key }) => key));
    assert.deepEqual(live, [['192.0.2.1 . 1'], ['192.0.2.1 . 3']]);
  });

  test('what has ended is forgotten by itself', () => {
    const held = new HeldElements();
    for (const port of [1, 2]) held.take(flow(port, { until: NOW + port }));
    held.sweep(NOW + 1);
    assert.deepEqual(held.fill()['known'], { used: 1, size: ROOM.known4 + ROOM.known6 });
  });
});
