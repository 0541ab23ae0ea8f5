// The relay with real sockets on loopback.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { present } from '../../base/assert.ts';
import { LIMITS } from '../../base/limits.ts';
import { decodeG711 } from '../../rtp/g711.ts';
import { parseRtp, serialiseRtp } from '../../rtp/packet.ts';
import { parseRtcp, serialiseRtcp } from '../../rtp/rtcp.ts';
import { toneShare } from '../../rtp/tone.ts';
import { Bench, CARRIER, PHONE, RELAY, SILENT_LOG, STRANGER } from './testing.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

describe('a connected call', () => {
  test('passes packets on as they are, both ways', async () => {
    const { a, b, phone, carrier } = await bench.call();
    const spoken = phone.speak(a);
    assert.deepEqual(new Uint8Array(present((await carrier.heard(1))[0], 'packet')), spoken);
    const answered = carrier.speak(b, { payloadType: 8 });
    assert.deepEqual(new Uint8Array(present((await phone.heard(1))[0], 'packet')), answered);
    assert.equal(bench.relay.stats().packetsForwarded, 2);
  });

  test('reports the first packet and the first sound of each party', async () => {
    const { a, phone, carrier } = await bench.call();
    phone.speak(a, { amplitude: 0 });
    assert.deepEqual((await bench.event('latched', 'a')).from, phone.at);
    assert.deepEqual(bench.events, []);
    phone.speak(a);
    await bench.event('heard', 'a');
    phone.speak(a);
    await carrier.heard(3);
    assert.deepEqual(bench.events, []);
  });

  test('counts packets, loss and strangers for the ledger', async () => {
    const { a, phone, carrier } = await bench.call();
    const stranger = await bench.party(STRANGER);
    for (let index = 0; index < 5; index += 1) phone.speak(a);
    await carrier.heard(5);
    stranger.speak(a);
    const header = { payloadType: 0, marker: false, sequenceNumber: 7, timestamp: 0, ssrc: 1 };
    phone.send(a, serialiseRtp(header, new Uint8Array(160)));
    await carrier.heard(6);
    const { jitterMs, ...statistics } = await bench.statistics('a');
    assert.deepEqual(statistics, {
      packetsReceived: 6,
      bytesReceived: 6 * 172,
      packetsSent: 0,
      packetsLost: 2,
      strangersDropped: 1,
      heardAudio: true,
    });
    assert.ok(jitterMs >= 0);
    assert.equal((await bench.statistics('b')).packetsSent, 6);
  });

  test('passes RTCP on between the ports above', async () => {
    const { a, phone, carrier } = await bench.call();
    const phoneRtcp = await bench.party(PHONE);
    const carrierRtcp = await bench.party(CARRIER);
    bench.remote('a', phone.at, { rtcp: phoneRtcp.at });
    bench.remote('b', carrier.at, { rtcp: carrierRtcp.at });
    const report = serialiseRtcp({ ssrc: 1, blocks: [] }, 'phone');
    phoneRtcp.send({ ...a, port: a.port + 1 }, Uint8Array.of(1, 2, 3));
    phoneRtcp.send({ ...a, port: a.port + 1 }, report);
    assert.deepEqual(new Uint8Array(present((await carrierRtcp.heard(1))[0], 'report')), report);
  });

  test('drops what is no RTP', async () => {
    const { a, phone, carrier } = await bench.call();
    phone.send(a, new Uint8Array(0));
    phone.send(a, Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42));
    phone.send(a, serialiseRtcp({ ssrc: 1, blocks: [] }, 'on the wrong port'));
    const spoken = phone.speak(a);
    assert.deepEqual(new Uint8Array(present((await carrier.heard(1))[0], 'packet')), spoken);
  });

  test('goes on when a party is not there any more', async () => {
    const { a, b, phone, carrier } = await bench.call();
    carrier.close();
    for (let index = 0; index < 3; index += 1) phone.speak(a);
    await bench.event('heard', 'a');
    const again = await bench.party(CARRIER);
    bench.remote('b', again.at);
    again.speak(b);
    phone.speak(a);
    await again.heard(1);
  });

  test('takes at most so many packets a second from one party', async () => {
    let now = 1_000_000;
    await bench.close();
    const { promise: warned, resolve: warn } = Promise.withResolvers<void>();
    bench = new Bench({ clock: { now: () => now }, log: { ...SILENT_LOG, warn: () => warn() } });
    const { a, phone, carrier } = await bench.call();
    for (let sent = 0; sent < LIMITS.mediaPacketsPerSecondMax; sent += 100) {
      for (let index = 0; index < 100; index += 1) phone.speak(a);
      await carrier.heard(sent + 100);
    }
    phone.speak(a);
    await warned;
    now += 1_000;
    phone.speak(a);
    await carrier.heard(LIMITS.mediaPacketsPerSecondMax + 1);
    assert.equal((await bench.statistics('a')).packetsReceived, carrier.received.length);
  });

  test('is over for both when one disconnects', async () => {
    const { a, b, phone, carrier } = await bench.call();
    bench.perform({ type: 'disconnect', id: 'b' });
    phone.speak(a);
    carrier.speak(b);
    await bench.event('latched', 'a');
    await bench.event('latched', 'b');
    assert.equal(bench.relay.stats().packetsForwarded, 0);
  });
});

