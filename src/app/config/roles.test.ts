import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RingthroughError } from '../../base/errors.ts';
import { parseConfig } from './load.ts';

const WATCH = 'watch: { probes: [{ name: main, tcp: "sip.example.net:5060" }] }';

const parse = (yaml: string) =>
  parseConfig(yaml, { file: 'my.yaml', folder: '/etc/ringthrough', readSecret: () => '' });

function mistakes(yaml: string): readonly string[] {
  try {
    parse(yaml);
    return [];
  } catch (error) {
    assert.ok(error instanceof RingthroughError);
    return error.mistakes.map(({ path, reason }) => `${path}: ${reason}`);
  }
}

describe('a node', () => {
  test('does everything unless it is told to watch only', () => {
    assert.equal(parse('{}').node.onlyWatches, false);
    assert.equal(parse(`node: { roles: [watch] }\n${WATCH}`).node.onlyWatches, true);
  });

  test('knows whose calls are those of probes: one account, or several', () => {
    assert.deepEqual(parse('node: { probeAccounts: watch }').node.probeAccounts, ['watch']);
    assert.deepEqual(parse('node: { probeAccounts: [watch, lab] }').node.probeAccounts, ['watch', 'lab']);
  });

  test('that only watches is told nothing of telephones, and something to watch', () => {
    const other = 'sip: { domain: voice.example.net }\ntrunks: [{ name: a, address: sip.example.net }]';
    assert.deepEqual(mistakes(`node: { roles: [watch] }\n${other}`).slice(0, 3), [
      'sip: means nothing on a node that only watches (node.roles)',
      'trunks: means nothing on a node that only watches (node.roles)',
      'watch: is missing: what this node is to watch',
    ]);
  });

  test('that only watches is told once that it has nothing to watch', () => {
    const status = 'status: { components: [{ name: Website, probes: web }] }';
    assert.deepEqual(mistakes(`node: { roles: [watch] }\n${status}`), [
      'watch: is missing: what this node is to watch',
    ]);
  });

  test('knows no other role', () => {
    assert.deepEqual(mistakes(`node: { roles: watch }\n${WATCH}`), [
      'node.roles: expected a list, such as [watch]',
    ]);
    assert.deepEqual(mistakes('node: { roles: [watch, edge] }'), ['node.roles[1]: expected watch']);
    assert.deepEqual(mistakes('node: { roles: [] }'), ['node.roles: must not be empty']);
  });
});

describe('a judge that runs no probes', () => {
  const KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

  test('knows them by their names and intervals', () => {
    const { watch } = parse(`
watch:
  runs: none
  probes: [{ name: main, interval: 10s }, { name: web, http: "https://www.example.net/" }]
  watchers: [{ name: paris, key: ${KEY} }]
`);
    assert.equal(watch?.runs, false);
    assert.deepEqual(
      watch?.probes.map(({ name, intervalMs, timeoutMs }) => [name, intervalMs, timeoutMs]),
      [
        ['main', 10_000, 5_000],
        ['web', 5_000, 3_000],
      ],
    );
  });

  test('needs others that do, and has nothing to report', () => {
    assert.deepEqual(
      mistakes('watch: { runs: none, probes: [{ name: main }], report: "https://status.example.net" }'),
      [
        'watch.watchers: is missing: a node that runs no probes judges by what others found',
        'watch.report: means nothing on a node that runs no probes',
      ],
    );
  });
});

describe('time series of another node', () => {
  const KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
  const watch = (more: string) =>
    `watch: { probes: [{ name: main, tcp: "192.0.2.1:5060" }], watchers: [{ name: edge-1, key: ${KEY} }], ${more} }`;

  test('are taken by one that only watches, from a watcher that it knows', () => {
    const roles = 'node: { roles: [watch] }';
    assert.equal(parse(`${roles}\n${watch('seriesOf: edge-1')}`).watch?.seriesOf?.publicKey, KEY);
    assert.deepEqual(mistakes(`${roles}\n${watch('seriesOf: edge-2')}`), [
      'watch.seriesOf: no watcher "edge-2"; did you mean "edge-1"?',
    ]);
    assert.deepEqual(mistakes(watch('seriesOf: edge-1')), [
      'watch.seriesOf: means nothing on a node that has telephones: it has series of its own',
    ]);
  });

  test('are brought by one that has telephones, where it is told to whom', () => {
    assert.deepEqual(mistakes(watch('reportSeries: true')), [
      'watch.report: is missing: where the time series are to be brought',
    ]);
    assert.deepEqual(
      mistakes(
        `node: { roles: [watch] }\n${watch('reportSeries: true, report: "https://status.example.net"')}`,
      ),
      ['watch.reportSeries: means nothing on a node that only watches (node.roles)'],
    );
  });
});
