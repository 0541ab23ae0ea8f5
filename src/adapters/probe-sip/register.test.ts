// A phone that registers for a probe, at registrars on loopback that do as they should, and that do not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { Authority, type Issued } from '../../../test/authority.ts';
import { around, FakeRegistrar, HOST, PASSWORD, SILENT, srv } from '../../../test/probe-stage.ts';
import type { Reply } from '../../ports/dns.ts';
import type { DnsRecord, Question } from '../../sip/location/records.ts';
import type { Target } from '../../sip/location/target.ts';
import { createResponse } from '../../sip/message/compose.ts';
import { createCustomerProber } from './prober.ts';

const NAME = 'voice.example.net';
const authority = await Authority.create();
const strangers = await Authority.create('CN=Nobody Knows');
const NEVER = new AbortController().signal;

describe('a probe of a registration', () => {
  test('registers with digest, finds its contact, and leaves nothing', async (t) => {
    const registrar = await FakeRegistrar.start(t);
    const prober = createCustomerProber(around());
    const end = await prober.probe({ type: 'register', account: registrar.account() }, 5_000, NEVER);
    assert.ok(end.outcome === 'passed', JSON.stringify(end));
    assert.equal(end.measures?.['setup_ms'], end.latencyMs);
    await prober.close();
    assert.equal(registrar.contacts.size, 0);
    const expires = registrar.requests.map(({ headers }) => headers.get('Expires'));
    assert.deepEqual(expires, ['60', '60', '0']);
    assert.equal(new Set(registrar.requests.map(({ callId }) => callId)).size, 1);
  });

  test('has another Call-ID and another contact each time', async (t) => {
    const registrar = await FakeRegistrar.start(t);
    const prober = createCustomerProber(around());
    const target = { type: 'register', account: registrar.account() } as const;
    for (const _ of [1, 2]) assert.equal((await prober.probe(target, 5_000, NEVER)).outcome, 'passed');
    await prober.close();
    assert.equal(new Set(registrar.requests.map(({ callId }) => callId)).size, 2);
    assert.equal(new Set(registrar.requests.map(({ headers }) => headers.get('Contact'))).size, 2);
  });

  test('fails with a wrong password, and says so', async (t) => {
    const registrar = await FakeRegistrar.start(t);
    const prober = createCustomerProber(around());
    const account = registrar.account('probe-a', 'wrong');
    const end = await prober.probe({ type: 'register', account }, 5_000, NEVER);
    assert.match(end.outcome === 'failed' ? end.reason : '', /^401 Unauthorized: .*refuses/);
    await prober.close();
  });

  test('fails when it is refused, and when its contact is not in the list', async (t) => {
    for (const [status, told] of [
      [403, '403 Forbidden'],
      [200, '200, but our contact is not among those that it lists'],
    ] as const) {
      const registrar = await FakeRegistrar.start(t, (request) => createResponse(request, status));
      const prober = createCustomerProber(around());
      const end = await prober.probe({ type: 'register', account: registrar.account() }, 5_000, NEVER);
      assert.deepEqual(end, { outcome: 'failed', reason: told });
      await prober.close();
    }
  });

  test('asks for longer where that is wanted', async (t) => {
    const headers = [['Min-Expires', '300']] as const;
    const registrar = await FakeRegistrar.start(t, (request) =>
      request.headers.get('Expires') === '60' ? createResponse(request, 423, { headers }) : undefined,
    );
    const prober = createCustomerProber(around());
    const end = await prober.probe({ type: 'register', account: registrar.account() }, 5_000, NEVER);
    assert.equal(end.outcome, 'passed', JSON.stringify(end));
    await prober.close();
    assert.equal(registrar.contacts.size, 0);
  });

  test('gives back what was granted only after its time was up', async (t) => {
    let kept: (() => void) | undefined;
    const registrar = await FakeRegistrar.start(t, (request) => {
      if (request.headers.get('Expires') === '0') return undefined;
      kept?.();
      return createResponse(request, 100);
    });
    const prober = createCustomerProber(around());
    const asked = new Promise<void>((resolve) => {
      kept = resolve;
    });
    const stop = new AbortController();
    const ended = prober.probe({ type: 'register', account: registrar.account() }, 60_000, stop.signal);
    await asked;
    stop.abort();
    assert.equal((await ended).outcome, 'failed');
    await prober.close();
    assert.equal(registrar.requests.at(-1)?.headers.get('Expires'), '0');
  });

  test('says that nothing answers, in time', async (t) => {
    const registrar = await FakeRegistrar.start(t, (request) => createResponse(request, 100));
    const prober = createCustomerProber(around());
    const end = await prober.probe({ type: 'register', account: registrar.account() }, 50, NEVER);
    assert.deepEqual(end, { outcome: 'failed', reason: 'no answer within 50 ms' });
  });

  test('finds its server by SRV, and fails where there is none', async (t) => {
    const registrar = await FakeRegistrar.start(t);
    const records: Readonly<Record<string, DnsRecord>> = {
      'SRV _sip._udp.voice.example.net': {
        type: 'SRV',
        priority: 1,
        weight: 1,
        port: registrar.port,
        target: 'sip1.example.net.',
      },
      'A sip1.example.net': { type: 'A', address: HOST },
    };
    const prober = createCustomerProber(
      around(async ({ type, name }) => {
        const record = records[`${type} ${name}`];
        return record === undefined ? { type: 'none' } : { type: 'rows', rows: [{ name, ttlMs: 1, record }] };
      }),
    );
    const at = (server: Target) =>
      prober.probe({ type: 'register', account: { ...registrar.account(), server } }, 5_000, NEVER);
    assert.equal((await at({ scheme: 'sip', host: 'voice.example.net' })).outcome, 'passed');
    const nowhere = await at({ scheme: 'sip', host: 'gone.example.net' });
    assert.deepEqual(nowhere, { outcome: 'failed', reason: 'gone.example.net has no address for us' });
    await prober.close();
  });

  const secured = async (t: TestContext, issued: Issued) => {
    const registrar = await FakeRegistrar.secured(t, issued);
    const server = { scheme: 'sip', host: NAME, port: registrar.port, transport: 'tls' } as const;
    const rows = [{ name: NAME, ttlMs: 1, record: { type: 'A', address: HOST } }] as const;
    const resolve = async ({ type }: Question) =>
      (type === 'A' ? { type: 'rows', rows } : { type: 'none' }) as Reply;
    const prober = createCustomerProber(around(resolve, authority.certificate));
    const account = { ...registrar.account(), server };
    const end = await prober.probe({ type: 'register', account }, 5_000, NEVER);
    await prober.close();
    return { end, registrar };
  };

  test('goes over TLS, also to a server whose certificate names its SIP domain alone', async (t) => {
    for (const names of [[NAME], [`sip:${NAME}`]]) {
      const { end, registrar } = await secured(t, await authority.issue({ names }));
      assert.equal(end.outcome, 'passed', JSON.stringify(end));
      assert.match(registrar.requests[0]?.headers.get('Contact') ?? '', /;transport=tls>$/);
      assert.equal(registrar.contacts.size, 0);
    }
  });

  for (const [what, issuing, reason] of [
    [
      'for another name',
      authority.issue({ names: ['b.example.net'] }),
      /^the certificate speaks for b\.example\.net, not/,
    ],
    [
      'for all of a domain',
      authority.issue({ names: ['*.example.net'] }),
      /speaks for nobody, .* "\*" counts for nobody/,
    ],
    [
      'that has expired',
      authority.issue({ names: [NAME], validTo: Date.now() - 1_000 }),
      /not trusted: it has expired/,
    ],
    ['of a stranger', strangers.issue({ names: [NAME] }), /not trusted: .*its authority is not known here$/],
  ] as const) {
    test(`fails over TLS on a certificate ${what}, and says nothing secret to it`, async (t) => {
      const { end, registrar } = await secured(t, await issuing);
      assert.match(end.outcome === 'failed' ? end.reason : end.outcome, reason);
      assert.equal(registrar.requests.length, 0);
    });
  }

  test('takes the next server where the first one cannot be reached, and tells of both', async (t) => {
    const silent = await FakeRegistrar.start(t, () => SILENT);
    const registrar = await FakeRegistrar.start(t);
    const at = async (password: string, ...ports: readonly number[]) => {
      const prober = createCustomerProber(around(srv(...ports)));
      const server = { scheme: 'sip', host: NAME } as const;
      const account = { ...registrar.account('probe-a', password), server };
      const end = await prober.probe({ type: 'register', account }, 1_000, NEVER);
      await prober.close();
      return end.outcome === 'passed' ? 'passed' : `${end.outcome}: ${end.reason}`;
    };
    const [first, second] = [silent, registrar].map(({ port }, index) => {
      return `sip${index + 1}.example.net (udp:${HOST}:${port})`;
    });
    const { port } = registrar;
    assert.equal(await at(PASSWORD, silent.port, port), `warned: ${first}: no answer; ${second} serves`);
    assert.equal(registrar.contacts.size, 0);
    assert.equal(await at(PASSWORD, port, silent.port), 'passed', 'the second is not even asked');
    assert.match(await at('wrong', silent.port, port), /^failed: sip1.*: no answer; 401 Unauthorized: /);
    const refusing = await FakeRegistrar.start(t, (request) => createResponse(request, 503));
    assert.match(
      await at(PASSWORD, silent.port, refusing.port),
      /: no answer; sip2.*: 503 Service Unavailable$/,
    );
  });

  test('fails over TCP where something else answers, or nobody does', async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      socket.end('HTTP/1.1 400 Bad Request\r\nServer: other\r\n\r\n');
    });
    t.after(() => server.close());
    server.listen(0, HOST);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const prober = createCustomerProber(around());
    const account = { domain: 'voice.example.net', user: 'a', password: PASSWORD };
    const at = { scheme: 'sip', host: HOST, port, transport: 'tcp' } as const;
    const target = { type: 'register', account: { ...account, server: at } } as const;
    const other = await prober.probe(target, 5_000, NEVER);
    assert.match(other.outcome === 'failed' ? other.reason : '', /not SIP|closed/);
    server.close();
    await once(server, 'close');
    const nobody = await prober.probe(target, 5_000, NEVER);
    assert.match(nobody.outcome === 'failed' ? nobody.reason : '', /ECONNREFUSED/);
    await prober.close();
  });
});