describe('latching', () => {
  test('sends to where a phone behind NAT really is, and never to a stranger', async () => {
    const { a, b, phone, carrier } = await bench.call();
    bench.remote('a', { address: '10.0.0.5', port: 4_000 }, { signallingAddress: PHONE });
    const stranger = await bench.party(STRANGER);
    stranger.speak(a);
    phone.speak(a);
    await carrier.heard(1);
    carrier.speak(b);
    await phone.heard(1);
    assert.deepEqual((await bench.event('latched', 'a')).from, phone.at);
    assert.equal(stranger.received.length, 0);
    assert.equal((await bench.statistics('a')).strangersDropped, 1);
  });

  test('follows a phone that moves by re-INVITE', async () => {
    const { a, b, phone, carrier } = await bench.call();
    phone.speak(a);
    await carrier.heard(1);
    const moved = await bench.party(PHONE);
    bench.remote('a', moved.at);
    carrier.speak(b);
    await moved.heard(1);
    moved.speak(a);
    await carrier.heard(2);
    phone.speak(a);
    moved.speak(a);
    await carrier.heard(3);
    assert.equal((await bench.statistics('a')).strangersDropped, 1);
  });

  test('sends nothing while the peer holds', async () => {
    const { b, phone, carrier } = await bench.call();
    bench.remote('a', undefined);
    carrier.speak(b);
    await bench.event('heard', 'b');
    bench.remote('a', phone.at);
    carrier.speak(b);
    assert.equal((await phone.heard(1)).length, 1);
  });

  test('ignores an address of another family, or that is no address', async () => {
    const { b, carrier } = await bench.call();
    for (const address of ['::1', 'localhost', '']) {
      bench.remote('a', { address, port: 4_000 });
      carrier.speak(b);
    }
    bench.remote('a', { address: PHONE, port: 65_535 });
    carrier.speak(b);
    carrier.speak(b);
    await bench.event('heard', 'b');
    assert.ok((await bench.statistics('b')).heardAudio);
  });
});

describe('playing', () => {
  test('a prompt sends it in 20 ms packets of the agreed codec, then says so', async () => {
    const a = await bench.open('a');
    const phone = await bench.party(PHONE);
    bench.remote('a', phone.at, { playable: { payloadType: 8, codec: 'PCMA' } });
    bench.perform({ type: 'play', id: 'a', sounds: [{ type: 'prompt', name: 'hello' }], repeat: false });
    await bench.event('played', 'a');
    const packets = await phone.heard(3);
    const headers = packets.map((packet) => parseRtp(packet));
    assert.deepEqual(
      headers.map((header) => [
        header?.payloadType,
        header?.marker,
        header?.sequenceNumber,
        header?.timestamp,
      ]),
      [
        [8, true, 0xffff, 0xffff_ffff],
        [8, false, 0, 159],
        [8, false, 1, 319],
      ],
    );
    const bytes = Uint8Array.from(packets.flatMap((packet) => [...packet.subarray(12)]));
    assert.ok(toneShare(decodeG711('PCMA', bytes), 800, 8_000) > 0.99);
    assert.equal(a.address, RELAY);
    assert.equal((await bench.statistics('a')).packetsSent, 3);
  });

  test('a prompt keeps the pace of 20 ms', async () => {
    await bench.open('a');
    const phone = await bench.party(PHONE);
    bench.remote('a', phone.at);
    const startedAt = performance.now();
    bench.perform({ type: 'play', id: 'a', sounds: [{ type: 'tone', frequencyHz: 425 }], repeat: true });
    await phone.heard(26);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs >= 480, `25 steps took ${tookMs} ms`);
    bench.perform({ type: 'stop-playing', id: 'a' });
  });

  test('replaces what is forwarded until it is stopped', async () => {
    const { b, phone, carrier } = await bench.call();
    bench.perform({ type: 'play', id: 'a', sounds: [{ type: 'tone', frequencyHz: 425 }], repeat: true });
    carrier.speak(b, { ssrc: 77 });
    await bench.event('heard', 'b');
    bench.perform({ type: 'stop-playing', id: 'a' });
    const spoken = carrier.speak(b, { ssrc: 78 });
    for (let count = 1; ; count += 1) {
      const packet = present((await phone.heard(count))[count - 1], 'packet');
      assert.notEqual(parseRtp(packet)?.ssrc, 77);
      if (parseRtp(packet)?.ssrc === 78) {
        assert.deepEqual(new Uint8Array(packet), spoken);
        return;
      }
    }
  });

  test('is over at once where there is no such prompt or no codec to play in', async () => {
    await bench.open('a');
    const phone = await bench.party(PHONE);
    bench.remote('a', phone.at);
    bench.perform({ type: 'play', id: 'a', sounds: [{ type: 'prompt', name: 'nonsense' }], repeat: true });
    await bench.event('played', 'a');
    bench.perform({
      type: 'remote',
      id: 'a',
      remote: { signalled: phone.at, signallingAddress: PHONE },
    });
    bench.perform({ type: 'play', id: 'a', sounds: [{ type: 'prompt', name: 'hello' }], repeat: false });
    await bench.event('played', 'a');
    assert.equal(phone.received.length, 0);
  });

  test('sends a sender report with it', async () => {
    await bench.open('a');
    const [phone, rtcp] = [await bench.party(PHONE), await bench.party(PHONE)];
    bench.remote('a', phone.at, { rtcp: rtcp.at });
    bench.perform({ type: 'play', id: 'a', sounds: [{ type: 'tone', frequencyHz: 425 }], repeat: true });
    const [report] = parseRtcp(present((await rtcp.heard(1))[0], 'report')) ?? [];
    assert.equal(report?.sender?.packets, 50);
    assert.equal(report.sender.octets, 8_000);
  });
});

