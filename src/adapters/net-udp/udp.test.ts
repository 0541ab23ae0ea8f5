import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { text, utf8 } from '../../base/bytes.ts';
import type { Packet, SignallingHandler } from '../../ports/signalling.ts';
import { openUdp } from './udp.ts';

// What is UDP's own; the rest is in test/contract/signalling.contract.ts.

const IGNORE: SignallingHandler = { received() {}, failed() {}, closed() {} };
const OPTIONS = utf8('OPTIONS sip:node@voice.example.net SIP/2.0\r\n\r\n');

async function phoneAndListener(t: TestContext, handler = IGNORE, limits = {}) {
  const transport = await openUdp({ address: '127.0.0.1', port: 0, handler, limits });
  const phone = createSocket('udp4');
  phone.bind(0, '127.0.0.1');
  await once(phone, 'listening');
  t.after(() => {
    phone.close();
    return transport.close();
  });
  const { port } = transport.listener.local;
  return { transport, phone, send: (bytes: Uint8Array) => phone.send(bytes, port, '127.0.0.1') };
}

describe('the UDP transport', () => {
  test('answers a double CRLF with one, so that the phone keeps its NAT binding', async (t) => {
    const { phone, send } = await phoneAndListener(t);
    send(utf8('\r\n\r\n'));
    const [pong] = await once(phone, 'message');
    assert.equal(text(pong), '\r\n');
  });

  test('swallows the keepalives that ask for no answer: CRLF, NUL, nothing', async (t) => {
    const batches: (readonly Packet[])[] = [];
    const arrived = Promise.withResolvers<void>();
    const received = (batch: readonly Packet[]) => {
      batches.push(batch);
      arrived.resolve();
    };
    const { transport, send } = await phoneAndListener(t, { ...IGNORE, received });
    for (const keepalive of ['\r\n', '\0', '\0\0\0\0', '']) send(utf8(keepalive));
    send(OPTIONS);
    await arrived.promise;
    assert.equal(batches.flat().length, 1);
    assert.equal(transport.stats().counters['keepalives'], 4);
  });

  test('answers a STUN Binding request with where it came from, and tells nobody (RFC 5626 §8)', async (t) => {
    const batches: (readonly Packet[])[] = [];
    const received = (batch: readonly Packet[]) => void batches.push(batch);
    const { transport, phone, send } = await phoneAndListener(t, { ...IGNORE, received });
    const transaction = Uint8Array.from({ length: 12 }, (_, index) => index);
    const request = Uint8Array.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...transaction]);
    send(Uint8Array.from([...request.subarray(0, 4), 0, 0, 0, 0, ...transaction]));
    send(request);
    const [answer]: Uint8Array[] = await once(phone, 'message');
    const port = phone.address().port ^ 0x2112;
    const expected = [0, 0x20, 0, 8, 0, 1, port >> 8, port & 0xff, 127 ^ 0x21, 0x12, 0xa4, 1 ^ 0x42];
    assert.deepEqual([...(answer ?? [])].slice(20), expected);
    const { stun_answered: answered, stun_ignored: ignored } = transport.stats().counters;
    assert.deepEqual([answered, ignored, batches.length], [1, 1, 0]);
  });

  test('drops and counts datagrams above the limit', async (t) => {
    const arrived = Promise.withResolvers<readonly Packet[]>();
    const { transport, send } = await phoneAndListener(
      t,
      { ...IGNORE, received: arrived.resolve },
      { messageBytesMax: 100 },
    );
    send(new Uint8Array(101).fill(0x20));
    send(OPTIONS);
    assert.equal((await arrived.promise).length, 1);
    assert.equal(transport.stats().counters['oversized'], 1);
  });

  test('outlives a peer that is gone', async (t) => {
    const arrived = Promise.withResolvers<readonly Packet[]>();
    const { transport, send } = await phoneAndListener(t, { ...IGNORE, received: arrived.resolve });
    const gone = createSocket('udp4').bind(0, '127.0.0.1');
    await once(gone, 'listening');
    const remote = { address: '127.0.0.1', port: gone.address().port };
    await new Promise<void>((resolve) => gone.close(resolve));
    const flow = { transport: 'udp', local: transport.listener.local, remote } as const;
    for (let attempt = 0; attempt < 3; attempt++) transport.send([{ flow, bytes: OPTIONS }]);
    send(OPTIONS);
    assert.equal((await arrived.promise).length, 1);
  });

  test('hears a peer that is kept apart although others have filled the queue of the listener', async (t) => {
    const heard = new Map<number, number>();
    const received = (batch: readonly Packet[]) => {
      for (const { flow } of batch) heard.set(flow.remote.port, (heard.get(flow.remote.port) ?? 0) + 1);
    };
    const handler = { ...IGNORE, received };
    const transport = await openUdp({ address: '127.0.0.1', port: 0, handler, apart: true });
    const [known, other, stranger] = await Promise.all([peer(t), peer(t), peer(t)]);
    t.after(() => transport.close());
    transport.keepApart?.({ address: '127.0.0.1', port: portOf(known) });
    const { port } = transport.listener.local;
    // Nothing is read until this turn of the event loop is over.
    const filler = new Uint8Array(1_400).fill(0x20);
    for (let n = 0; n < 10_000; n++) stranger.send(filler, port, '127.0.0.1');
    for (const each of [known, other]) each.send(OPTIONS, port, '127.0.0.1');
    await until(() => heard.get(portOf(known)) === 1);
    assert.ok((heard.get(portOf(stranger)) ?? 0) < 10_000, 'the queue was full');
    assert.equal(heard.get(portOf(other)), undefined, 'who shares the queue was not heard');
    transport.letGo?.({ address: '127.0.0.1', port: portOf(known) });
    known.send(OPTIONS, port, '127.0.0.1');
    await until(() => heard.get(portOf(known)) === 2);
  });

  test('says that a port is in use though it could be shared', async (t) => {
    const options = { address: '127.0.0.1', handler: IGNORE, apart: true };
    const transport = await openUdp({ ...options, port: 0 });
    t.after(() => transport.close());
    const { port } = transport.listener.local;
    await assert.rejects(openUdp({ ...options, port }), { code: 'LISTEN_FAILED' });
  });
});

async function peer(t: TestContext): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket;
}

function portOf(socket: Socket): number {
  return socket.address().port;
}

/** Looks again with each turn of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
