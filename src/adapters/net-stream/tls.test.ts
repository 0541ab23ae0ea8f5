import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { before, describe, type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { Authority, type FixedCertificates, fixedCertificates } from '../../../test/authority.ts';
import { message, Recorder } from '../../../test/contract/signalling.contract.ts';
import { text } from '../../base/bytes.ts';
import type { Endpoint, Flow } from '../../base/net.ts';
import { DAY_MS } from '../../base/time.ts';
import type { ClientCertificates, TlsMaterial } from '../../ports/certificates.ts';
import type { SignallingTransport } from '../../ports/signalling.ts';
import type { StreamLimits } from './stream.ts';
import { openTls } from './tls.ts';

// What is TLS's own; the rest is in test/contract/signalling.contract.ts and stream.test.ts.

const TIMEOUT = { timeout: 10_000 };
const ADDRESS = '127.0.0.1';
const clock = { now: () => 1_700_000_000_000 };
const CARRIER = 'sip.carrier.example';
const NODE = 'voice.example.net';

let authority: Authority;
let ours: TlsMaterial;
let carriers: TlsMaterial;
before(async () => {
  authority = await Authority.create();
  [ours, carriers] = await Promise.all([authority.material(NODE), authority.material(CARRIER)]);
});

interface End {
  readonly recorder: Recorder;
  readonly transport: SignallingTransport;
  readonly local: Endpoint;
  readonly certificates: FixedCertificates;
}

async function listener(
  t: TestContext,
  material: TlsMaterial,
  options: {
    readonly clients?: ClientCertificates;
    readonly limits?: Partial<StreamLimits>;
    readonly unverified?: string;
  } = {},
): Promise<End> {
  const recorder = new Recorder();
  const certificates = fixedCertificates(material);
  const transport = await openTls({
    address: ADDRESS,
    port: 0,
    handler: recorder,
    clock,
    certificates,
    clientCertificates: options.clients ?? 'off',
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.unverified === undefined ? {} : { unverifiedDomains: new Set([options.unverified]) }),
  });
  t.after(() => transport.close());
  return { recorder, transport, local: transport.listener.local, certificates };
}

function flowTo(near: End, far: { readonly local: Endpoint }, domain = CARRIER): Flow {
  return { transport: 'tls', local: near.local, remote: far.local, domain };
}

