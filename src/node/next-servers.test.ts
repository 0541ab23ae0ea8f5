import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { createResponse } from '../sip/message/compose.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import type { TransactionEffect } from '../sip/transaction/layer.ts';
import { NextServers } from './next-servers.ts';

const local = { address: '203.0.113.7', port: 5060 };
const [A, B, C] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(
  (address): Flow => ({ transport: 'udp', local, remote: { address, port: 5060 } }),
) as [Flow, Flow, Flow];

function request(method: string): SipRequest {
  return new SipRequest(method, 'sip:a@192.0.2.9', Headers.of([['CSeq', `7 ${method}`]]));
}

/** Requests to these servers; the transaction to A is `A`, and so on. */
function scene(method: string, flows: readonly [Flow, ...Flow[]] = [A, B, C]) {
  const sent: string[] = [];
  const silent: string[] = [];
  const nameOf = (flow: Flow): string => 'ABC'.charAt([A, B, C].indexOf(flow));
  const servers = new NextServers({
    send: (_, flow) => {
      sent.push(nameOf(flow));
      return nameOf(flow);
    },
    silent: (flow) => silent.push(nameOf(flow)),
  });
  const asked = request(method);
  assert.equal(servers.request(asked, flows, 0), nameOf(flows[0]));
  const told = (effect: TransactionEffect, now: number): string | undefined => {
    const out = servers.receive(effect, now);
    if (out?.type === 'response') return `${out.id} ${out.response.status}`;
    return out?.type === 'timeout' ? `${out.id} timeout` : out?.type;
  };
  return {
    servers,
    sent,
    silent,
    passes: () => servers.expire(present(servers.nextDeadline(), 'a deadline')),
    answers: (id: string, status: number, now = 0) =>
      told({ type: 'response', id, response: createResponse(asked, status), flow: A }, now),
    timesOut: (id: string, now = 0) => told({ type: 'timeout', id }, now),
  };
}

describe('a request whose next hop has several servers', () => {
  test('goes to one, and nothing is kept once that has answered', () => {
    const { servers, answers, sent } = scene('BYE');
    assert.equal(servers.nextDeadline(), LIMITS.nextServerMs);
    assert.equal(answers('A', 200), 'A 200');
    assert.deepEqual(sent, ['A']);
    assert.equal(servers.size, 0);
    assert.equal(servers.nextDeadline(), undefined);
  });

  test('goes to each in turn while all are silent, and ends when the last of them has had its time', () => {
    const { servers, passes, timesOut, sent, silent } = scene('BYE');
    passes();
    passes();
    assert.deepEqual(sent, ['A', 'B', 'C']);
    assert.deepEqual(silent, ['A', 'B']);
    assert.equal(timesOut('A'), undefined);
    assert.equal(timesOut('B'), undefined);
    assert.equal(timesOut('C'), 'A timeout');
    assert.equal(servers.size, 0);
  });

  test('503 tries the next; that of the last is the answer', () => {
    const { answers, sent } = scene('UPDATE', [A, B]);
    assert.equal(answers('A', 503), undefined);
    assert.deepEqual(sent, ['A', 'B']);
    assert.equal(answers('B', 503), 'A 503');
  });

  test('any other refusal is the answer', () => {
    const { answers, sent } = scene('UPDATE');
    assert.equal(answers('A', 488), 'A 488');
    assert.deepEqual(sent, ['A']);
  });

  test('an answer is told once, whichever server it is from', () => {
    const { servers, passes, answers } = scene('BYE', [A, B]);
    passes();
    assert.equal(answers('A', 200, 5_000), 'A 200');
    assert.equal(answers('B', 481, 5_010), undefined);
    passes();
    assert.equal(servers.size, 0);
  });

  test('one that is at work is left to work', () => {
    const { servers, answers, sent } = scene('INVITE');
    assert.equal(answers('A', 100), 'A 100');
    assert.equal(servers.nextDeadline(), undefined);
    assert.equal(answers('A', 200), 'A 200');
    assert.deepEqual(sent, ['A']);
  });

  test('an INVITE is acknowledged where it was answered', () => {
    const { servers, passes, answers } = scene('INVITE', [A, B]);
    passes();
    assert.equal(answers('B', 200, 5_000), 'A 200');
    assert.equal(servers.answered('A'), 'B');
    servers.expire(5_000 + LIMITS.answeredAttemptMs);
    assert.equal(servers.size, 0);
  });

  test('one that is withdrawn goes nowhere else', () => {
    const { servers, passes, sent, timesOut } = scene('INVITE');
    passes();
    assert.deepEqual(servers.cancel('A'), ['A', 'B']);
    assert.equal(servers.nextDeadline(), undefined);
    assert.equal(timesOut('A'), undefined);
    assert.equal(timesOut('B'), 'A timeout');
    assert.deepEqual(sent, ['A', 'B']);
  });
});
