import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ReceptionStatistics } from './statistics.ts';

interface Sent {
  readonly sequence: number;
  readonly ssrc?: number;
  readonly timestamp?: number;
  readonly at?: number;
}

/** Packets of 20 ms at 8000 Hz that arrive in time, unless told otherwise. */
function statisticsOf(packets: readonly Sent[]): ReceptionStatistics {
  const statistics = new ReceptionStatistics();
  for (const [index, { sequence, ssrc = 1, timestamp = index * 160, at = index * 20 }] of packets.entries()) {
    const header = {
      payloadType: 0,
      marker: false,
      sequenceNumber: sequence & 0xffff,
      timestamp: timestamp >>> 0,
      ssrc,
      payloadStart: 12,
      payloadEnd: 172,
    };
    statistics.receive(header, 172, 8000, at);
  }
  return statistics;
}

function run(from: number, to: number): Sent[] {
  return Array.from({ length: to - from }, (_, index) => ({ sequence: from + index }));
}

describe('loss', () => {
  test('is none in a whole stream, across the wrap of sequence numbers', () => {
    const statistics = statisticsOf(run(65_000, 66_000));
    assert.equal(statistics.packets, 1_000);
    assert.equal(statistics.bytes, 172_000);
    assert.equal(statistics.lost, 0);
  });

  test('counts gaps, also around the wrap', () => {
    assert.equal(statisticsOf([...run(65_500, 65_530), ...run(65_540, 65_560)]).lost, 10);
  });

  test('is taken back when a late packet comes', () => {
    assert.equal(statisticsOf([...run(10, 20), { sequence: 21 }, { sequence: 20 }]).lost, 0);
  });

  test('is never negative, however many duplicates come', () => {
    assert.equal(statisticsOf([...run(10, 20), ...run(10, 20)]).lost, 0);
  });

  test('adds up over streams: a new SSRC is a new sequence, not loss', () => {
    const second = run(40_000, 40_010).map((packet) => ({ ...packet, ssrc: 2 }));
    assert.equal(statisticsOf([...run(0, 5), ...run(7, 10), ...second]).lost, 2);
  });

  test('is not counted when a sender starts its numbers anew', () => {
    assert.equal(statisticsOf([...run(0, 100), ...run(30_000, 30_100)]).lost, 0);
    assert.equal(statisticsOf([...run(20_000, 20_100), ...run(65_535, 65_600)]).lost, 0);
  });

  test('is what the network dropped, in any order that it delivers within a hundred packets', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff),
        fc.array(fc.record({ dropped: fc.boolean(), delay: fc.nat(30) }), { minLength: 2, maxLength: 300 }),
        (start, fates) => {
          const arrived = fates
            .map((fate, index) => ({ ...fate, sequence: start + index, order: index + fate.delay }))
            .filter(({ dropped }, index) => index === 0 || index === fates.length - 1 || !dropped)
            .map((packet, index) => ({ ...packet, order: index === 0 ? -1 : packet.order }))
            .sort((a, b) => a.order - b.order);
          assert.equal(statisticsOf(arrived).lost, fates.length - arrived.length);
        },
      ),
    );
  });
});

describe('jitter', () => {
  test('is zero for packets that come as they were sent', () => {
    assert.equal(statisticsOf(run(0, 200)).jitterMs, 0);
  });

  test('approaches the mean difference between transit times', () => {
    const uneven = run(0, 500).map((packet, index) => ({ ...packet, at: index * 20 + (index % 2) * 8 }));
    assert.ok(Math.abs(statisticsOf(uneven).jitterMs - 8) < 0.01);
  });

  test('survives the wrap of the timestamp', () => {
    const packets = run(0, 100).map((packet, index) => ({ ...packet, timestamp: 0xffff_ff00 + index * 160 }));
    assert.equal(statisticsOf(packets).jitterMs, 0);
  });

  test('does not take a new time base for jitter', () => {
    const packets = run(0, 100).map((packet, index) => ({
      ...packet,
      timestamp: index * 160 + (index < 50 ? 0 : 1_000_000),
    }));
    assert.equal(statisticsOf(packets).jitterMs, 0);
  });
});
