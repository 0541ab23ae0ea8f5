// The flood bench's parts that need no namespace: that it refuses to send anywhere but to its own edge, that what it
// writes for its generator is right to the last checksum, and that its figures don't flatter anybody.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { botAddresses, EDGE, NEWCOMER_LIST, SUBSCRIBERS } from '../bench/flood/addresses.ts';
import { flood } from '../bench/flood/bots.ts';
import { firstTryShare, lostShare, shareWithin, tookMs } from '../bench/flood/figures.ts';
import { ethernetFrame, writeCapture } from '../bench/flood/frames.ts';
import { admit, type Ground, ownNamespace } from '../bench/flood/law.ts';
import { Line } from '../bench/flood/line.ts';
import { SCENARIOS } from '../bench/flood/scenarios.ts';
import { Choir } from '../bench/flood/voice.ts';
import { quantile } from '../bench/report.ts';
import { text, utf8 } from '../src/base/bytes.ts';

const WIRE = { fromMac: '02:00:00:00:02:02', toMac: '02:00:00:00:02:01' };
const INSIDE: Ground = { from: 'net:[11]', made: ['net:[10]', 'net:[11]'], outside: 'net:[1]' };
const ELSEWHERE = { address: '192.0.2.1', port: 5060 };
const NOT_THE_EDGE = /192\.0\.2\.1:5060 is not the edge/;

