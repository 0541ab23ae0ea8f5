import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EXAMPLES } from '../../test/surfaces/example-admin.ts';
import { exampleApi } from '../../test/surfaces/example-api.ts';
import { RingthroughError } from '../base/errors.ts';

describe('a trace over the API', () => {
  test('is told line by line, times as everywhere', async (t) => {
    const { ask } = await exampleApi(t);
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
    const { ask, failing } = await exampleApi(t);
    failing.set('trace', new RingthroughError('LIMIT_REACHED', '16 others watch messages already'));
    const response = await ask('/v1/trace');
    assert.deepEqual([response.statusCode, response.json().code], [429, 'LIMIT_REACHED']);
  });

  test('as a capture file is what it says', async (t) => {
    const { ask } = await exampleApi(t);
    const response = await ask('/v1/calls/attempt-1/trace.pcap');
    assert.equal(response.headers['content-type'], 'application/vnd.tcpdump.pcap');
    assert.deepEqual([...response.rawPayload], [...EXAMPLES.traceFile]);
  });
});
