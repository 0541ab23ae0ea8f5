import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TracedMessage } from '../ports/trace.ts';
import { pcapFile, pcapRecord } from './pcap.ts';

function message(overrides: Partial<TracedMessage> = {}): TracedMessage {
  return {
    at: 1_700_000_000_123.456,
    direction: 'in',
    transport: 'udp',
    local: { address: '203.0.113.7', port: 5060 },
    remote: { address: '192.0.2.7', port: 5062 },
    bytes: Buffer.from('abc'),
    ...overrides,
  };
}

/** The first packet of the file. */
function packetOf(traced: TracedMessage): Buffer {
  return Buffer.from(pcapFile([pcapRecord(traced)])).subarray(40);
}

/** One's complement sum over everything that a checksum covers: 0xffff where the checksum is right. */
function sumOf(...parts: readonly Uint8Array[]): number {
  const bytes = Buffer.concat([...parts, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe('a capture file', () => {
  test('tells time to the microsecond, and raw packets', () => {
    const file = Buffer.from(pcapFile([pcapRecord(message())]));
    assert.equal(file.readUInt32LE(0), 0xa1b2c3d4);
    assert.equal(file.readUInt32LE(20), 101);
    assert.deepEqual([file.readUInt32LE(24), file.readUInt32LE(28)], [1_700_000_000, 123_456]);
    assert.deepEqual([file.readUInt32LE(32), file.readUInt32LE(36)], [31, 31]);
  });

  test('has IPv4 datagrams with the right ends, lengths and checksums', () => {
    const packet = packetOf(message());
    assert.equal(packet.readUInt16BE(2), 31);
    assert.deepEqual([...packet.subarray(12, 20)], [192, 0, 2, 7, 203, 0, 113, 7]);
    assert.deepEqual(
      [packet.readUInt16BE(20), packet.readUInt16BE(22), packet.readUInt16BE(24)],
      [5062, 5060, 11],
    );
    assert.equal(sumOf(packet.subarray(0, 20)), 0xffff);
    const pseudo = Buffer.concat([packet.subarray(12, 20), Buffer.of(0, 17, 0, 11)]);
    assert.equal(sumOf(pseudo, packet.subarray(20)), 0xffff);
  });

  test('has IPv6 datagrams, the other way round for what was sent', () => {
    const packet = packetOf(
      message({
        direction: 'out',
        local: { address: '2001:db8::1', port: 5060 },
        remote: { address: '192.0.2.7', port: 5062 },
      }),
    );
    assert.equal(packet[0], 0x60);
    assert.equal(packet.readUInt16BE(4), 11);
    assert.equal(packet.subarray(8, 24).toString('hex'), '20010db8000000000000000000000001');
    assert.equal(packet.subarray(24, 40).toString('hex'), '00000000000000000000ffffc0000207');
    const pseudo = Buffer.concat([packet.subarray(8, 40), Buffer.of(0, 0, 0, 11, 0, 0, 0, 17)]);
    assert.equal(sumOf(pseudo, packet.subarray(40)), 0xffff);
  });

  test('cuts what no datagram could hold', () => {
    const packet = packetOf(message({ bytes: Buffer.alloc(65_535, 'a') }));
    assert.equal(packet.length, 65_535);
    assert.equal(packet.readUInt16BE(24), 65_515);
  });
});
