import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

const KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

function watchOf(yaml: string) {
  const readSecret = () => '';
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

  const one = 'name: a, tcp: "192.0.2.1:25"';
  for (const [yaml, told] of [
    ['status: { components: [{ name: A, probes: a }] }', /watch: is missing: components are fed/],
    ['watch: { probes: [] }', /watch\.probes: must not be empty/],
    ['watch: { probes: [{ name: a }] }', /watch\.probes\[0\]: needs exactly one of sipOptions, http and tcp/],
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
      /probes\[1\]: there is no probe "c" in watch\.probes[\s\S]*probes\[2\]: is there twice/,
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
