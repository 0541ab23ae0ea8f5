import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import {
  ACME,
  ATTEMPT,
  EXAMPLES,
  notFound,
  RECEPTION,
  TEST_CALL_STEPS,
} from '../../test/surfaces/example-admin.ts';
import { exampleApi, TOKEN } from '../../test/surfaces/example-api.ts';
import { WAV } from '../../test/surfaces/example-sounds.ts';
import { ROUTES } from '../../test/surfaces/routes.ts';
import { RingthroughError } from '../base/errors.ts';
import type { CertificateFacts } from '../ports/certificates.ts';
import { openHttp } from './server.ts';

const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

const api = (t: TestContext, overrides: { hosts?: readonly string[] } = {}) =>
  exampleApi(t, { certificates: () => [CERTIFICATE], ...overrides });

const CERTIFICATE: CertificateFacts = {
  name: '/etc/tls/fullchain.pem',
  names: 'DNS:voice.example.net',
  subject: 'CN=voice.example.net',
  issuer: 'CN=Example CA',
  fingerprint: '00',
  validFrom: 0,
  validTo: 1_800_000_000_000,
};

function split(call: string) {
  const [method, url = ''] = call.split(' ');
  return { method: method as 'GET' | 'PUT' | 'POST' | 'DELETE', url };
}

function requestOf({ call, body }: { readonly call: string; readonly body?: unknown }) {
  const isFile = typeof body === 'string';
  const type = isFile ? 'application/yaml' : 'application/json';
  return {
    ...split(call),
    headers: { ...AUTHORIZED, ...(body === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { payload: isFile ? body : JSON.stringify(body) }),
  };
}

describe('the routes of the API', () => {
  for (const route of ROUTES) {
    test(`${route.call} asks for ${route.asks[0]}`, async (t) => {
      const { app, asked } = await api(t);
      const response = await app.inject(requestOf(route));
      assert.equal(response.statusCode, route.status ?? 200, response.body);
      assert.deepEqual(asked, [route.asks]);
    });
  }

  test('each of them is in docs/api.md, and nothing else is', async (t) => {
    const { app } = await api(t);
    const { paths = {} } = app.swagger() as { paths?: Record<string, Record<string, unknown>> };
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const documentation = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const documented = [...documentation.matchAll(/`(GET|PUT|POST|PATCH|DELETE) (\/[^`?]*)[^`]*`/g)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    assert.deepEqual([...new Set(documented)].sort(), served.sort());
  });

  test('a sound comes as a WAV file, goes as one, and nothing else does', async (t) => {
    const { app, asked } = await api(t);
    const put = (type: string, payload: string | Buffer) => {
      const headers = { ...AUTHORIZED, 'content-type': type };
      return app.inject({ method: 'PUT', url: '/v1/accounts/acme/sounds/welcome', headers, payload });
    };
    assert.equal((await put('audio/x-wav', Buffer.from(WAV))).statusCode, 200);
    assert.deepEqual(new Uint8Array(asked[0]?.[3] as Uint8Array), WAV);
    assert.equal((await put('audio/mpeg', 'ID3')).statusCode, 415);
    assert.equal((await put('audio/wav', Buffer.alloc(12_000_001))).statusCode, 413);
    const tooLong = await put('application/json', JSON.stringify({ text: 'x'.repeat(1_001) }));
    assert.match(tooLong.json().detail, /text: must not be longer than 1000 characters/);
    const heard = await app.inject(requestOf({ call: 'GET /v1/messages/message-1/recording' }));
    assert.equal(heard.headers['content-type'], 'audio/wav');
    assert.deepEqual(new Uint8Array(heard.rawPayload), WAV);
  });

  test('every use-case that it has is tried here', () => {
    const tried = new Set(ROUTES.map((route) => route.asks[0]));
    assert.deepEqual([...tried].sort(), Object.keys(EXAMPLES).sort());
  });

  test('times are RFC 3339', async (t) => {
    const { app } = await api(t);
    const response = await app.inject(requestOf({ call: 'GET /v1/phones/reception' }));
    assert.equal(response.json().bindings[0].expiresAt, '2026-11-24T09:34:00.000Z');
    assert.equal(response.json().bindings[0].contact, RECEPTION.bindings[0]?.contact);
  });

  test('a divert set by our CLI says so', async (t) => {
    const { app, asked } = await api(t);
    const request = requestOf({
      call: 'PUT /v1/numbers/+442079460000/divert',
      body: { to: '+447700900123' },
    });
    await app.inject({ ...request, headers: { ...request.headers, 'user-agent': 'ringthrough-cli/0.1.0' } });
    assert.equal(asked[0]?.at(-1), 'cli');
  });

  test('what a view carries beyond its schema does not leave', async (t) => {
    const { app } = await api(t);
    const secretive = { ...ACME, phones: [{ ...RECEPTION, secret: { md5Ha1: 'never-to-be-seen' } }] };
    t.mock.property(EXAMPLES, 'account', secretive);
    const response = await app.inject(requestOf({ call: 'GET /v1/accounts/acme' }));
    assert.equal(response.statusCode, 200);
    assert.doesNotMatch(response.body, /never-to-be-seen/);
  });

  test('a test call is told line by line until its final step', async (t) => {
    const { app } = await api(t);
    const response = await app.inject(
      requestOf({ call: 'POST /v1/test-calls', body: { number: '+442079460000' } }),
    );
    assert.equal(response.headers['content-type'], 'application/x-ndjson');
    const steps = response.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      steps.map((step) => step.text),
      TEST_CALL_STEPS.map((step) => step.text),
    );
    assert.equal(steps.at(-1).final, true);
    assert.equal(steps[0].at, '2026-11-24T09:30:00.000Z');
  });
});

