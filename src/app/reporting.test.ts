import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { createReports } from '../adapters/report-http/report-http.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { SignedResult } from '../watch/result.ts';
import { Reporting } from './reporting.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

function result(sequence: number, at = NOON): SignedResult {
  return { watcher: 'london', probe: 'main', at, sequence, outcome: 'passed', signature: 'A'.repeat(86) };
}

/** Answers when the test says so. */
function stage() {
  const sent: { node: string; sequences: number[]; answer: (answer: Result<string, string>) => void }[] = [];
  const told: string[] = [];
  const note = (message: string, fields?: object) => void told.push(`${message} ${JSON.stringify(fields)}`);
  const reporting = new Reporting({
    nodes: ['http://192.0.2.1:8080'],
    clock: { now: () => NOON },
    log: { debug: note, info: note, warn: note, error: note },
    reports: {
      send: (node, _path, body) =>
        new Promise((answer) => {
          const { results } = JSON.parse(body) as { results: SignedResult[] };
          sent.push({ node, sequences: results.map(({ sequence }) => sequence), answer });
        }),
    },
  });
  const answered = async (index: number, answer: Result<string, string>) => {
    sent[index]?.answer(answer);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { reporting, sent, told, answered };
}

const TAKEN = ok('{"accepted":1,"refused":[]}');

describe('results for another node', () => {
  test('go at once, and those that come meanwhile go together', async () => {
    const { reporting, sent, answered } = stage();
    for (const sequence of [1, 2, 3]) reporting.add(result(sequence));
    assert.deepEqual(
      sent.map(({ sequences }) => sequences),
      [[1]],
    );
    await answered(0, TAKEN);
    assert.deepEqual(sent[1]?.sequences, [2, 3]);
  });

  test('that nobody took are not brought again, and old ones not at all', async () => {
    const { reporting, sent, answered } = stage();
    reporting.add(result(1));
    reporting.add(result(2, NOON - 30_001));
    await answered(0, err('ECONNREFUSED'));
    reporting.add(result(3));
    assert.deepEqual(
      sent.map(({ sequences }) => sequences),
      [[1], [3]],
    );
  });

  test('wait for a slow node in bounded number, the newest', async () => {
    const { reporting, sent, answered } = stage();
    for (let sequence = 1; sequence <= 500; sequence++) reporting.add(result(sequence));
    await answered(0, TAKEN);
    assert.deepEqual([sent[1]?.sequences.length, sent[1]?.sequences.at(-1)], [200, 500]);
  });

  test('that are not taken are told of once, and when they are again', async () => {
    const { reporting, told, answered } = stage();
    const late = ok('{"accepted":0,"refused":[{"index":0,"why":"too-old"}]}');
    for (const [index, answer] of [err('HTTP 401'), err('HTTP 401'), late, TAKEN, TAKEN].entries()) {
      reporting.add(result(index));
      await answered(index, answer);
    }
    assert.deepEqual(told, [
      'results of probes are not taken {"node":"http://192.0.2.1:8080","reason":"HTTP 401"}',
      'results of probes are not taken {"node":"http://192.0.2.1:8080","reason":"refused: too-old"}',
      'results of probes are taken again {"node":"http://192.0.2.1:8080"}',
    ]);
  });
});

test('results go over HTTP to the place for them, by a name that the owner looks up', async (t) => {
  const heard: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    heard.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
    response.writeHead(body === '{}' ? 200 : 401).end('{"accepted":0,"refused":[]}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const reports = createReports((_host, { all }, answer) =>
    all === true ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4),
  );
  const { signal } = new AbortController();
  const node = `http://status.example.net:${port}`;
  assert.deepEqual(
    await reports.send(node, '/v1/watch/results', '{}', signal),
    ok('{"accepted":0,"refused":[]}'),
  );
  assert.deepEqual(await reports.send(node, '/v1/watch/results', '[]', signal), err('HTTP 401'));
  assert.equal(heard[0], 'POST /v1/watch/results application/json {}');
  assert.ok(!(await reports.send('http://127.0.0.2:1', '/', '{}', signal)).ok);
});
