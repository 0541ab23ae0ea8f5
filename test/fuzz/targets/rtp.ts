// What arrives at a media port: RTP, RTCP, DTMF, and anything else. Nothing throws, nothing counts below zero or
// to infinity, and only the sources that the signalling named are ever latched to.

import { decodeG711, isAudible } from '../../../src/rtp/g711.ts';
import { Latch } from '../../../src/rtp/latch.ts';
import { parseRtp, serialiseRtp } from '../../../src/rtp/packet.ts';
import { isRtcp, parseRtcp, serialiseRtcp } from '../../../src/rtp/rtcp.ts';
import { ReceptionStatistics } from '../../../src/rtp/statistics.ts';
import { parseTelephoneEvent } from '../../../src/rtp/telephone-event.ts';
import { SeededRandom } from '../../simulation/world.ts';
import { mutateBytes } from '../mutate.ts';
import { expect, type Input, type Lap, type Target } from '../target.ts';

const SIGNALLED = { address: '192.0.2.7', port: 4_000 };
const SIGNALLING_ADDRESS = '203.0.113.9';
const SOURCES = [SIGNALLED.address, SIGNALLING_ADDRESS, '198.51.100.66'];
const CLOCK_RATES = [0, 8_000, 16_000, 90_000];

export const rtpTarget: Target = {
  name: 'rtp',
  weight: 1,
  draw: drawPackets,
  attempt: (packets, lap) => {
    const statistics = new ReceptionStatistics();
    const latch = new Latch();
    latch.remote({ signalled: SIGNALLED, signallingAddress: SIGNALLING_ADDRESS }, 0);
    // Where packets come from is not in their bytes; it is drawn from how many there are, so that it stays the same.
    const random = new SeededRandom(packets.length);
    let now = 1_000;
    for (const packet of packets) {
      now += random.between(0, 40);
      checkPacket(packet, statistics, now, random, lap);
      checkLatch(latch, random, now);
    }
    return packets.length;
  },
};

function drawPackets(random: SeededRandom): Input {
  const packets: Uint8Array[] = [];
  let sequence = random.between(0, 65_535);
  const ssrc = random.between(0, 4_294_967_295);
  for (let i = random.between(1, 40); i > 0; i--) {
    sequence = random.chance(0.9) ? (sequence + 1) & 0xffff : random.between(0, 65_535);
    const packet = random.chance(0.8) ? rtp(random, sequence, ssrc) : rtcp(random, ssrc);
    packets.push(random.chance(0.3) ? mutateBytes(packet, random, [packet, ...packets]) : packet);
  }
  return packets;
}

function rtp(random: SeededRandom, sequenceNumber: number, ssrc: number): Uint8Array {
  const payload = random.bytes(random.pick([0, 4, 160]));
  const payloadType = random.pick([0, 8, 101, 127]);
  const timestamp = random.chance(0.9) ? (sequenceNumber * 160) >>> 0 : random.between(0, 4_294_967_295);
  return serialiseRtp({ payloadType, marker: random.chance(0.1), sequenceNumber, timestamp, ssrc }, payload);
}

function rtcp(random: SeededRandom, ssrc: number): Uint8Array {
  const number = () => random.between(0, 4_294_967_295);
  const blocks = Array.from({ length: random.between(0, 3) }, () => ({
    ssrc: number(),
    fractionLost: random.between(0, 255),
    lost: random.between(-8_388_608, 8_388_607),
    highestSequence: number(),
    jitter: number(),
    lastSenderReport: number(),
    delaySinceLastSenderReport: number(),
  }));
  const sender = { at: number() * 100, timestamp: number(), packets: number(), octets: number() };
  return serialiseRtcp(
    { ssrc, blocks, ...(random.chance(0.5) && { sender }) },
    'a'.repeat(random.between(0, 255)),
  );
}

function checkPacket(
  packet: Uint8Array,
  statistics: ReceptionStatistics,
  now: number,
  random: SeededRandom,
  lap: Lap,
): void {
  const header = lap(() => parseRtp(packet));
  const reports = lap(() => (isRtcp(packet) ? parseRtcp(packet) : undefined));
  expect(header === undefined || reports === undefined, 'a packet is RTP or RTCP, never both');
  for (const { blocks } of reports ?? []) expect(blocks.length <= 31, 'a report has 31 blocks at most');
  if (header === undefined) return;
  const { payloadStart, payloadEnd } = header;
  expect(
    payloadStart >= 12 && payloadStart <= payloadEnd && payloadEnd <= packet.length,
    'the payload is within',
  );
  const payload = packet.subarray(payloadStart, payloadEnd);
  const event = parseTelephoneEvent(payload);
  expect(
    event === undefined || (event.volume <= 63 && event.duration <= 65_535),
    'an event is within its bounds',
  );
  expect(decodeG711('PCMA', payload).length === payload.length, 'a byte is a sample');
  isAudible('PCMU', packet, payloadStart, payloadEnd);
  statistics.receive(header, packet.length, random.pick(CLOCK_RATES), now);
  const { packets, bytes, lost, jitterMs } = statistics;
  const sane = packets > 0 && bytes > 0 && Number.isSafeInteger(lost) && lost >= 0;
  expect(
    sane && Number.isFinite(jitterMs) && jitterMs >= 0,
    () => `statistics: ${lost} lost, jitter ${jitterMs}`,
  );
}

function checkLatch(latch: Latch, random: SeededRandom, now: number): void {
  const address = random.pick(SOURCES);
  const verdict = latch.receive(address, random.pick([4_000, 4_001, 9]), now);
  const permitted = address === SIGNALLED.address || address === SIGNALLING_ADDRESS;
  expect(permitted || verdict === 'stranger', () => `${address} was ${verdict}`);
  if (random.chance(0.1)) {
    const port = random.pick([4_000, 4_001]);
    const signalled = random.chance(0.3) ? undefined : { ...SIGNALLED, port };
    latch.remote({ signalled, signallingAddress: SIGNALLING_ADDRESS }, now);
  }
}