describe('errors of the API', () => {
  test('are problem documents with the code, the line for people, and the status of the catalogue', async (t) => {
    const { app, failing } = await api(t);
    failing.set('phone', notFound('phone named lobby'));
    const response = await app.inject(requestOf({ call: 'GET /v1/phones/lobby' }));
    assert.equal(response.statusCode, 404);
    assert.equal(response.headers['content-type'], 'application/problem+json');
    assert.deepEqual(response.json(), {
      type: 'urn:ringthrough:error:NOT_FOUND',
      title: 'There is no such thing.',
      status: 404,
      detail: 'there is no phone named lobby',
      code: 'NOT_FOUND',
      mistakes: [],
    });
  });

  test('tell all mistakes of a file with their lines', async (t) => {
    const { app, failing } = await api(t);
    const mistakes = [{ path: 'accounts[0].name', reason: 'is missing', line: 2 }];
    failing.set('provision', new RingthroughError('PROVISION_INVALID', 'one mistake', { mistakes }));
    const response = await app.inject(requestOf({ call: 'POST /v1/provision', body: 'accounts: [{}]' }));
    assert.equal(response.statusCode, 422);
    assert.deepEqual(response.json().mistakes, mistakes);
  });

  test('tell where a request is wrong, before any use-case is asked', async (t) => {
    const { app, asked } = await api(t);
    const body = { plan: [{ ring: 'reception', for: '20 apples' }], colour: 'red' };
    const response = await app.inject(
      requestOf({ call: 'PUT /v1/accounts/acme/numbers/+442079460000', body }),
    );
    assert.equal(response.statusCode, 400);
    const paths = response.json().mistakes.map((mistake: { path: string }) => mistake.path);
    assert.deepEqual(paths.sort(), ['colour', 'plan[0].for']);
    assert.match(response.json().detail, /plan\[0\]\.for: expected a time with its unit/);
    assert.deepEqual(asked, []);
  });

  test('a query that is not known is refused, not ignored', async (t) => {
    const { app } = await api(t);
    const response = await app.inject(requestOf({ call: 'GET /v1/ledger?sicne=2026-11-24T09:30:00Z' }));
    assert.equal(response.statusCode, 400);
    assert.match(response.json().detail, /did you mean "since"/);
  });

  test('what a query takes is told in full', async (t) => {
    const { app } = await api(t);
    const response = await app.inject(requestOf({ call: 'GET /v1/ledger?outcome=lots&limit=0' }));
    assert.equal(response.statusCode, 400);
    assert.match(response.json().detail, /outcome: expected one of answered, diverted, .*refused;/);
    assert.match(response.json().detail, /limit: expected a whole number from 1 to 1000$/);
  });

  test('JSON that is broken, a body of a foreign type, a body too large: each its own status', async (t) => {
    const { app } = await api(t);
    const url = '/v1/numbers/+442079460000/divert';
    const put = (type: string, payload: string) =>
      app.inject({ method: 'PUT', url, headers: { ...AUTHORIZED, 'content-type': type }, payload });
    const answers = [
      await put('application/json', '{"to":'),
      await put('image/png', 'x'),
      await put('application/json', JSON.stringify({ to: 'x'.repeat(17_000_000) })),
    ];
    assert.deepEqual(
      answers.map((answer) => [answer.statusCode, answer.json().code]),
      [
        [400, 'INVALID_INPUT'],
        [415, 'INVALID_INPUT'],
        [413, 'LIMIT_REACHED'],
      ],
    );
  });

  test('a call that cannot be placed is a problem, not a stream', async (t) => {
    const { app, failing } = await api(t);
    failing.set('testCall', new RingthroughError('DRAINING', 'the node is shutting down'));
    const response = await app.inject(requestOf({ call: 'POST /v1/test-calls', body: { number: '+44' } }));
    assert.equal(response.statusCode, 503);
    assert.equal(response.json().code, 'DRAINING');
  });

  test('a bug is told to the log, and to the client only that there was one', async (t) => {
    const { app, logged } = await api(t);
    t.mock.property(EXAMPLES, 'account', { ...ACME, name: undefined as unknown as string });
    const response = await app.inject(requestOf({ call: 'GET /v1/accounts/acme' }));
    assert.equal(response.statusCode, 500);
    assert.equal(response.json().code, 'INTERNAL');
    assert.doesNotMatch(response.body, /zod|server\.ts|invalid_type/i);
    assert.equal(logged.length, 1);
  });

  test('a path that is not there says so', async (t) => {
    const { app } = await api(t);
    const response = await app.inject(requestOf({ call: 'GET /v1/fones' }));
    assert.equal(response.statusCode, 404);
    assert.match(response.json().detail, /GET \/v1\/fones/);
  });
});

