import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { NOW } from '../../test/surfaces/example-admin.ts';
import { TOKEN } from '../../test/surfaces/example-api.ts';
import { exampleIncidents } from '../../test/surfaces/example-incidents.ts';
import { exampleStatus, exampleUptime } from '../../test/surfaces/example-status.ts';
import { err, ok } from '../base/result.ts';
import { createWatchApp, type WatchHttpOptions } from './watch-server.ts';

const nothing = (): void => {};

async function api(t: TestContext, overrides: Partial<WatchHttpOptions> = {}) {
  const example = exampleIncidents();
  const app = await createWatchApp({
    listen: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    version: '0.1.0',
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    status: exampleStatus(() => ({ accepted: 1, refused: [] })),
    uptime: exampleUptime,
    page: () => undefined,
    incidents: example.incidents,
    maintenance: example.maintenance,
    series: async ({ names = [] }) => ({
      from: NOW,
      to: NOW,
      stepMs: 60_000,
      series: [{ name: String(names), points: [] }],
    }),
    takeSeries: async (text) => (text === 'signed' ? ok(7) : text === 'old' ? err('too-old') : undefined),
    trouble: () => undefined,
    ...overrides,
  });
  t.after(() => app.close());
  const headers = { authorization: `Bearer ${TOKEN}` };
  return { app, ask: (url: string) => app.inject({ url, headers }) };
}

describe('the API of a node that only watches', () => {
  test('tells status, uptime and time series', async (t) => {
    const { ask } = await api(t);
    assert.equal((await ask('/v1/status')).json().state, 'major-outage');
    assert.equal((await ask('/v1/status/uptime')).json().components[0].uptime.day, 0.5);
    assert.equal((await ask('/v1/series?names=calls.reached')).json().series[0].name, 'calls.reached');
    assert.equal((await ask('/v1/incidents')).statusCode, 200);
  });

  test('takes results of other watchers, and keeps the rest for whoever holds the token', async (t) => {
    const { app } = await api(t);
    const result = { watcher: 'paris', probe: 'main', at: 1, sequence: 1, outcome: 'passed' };
    const payload = { results: [{ ...result, signature: 'A'.repeat(86) }] };
    assert.equal((await app.inject({ method: 'POST', url: '/v1/watch/results', payload })).statusCode, 200);
    assert.equal((await app.inject({ url: '/v1/status' })).statusCode, 401);
  });

  test('takes time series that are signed, without the token and under any name', async (t) => {
    const { app } = await api(t);
    const headers = { host: 'status.example.net' };
    const bring = async (text: string) => {
      const payload = { text, signature: 'A'.repeat(86) };
      const answer = await app.inject({ method: 'POST', url: '/v1/watch/series', payload, headers });
      return [answer.statusCode, answer.json().accepted ?? answer.json().code];
    };
    assert.deepEqual(await bring('signed'), [200, 7]);
    assert.deepEqual(await bring('old'), [400, 'INVALID_INPUT']);
    assert.deepEqual(await bring('forged'), [401, 'UNAUTHORISED']);
  });

  test('says of what belongs to telephones that this is not the node for it', async (t) => {
    const { ask, app } = await api(t);
    const answer = await ask('/v1/accounts');
    assert.deepEqual([answer.statusCode, answer.json().code], [404, 'OTHER_ROLE']);
    assert.match(answer.json().detail, /only watches \(node\.roles\) and has no GET \/v1\/accounts/);
    assert.equal((await app.inject({ method: 'POST', url: '/v1/test-calls' })).json().code, 'OTHER_ROLE');
    assert.equal((await ask('/nothing')).json().code, 'NOT_FOUND');
  });

  test('documents what it has, and nothing else', async (t) => {
    const { app } = await api(t);
    const { paths = {} } = app.swagger() as { paths?: Record<string, object> };
    const under = Object.keys(paths).filter((path) => path.startsWith('/v1/'));
    const nouns = new Set(under.map((path) => path.split('/')[2]));
    assert.deepEqual([...nouns].sort(), ['incidents', 'maintenance', 'series', 'status', 'watch']);
  });

  test('is ready while it can keep what it finds, and tells Prometheus the states', async (t) => {
    let trouble: string | undefined;
    const { ask } = await api(t, { trouble: () => trouble });
    assert.deepEqual((await ask('/readyz')).json(), { ready: true, reasons: [] });
    trouble = 'the disk is full';
    const unready = await ask('/readyz');
    assert.equal(unready.statusCode, 503);
    assert.deepEqual(unready.json().reasons, ['what is found is not kept: the disk is full']);
    const { body } = await ask('/metrics');
    assert.match(body, /^ringthrough_component_state\{component="Website",state="operational"\} 1$/m);
    assert.match(body, /^ringthrough_component_state\{component="Website",state="degraded"\} 0$/m);
    assert.match(body, /^ringthrough_probe_results_refused_total\{watcher="oslo",why="too-old"\} 3$/m);
    assert.doesNotMatch(body, /ringthrough_calls_active/);
  });
});