describe('the silence watch', () => {
  test('reports silence, and again as long as it lasts', async () => {
    await bench.open('a');
    bench.perform({ type: 'watch', id: 'a', silenceMs: 30 });
    assert.ok((await bench.event('silent', 'a')).silentMs >= 30);
    assert.ok((await bench.event('silent', 'a')).silentMs >= 60);
  });

  test('counts from the last packet of the peer', async () => {
    let now = 1_000_000;
    await bench.close();
    bench = new Bench({ clock: { now: () => now } });
    const [a, phone] = [await bench.open('a'), await bench.party(PHONE)];
    await bench.open('mute');
    bench.remote('a', phone.at);
    for (const id of ['a', 'mute']) bench.perform({ type: 'watch', id, silenceMs: 30 });
    now += 25;
    phone.speak(a);
    await bench.event('heard', 'a');
    now += 29;
    assert.equal((await bench.event('silent', 'mute')).silentMs, 54);
    assert.ok(!bench.events.some(({ type }) => type === 'silent'));
    now += 1;
    assert.equal((await bench.event('silent', 'a')).silentMs, 30);
  });

  test('is off while the call is held', async () => {
    await bench.open('a');
    await bench.open('b');
    bench.perform({ type: 'watch', id: 'a', silenceMs: 20 }, { type: 'watch', id: 'a', silenceMs: 0 });
    bench.perform({ type: 'watch', id: 'b', silenceMs: 60 });
    await bench.event('silent', 'b');
    assert.deepEqual(bench.events, []);
  });
});

