import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeG711, G711_SILENCE } from './g711.ts';
import { Recorder } from './recorder.ts';
import { sineSamples } from './tone.ts';

const FRAME = 160;
const TAIL_MS = 300;

/** 20 ms of a voice that is never as loud as the moment before. */
function voice(index: number): Uint8Array {
  const amplitude = index % 25 < 5 ? 0.0005 : 0.1 + (index % 7) / 50;
  const samples = sineSamples({ frequencyHz: 300, sampleRate: 8_000, count: FRAME, amplitude });
  return encodeG711('PCMA', samples);
}

const QUIET = new Uint8Array(FRAME).fill(G711_SILENCE.PCMA);

class Line {
  readonly recorder: Recorder;
  now = 0;
  #timestamp: number;
  #sent = 0;

  constructor(timestamp = 0, options: { maxMs?: number; silenceMs?: number } = {}) {
    this.recorder = new Recorder({ codec: 'PCMA', maxMs: 60_000, silenceMs: 3_000, ...options }, 0);
    this.#timestamp = timestamp;
  }

  packet(payload: Uint8Array): { header: { timestamp: number; ssrc: number }; payload: Uint8Array } {
    const header = { timestamp: this.#timestamp >>> 0, ssrc: 1 };
    this.#timestamp += payload.length;
    return { header, payload };
  }

  send({ header, payload }: ReturnType<Line['packet']>): void {
    this.recorder.receive(header, payload, this.now);
    this.now += 20;
  }

  speaks(durationMs: number): void {
    for (let at = 0; at < durationMs; at += 20) this.send(this.packet(voice(this.#sent++)));
  }

  isQuiet(durationMs: number): void {
    for (let at = 0; at < durationMs; at += 20) this.send(this.packet(QUIET));
  }

  recorded(): number {
    this.recorder.finish(this.now);
    return this.recorder.take().reduce((sum, { length }) => sum + length, 0) / 8;
  }
}

function near(actual: number, expected: number, within = 100): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} ms instead of about ${expected} ms`);
}

describe('a recording', () => {
  test('has what was said, without the silence at its end', () => {
    const line = new Line();
    line.isQuiet(500);
    line.speaks(4_000);
    line.isQuiet(2_900);
    assert.equal(line.recorder.over(line.now), undefined);
    line.isQuiet(300);
    assert.equal(line.recorder.over(line.now), 'silence');
    near(line.recorded(), 4_500 + TAIL_MS);
    near(line.recorder.lengthMs, 4_500 + TAIL_MS);
    near(line.recorder.speechMs, 3_200, 100);
  });

  test('is over when it is long enough', () => {
    const line = new Line(0, { maxMs: 2_000 });
    line.speaks(1_900);
    assert.equal(line.recorder.over(line.now), undefined);
    line.speaks(100);
    assert.equal(line.recorder.over(line.now), 'limit');
  });

  test('of nothing is over after the silence, and is empty', () => {
    const line = new Line();
    line.isQuiet(3_000);
    assert.equal(line.recorder.over(line.now), 'silence');
    assert.deepEqual([line.recorded(), line.recorder.speechMs], [0, 0]);
  });

  test('is over where no packet comes at all', () => {
    const line = new Line();
    assert.equal(line.recorder.over(2_999), undefined);
    assert.equal(line.recorder.over(3_000), 'silence');
  });

  test('puts packets in order, and takes each once', () => {
    const inOrder = new Line();
    const mixed = new Line();
    const packets = Array.from({ length: 50 }, (_, index) => mixed.packet(voice(index)));
    for (const packet of packets) inOrder.send(packet);
    const shuffled = packets.map(
      (_, index) => packets[index % 5 === 3 ? index + 1 : index % 5 === 4 ? index - 1 : index],
    );
    for (const packet of shuffled) if (packet !== undefined) mixed.send(packet);
    for (const packet of packets.slice(40)) mixed.send(packet);
    inOrder.recorder.finish(inOrder.now);
    mixed.recorder.finish(mixed.now);
    assert.deepEqual(Buffer.concat(mixed.recorder.take()), Buffer.concat(inOrder.recorder.take()));
  });

  test('has silence where packets were lost, so that it is as long as what was said', () => {
    const line = new Line();
    for (let index = 0; index < 200; index += 1) {
      const packet = line.packet(voice(index));
      if (index % 10 === 0 && index > 0) line.now += 20;
      else line.send(packet);
    }
    near(line.recorded(), 4_000);
  });

  test('has the breaks of a sender that sends nothing while nothing is said', () => {
    const line = new Line();
    line.speaks(1_000);
    for (let at = 0; at < 1_500; at += 20) line.packet(QUIET);
    line.now += 1_500;
    line.speaks(1_000);
    near(line.recorded(), 3_500);
  });

  test('does not believe a timestamp that is further ahead than the clock', () => {
    const line = new Line();
    line.speaks(1_000);
    for (let at = 0; at < 9_000; at += 20) line.packet(QUIET);
    line.speaks(1_000);
    near(line.recorded(), 3_000, 200);
  });

  test('goes on where the sender begins anew', () => {
    const line = new Line();
    line.speaks(1_000);
    const { payload } = line.packet(voice(9));
    for (let index = 0; index < 50; index += 1) {
      line.recorder.receive({ timestamp: 99 + index * FRAME, ssrc: 2 }, payload, line.now);
      line.now += 20;
    }
    near(line.recorded(), 2_000);
  });

  test('goes on over the end of the timestamps', () => {
    const line = new Line(0xffff_ff00);
    line.speaks(2_000);
    near(line.recorded(), 2_000);
  });

  test('takes the steady noise of a line that nobody speaks on for silence', () => {
    const line = new Line(0, { silenceMs: 3_000 });
    const hum = encodeG711(
      'PCMA',
      sineSamples({ frequencyHz: 50, sampleRate: 8_000, count: FRAME, amplitude: 0.02 }),
    );
    line.speaks(2_000);
    let overAt = 0;
    for (let at = 0; at < 20_000 && overAt === 0; at += 20) {
      line.send(line.packet(hum));
      if (line.recorder.over(line.now) !== undefined) overAt = at;
    }
    assert.ok(overAt > 0 && overAt < 12_000, `${overAt} ms`);
  });
});
