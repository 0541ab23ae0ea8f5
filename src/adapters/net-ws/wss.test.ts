import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { Authority, fixedCertificates } from '../../../test/authority.ts';
import { message, Recorder } from '../../../test/contract/signalling.contract.ts';
import { text } from '../../base/bytes.ts';
import type { Endpoint } from '../../base/net.ts';
import { dial, rest } from './testing.ts';
import { openWs, type WsLimits } from './ws.ts';

// What TLS adds; the rest is in ws.test.ts and test/contract/signalling.contract.ts.

const TIMEOUT = { timeout: 10_000 };
const ADDRESS = '127.0.0.1';
const authority = await Authority.create();

async function listener(
  t: TestContext,
  limits: Partial<WsLimits> = {},
  clientCertificates: 'off' | 'require' = 'off',
) {
  const recorder = new Recorder();
  const clock = { now: () => 1_700_000_000_000 };
  const certificates = fixedCertificates(await authority.material(ADDRESS));
  const tls = { certificates, clientCertificates };
  const options = { address: ADDRESS, port: 0, origins: [], handler: recorder, clock, limits, tls };
  const transport = await openWs(options);
  t.after(() => transport.close());
  const counted = async (name: string) => {
    while (transport.stats().counters[name] === 0) await new Promise((resolve) => setImmediate(resolve));
    return transport.stats().counters[name];
  };
  return { recorder, transport, certificates, local: transport.listener.local, counted };
}

function client(t: TestContext, { address, port }: Endpoint, options: ClientOptions = {}): WebSocket {
  const ws = new WebSocket(`wss://${address}:${port}/`, 'sip', { ca: authority.certificate, ...options });
  t.after(() => ws.terminate());
  return ws;
}

/** The certificate that a new handshake is shown. */
async function shown({ address, port }: Endpoint): Promise<string> {
  const socket = connect({ host: address, port, ca: authority.certificate });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

describe('WebSockets over TLS', () => {
  test('carry SIP under their own name', TIMEOUT, async (t) => {
    const { recorder, local, transport } = await listener(t);
    const phone = client(t, local);
    await once(phone, 'open');
    phone.send(message('hello'), { binary: false });
    await recorder.until(() => recorder.packets.length === 1);
    assert.equal(transport.listener.transport, 'wss');
    assert.equal(recorder.packets[0]?.flow.transport, 'wss');
  });

  test('show a changed certificate to who comes, and go on for who is there', TIMEOUT, async (t) => {
    const { recorder, local, certificates } = await listener(t);
    const phone = client(t, local);
    await once(phone, 'open');
    const before = await shown(local);
    certificates.change(await authority.material(ADDRESS));
    assert.notEqual(await shown(local), before);
    phone.send(message('still-here'), { binary: false });
    await recorder.until(() => recorder.packets.length === 1);
  });

  test('give a handshake that drips no more time than the request after it', TIMEOUT, async (t) => {
    const { local, counted } = await listener(t, { webUpgradeMs: 60 });
    const loris = await dial(t, local);
    // The head of a record of 512 bytes (RFC 8446 §5.1), which OpenSSL waits for.
    loris.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    const drip = setInterval(() => loris.write(Buffer.from([0x01])), 10);
    t.after(() => clearInterval(drip));
    assert.equal((await rest(loris)).length, 0);
    assert.equal(await counted('upgrade_timeouts'), 1);
  });

  test('are nothing to who speaks none: plain HTTP gets no answer in HTTP', TIMEOUT, async (t) => {
    const { local, counted } = await listener(t);
    const stranger = await dial(t, local);
    stranger.write('GET / HTTP/1.1\r\nHost: voice.example.net\r\n\r\n');
    assert.doesNotMatch(text(await rest(stranger)), /HTTP/);
    assert.equal(await counted('handshakes_failed'), 1);
  });

  test('are refused to who has no certificate, where one is required', TIMEOUT, async (t) => {
    const { local, recorder } = await listener(t, {}, 'require');
    const [refused] = await once(client(t, local), 'error');
    assert.match(String(refused), /certificate required|hang up|ECONNRESET|EPIPE/i);
    const { certificate: cert, key } = await authority.issue({ names: ['reception.example.net'] });
    const known = client(t, local, { cert, key });
    await once(known, 'open');
    known.send(message('hello'), { binary: false });
    await recorder.until(() => recorder.packets.length === 1);
  });
});