describe('ports', () => {
  test('are pairs from the range, and the address told is the advertised one', async () => {
    await bench.close();
    bench = new Bench({ advertisedAddress: '203.0.113.7', ports: { from: 30_000, to: 30_003 } });
    assert.deepEqual(await bench.open('a'), { address: '203.0.113.7', port: 30_000 });
    assert.deepEqual(await bench.open('b'), { address: '203.0.113.7', port: 30_002 });
    assert.equal(bench.relay.stats().endpointsOpen, 2);
    assert.equal(bench.relay.stats().portPairsFree, 0);
    bench.perform({ type: 'open', id: 'c', family: 'ipv4' });
    assert.equal((await bench.event('open-failed', 'c')).reason, 'all 2 media port pairs are in use');
  });

  test('rest after a call before they serve another', async () => {
    let now = 1_000_000;
    await bench.close();
    bench = new Bench({ ports: { from: 30_000, to: 30_001 }, clock: { now: () => now } });
    await bench.open('a');
    await bench.statistics('a');
    assert.equal(bench.relay.stats().portPairsFree, 1);
    bench.perform({ type: 'open', id: 'b', family: 'ipv4' });
    await bench.event('open-failed', 'b');
    now += LIMITS.mediaPortRestMs;
    assert.equal((await bench.open('c')).port, 30_000);
  });

  test('that another program holds are passed over', async () => {
    await bench.party(RELAY, 30_000);
    await bench.party(RELAY, 30_003);
    assert.equal((await bench.open('a')).port, 30_004);
    assert.equal(bench.relay.stats().portPairsFree, 49);
  });

  test('that other programs hold all fail with the reason', async () => {
    await bench.close();
    bench = new Bench({ ports: { from: 30_000, to: 30_001 } });
    await bench.party(RELAY, 30_001);
    bench.perform({ type: 'open', id: 'a', family: 'ipv4' });
    assert.match((await bench.event('open-failed', 'a')).reason, /udp 127\.0\.66\.1 port 30001: EADDRINUSE/);
  });

  test('of an address that is not there fail with the reason', async () => {
    await bench.close();
    bench = new Bench({ address: '192.0.2.1' });
    bench.perform({ type: 'open', id: 'a', family: 'ipv4' });
    assert.match((await bench.event('open-failed', 'a')).reason, /EADDRNOTAVAIL/);
  });

  test('are freed when the close overtakes the open', async () => {
    bench.perform({ type: 'open', id: 'a', family: 'ipv4' }, { type: 'close', id: 'a' });
    assert.equal((await bench.event('closed', 'a')).statistics.packetsReceived, 0);
    assert.deepEqual(bench.events, []);
    assert.equal(bench.relay.stats().endpointsOpen, 0);
    assert.equal(bench.relay.stats().portPairsFree, 50);
  });
});

describe('an endpoint', () => {
  test('of IPv6 needs an IPv6 address', async () => {
    bench.perform({ type: 'open', id: 'a', family: 'ipv6' });
    assert.equal((await bench.event('open-failed', 'a')).reason, 'no IPv6 media address');
  });

  test('of IPv6 talks with one of IPv4', async () => {
    await bench.close();
    bench = new Bench({ also: { address: '::1' }, ports: { from: 30_600, to: 30_699 } });
    bench.perform({ type: 'open', id: 'six', family: 'ipv6' });
    const six = (await bench.event('opened', 'six')).local;
    const four = await bench.open('four');
    const [phone6, phone4] = [await bench.party('::1'), await bench.party(PHONE)];
    bench.remote('six', { address: '0:0:0:0:0:0:0:1', port: phone6.at.port });
    bench.remote('four', phone4.at);
    bench.perform({ type: 'connect', a: 'six', b: 'four' });
    phone6.speak(six);
    await phone4.heard(1);
    phone4.speak(four);
    await phone6.heard(1);
    assert.equal(six.address, '::1');
  });

  test('cannot be opened twice', async () => {
    await bench.open('a');
    bench.perform({ type: 'open', id: 'a', family: 'ipv4' });
    assert.equal((await bench.event('open-failed', 'a')).reason, 'the id is in use');
  });

  test('that is not there is no reason to fail', async () => {
    bench.remote('x', { address: PHONE, port: 4_000 });
    bench.perform(
      { type: 'connect', a: 'x', b: 'y' },
      { type: 'disconnect', id: 'x' },
      { type: 'play', id: 'x', sounds: [{ type: 'prompt', name: 'hello' }], repeat: false },
      { type: 'stop-playing', id: 'x' },
      { type: 'watch', id: 'x', silenceMs: 1 },
      { type: 'close', id: 'x' },
    );
    await bench.open('a');
    assert.deepEqual(bench.events, []);
  });

  test('hears DTMF and comfort noise as silence, and any packet of a codec that it cannot decode', async () => {
    const a = await bench.open('a');
    const phone = await bench.party(PHONE);
    bench.remote('a', phone.at, { dtmfPayloadType: 101 });
    const say = (payloadType: number) =>
      phone.send(
        a,
        serialiseRtp(
          { payloadType, marker: false, sequenceNumber: 1, timestamp: 0, ssrc: 1 },
          new Uint8Array(20),
        ),
      );
    say(101);
    say(13);
    await bench.event('latched', 'a');
    const between = await bench.open('b');
    assert.equal(between.address, RELAY);
    assert.deepEqual(bench.events, []);
    say(96);
    await bench.event('heard', 'a');
  });
});

describe('closing the relay', () => {
  test('closes what is open, says so, and opens nothing more', async () => {
    const { a } = await bench.call();
    await bench.relay.close();
    await bench.event('closed', 'a');
    await bench.event('closed', 'b');
    bench.perform({ type: 'open', id: 'c', family: 'ipv4' });
    assert.equal((await bench.event('open-failed', 'c')).reason, 'the relay is closed');
    assert.equal(bench.relay.stats().endpointsOpen, 0);
    await bench.party(RELAY, a.port);
    await bench.party(RELAY, a.port + 1);
  });
});
