import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import type { TracedMessage } from '../../ports/trace.ts';
import { openHepCollector } from './collector.ts';
import { hepPacket } from './packet.ts';

const MESSAGE: TracedMessage = {
  at: 1_700_000_000_123.456,
  direction: 'in',
  transport: 'udp',
  local: { address: '203.0.113.7', port: 5060 },
  remote: { address: '192.0.2.7', port: 5062 },
  bytes: Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n'),
  callId: 'call-1',
};

/** The packet's chunks by type, as hexadecimal digits; each is of vendor 0, and together they are all of it. */
function chunksOf(packet: Uint8Array | undefined): Readonly<Record<number, string>> {
  const bytes = Buffer.from(packet ?? []);
  assert.equal(bytes.subarray(0, 4).toString(), 'HEP3');
  assert.equal(bytes.readUInt16BE(4), bytes.length);
  const chunks: Record<number, string> = {};
  for (let at = 6; at < bytes.length; at += bytes.readUInt16BE(at + 4)) {
    assert.equal(bytes.readUInt16BE(at), 0);
    chunks[bytes.readUInt16BE(at + 2)] = bytes.toString('hex', at + 6, at + bytes.readUInt16BE(at + 4));
  }
  return chunks;
}

function hexOf(text: string): string {
  return Buffer.from(text).toString('hex');
}

describe('a HEP packet', () => {
  test('tells who said what to whom, when, and of which call', () => {
    assert.deepEqual(chunksOf(hepPacket(MESSAGE, { captureId: 2001, password: 'secret' })), {
      1: '02',
      2: '11',
      3: 'c0000207',
      4: 'cb007107',
      7: '13c6',
      8: '13c4',
      9: '6553f100',
      10: '0001e240',
      11: '01',
      12: '000007d1',
      14: hexOf('secret'),
      15: hexOf('OPTIONS sip:a SIP/2.0\r\n\r\n'),
      17: hexOf('call-1'),
    });
  });

  test('has IPv6 addresses, streams, the other direction, and nothing that is not known', () => {
    const { callId: _, ...message } = MESSAGE;
    const remote = { address: '2001:db8::7', port: 5062 };
    const packet = hepPacket(
      { ...message, remote, direction: 'out', transport: 'tls' },
      { captureId: 2 ** 32 - 1 },
    );
    const { 2: protocol, 5: source, 6: target, 7: port, 12: id, ...others } = chunksOf(packet);
    assert.deepEqual(
      [protocol, source, target, port, id],
      ['06', '00000000000000000000ffffcb007107', '20010db8000000000000000000000007', '13c4', 'ffffffff'],
    );
    assert.deepEqual(Object.keys(others), ['1', '8', '9', '10', '11', '15']);
  });

  test('is none where its length could not be told', () => {
    assert.equal(hepPacket({ ...MESSAGE, bytes: Buffer.alloc(65_500) }, { captureId: 1 }), undefined);
  });
});

describe('a HEP collector', () => {
  async function server(t: TestContext, address: string) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    t.after(() => socket.close());
    return { socket, collector: { address, port: socket.address().port } };
  }

  for (const address of ['127.0.0.1', '::1']) {
    test(`gets a copy of each message at ${address}`, async (t) => {
      const { socket, collector } = await server(t, address);
      const copies = await openHepCollector({ collector, captureId: 1 });
      t.after(() => copies.close());
      copies.send([MESSAGE]);
      const [packet] = await once(socket, 'message');
      assert.equal(chunksOf(packet)[17], hexOf('call-1'));
    });
  }

  test('that is slow, or gone, costs what it does not get, and nothing else', async (t) => {
    const { collector } = await server(t, '127.0.0.1');
    const copies = await openHepCollector({ collector, captureId: 1 });
    copies.send(Array.from({ length: 1_200 }, () => MESSAGE));
    copies.send([{ ...MESSAGE, bytes: Buffer.alloc(65_530) }]);
    assert.equal(copies.stats().dropped, 201);
    await copies.close();
    copies.send([MESSAGE]);
    assert.equal(copies.stats().dropped, 202);
    await copies.close();
  });
});
