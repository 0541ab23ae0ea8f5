// What is made of packets that arrive: all of them, some, late, twice, with another voice in them, or with nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeG711 } from '../../rtp/g711.ts';
import { serialiseRtp } from '../../rtp/packet.ts';
import { sineSamples } from '../../rtp/tone.ts';
import { HEARD_PACKETS, Hearing, PACKET_MS, SAMPLES_PER_PACKET, TONES_HZ } from './hearing.ts';
import { judged } from './judge.ts';

const PAYLOADS = new Map([[8, 'PCMA']] as const);
const [OURS, OTHERS] = TONES_HZ;
const FIRST_NUMBER = 65_500;
const SSRC = 7;

function tone(frequencyHz: number, amplitude = 0.3): Uint8Array {
  const samples = sineSamples({ frequencyHz, sampleRate: 8_000, count: SAMPLES_PER_PACKET, amplitude });
  return encodeG711('PCMA', samples);
}

function packet(index: number, payload = tone(OURS), ssrc = SSRC): Uint8Array {
  const sequenceNumber = (FIRST_NUMBER + index) & 0xffff;
  const timestamp = index * SAMPLES_PER_PACKET;
  return serialiseRtp({ payloadType: 8, marker: false, sequenceNumber, timestamp, ssrc }, payload);
}

/** Left every 20 ms, each `late(index)` later than it should have. */
function hearing(late: (index: number) => number = () => 0): Hearing {
  const sentAt = (ssrc: number, number: number) => {
    const index = (number - FIRST_NUMBER) & 0xffff;
    return ssrc === SSRC ? index * PACKET_MS + late(index) : undefined;
  };
  return new Hearing(OURS, { sentAt }, PAYLOADS);
}

const ALL = Array.from({ length: HEARD_PACKETS }, (_, index) => index);

describe('what is heard of a call', () => {
  test('is all of it where all of it comes', () => {
    const ear = hearing();
    for (const index of ALL) ear.receive(packet(index), index * PACKET_MS + 30);
    const heard = ear.heard();
    assert.ok(ear.isOver(0));
    assert.equal(heard.packets, HEARD_PACKETS);
    assert.equal(heard.loss, 0);
    assert.ok(heard.tone > 0.99 && heard.jitterMs < 0.1, JSON.stringify(heard));
    assert.equal(heard.delayMs, 30);
    assert.ok(heard.mos > 4.3);
  });

  test('lacks what is lost, at the end as in between, and not what came too early to be passed on', () => {
    const ear = hearing();
    for (const index of ALL.map((each) => each + 10)) {
      if (index % 10 !== 5 && index < 80) ear.receive(packet(index), index * PACKET_MS);
    }
    // 75 from number 10 on: 15, 25 … 75 are lost, and 80 to 84.
    assert.equal(ear.heard().packets, HEARD_PACKETS - 12);
    assert.equal(ear.isOver(80 * PACKET_MS), false);
    assert.ok(ear.isOver(10 * PACKET_MS + HEARD_PACKETS * PACKET_MS + 200));
    assert.ok(ear.heard().tone > 0.99, 'packet by packet, whatever is lost between them');
  });

  test('counts what was overtaken, and nothing twice', () => {
    const ear = hearing();
    for (const index of [0, 2, 1, 1, 3]) ear.receive(packet(index), 3 * PACKET_MS);
    assert.equal(ear.heard().packets, 4);
  });

  test('has the jitter of the network, and not that of our own timers', () => {
    const late = (index: number) => (index % 2) * 12;
    const steady = hearing(late);
    for (const index of ALL) steady.receive(packet(index), index * PACKET_MS + late(index) + 5);
    assert.ok(steady.heard().jitterMs < 0.2, String(steady.heard().jitterMs));
    const shaken = hearing();
    for (const index of ALL) shaken.receive(packet(index), index * PACKET_MS + late(index));
    assert.ok(Math.abs(shaken.heard().jitterMs - 12) < 0.5, String(shaken.heard().jitterMs));
  });

  test('goes by the timestamps where a gateway made the packets anew', () => {
    const ear = hearing();
    for (const index of ALL) ear.receive(packet(index, tone(OURS), 99), index * PACKET_MS);
    assert.equal(ear.heard().delayMs, undefined);
    assert.equal(ear.heard().loss, 0);
    assert.ok(ear.heard().jitterMs < 0.1);
  });

  test('begins anew with a new stream', () => {
    const ear = hearing();
    for (const index of ALL.slice(0, 20)) ear.receive(packet(index, tone(OTHERS), 99), index * PACKET_MS);
    for (const index of ALL) ear.receive(packet(index), 400 + index * PACKET_MS);
    assert.equal(ear.heard().loss, 0);
    assert.equal(ear.heard().otherHz, undefined);
  });

  test('is nothing where what comes is no audio that was agreed on', () => {
    const ear = hearing();
    ear.receive(new Uint8Array([1, 2, 3]), 0);
    const comfort = { payloadType: 13, marker: false, sequenceNumber: 1, timestamp: 1, ssrc: SSRC };
    ear.receive(serialiseRtp(comfort, tone(OURS)), 0);
    assert.equal(ear.firstAt, undefined);
    assert.equal(ear.heard().packets, 0);
  });
});

describe('what a call says of the service', () => {
  function heardOf(payload: Uint8Array, lost: (index: number) => boolean = () => false) {
    const ear = hearing();
    for (const index of ALL) if (!lost(index)) ear.receive(packet(index, payload), index * PACKET_MS + 20);
    return ear.heard();
  }
  const good = heardOf(tone(OURS));
  const held = { setupMs: 120, answerMs: 340, there: good, back: good, endedThere: true };

  test('passes where each hears the other, with what was measured', () => {
    const end = judged(held);
    assert.equal(end.outcome, 'passed');
    assert.deepEqual(Object.keys(end.measures ?? {}), [
      ...['setup_ms', 'answer_ms'],
      ...['there.loss', 'there.mos', 'there.jitter_ms', 'there.tone', 'there.delay_ms'],
      ...['back.loss', 'back.mos', 'back.jitter_ms', 'back.tone', 'back.delay_ms'],
    ]);
  });

  for (const [what, there, outcome, told] of [
    [
      'nothing arrives',
      heardOf(tone(OURS), () => true),
      'failed',
      /^audio does not arrive from caller to called: 0 of 75/,
    ],
    ['silence arrives', heardOf(tone(OURS, 0)), 'failed', /^audio from caller to called is silence/],
    ["another call's voice arrives", heardOf(tone(OTHERS)), 'failed', /is of another call: a tone of 650 Hz/],
    ['music arrives', heardOf(tone(440)), 'failed', /is not what was spoken: \d+ % of it is the tone/],
    [
      'a tenth is lost',
      heardOf(tone(OURS), (index) => index % 10 === 5),
      'warned',
      /is bad: MOS 3\.\d, 9 % lost/,
    ],
    [
      'half is lost',
      heardOf(tone(OURS), (index) => index % 2 === 1),
      'failed',
      /is bad: MOS [12]\.\d, 49 % lost/,
    ],
  ] as const) {
    test(`${outcome === 'failed' ? 'fails' : 'warns'} where ${what}, and says in which direction`, () => {
      const end = judged({ ...held, there });
      assert.equal(end.outcome, outcome);
      assert.match('reason' in end ? end.reason : '', told);
      const turned = judged({ ...held, back: there });
      assert.match('reason' in turned ? turned.reason : '', /from called to caller/);
    });
  }

  test('warns where the end of the call does not arrive', () => {
    const end = judged({ ...held, endedThere: false });
    assert.equal(end.outcome, 'warned');
  });
});