describe('the flood bench cannot be aimed at others', () => {
  test('the edge of its own namespaces is a target, from inside of them', () => {
    assert.equal(admit(EDGE, INSIDE), EDGE);
  });

  test('nothing else is, not even loopback or a neighbour', () => {
    for (const address of ['192.0.2.1', '127.0.0.1', '198.18.0.2', '0.0.0.0', 'localhost', '']) {
      assert.throws(() => admit({ address, port: 5060 }, INSIDE), /is not the edge/, address);
    }
  });

  test('nothing is sent from the network of the machine, whatever the bench believes to have made', () => {
    assert.throws(() => admit(EDGE, { ...INSIDE, from: 'net:[1]' }), /machine's own network/);
    assert.throws(() => admit(EDGE, { ...INSIDE, made: ['net:[11]', 'net:[1]'] }), /machine's own network/);
    assert.throws(
      () => admit(EDGE, { ...INSIDE, from: ownNamespace(), outside: ownNamespace() }),
      /machine's own network/,
    );
  });

  test('nothing is sent from a namespace that somebody else made', () => {
    assert.throws(() => admit(EDGE, { ...INSIDE, from: 'net:[12]' }), /no namespace that this bench made/);
  });

  test('no flood is drawn, no phone opened and no voice raised towards anybody else', async () => {
    const sources = [{ address: '10.1.0.66', port: 5060 }];
    assert.throws(() => flood(1, sources, { seed: 1, target: ELSEWHERE, ground: INSIDE }), NOT_THE_EDGE);
    await assert.rejects(Line.open({ address: '127.0.0.1', port: 0 }, ELSEWHERE, INSIDE), NOT_THE_EDGE);
    const choir = new Choir(INSIDE);
    const voice = await choir.open('127.0.0.1');
    assert.throws(() => voice.speak(ELSEWHERE), NOT_THE_EDGE);
    choir.close();
  });
});

describe('the flood', () => {
  const sources = botAddresses(100).map((address) => ({ address, port: 5060 }));
  const draw = (seed: number) => flood(1_000, sources, { seed, target: EDGE, ground: INSIDE });

  test('is the same for the same seed, and another for another', () => {
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });

  test('comes from its sources in turn', () => {
    assert.deepEqual(
      draw(1).map(({ from }) => from.address),
      Array.from({ length: 1_000 }, (_, index) => sources[index % 100]?.address),
    );
  });

  test('is REGISTER, INVITE, OPTIONS and garbage, each with a Call-ID of its own', () => {
    const texts = draw(1).map(({ payload }) => text(payload));
    for (const method of ['REGISTER', 'INVITE', 'OPTIONS']) {
      const share = texts.filter((each) => each.startsWith(`${method} sip:`)).length;
      assert.ok(share > 150 && share < 550, `${share} ${method}s`);
    }
    const garbage = texts.filter((each) => !/^\w+ sip:.* SIP\/2\.0\r\n/.test(each)).length;
    assert.ok(garbage > 20 && garbage < 100, `${garbage} are no SIP`);
    const callIds = texts.flatMap((each) => /^Call-ID: (.+)\r$/m.exec(each)?.[1] ?? []);
    assert.ok(callIds.length > 800);
    assert.equal(new Set(callIds).size, callIds.length);
  });

  test('has bots in a network of their own each, and no newcomer or phone is one of them', () => {
    const bots = botAddresses(10_000);
    assert.equal(new Set(bots.map((address) => address.replace(/\.\d+$/, ''))).size, 10_000);
    const others = [...SUBSCRIBERS, ...NEWCOMER_LIST].map(({ local }) => local.address);
    assert.ok(others.every((address) => !bots.includes(address)));
  });

  test('with forged flows has the addresses and ports of phones, and with forged addresses none of their ports', () => {
    const flows = new Set(SUBSCRIBERS.map(({ local }) => `${local.address}:${local.port}`));
    const forged = (name: string) =>
      SCENARIOS.find((scenario) => scenario.name === name)?.sources.map(
        ({ address, port }) => `${address}:${port}`,
      ) ?? [];
    assert.ok(forged('forged-flows').length > 0 && forged('forged-addresses').length > 0);
    assert.ok(forged('forged-flows').every((flow) => flows.has(flow)));
    assert.ok(forged('forged-addresses').every((flow) => !flows.has(flow)));
  });
});

describe('frames for the generator', () => {
  const datagram = { from: { address: '10.1.2.66', port: 5061 }, to: EDGE, payload: utf8('odd') };
  const frame = ethernetFrame(datagram, WIRE);
  const view = new DataView(frame.buffer);

  /** The Internet checksum (RFC 1071): zero over whatever holds its own. */
  function remainder(words: readonly number[]): number {
    const sum = words.reduce((total, word) => total + word, 0);
    const folded = (sum & 0xffff) + (sum >>> 16);
    return ~((folded & 0xffff) + (folded >>> 16)) & 0xffff;
  }

  function wordsOf(bytes: Uint8Array): readonly number[] {
    const even = new Uint8Array(bytes.length + (bytes.length % 2));
    even.set(bytes);
    return Array.from({ length: even.length / 2 }, (_, at) => new DataView(even.buffer).getUint16(2 * at));
  }

  test('are Ethernet, IPv4 and UDP from end to end', () => {
    assert.equal(Buffer.from(frame.subarray(0, 14)).toString('hex'), '0200000002010200000002020800');
    assert.deepEqual([...frame.subarray(26, 34)], [10, 1, 2, 66, 198, 18, 0, 1]);
    assert.deepEqual(
      [view.getUint8(23), view.getUint16(34), view.getUint16(36), view.getUint16(38)],
      [17, 5061, 5060, 11],
    );
    assert.equal(view.getUint16(16), frame.length - 14);
    assert.equal(text(frame.subarray(42)), 'odd');
  });

  test('have good checksums, of the header and of the datagram, whatever its length', () => {
    for (const length of [0, 1, 2, 3, 500, 1_471]) {
      const payload = Uint8Array.from({ length }, (_, at) => (at * 37) & 255);
      const packet = ethernetFrame({ ...datagram, payload }, WIRE).subarray(14);
      assert.equal(remainder(wordsOf(packet.subarray(0, 20))), 0, `header, ${length} bytes`);
      assert.notEqual(new DataView(packet.buffer).getUint16(14 + 26), 0, `there is one, ${length} bytes`);
      const pseudo = [...wordsOf(packet.subarray(12, 20)), 17, packet.length - 20];
      assert.equal(remainder([...pseudo, ...wordsOf(packet.subarray(20))]), 0, `datagram, ${length} bytes`);
    }
  });

  test('larger than the wire are refused', () => {
    const payload = new Uint8Array(1_473);
    assert.throws(() => ethernetFrame({ ...datagram, payload }, WIRE), /too large/);
  });

  test('make a capture that says how long each of them is', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ringthrough-flood-'));
    const file = path.join(folder, 'flood.pcap');
    const other = ethernetFrame({ ...datagram, payload: utf8('another') }, WIRE);
    writeCapture(file, [frame, other]);
    const bytes = readFileSync(file);
    rmSync(folder, { recursive: true });
    assert.deepEqual([bytes.readUInt32LE(0), bytes.readUInt32LE(20)], [0xa1b2c3d4, 1]);
    assert.deepEqual([bytes.readUInt32LE(32), bytes.readUInt32LE(36)], [frame.length, frame.length]);
    assert.deepEqual(new Uint8Array(bytes.subarray(40, 40 + frame.length)), frame);
    assert.deepEqual(new Uint8Array(bytes.subarray(-other.length)), other);
    assert.equal(bytes.length, 24 + 2 * 16 + frame.length + other.length);
  });
});

describe('the figures of the flood bench', () => {
  const attempts = [
    { atMs: 0, tookMs: 10, firstTry: true },
    { atMs: 0, tookMs: 4_500, firstTry: false },
    { atMs: 0, firstTry: true },
    { atMs: 0, tookMs: 20, firstTry: true },
  ];

  test('an attempt that never ended is no success, however often it was sent', () => {
    assert.equal(firstTryShare(attempts), 0.5);
    assert.equal(shareWithin(attempts, 4_000), 0.5);
    assert.equal(shareWithin(attempts, 8_000), 0.75);
  });

  test('and it is slower than any other', () => {
    assert.equal(quantile(tookMs(attempts), 1), Number.POSITIVE_INFINITY);
    assert.equal(quantile(tookMs(attempts.slice(0, 2)), 1), 4_500);
  });

  test('what was said and not heard is lost', () => {
    const phones = {
      registrations: [],
      calls: [],
      newcomers: [],
      audio: { sent: 200, heard: 150 },
      startMs: 0,
      lateMs: 0,
    };
    const edge = { cpu: {}, overflowed: 0 };
    const measured = {
      platform: '',
      edge,
      phones,
      packetsPerSecond: undefined,
      softirqSeconds: 0,
      seconds: 1,
    };
    assert.equal(lostShare(measured), 0.25);
  });
});