async function counted(end: End, name: string): Promise<number> {
  for (;;) {
    const count = end.transport.stats().counters[name] ?? 0;
    if (count > 0) return count;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function dial(t: TestContext, remote: Endpoint, options: ConnectionOptions = {}): TLSSocket {
  const socket = connect({
    host: remote.address,
    port: remote.port,
    ca: authority.certificate,
    servername: NODE,
    ...options,
  });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  return socket;
}

async function gone(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

describe('whom a connection over TLS leads to', () => {
  test('a peer whose certificate speaks for the domain is sent the message', TIMEOUT, async (t) => {
    const near = await listener(t, ours);
    const far = await listener(t, carriers);
    near.transport.send([{ flow: flowTo(near, far), bytes: message('invite') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
    far.transport.send([{ flow: far.recorder.packets[0]?.flow ?? flowTo(far, near), bytes: message('ok') }]);
    await near.recorder.until(() => near.recorder.packets.length === 1);
    assert.deepEqual(near.recorder.packets[0]?.flow.peerDomains, [CARRIER]);
  });

  /** Nothing of the message may have reached whom it is not for. */
  async function refused(t: TestContext, material: TlsMaterial, domain = CARRIER): Promise<string> {
    const near = await listener(t, ours);
    const far = await listener(t, material);
    const flow = flowTo(near, far, domain);
    near.transport.send([{ flow, bytes: message('secret') }]);
    await near.recorder.until(() => near.recorder.failures.length === 1);
    assert.deepEqual(near.recorder.failures[0]?.flow, flow);
    assert.equal(near.transport.stats().counters['certificate_refused'], 1);
    await far.transport.close();
    assert.equal(far.transport.stats().counters['received'], 0);
    return (near.recorder.failures[0]?.reason ?? '').replace(`${far.local.port}`, 'PORT');
  }

  test('one whose certificate speaks for another is told by both names', TIMEOUT, async (t) => {
    const reason = await refused(t, await authority.material('other.example'));
    assert.equal(reason, `the certificate of ${ADDRESS}:PORT speaks for other.example, not for ${CARRIER}`);
  });

  test('a wildcard is nobody, though a browser would take it', TIMEOUT, async (t) => {
    const reason = await refused(t, await authority.material('*.carrier.example'));
    assert.match(reason, /speaks for nobody, not for sip\.carrier\.example; "\*" counts for nobody/);
  });

  test('one that no trusted authority signed is refused', TIMEOUT, async (t) => {
    const stranger = await Authority.create('CN=Somebody Else');
    const reason = await refused(t, await stranger.material(CARRIER));
    assert.match(reason, /^the certificate of .* is not trusted: .*(certificate|issuer)/);
  });

  test('one that has expired is refused', TIMEOUT, async (t) => {
    const old = { names: [CARRIER], validFrom: Date.now() - 9 * DAY_MS, validTo: Date.now() - DAY_MS };
    const reason = await refused(t, authority.trusting(await authority.issue(old)));
    assert.match(reason, /is not trusted: certificate has expired/);
  });

  test('without a domain, only a certificate for the address will do', TIMEOUT, async (t) => {
    assert.match(await refused(t, carriers, ADDRESS), /not for 127\.0\.0\.1$/);
    const near = await listener(t, ours);
    const far = await listener(t, await authority.material(ADDRESS));
    const { domain: _, ...flow } = flowTo(near, far);
    near.transport.send([{ flow, bytes: message('by address') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
  });

  test('a domain that is not to be verified is believed, and proves nothing', TIMEOUT, async (t) => {
    const near = await listener(t, ours, { unverified: CARRIER });
    const far = await listener(t, await (await Authority.create('CN=Somebody Else')).material('x.example'));
    near.transport.send([{ flow: flowTo(near, far), bytes: message('invite') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
    far.transport.send([{ flow: far.recorder.packets[0]?.flow ?? flowTo(far, near), bytes: message('ok') }]);
    await near.recorder.until(() => near.recorder.packets.length === 1);
    assert.equal(near.recorder.packets[0]?.flow.peerDomains, undefined);
  });
});

describe('sharing a connection over TLS (RFC 5923)', () => {
  test('requests to one address for two domains go over two connections', TIMEOUT, async (t) => {
    const near = await listener(t, ours);
    const far = await listener(t, await authority.material(CARRIER, 'b.example'));
    for (const [count, domain] of [CARRIER, 'b.example', CARRIER].entries()) {
      near.transport.send([{ flow: flowTo(near, far, domain), bytes: message('invite') }]);
      await far.recorder.until(() => far.recorder.packets.length === count + 1);
    }
    assert.equal(near.transport.stats().connections, 2);
  });

  /** A carrier connects to us and sends one request; then we have one for it, at the port of its Via. */
  async function connectionsAfter(t: TestContext, alias: string, clients: ClientCertificates) {
    const near = await listener(t, ours, { clients });
    const far = await listener(t, carriers);
    const request = text(message('in')).replace(
      /Via: .*/,
      `Via: SIP/2.0/TLS ${CARRIER}:${far.local.port};branch=z9hG4bKin${alias}`,
    );
    far.transport.send([{ flow: flowTo(far, near, NODE), bytes: Buffer.from(request) }]);
    await near.recorder.until(() => near.recorder.packets.length === 1);
    near.transport.send([{ flow: flowTo(near, far), bytes: message('out') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
    return near.transport.stats().connections;
  }

  test(
    "a carrier's own connection is used for requests to it where it asked for that",
    TIMEOUT,
    async (t) => {
      assert.equal(await connectionsAfter(t, ';alias', 'ask'), 1);
    },
  );

  test('not where it did not ask', TIMEOUT, async (t) => {
    assert.equal(await connectionsAfter(t, '', 'ask'), 2);
  });

  test('and not where its certificate was never asked for', TIMEOUT, async (t) => {
    assert.equal(await connectionsAfter(t, ';alias', 'off'), 2);
  });
});

describe('what a client proves', () => {
  async function hello(t: TestContext, end: End, options: ConnectionOptions) {
    const phone = dial(t, end.local, options);
    phone.write(message('hello'));
    const before = end.recorder.packets.length;
    await end.recorder.until(() => end.recorder.packets.length > before);
    return end.recorder.packets.at(-1)?.flow.peerDomains;
  }

  test('a good certificate tells its domains, a bad one and none tell nothing', TIMEOUT, async (t) => {
    const end = await listener(t, ours, { clients: 'ask' });
    const carrier = { cert: carriers.certificate, key: carriers.key };
    const stranger = await (await Authority.create('CN=Somebody Else')).issue({ names: [CARRIER] });
    assert.deepEqual(await hello(t, end, carrier), [CARRIER]);
    assert.equal(await hello(t, end, { cert: stranger.certificate, key: stranger.key }), undefined);
    assert.equal(await hello(t, end, {}), undefined);
  });

  test('a resumed session still knows whom it was opened by', TIMEOUT, async (t) => {
    const end = await listener(t, ours, { clients: 'ask' });
    const carrier = { cert: carriers.certificate, key: carriers.key };
    const first = dial(t, end.local, carrier);
    const session = once(first, 'session');
    first.write(message('first'));
    const [ticket] = await session;
    await end.recorder.until(() => end.recorder.packets.length === 1);
    const again = dial(t, end.local, { ...carrier, session: ticket });
    again.write(message('again'));
    await end.recorder.until(() => end.recorder.packets.length === 2);
    assert.ok(again.isSessionReused());
    assert.deepEqual(end.recorder.packets[1]?.flow.peerDomains, [CARRIER]);
  });

  test('where a certificate is required, nobody without a good one comes in', TIMEOUT, async (t) => {
    const end = await listener(t, ours, { clients: 'require' });
    const stranger = dial(t, end.local);
    stranger.write(message('hello'));
    await gone(stranger);
    assert.equal(await counted(end, 'handshakes_failed'), 1);
    assert.deepEqual(await hello(t, end, { cert: carriers.certificate, key: carriers.key }), [CARRIER]);
  });
});

describe('handshakes', () => {
  const versions: readonly (readonly [SecureVersion, boolean])[] = [
    ['TLSv1', false],
    ['TLSv1.1', false],
    ['TLSv1.2', true],
    ['TLSv1.3', true],
  ];
  for (const [version, taken] of versions) {
    test(`${version} is ${taken ? 'taken' : 'refused'}`, TIMEOUT, async (t) => {
      const end = await listener(t, ours);
      // The client's own security level would not even try the old ones.
      const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      const phone = dial(t, end.local, options);
      if (taken) {
        await once(phone, 'secureConnect');
        assert.equal(phone.getProtocol(), version);
      } else {
        await gone(phone);
        assert.equal(await counted(end, 'handshakes_failed'), 1);
      }
    });
  }

  test('one that goes on byte by byte is ended by the clock, not by its silence', TIMEOUT, async (t) => {
    const end = await listener(t, ours, { limits: { handshakeMs: 150, connectionsMax: 1 } });
    const slow = connectTcp(end.local.port, ADDRESS);
    slow.on('error', () => {});
    // The head of a ClientHello of 512 bytes, and then one byte of it at a time.
    slow.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]));
    const drip = setInterval(() => slow.write(Buffer.from([0])), 10);
    t.after(() => clearInterval(drip));
    await gone(slow);
    clearInterval(drip);
    assert.equal(await counted(end, 'handshake_timeouts'), 1);
    const phone = dial(t, end.local);
    phone.write(message('there is room again'));
    await end.recorder.until(() => end.recorder.packets.length === 1);
  });

  test('unfinished ones count as connections of their address', TIMEOUT, async (t) => {
    const end = await listener(t, ours, { limits: { connectionsPerAddressMax: 2 } });
    for (const each of [1, 2]) {
      const silent = connectTcp(end.local.port, ADDRESS);
      t.after(() => silent.destroy());
      await once(silent, 'connect');
      while ((end.transport.stats().counters['accepted'] ?? 0) < each) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await gone(dial(t, end.local));
    assert.equal(await counted(end, 'refused_connections'), 1);
  });

  test('what does not speak TLS is closed, and hears nothing of SIP', TIMEOUT, async (t) => {
    const end = await listener(t, ours);
    const plain = connectTcp(end.local.port, ADDRESS);
    const heard: Buffer[] = [];
    plain.on('data', (bytes: Buffer) => heard.push(bytes)).on('error', () => {});
    plain.write(message('in clear'));
    await gone(plain);
    assert.doesNotMatch(Buffer.concat(heard).toString('latin1'), /SIP/);
    assert.equal(end.recorder.packets.length, 0);
  });
});

describe('a new certificate', () => {
  test('is what the next handshakes see, while open connections go on', TIMEOUT, async (t) => {
    const end = await listener(t, ours);
    const before = dial(t, end.local);
    before.write(message('before'));
    await end.recorder.until(() => end.recorder.packets.length === 1);
    end.certificates.change(await authority.material(NODE, 'new.example.net'));
    const later = dial(t, end.local);
    await once(later, 'secureConnect');
    assert.match(later.getPeerCertificate().subjectaltname ?? '', /new\.example\.net/);
    before.write(message('after'));
    await end.recorder.until(() => end.recorder.packets.length === 2);
    assert.equal(end.recorder.packets[1]?.flow.connectionId, end.recorder.packets[0]?.flow.connectionId);
  });

  test('is what servers that ask are shown from then on', TIMEOUT, async (t) => {
    const near = await listener(t, ours);
    const far = await listener(t, carriers, { clients: 'require' });
    near.certificates.change(await authority.material('new.example.net'));
    near.transport.send([{ flow: flowTo(near, far), bytes: message('invite') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
    assert.deepEqual(far.recorder.packets[0]?.flow.peerDomains, ['new.example.net']);
  });
});
