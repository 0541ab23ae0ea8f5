import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exampleApi } from '../../test/surfaces/example-api.ts';
import { exampleStatus } from '../../test/surfaces/example-status.ts';
import type { SignedResult } from '../watch/result.ts';

const RESULT = {
  watcher: 'paris',
  probe: 'main',
  at: 1_764_000_000_000,
  sequence: 1_764_000_000_000,
  outcome: 'failed',
  reason: 'HTTP 502',
  measures: { lossShare: 0.1 },
  signature: 'A'.repeat(86),
} as const;

describe('the status over the API', () => {
  test('tells each component, and what each watcher says', async (t) => {
    const { ask, app } = await exampleApi(t);
    const { state, components, refused } = (await ask('/v1/status')).json();
    assert.equal(state, 'major-outage');
    assert.deepEqual(components[0].probes[0].watchers[0].last, {
      at: '2026-11-24T09:30:00.000Z',
      outcome: 'failed',
      reason: 'SIP 503 Busy',
    });
    assert.deepEqual(refused, [{ watcher: 'oslo', why: 'too-old', count: 3 }]);
    assert.equal((await app.inject({ url: '/v1/status' })).statusCode, 401);
    const named = await app.inject({ url: '/v1/status', headers: { host: 'status.example.net' } });
    assert.equal(named.statusCode, 421);
  });

  test('tells how the page is doing, where there is one', async (t) => {
    const without = await exampleApi(t, { page: () => undefined });
    assert.equal('page' in (await without.ask('/v1/status')).json(), false);
    const { ask, app } = await exampleApi(t);
    const { renderedAt, targets } = (await ask('/v1/status')).json().page;
    assert.equal(renderedAt, '2026-11-24T09:29:48.000Z');
    assert.deepEqual(targets[1], { name: 's3 status', pushes: 0, failures: 3, failing: 'HTTP 403' });
    const metrics = (await app.inject({ url: '/metrics' })).body;
    for (const line of [
      'ringthrough_status_page_rendered_timestamp_seconds 1795512588',
      'ringthrough_status_page_render_seconds 0.012',
      'ringthrough_status_page_renders_total{result="rendered"} 7',
      'ringthrough_status_page_pushes_total{target="s3 status",result="failed"} 3',
      'ringthrough_status_page_delivered_timestamp_seconds{target="s3 status"} 0',
    ])
      assert.ok(metrics.includes(`${line}\n`), line);
  });

  test('takes results of other watchers, without a token but as they were signed', async (t) => {
    const brought: SignedResult[] = [];
    const status = exampleStatus((results) => {
      brought.push(...results);
      return { accepted: 1, refused: [] };
    });
    const { app } = await exampleApi(t, { status });
    const headers = { host: 'status.example.net' };
    const post = (payload: object) =>
      app.inject({ method: 'POST', url: '/v1/watch/results', payload, headers });
    const taken = await post({ results: [RESULT] });
    assert.deepEqual([taken.statusCode, taken.json()], [200, { accepted: 1, refused: [] }]);
    assert.deepEqual(brought, [RESULT]);
    for (const results of [[], Array.from({ length: 201 }, () => RESULT), [{ ...RESULT, at: 'now' }]]) {
      assert.equal((await post({ results })).statusCode, 400);
    }
    assert.equal((await post({ results: [{ ...RESULT, reason: 'x'.repeat(201) }] })).statusCode, 400);
    const measures = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`m${index}`, index]));
    assert.equal((await post({ results: [{ ...RESULT, measures }] })).statusCode, 400);
    const large = await post({ results: ['x'.repeat(270_000)] });
    assert.deepEqual(
      [large.statusCode, large.json().detail],
      [413, 'the body may have at most 262144 bytes'],
    );
    assert.equal(brought.length, 1);
  });

  test('looks at nothing of what strangers bring but the first signature', async (t) => {
    const asked: SignedResult[] = [];
    const knows = (result: SignedResult) => asked.push(result) === 0;
    const status = { ...exampleStatus(), knows };
    const { app } = await exampleApi(t, { status });
    const post = (results: readonly object[]) =>
      app.inject({ method: 'POST', url: '/v1/watch/results', payload: { results } });
    const rest = Array.from({ length: 199 }, () => ({ ...RESULT, at: 'now' }));
    assert.equal((await post([RESULT, ...rest])).statusCode, 401);
    assert.deepEqual(asked, [RESULT]);
    const mistaken = await post(rest);
    assert.equal(mistaken.statusCode, 400);
    assert.equal(mistaken.json().mistakes.length, 1, 'of the first');
  });

  test('says nothing to strangers but that they are unknown', async (t) => {
    const { app } = await exampleApi(t);
    const payload = { results: [RESULT] };
    const answer = await app.inject({ method: 'POST', url: '/v1/watch/results', payload });
    assert.deepEqual([answer.statusCode, answer.json().code], [401, 'UNAUTHORISED']);
  });
});
