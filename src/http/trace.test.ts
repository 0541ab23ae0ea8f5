import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { EXAMPLES, exampleAdmin, exampleNode } from '../../test/surfaces/example-admin.ts';
import { RingthroughError } from '../base/errors.ts';
import { createApp } from './server.ts';

const TOKEN = 'a-token-for-tests-of-traces-0123456789';

async function api(t: TestContext) {
  const { node } = exampleNode();
  const { admin, failing } = exampleAdmin(node);
  const app = await createApp({
    listen: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    tokenFile: 'data/api.token',
    version: '0.1.0',
    admin,
    node,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    signalling: () => [],
    media: () => ({ endpointsOpen: 0, portPairsFree: 0, packetsForwarded: 0 }),
    trace: () => ({ callBytes: 0, otherBytes: 0, watchers: 0, collector: { sent: 7, dropped: 1 } }),
    certificates: () => [],
  });
  t.after(() => app.close());
  return {
    failing,
    ask: (url: string) => app.inject({ url, headers: { authorization: `Bearer ${TOKEN}` } }),
  };
}

describe('a trace over the API', () => {
  test('is told line by line, times as everywhere', async (t) => {
    const { ask } = await api(t);
    const response = await ask('/v1/trace');
    assert.equal(response.headers['content-type'], 'application/x-ndjson');
    const lines = response.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, EXAMPLES.trace.length);
    assert.deepEqual(
      [lines[1].type, lines[1].at, lines[1].peer],
      ['message', '2026-11-24T09:30:00.000Z', 'carrier-a'],
    );
  });

  test('that cannot be is a problem document, not an empty stream', async (t) => {
    const { ask, failing } = await api(t);
    failing.set('trace', new RingthroughError('LIMIT_REACHED', '16 others watch messages already'));
    const response = await ask('/v1/trace');
    assert.deepEqual([response.statusCode, response.json().code], [429, 'LIMIT_REACHED']);
  });

  test('as a capture file is what it says', async (t) => {
    const { ask } = await api(t);
    const response = await ask('/v1/calls/attempt-1/trace.pcap');
    assert.equal(response.headers['content-type'], 'application/vnd.tcpdump.pcap');
    assert.deepEqual([...response.rawPayload], [...EXAMPLES.traceFile]);
  });
});
