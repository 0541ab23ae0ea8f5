import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isRtcp, parseRtcp, type RtcpReport, serialiseRtcp } from './rtcp.ts';

const BLOCK = {
  ssrc: 0xcafe_babe,
  fractionLost: 12,
  lost: -3,
  highestSequence: 0x0001_ffff,
  jitter: 42,
  lastSenderReport: 0x1234_5678,
  delaySinceLastSenderReport: 65_536,
};
const SENDER = { at: Date.UTC(2026, 9, 1, 12) + 250, timestamp: 160_000, packets: 1_000, octets: 160_000 };

describe('RTCP', () => {
  const reports: readonly (readonly [name: string, report: RtcpReport])[] = [
    ['a sender report', { ssrc: 7, sender: SENDER, blocks: [] }],
    ['a sender report with a block', { ssrc: 7, sender: SENDER, blocks: [BLOCK] }],
    ['a receiver report', { ssrc: 7, blocks: [BLOCK, { ...BLOCK, lost: 8_388_607 }] }],
    ['an empty receiver report', { ssrc: 7, blocks: [] }],
  ];
  for (const [name, report] of reports) {
    test(`${name} is parsed as it was serialised, with its CNAME behind it`, () => {
      for (const cname of ['', 'a', 'ab', 'abc', 'node@192.0.2.1']) {
        const bytes = serialiseRtcp(report, cname);
        assert.ok(isRtcp(bytes));
        assert.deepEqual(parseRtcp(bytes), [report]);
      }
    });
  }

  test('counts NTP time from 1900', () => {
    const bytes = serialiseRtcp({ ssrc: 7, sender: { ...SENDER, at: 500 }, blocks: [] }, 'x');
    assert.deepEqual([...bytes.subarray(8, 16)], [0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0]);
  });

  test('is not an RTP packet, a cut-off one, or one whose parts go beyond its end', () => {
    const whole = serialiseRtcp({ ssrc: 7, sender: SENDER, blocks: [BLOCK] }, 'x');
    assert.equal(parseRtcp(whole.subarray(0, 20)), undefined);
    assert.equal(parseRtcp(whole.subarray(0, 51)), undefined);
    assert.equal(parseRtcp(Uint8Array.of(0x80, 0, 0, 1, 0, 0, 0, 1)), undefined);
    assert.equal(parseRtcp(Uint8Array.of(0x81, 201, 0, 1, 0, 0, 0, 1)), undefined);
  });

  test('never makes the parser throw, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
        parseRtcp(Uint8Array.from([0x81, 200, 0, 6, ...noise]));
        parseRtcp(noise);
      }),
    );
  });
});
