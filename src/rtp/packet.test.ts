import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseRtp, serialiseRtp } from './packet.ts';
import { RtpSender } from './sender.ts';
import { parseTelephoneEvent } from './telephone-event.ts';

const HEADER = {
  payloadType: 8,
  marker: true,
  sequenceNumber: 65_535,
  timestamp: 4_294_967_295,
  ssrc: 0xdeadbeef,
};

describe('an RTP packet', () => {
  test('is parsed as it was serialised', () => {
    const header = fc.record({
      payloadType: fc.nat(63),
      marker: fc.boolean(),
      sequenceNumber: fc.nat(0xffff),
      timestamp: fc.nat(0xffff_ffff),
      ssrc: fc.nat(0xffff_ffff),
    });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 200 }), (fields, payload) => {
        const bytes = serialiseRtp(fields, payload);
        const parsed = parseRtp(bytes);
        assert.deepEqual(parsed, { ...fields, payloadStart: 12, payloadEnd: 12 + payload.length });
        assert.deepEqual(bytes.subarray(parsed.payloadStart, parsed.payloadEnd), payload);
      }),
    );
  });

  test('has its payload between contributing sources, extension and padding', () => {
    const bytes = serialiseRtp(HEADER, Uint8Array.of(1, 1, 1, 1, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42, 43, 0, 2));
    bytes[0] = 0x80 | 0x20 | 0x10 | 1;
    const parsed = parseRtp(bytes);
    assert.ok(parsed !== undefined);
    assert.deepEqual([...bytes.subarray(parsed.payloadStart, parsed.payloadEnd)], [42, 43]);
  });

  const packet = serialiseRtp(HEADER, Uint8Array.of(1, 2, 3, 4));
  const variant = (change: (bytes: Uint8Array) => void) => {
    const bytes = packet.slice();
    change(bytes);
    return bytes;
  };
  const refused: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['nothing', new Uint8Array(0)],
    ['eleven bytes', packet.subarray(0, 11)],
    ['another version', variant((bytes) => bytes.fill(0x40, 0, 1))],
    ['STUN', variant((bytes) => bytes.fill(0x00, 0, 2))],
    ['RTCP', variant((bytes) => bytes.fill(200, 1, 2))],
    ['more contributing sources than bytes', variant((bytes) => bytes.fill(0x8f, 0, 1))],
    ['an extension beyond its end', variant((bytes) => bytes.fill(0x90, 0, 1))],
    ['more padding than bytes', variant((bytes) => bytes.fill(0xa0, 0, 1).fill(255, 15, 16))],
    ['padding of no bytes', variant((bytes) => bytes.fill(0xa0, 0, 1).fill(0, 15, 16))],
  ];
  for (const [name, bytes] of refused) {
    test(`is not ${name}`, () => assert.equal(parseRtp(bytes), undefined));
  }

  test('never makes the parser throw or leave its bounds, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const parsed = parseRtp(bytes);
        if (parsed === undefined) return;
        assert.ok(parsed.payloadStart <= parsed.payloadEnd && parsed.payloadEnd <= bytes.length);
      }),
    );
  });
});

describe('a sender', () => {
  const payload = new Uint8Array(160);

  test('numbers packets and counts samples, around the wrap', () => {
    const sender = new RtpSender({ ssrc: 7, sequenceNumber: 65_535, timestamp: 0xffff_ffff });
    const first = parseRtp(sender.packet(payload, 0, true, 0));
    const second = parseRtp(sender.packet(payload, 0, false, 20));
    assert.deepEqual([first?.sequenceNumber, first?.timestamp, first?.marker], [65_535, 0xffff_ffff, true]);
    assert.deepEqual([second?.sequenceNumber, second?.timestamp, second?.marker], [0, 159, false]);
    assert.deepEqual(sender.report(), { ssrc: 7, timestamp: 319, packets: 2, octets: 320 });
  });

  test('goes on after a pause with the time that has passed', () => {
    const sender = new RtpSender({ ssrc: 7, sequenceNumber: 0, timestamp: 0 });
    sender.resume(1_000);
    sender.packet(payload, 0, true, 1_000);
    sender.resume(1_520);
    assert.equal(parseRtp(sender.packet(payload, 0, true, 1_520))?.timestamp, 160 + 8 * 500);
  });
});

describe('a telephone event', () => {
  test('is a digit with its length and whether it has ended', () => {
    assert.deepEqual(parseTelephoneEvent(Uint8Array.of(11, 0x8a, 0x03, 0x20)), {
      digit: '#',
      end: true,
      volume: 10,
      duration: 800,
    });
    assert.equal(parseTelephoneEvent(Uint8Array.of(1, 0, 0, 160))?.end, false);
  });

  test('is nothing when it is cut off or no digit', () => {
    assert.equal(parseTelephoneEvent(Uint8Array.of(1, 0, 0)), undefined);
    assert.equal(parseTelephoneEvent(Uint8Array.of(16, 0, 0, 160)), undefined);
  });
});
