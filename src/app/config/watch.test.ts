import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

const KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

function watchOf(yaml: string) {
  const readSecret = () => 's3cret\n';
  return parseConfig(yaml, { file: 'my.yaml', folder: '/etc/ringthrough', readSecret }).watch;
}

describe('what is watched', () => {
  test('is nothing unless it is written', () => {
    assert.equal(watchOf('{}'), undefined);
  });

  test('is probed every five seconds with three to answer, unless told otherwise', () => {
    const watch = watchOf(`
watch:
  probes:
    - { name: main, sipOptions: "udp:sip.example.net" }
    - { name: secure, sipOptions: "tls:[2001:db8::1]:5071", interval: 60s }
    - { name: web, http: "https://www.example.net/", interval: 30s, timeout: 10s }
    - { name: mail, tcp: "192.0.2.1:25" }
`);
    assert.deepEqual(watch?.probes, [
      {
        name: 'main',
        target: { type: 'sip-options', transport: 'udp', host: 'sip.example.net', port: 5060 },
        intervalMs: 5_000,
        timeoutMs: 3_000,
      },
      {
        name: 'secure',
        target: { type: 'sip-options', transport: 'tls', host: '2001:db8::1', port: 5071 },
        intervalMs: 60_000,
        timeoutMs: 5_000,
      },
      {
        name: 'web',
        target: { type: 'http', url: 'https://www.example.net/' },
        intervalMs: 30_000,
        timeoutMs: 10_000,
      },
      {
        name: 'mail',
        target: { type: 'tcp', host: '192.0.2.1', port: 25 },
        intervalMs: 5_000,
        timeoutMs: 3_000,
      },
    ]);
    assert.equal(watch?.name, 'node-1');
    assert.deepEqual(watch?.components.slice(2), [
      { name: 'web', probes: ['web'] },
      { name: 'mail', probes: ['mail'] },
    ]);
  });

  test('feeds components, and others may watch too', () => {
    const watch = watchOf(`
node: { name: london }
watch:
  probes: [{ name: a, tcp: "192.0.2.1:25" }, { name: b, tcp: "192.0.2.2:25" }]
  watchers: [{ name: paris, key: ${KEY} }]
  report: [https://status.example.net, "http://192.0.2.9:8080/"]
status:
  components: [{ name: Mail, group: Web, probes: [a, b] }, { name: Other, probes: b }]
`);
    assert.equal(watch?.name, 'london');
    assert.deepEqual(watch?.watchers, [{ name: 'paris', publicKey: KEY }]);
    assert.deepEqual(watch?.report, ['https://status.example.net', 'http://192.0.2.9:8080']);
    assert.deepEqual(watch?.components, [
      { name: 'Mail', group: 'Web', probes: ['a', 'b'] },
      { name: 'Other', group: undefined, probes: ['b'] },
    ]);
  });

  const targetOf = (yaml: string) => watchOf(`watch: { probes: [{ name: a, ${yaml} }] }`)?.probes[0]?.target;

  test('may be a platform of any make: the example for that is taken as it is', () => {
    const file = new URL('../../../examples/watch-any-provider.yaml', import.meta.url);
    const watch = watchOf(readFileSync(file, 'utf8'));
    const kinds = new Set(watch?.probes.map(({ target }) => target.type));
    assert.ok(kinds.size >= 7, [...kinds].join(', '));
    const used = new Set(watch?.components.flatMap(({ probes }) => probes));
    assert.deepEqual([...used].toSorted(), watch?.probes.map(({ name }) => name).toSorted());
  });

  test('may be an API over HTTPS, with a token from a file and what it must answer', () => {
    const yaml = `http: { url: "https://api.example.net/v1/health", tokenFile: api.token, status: 200,
      contains: ok, json: { /status: ok, /phones: 3 } }, slowAfter: 500ms`;
    assert.deepEqual(targetOf(yaml), {
      type: 'http',
      url: 'https://api.example.net/v1/health',
      status: 200,
      contains: 'ok',
      json: { '/status': 'ok', '/phones': 3 },
      token: 's3cret',
    });
    assert.equal(watchOf(`watch: { probes: [{ name: a, ${yaml} }] }`)?.probes[0]?.slowAfterMs, 500);
  });

  test('may be a name in DNS, of the servers of its zone or of others', () => {
    assert.deepEqual(targetOf('dns: { name: Example.net., type: MX }'), {
      type: 'dns',
      name: 'example.net',
      record: 'MX',
      servers: [],
      authoritative: true,
      graceMs: 300_000,
    });
    const others = 'dns: { name: www.example.net, type: A, servers: [192.0.2.53, "[2001:db8::53]:5353"],';
    assert.deepEqual(targetOf(`${others} authoritative: false, expect: 192.0.2.1, grace: 1h }`), {
      type: 'dns',
      name: 'www.example.net',
      record: 'A',
      servers: [{ host: '192.0.2.53' }, { host: '2001:db8::53', port: 5353 }],
      authoritative: false,
      expect: ['192.0.2.1'],
      graceMs: 3_600_000,
    });
  });

  test('may be all that leads to a SIP domain', () => {
    const domain = { type: 'sip-domain', domain: 'voice.example.net' };
    assert.deepEqual(targetOf('dns: { sip: voice.example.net }'), { ...domain, scheme: 'sip' });
    assert.deepEqual(targetOf('dns: { sip: "sips:voice.example.net" }'), { ...domain, scheme: 'sips' });
  });

  test('may be a certificate, of a web server or of a SIP domain', () => {
    const days = 86_400_000;
    assert.deepEqual(targetOf('certificate: www.example.net'), {
      type: 'certificate',
      host: 'www.example.net',
      port: 443,
      name: 'www.example.net',
      isSip: false,
      warnMs: 14 * days,
    });
    const named = 'certificate: { of: "sips:192.0.2.1", name: Voice.example.net, warnDays: 30 }';
    assert.deepEqual(targetOf(named), {
      type: 'certificate',
      host: '192.0.2.1',
      port: 5061,
      name: 'voice.example.net',
      isSip: true,
      warnMs: 30 * days,
    });
  });

  const one = 'name: a, tcp: "192.0.2.1:25"';
  for (const [yaml, told] of [
    ['status: { components: [{ name: A, probes: a }] }', /watch: is missing: components are fed/],
    ['watch: { probes: [] }', /watch\.probes: must not be empty/],
    ['watch: { probes: [{ name: a }] }', /watch\.probes\[0\]: needs exactly one of sipOptions, http, /],
    [`watch: { probes: [{ ${one}, http: "http://a/" }] }`, /watch\.probes\[0\]: needs exactly one of/],
    ['watch: { probes: [{ name: a, tcp: host }] }', /watch\.probes\[0\]\.tcp: expected host:port/],
    [
      'watch: { probes: [{ name: a, sipOptions: "ws:host" }] }',
      /watch\.probes\[0\]\.sipOptions: expected transport:host:port/,
    ],
    [
      'watch: { probes: [{ name: a, http: "ftp://a/" }] }',
      /watch\.probes\[0\]\.http: expected the address of a page/,
    ],
    [
      'watch: { probes: [{ name: a, http: "http://u:secret@a/" }] }',
      /watch\.probes\[0\]\.http: expected the address/,
    ],
    [
      'watch: { probes: [{ name: a, http: { url: "http://a.example/", tokenFile: t } }] }',
      /probes\[0\]\.http\.url: expected an https address, or http on this machine: the token goes there/,
    ],
    [
      'watch: { probes: [{ name: a, http: { url: "https://a.example/", json: { status: 1 } } }] }',
      /probes\[0\]\.http/,
    ],
    ['watch: { probes: [{ name: a, dns: { name: a.example } }] }', /probes\[0\]\.dns: needs name and type/],
    [
      'watch: { probes: [{ name: a, dns: { name: "a b", type: A } }] }',
      /\.dns: expected a domain name in name/,
    ],
    [
      'watch: { probes: [{ name: a, dns: { name: a.b, type: PTR } }] }',
      /\.dns\.type: expected one of A, AAAA/,
    ],
    ['watch: { probes: [{ name: a, dns: { sip: a.b, type: A } }] }', /\.dns: has a sip domain, beside which/],
    [
      'watch: { probes: [{ name: a, dns: { name: a.b, type: A, servers: ["a b"] } }] }',
      /\.dns\.servers\[0\]: expected a host/,
    ],
    [
      'watch: { probes: [{ name: a, dns: { name: a.b, type: A, authoritative: false } }] }',
      /\.dns: needs servers where authoritative is false/,
    ],
    ['watch: { probes: [{ name: a, certificate: "a:b:c" }] }', /\.certificate: expected host:port/],
    [
      `watch: { probes: [{ ${one} }], ca: gone.pem }`,
      /watch\.ca: \/etc\/ringthrough\/gone\.pem cannot be read/,
    ],
    [`watch: { probes: [{ ${one}, slowAfter: 3s }] }`, /probes\[0\]\.slowAfter: must be shorter than/],
    [
      `watch: { probes: [{ ${one}, interval: 4s }] }`,
      /watch\.probes\[0\]\.interval: must lie between 5s and 60s/,
    ],
    [
      `watch: { probes: [{ ${one}, interval: 61s }] }`,
      /watch\.probes\[0\]\.interval: must lie between 5s and 60s/,
    ],
    [
      `watch: { probes: [{ ${one}, timeout: 6s }] }`,
      /watch\.probes\[0\]\.timeout: must lie between 100ms and 5s/,
    ],
    [
      `watch: { probes: [{ ${one} }], report: 'https://a/b' }`,
      /watch\.report: expected where the API of a node is/,
    ],
    [`watch: { probes: [{ ${one} }], report: ['ftp://a'] }`, /watch\.report\[0\]: expected where the API/],
    [`watch: { probes: [{ ${one} }, { ${one} }] }`, /watch\.probes\[1\]\.name: is there twice/],
    [
      `watch: { probes: [{ ${one} }], watchers: [{ name: b, key: x }] }`,
      /watch\.watchers\[0\]\.key: expected the key/,
    ],
    [
      `watch: { name: b, probes: [{ ${one} }], watchers: [{ name: b, key: ${KEY} }] }`,
      /watch\.watchers\[0\]\.name: is the name of this watcher itself/,
    ],
    [
      `{ watch: { probes: [{ ${one} }] }, status: { components: [{ name: A, probes: [a, c, a] }] } }`,
      /probes\[1\]: no probe "c"; did you mean "a"\?[\s\S]*probes\[2\]: is there twice/,
    ],
    [
      `{ watch: { probes: [{ ${one} }] }, status: { components: [{ name: A, probes: a }, { name: A, probes: a }] } }`,
      /status\.components\[1\]\.name: is there twice/,
    ],
  ] as const) {
    test(`${yaml} is refused`, () => {
      assert.throws(
        () => watchOf(yaml),
        (error) => error instanceof RingthroughError && told.test(error.message),
      );
    });
  }
});
