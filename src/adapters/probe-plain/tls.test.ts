// TLS servers on loopback with the certificates that real ones have: good ones, and those that their owners forgot.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { createSecureContext, createServer as createTls } from 'node:tls';
import { Authority, type Issued } from '../../../test/authority.ts';
import { SeededRandom } from '../../../test/simulation/world.ts';
import { DAY_MS } from '../../base/time.ts';
import type { CertificateTarget, PlainTarget } from '../../ports/probes.ts';
import { createProber } from './prober.ts';
import { Trust } from './trust.ts';

const HOST = '127.0.0.1';
const NAME = 'voice.example.net';
const NOW = Date.now();
const ours = await Authority.create();
const strangers = await Authority.create('CN=Nobody Knows');

function probe(target: PlainTarget) {
  const row = { name: NAME, ttlMs: 1_000, record: { type: 'A', address: HOST } } as const;
  const prober = createProber({
    resolver: { ask: async ({ type }) => (type === 'A' ? { type: 'rows', rows: [row] } : { type: 'none' }) },
    random: new SeededRandom(1),
    userAgent: 'Ringthrough/test',
    trust: new Trust([ours.certificate]),
    agreement: async () => ({}),
  });
  return prober.probe(target, 10_000, new AbortController().signal);
}

/** Answers OPTIONS, as a SIP server over TLS would. */
async function sipServer(t: TestContext, { certificate: cert, key }: Issued): Promise<number> {
  const server = createTls({ cert, key }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      const rows = String(request)
        .split('\r\n')
        .filter((row) => /^(Via|From|To|Call-ID|CSeq):/.test(row));
      socket.write(`SIP/2.0 200 OK\r\n${rows.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
    });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, HOST);
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function page(t: TestContext, { certificate: cert, key }: Issued): Promise<number> {
  const server = createHttps({ cert, key }, (_request, response) => response.end('It works'));
  server.listen(0, HOST);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function certificateOf(port: number, changes: Partial<CertificateTarget> = {}): CertificateTarget {
  const target = { type: 'certificate', host: NAME, port, name: NAME, isSip: false } as const;
  return { ...target, warnMs: 14 * DAY_MS, ...changes };
}

const GOOD = { names: [NAME] };
const BAD: readonly (readonly [string, Promise<Issued>, RegExp])[] = [
  [
    'of an authority that nobody trusts',
    strangers.issue(GOOD),
    /not trusted: an intermediate is missing, or its authority is not known/,
  ],
  [
    'for another name',
    ours.issue({ names: ['www.example.org'] }),
    /does not match|speaks for www\.example\.org/,
  ],
  [
    'that has expired',
    ours.issue({ ...GOOD, validFrom: NOW - 9 * DAY_MS, validTo: NOW - DAY_MS }),
    /expired/,
  ],
  ['that is not valid yet', ours.issue({ ...GOOD, validFrom: NOW + DAY_MS }), /not yet valid/],
];

describe('a certificate probe', () => {
  test('passes on a good certificate, and tells how many days it has', async (t) => {
    const end = await probe(certificateOf(await sipServer(t, await ours.issue(GOOD))));
    assert.equal(end.outcome, 'passed');
    assert.ok(end.measures?.['daysLeft'] === 89.9, JSON.stringify(end));
  });

  test('warns of one that is about to end, and says when', async (t) => {
    const issued = await ours.issue({ ...GOOD, validTo: NOW + 5 * DAY_MS });
    const port = await sipServer(t, issued);
    const end = await probe(certificateOf(port));
    const day = new Date(NOW + 5 * DAY_MS).toISOString().slice(0, 10);
    assert.ok(end.outcome === 'warned', JSON.stringify(end));
    assert.equal(end.reason, `the certificate of ${NAME} ends on ${day}, in 4.9 days`);
    assert.equal((await probe(certificateOf(port, { warnMs: 3 * DAY_MS }))).outcome, 'passed');
  });

  for (const [what, issuing, reason] of BAD) {
    test(`fails on one ${what}, by the rules of the web and of SIP`, async (t) => {
      const port = await sipServer(t, await issuing);
      for (const isSip of [false, true]) {
        const end = await probe(certificateOf(port, { isSip }));
        assert.match(end.outcome === 'failed' ? end.reason : JSON.stringify(end), reason);
      }
    });
  }

  test('takes a wildcard for the web and not for SIP, and a name other than the host', async (t) => {
    const port = await sipServer(t, await ours.issue({ names: ['*.example.net'] }));
    assert.equal((await probe(certificateOf(port))).outcome, 'passed');
    const sip = await probe(certificateOf(port, { isSip: true }));
    assert.deepEqual(sip, {
      outcome: 'failed',
      reason: `the certificate speaks for nobody, not for ${NAME}; "*" counts for nobody in SIP (RFC 5922)`,
    });
    assert.equal((await probe(certificateOf(port, { host: HOST }))).outcome, 'passed');
    const other = await probe(certificateOf(port, { name: 'example.org' }));
    assert.equal(other.outcome, 'failed');
  });

  test('knows an address that the certificate speaks for', async (t) => {
    const port = await sipServer(t, await ours.issue({ names: [HOST] }));
    assert.equal((await probe(certificateOf(port, { host: HOST, name: HOST }))).outcome, 'passed');
  });
});

describe('the chain of a certificate', async () => {
  const intermediate = await ours.intermediate('CN=Intermediate');
  const leaf = await intermediate.issue(GOOD);
  const behind = (...authorities: readonly Authority[]): Issued => {
    return { ...leaf, certificate: [leaf, ...authorities].map(({ certificate }) => certificate).join('\n') };
  };
  const told = async (t: TestContext, issued: Issued) => {
    const end = await probe(certificateOf(await sipServer(t, issued)));
    return end.outcome === 'passed' ? 'passed' : end.reason;
  };

  test("may come in any order after the server's own, and with the root or without", async (t) => {
    for (const chain of [[intermediate], [intermediate, ours], [ours, intermediate]])
      assert.equal(await told(t, behind(...chain)), 'passed');
  });

  test('fails without an intermediate, and says who issued what came', async (t) => {
    const missing = 'an intermediate is missing, or its authority is not known here (issued by Intermediate)';
    assert.equal(await told(t, leaf), `the certificate is not trusted: ${missing}`);
  });

  test('fails with an intermediate that has expired, and names that', async (t) => {
    const times = { validFrom: NOW - 9 * DAY_MS, validTo: NOW - DAY_MS };
    const expired = await ours.intermediate('CN=Old Intermediate', times);
    const { certificate, key } = await expired.issue(GOOD);
    const day = new Date(NOW - DAY_MS).toISOString().slice(0, 10);
    const reason = `the certificate of Old Intermediate has expired: it ended on ${day}`;
    assert.equal(await told(t, { certificate: `${certificate}\n${expired.certificate}`, key }), reason);
  });

  test('warns when an intermediate is the first to end', async (t) => {
    const soon = await ours.intermediate('CN=Old Intermediate', { validTo: NOW + 5 * DAY_MS });
    const { certificate, key } = await soon.issue(GOOD);
    const day = new Date(NOW + 5 * DAY_MS).toISOString().slice(0, 10);
    const reason = `the certificate of Old Intermediate ends on ${day}, in 4.9 days`;
    assert.equal(await told(t, { certificate: `${certificate}\n${soon.certificate}`, key }), reason);
  });

  test('is the one for the name that is asked for, where a server has many', async (t) => {
    const other = await ours.issue({ names: ['www.example.org'] });
    const named = createSecureContext({ cert: behind(intermediate).certificate, key: leaf.key });
    const server = createTls({
      cert: other.certificate,
      key: other.key,
      SNICallback: (name, choose) => choose(null, name === NAME ? named : undefined),
    });
    server.listen(0, HOST);
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    assert.equal((await probe(certificateOf(port))).outcome, 'passed');
    const end = await probe(certificateOf(port, { host: HOST, name: HOST }));
    assert.match(end.outcome === 'failed' ? end.reason : end.outcome, /does not match|not in the cert/);
  });
});

describe('over TLS', () => {
  test('a SIP probe passes when OPTIONS is answered', async (t) => {
    const port = await sipServer(t, await ours.issue(GOOD));
    const end = await probe({ type: 'sip-options', transport: 'tls', host: NAME, port });
    assert.equal(end.outcome, 'passed', JSON.stringify(end));
  });

  test('a page passes', async (t) => {
    const port = await page(t, await ours.issue(GOOD));
    const end = await probe({ type: 'http', url: `https://${NAME}:${port}/`, contains: 'It works' });
    assert.equal(end.outcome, 'passed', JSON.stringify(end));
  });

  test('a SIP probe takes no wildcard, for phones need not either, and takes a SIP domain', async (t) => {
    for (const [names, wanted] of [
      [['*.example.net'], 'failed'],
      [[`sip:${NAME}`], 'passed'],
    ] as const) {
      const port = await sipServer(t, await ours.issue({ names }));
      const end = await probe({ type: 'sip-options', transport: 'tls', host: NAME, port });
      assert.equal(end.outcome, wanted, JSON.stringify(end));
    }
  });

  for (const [what, issuing, reason] of BAD) {
    test(`both fail on a certificate ${what}`, async (t) => {
      const issued = await issuing;
      const sip = await probe({
        type: 'sip-options',
        transport: 'tls',
        host: NAME,
        port: await sipServer(t, issued),
      });
      assert.match(sip.outcome === 'failed' ? sip.reason : sip.outcome, reason);
      const web = await probe({ type: 'http', url: `https://${NAME}:${await page(t, issued)}/` });
      assert.match(web.outcome === 'failed' ? web.reason : web.outcome, reason);
    });
  }
});
