import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Lane } from '../ports/shield.ts';
import type { Packet } from '../ports/signalling.ts';
import { Reading } from './reading.ts';

const LOCAL = { address: '203.0.113.1', port: 5060 };

function packet(lane: Lane): Packet {
  const remote = { address: lane, port: 5060 };
  return { flow: { transport: 'udp', local: LOCAL, remote }, bytes: Buffer.from('OPTIONS ') };
}

/** Reads by the lane that is written in place of an address; each packet takes so long. */
function reading(tookMs: number) {
  const read: string[] = [];
  const it = new Reading({
    admit: ({ flow }) => ({ lane: flow.remote.address as Lane, admitted: true }),
    read: (batch) => {
      for (const { flow } of batch) {
        const end = performance.now() + tookMs;
        while (performance.now() < end);
        read.push(flow.remote.address);
      }
    },
    turnAway: () => {},
    now: () => 0,
  });
  return { it, read };
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('what came in', () => {
  test('is read at once where it is little, in the order of its lanes', () => {
    const { it, read } = reading(0);
    it.offer(['newcomer', 'known', 'emergency'].map((lane) => packet(lane as Lane)));
    assert.deepEqual(read, ['emergency', 'known', 'newcomer']);
  });

  test('is read first of all where it calls for help', () => {
    const read: string[] = [];
    const it = new Reading({
      admit: ({ flow: { remote } }) => {
        const verdict = { lane: 'known', admitted: true } as const;
        return remote.port === 999 ? { ...verdict, isCallForHelp: true } : verdict;
      },
      read: (batch) => read.push(...batch.map(({ flow }) => String(flow.remote.port))),
      turnAway: () => {},
      now: () => 0,
    });
    const call = (port: number): Packet => {
      const remote = { address: '192.0.2.7', port };
      return { flow: { transport: 'udp', local: LOCAL, remote }, bytes: Buffer.from('INVITE sip:') };
    };
    it.offer([call(1), call(2), call(999)]);
    assert.deepEqual(read, ['999', '1', '2']);
  });

  test('is read a little at a time where it is much, so that others have their turn', async () => {
    const { it, read } = reading(1);
    it.offer(Array.from({ length: 60 }, () => packet('known')));
    assert.ok(read.length < 60, `${read.length} in one turn`);
    while (read.length < 60) await turn();
  });

  test('of newcomers is read by the packet, and all of it in the end', async () => {
    const { it, read } = reading(2);
    it.offer(Array.from({ length: 10 }, () => packet('newcomer')));
    assert.equal(read.length, 1);
    while (read.length < 10) await turn();
  });

  test('waits, where newcomers sent it, while the sockets are full; the known do not', async () => {
    const { it, read } = reading(2);
    for (let round = 0; round < 20; round++) {
      it.offer([...Array.from({ length: 31 }, () => packet('newcomer')), packet('known')]);
      await turn();
    }
    const known = read.filter((lane) => lane === 'known').length;
    assert.equal(known, 20);
    assert.ok(read.length - known < 40, `${read.length - known} of newcomers`);
    const owed = 20 * 32;
    while (read.length < owed) await turn();
  });
});
