import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Endpoint } from '../../base/net.ts';
import { decodeG711, encodeG711 } from '../../rtp/g711.ts';
import { serialiseRtp } from '../../rtp/packet.ts';
import { sineSamples, toneShare } from '../../rtp/tone.ts';
import { Bench, type Party, PHONE } from './testing.ts';

const RECORDING = 'a'.repeat(32);
const HELLO = { type: 'prompt', name: 'hello' } as const;

let bench: Bench;
let at: Endpoint;
let phone: Party;
let timestamp = 0;
let sequenceNumber = 0;

beforeEach(async () => {
  bench = new Bench();
  at = await bench.open('a');
  phone = await bench.party(PHONE);
});
afterEach(() => bench.close());

function send(payloadType: number, payload: Uint8Array, of = timestamp): void {
  const header = { payloadType, marker: false, sequenceNumber: sequenceNumber++, timestamp: of, ssrc: 5 };
  phone.send(at, serialiseRtp(header, payload));
}

/** So much of a tone, all at once. */
function speaks(durationMs: number, frequencyHz = 1_000): void {
  const count = durationMs * 8;
  const samples = encodeG711('PCMA', sineSamples({ frequencyHz, sampleRate: 8_000, count, amplitude: 0.3 }));
  for (let index = 0; index < count; index += 160) {
    send(8, samples.subarray(index, index + 160));
    timestamp += 160;
  }
}

const remote = (more: object = {}) =>
  bench.remote('a', phone.at, { playable: { payloadType: 8, codec: 'PCMA' }, ...more });

describe('an endpoint that records', () => {
  test('keeps what was said, and says so once it is durable', async () => {
    remote();
    bench.perform({ type: 'record', id: 'a', recording: RECORDING, maxMs: 60_000, silenceMs: 10_000 });
    speaks(500);
    await bench.event('heard', 'a');
    bench.perform({ type: 'stop-recording', id: 'a' });
    const { lengthMs, speechMs, why } = await bench.event('recorded', 'a');
    assert.deepEqual([lengthMs, speechMs, why], [500, 500, 'stopped']);
    const kept = bench.recordings.kept.get(RECORDING);
    assert.equal(kept?.codec, 'PCMA');
    assert.ok(toneShare(decodeG711('PCMA', kept.samples), 1_000, 8_000) > 0.9);
  });

  test('keeps what was said by a peer that goes, before it says that it is closed', async () => {
    remote();
    bench.perform({ type: 'record', id: 'a', recording: RECORDING, maxMs: 60_000, silenceMs: 10_000 });
    speaks(300);
    await bench.event('heard', 'a');
    bench.perform({ type: 'close', id: 'a' });
    await bench.event('closed', 'a');
    assert.equal((await bench.event('recorded', 'a')).why, 'closed', 'it was told by then');
    assert.ok(bench.recordings.kept.has(RECORDING));
  });

  test('is over by itself when nothing is said', async () => {
    remote();
    bench.perform({ type: 'record', id: 'a', recording: RECORDING, maxMs: 60_000, silenceMs: 150 });
    const { why, speechMs } = await bench.event('recorded', 'a');
    assert.deepEqual([why, speechMs], ['silence', 0]);
  });

  test('says that it failed where it cannot be kept', async () => {
    bench.recordings.failing = new Error('the disk is full');
    remote();
    bench.perform({ type: 'record', id: 'a', recording: RECORDING, maxMs: 100, silenceMs: 10_000 });
    assert.equal((await bench.event('recorded', 'a')).why, 'failed');
  });

  test('plays what was recorded, also under the other law', async () => {
    bench.recordings.kept.set(RECORDING, {
      codec: 'PCMU',
      samples: encodeG711(
        'PCMU',
        sineSamples({ frequencyHz: 700, sampleRate: 8_000, count: 800, amplitude: 0.3 }),
      ),
    });
    remote();
    const sounds = [
      { type: 'recording', recording: RECORDING, otherwise: HELLO } as const,
      { type: 'silence', lengthMs: 20 } as const,
    ];
    bench.perform({ type: 'play', id: 'a', sounds, repeat: false });
    await bench.event('played', 'a');
    const played = Buffer.concat(phone.received.map((packet) => packet.subarray(12))).subarray(0, 800);
    assert.ok(toneShare(decodeG711('PCMA', played), 700, 8_000) > 0.9);
  });

  test('says what it was told to where a recording is gone, or cannot be read', async () => {
    remote();
    const sounds = [{ type: 'recording', recording: RECORDING, otherwise: HELLO } as const];
    bench.perform({ type: 'play', id: 'a', sounds, repeat: false });
    await bench.event('played', 'a');
    assert.equal(phone.received.length, 3);
  });
});

describe('an endpoint that listens for keys', () => {
  const presses5 = (from: number) => presses(770, from);

  /** A key of the middle column, as tones of 120 ms from this timestamp on. */
  function presses(rowHz: number, from: number): void {
    const tone = (frequencyHz: number) =>
      sineSamples({ frequencyHz, sampleRate: 8_000, count: 960, amplitude: 0.2 });
    const [row, column] = [tone(rowHz), tone(1_336)];
    const both = encodeG711(
      'PCMA',
      row.map((sample, index) => sample + (column[index] ?? 0)),
    );
    for (let at = 0; at < both.length; at += 160) send(8, both.subarray(at, at + 160), from + at);
  }

  test('tells of each press once', async () => {
    remote({ dtmfPayloadType: 101 });
    bench.perform({ type: 'keys', id: 'a', listen: true });
    for (const [event, of] of [
      [1, 0],
      [1, 0],
      [5, 1_600],
    ] as const) {
      send(101, Uint8Array.of(event, 0x8a, 3, 0x20), of);
    }
    assert.equal((await bench.event('key', 'a')).key, '1');
    assert.equal((await bench.event('key', 'a')).key, '5');
  });

  test('hears them as tones where no events were agreed', async () => {
    remote();
    bench.perform({ type: 'keys', id: 'a', listen: true });
    presses5(0);
    assert.equal((await bench.event('key', 'a')).key, '5');
  });

  test('tells two presses apart where silence between them is not sent', async () => {
    remote();
    bench.perform({ type: 'keys', id: 'a', listen: true });
    presses5(0);
    assert.equal((await bench.event('key', 'a')).key, '5');
    presses5(2_400);
    presses(852, 4_800);
    assert.equal((await bench.event('key', 'a')).key, '5');
    assert.equal((await bench.event('key', 'a')).key, '8');
  });

  test('tells of none before it listens, and none afterwards', async () => {
    remote({ dtmfPayloadType: 101 });
    send(101, Uint8Array.of(1, 0x8a, 3, 0x20), 0);
    await bench.event('latched', 'a');
    bench.perform({ type: 'keys', id: 'a', listen: true }, { type: 'keys', id: 'a', listen: false });
    send(101, Uint8Array.of(2, 0x8a, 3, 0x20), 1_600);
    send(
      8,
      encodeG711('PCMA', sineSamples({ frequencyHz: 500, sampleRate: 8_000, count: 160, amplitude: 0.3 })),
      0,
    );
    await bench.event('heard', 'a');
    assert.ok(!bench.events.some(({ type }) => type === 'key'));
  });
});