describe('who may use the API', () => {
  for (const [who, headers, detail] of [
    ['nobody without a token', {}, /token is missing/],
    ['nobody with a wrong token', { authorization: 'Bearer wrong' }, /token is wrong/],
    ['nobody with another scheme', { authorization: `Basic ${TOKEN}` }, /token is wrong/],
  ] as const) {
    test(who, async (t) => {
      const { app, asked } = await api(t);
      for (const { call } of ROUTES) {
        const response = await app.inject({ ...split(call), headers });
        assert.equal(response.statusCode, 401, call);
        assert.match(response.json().detail, detail);
        assert.match(response.json().detail, /what api\.token in the node's data folder holds/);
        assert.equal(response.headers['www-authenticate'], 'Bearer');
      }
      assert.deepEqual(asked, []);
    });
  }

  test('no page that came under a name of its own: DNS rebinding is refused', async (t) => {
    const { app } = await api(t, { hosts: ['node-1.example.net'] });
    const statusFor = async (host: string) =>
      (await app.inject({ url: '/v1/accounts', headers: { ...AUTHORIZED, host } })).statusCode;
    for (const host of ['127.0.0.1:8080', '[::1]:8080', 'localhost', 'node-1.example.net:80']) {
      assert.equal(await statusFor(host), 200, host);
    }
    for (const host of ['rebound.example.com', 'localhost.example.com', '127.0.0.1.example.com']) {
      assert.equal(await statusFor(host), 421, host);
    }
  });

  test('no page of another origin: there is no CORS', async (t) => {
    const { app } = await api(t);
    const headers = { origin: 'https://elsewhere.example', 'access-control-request-method': 'GET' };
    const preflight = await app.inject({ method: 'OPTIONS', url: '/v1/accounts', headers });
    const simple = await app.inject({ url: '/v1/accounts', headers: { ...AUTHORIZED, ...headers } });
    for (const response of [preflight, simple]) {
      assert.equal(response.headers['access-control-allow-origin'], undefined);
    }
  });

  test('changes are logged with who and what, and never with the token', async (t) => {
    const { app, logged } = await api(t);
    await app.inject(requestOf({ call: 'DELETE /v1/phones/workshop' }));
    await app.inject(requestOf({ call: 'GET /v1/phones' }));
    assert.equal(logged.length, 1);
    assert.match(logged[0] ?? '', /DELETE.*\/v1\/phones\/workshop.*204/);
    assert.doesNotMatch(logged.join(), new RegExp(TOKEN));
  });

  test('who comes without the token is logged, even with the token in the wrong place', async (t) => {
    const { app, logged } = await api(t);
    await app.inject({ url: `/v1/phones?token=${TOKEN}` });
    assert.match(logged.join(), /"path":"\/v1\/phones","status":401,"from":"127\.0\.0\.1"/);
    assert.doesNotMatch(logged.join(), new RegExp(TOKEN));
  });
});

describe('what watches a node', () => {
  test('needs no token', async (t) => {
    const { app } = await api(t);
    for (const url of ['/healthz', '/readyz', '/metrics', '/openapi.json']) {
      assert.equal((await app.inject({ url })).statusCode, 200, url);
    }
  });

  test('is told that the node is not ready, and why', async (t) => {
    const { app, state } = await api(t);
    state.health = { ...state.health, draining: true, store: 'failing', storeReason: 'the disk is full' };
    const response = await app.inject({ url: '/readyz' });
    assert.equal(response.statusCode, 503);
    assert.deepEqual(response.json(), {
      ready: false,
      reasons: ['the node is draining', 'the store fails: the disk is full'],
    });
    assert.equal((await app.inject({ url: '/healthz' })).statusCode, 200);
  });

  test('is told what is watched in vain, which is no reason to take calls elsewhere', async (t) => {
    const { app } = await exampleApi(t, { trouble: () => 'the disk is full' });
    const response = await app.inject({ url: '/readyz' });
    assert.equal(response.statusCode, 200);
    assert.deepEqual(response.json(), {
      ready: true,
      reasons: ['what is found is not kept: the disk is full'],
    });
  });

  test('reads the posture and the lanes as metrics, and no word of strangers', async (t) => {
    const { app } = await exampleApi(t);
    const { body } = await app.inject({ url: '/metrics' });
    for (const line of [
      'ringthrough_shield_posture{posture="attack"} 1',
      'ringthrough_shield_posture{posture="calm"} 0',
      'ringthrough_shield_newcomer_sources 9800',
      'ringthrough_shield_packets_total{lane="newcomer",where="kernel",result="dropped"} 12',
      'ringthrough_shield_kernel 1',
      'ringthrough_shield_kernel_table_entries{table="known4"} 1204',
      'ringthrough_shield_known_wait_seconds 0.004',
    ])
      assert.ok(body.includes(`\n${line}\n`), line);
    assert.ok(!body.includes('friendly-scanner') && !body.includes('198.51.100.0'));
  });

  test('reads calls, trunks, media and outcomes as metrics', async (t) => {
    const { app, tell } = await api(t);
    tell({ type: 'call-ended', callId: 'call-1', entry: ATTEMPT });
    const { body } = await app.inject({ url: '/metrics' });
    for (const line of [
      'ringthrough_calls_active 1',
      'ringthrough_bindings_by_reachability{reachability="reachable"} 1',
      'ringthrough_bindings_by_reachability{reachability="unreachable"} 0',
      'ringthrough_table_entries{table="nonces"} 1',
      'ringthrough_trunk_up{trunk="carrier-a"} 1',
      'ringthrough_media_packets_forwarded_total 12',
      'ringthrough_hep_messages_total{result="dropped"} 1',
      'ringthrough_tls_certificate_expiry_timestamp_seconds{certificate="/etc/tls/fullchain.pem"} 1800000000',
      'ringthrough_attempts_total{outcome="diverted"} 1',
      'ringthrough_sip_events_total{event="malformed"} 3',
      'ringthrough_shield_rung{rung="options"} 1',
      'ringthrough_shield_rung{rung="presence"} 0',
      'ringthrough_shield_shed_total{rung="options"} 1250',
      'ringthrough_registrations_waiting 4200',
      'ringthrough_bindings_in_grace 17',
    ]) {
      assert.ok(body.split('\n').includes(line), line);
    }
  });
});

describe('the documentation', () => {
  test('opens without anything from the network', async (t) => {
    const { app } = await api(t);
    const page = await app.inject({ url: '/docs/' });
    assert.equal(page.statusCode, 200);
    assert.doesNotMatch(page.body, /(src|href)="https?:/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'self'/);
    const scripts = [...page.body.matchAll(/(?:src|href)="(\.?\/[^"]+)"/g)].map(([, url]) => url ?? '');
    assert.ok(scripts.length > 2);
    for (const url of scripts) {
      const { statusCode } = await app.inject({ url: new URL(url, 'http://127.0.0.1/docs/').pathname });
      assert.equal(statusCode, 200, url);
    }
  });

  test('is where the root leads', async (t) => {
    const { app } = await api(t);
    assert.equal((await app.inject({ url: '/' })).headers.location, '/docs');
  });

  test('has a place for every route', async (t) => {
    const { app } = await api(t);
    const {
      paths,
      tags,
    }: { paths: Record<string, Record<string, { tags: string[] }>>; tags: { name: string }[] } = (
      await app.inject({ url: '/openapi.json' })
    ).json();
    const used = Object.values(paths).flatMap((path) => Object.values(path).flatMap((route) => route.tags));
    assert.deepEqual([...new Set(used)].sort(), tags.map(({ name }) => name).sort());
  });

  test('is an OpenAPI document whose references all lead somewhere', async (t) => {
    const { app } = await api(t);
    const document = (await app.inject({ url: '/openapi.json' })).json();
    assert.equal(document.openapi, '3.1.0');
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name = ''] of references) assert.ok(name in document.components.schemas, name);
    assert.equal(document.components.schemas.Binding.properties.expiresAt.format, 'date-time');
  });
});

describe('the HTTP server', () => {
  test('tells its address, and frees it when closed', async (t) => {
    const { options } = await api(t);
    const server = await openHttp(options);
    const response = await fetch(`${server.url}/healthz`);
    assert.deepEqual(await response.json(), { status: 'ok' });
    await server.close();
    const again = await openHttp({ ...options, listen: server.local });
    await again.close();
  });

  test('says in one line that its port is taken, and which setting to change', async (t) => {
    const { options } = await api(t);
    const server = await openHttp(options);
    t.after(() => server.close());
    await assert.rejects(openHttp({ ...options, listen: server.local }), {
      code: 'LISTEN_FAILED',
      message: `http 127.0.0.1:${server.local.port} is in use by another program; choose another in http.listen`,
    });
  });
});
