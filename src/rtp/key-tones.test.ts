import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeyTones } from './key-tones.ts';
import { sineSamples } from './tone.ts';

const PACKET = 160;

interface Packet {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly samples: Int16Array;
}

/** A long press of the key 5, in packets of 20 ms, from this place on; both numbers of the last ones wrap around. */
function press(
  packets: number,
  { sequenceNumber = 0xfff0, timestamp = 0xfffff000, ssrc = 7 } = {},
): Packet[] {
  const tone = (frequencyHz: number) =>
    sineSamples({ frequencyHz, sampleRate: 8_000, count: packets * PACKET, amplitude: 0.2 });
  const [row, column] = [tone(770), tone(1_336)];
  const both = Int16Array.from(row, (sample, index) => sample + (column[index] ?? 0));
  return Array.from({ length: packets }, (_, index) => ({
    sequenceNumber: (sequenceNumber + index) & 0xffff,
    timestamp: (timestamp + index * PACKET) >>> 0,
    ssrc,
    samples: both.subarray(index * PACKET, (index + 1) * PACKET),
  }));
}

function heard(packets: readonly Packet[]): string {
  const tones = new KeyTones();
  return packets.flatMap((packet) => tones.receive(packet, packet.samples)).join('');
}

describe('a key whose tones are heard', () => {
  for (const lost of [1, 3, 8]) {
    test(`was pressed once where ${lost} packets of a long press are lost`, () => {
      const sent = press(40);
      assert.equal(heard([...sent.slice(0, 20), ...sent.slice(20 + lost)]), '5');
    });
  }

  test('was pressed once where packets come late, or twice', () => {
    const sent = press(40);
    const late = sent.slice(10, 15);
    const [again] = sent.slice(20, 21);
    assert.ok(again !== undefined);
    assert.equal(
      heard([...sent.slice(0, 10), ...sent.slice(15, 25), ...late, again, ...sent.slice(25)]),
      '5',
    );
  });

  test('was pressed twice where silence between was not sent', () => {
    const first = press(6);
    const after = (first.at(-1)?.sequenceNumber ?? 0) + 1;
    const next = { sequenceNumber: after, timestamp: 0xfffff000 + 6 * PACKET + 480 };
    assert.equal(heard([...first, ...press(6, next)]), '55');
    // Of the packets of the second press the first is lost, which does not make silence of what was said.
    assert.equal(heard([...first, ...press(6, next).slice(1)]), '55');
  });

  test('was pressed twice where so much is lost that nobody holds it so long', () => {
    const sent = press(60);
    assert.equal(heard([...sent.slice(0, 10), ...sent.slice(40)]), '55');
  });

  test('was pressed anew where the sender began anew', () => {
    assert.equal(heard([...press(6), ...press(6, { ssrc: 8 })]), '55');
    assert.equal(heard([...press(6), ...press(6, { sequenceNumber: 3, timestamp: 0x10000000 })]), '55');
  });
});
