// Requests other than INVITE that reach us: the non-INVITE server transaction, told as stories on fake time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../../base/net.ts';
import { request, Stage, TCP, UDP } from './testing.ts';

const register = request({ method: 'REGISTER', uri: 'sip:example.com' });

function asked(flow: Flow = UDP): Stage {
  const node = new Stage();
  node.hears(register, flow);
  return node;
}

describe('a request', () => {
  test('is told once, and repetitions wait with it for the answer', () => {
    const node = new Stage();
    assert.deepEqual(node.hears(register), ['request REGISTER']);
    assert.deepEqual(node.hears(register), []);
    assert.deepEqual(node.answers(200), ['send 200 OK']);
  });

  test('that the core never answers ends in silence after 64*T1', () => {
    const node = asked();
    assert.deepEqual(node.passes(31_999), []);
    assert.equal(node.layer.size, 1);
    assert.deepEqual(node.passes(1), []);
    assert.equal(node.layer.size, 0);
    assert.deepEqual(node.answers(200), []);
  });

  test('that was answered provisionally only ends in silence as well', () => {
    const node = asked();
    assert.deepEqual(node.answers(100), ['send 100 Trying']);
    assert.deepEqual(node.hears(register), ['send 100 Trying']);
    assert.deepEqual(node.answers(100), ['send 100 Trying']);
    assert.deepEqual(node.hears(register), ['send 100 Trying']);
    node.passes(32_000);
    assert.equal(node.layer.size, 0);
  });
});

describe('our answer', () => {
  test('is repeated to each repetition, for as long as Timer J runs', () => {
    const node = asked();
    node.answers(200);
    assert.deepEqual(node.passes(31_999), []);
    assert.deepEqual(node.hears(register), ['send 200 OK']);
    assert.deepEqual(node.hears(register), ['send 200 OK']);
    node.passes(1);
    assert.equal(node.layer.size, 0);
    assert.deepEqual(node.hears(register), ['request REGISTER']);
  });

  test('ends the transaction at once over TCP', () => {
    const node = asked(TCP);
    assert.deepEqual(node.answers(200), ['send 200 OK']);
    assert.equal(node.layer.size, 0);
  });

  test('is final: a second one goes nowhere', () => {
    const node = asked();
    node.answers(401);
    assert.deepEqual(node.answers(200), []);
    assert.deepEqual(node.hears(register), ['send 401 Unauthorized']);
  });

  test('after a provisional one goes out too', () => {
    const node = asked();
    node.answers(100);
    assert.deepEqual(node.answers(200), ['send 200 OK']);
    assert.deepEqual(node.hears(register), ['send 200 OK']);
    assert.deepEqual(node.answers(404), []);
  });

  test('that cannot be sent ends the transaction, in silence', () => {
    const node = asked();
    node.answers(200);
    assert.deepEqual(node.loses(UDP), []);
    assert.equal(node.layer.size, 0);
  });
});

describe('a transport that fails', () => {
  const elsewhere: Flow = {
    transport: 'tcp',
    local: TCP.local,
    remote: { address: '198.51.100.9', port: 5060 },
  };

  test('before the answer ends the transaction, and the core is told why', () => {
    const silent = asked();
    assert.deepEqual(silent.loses(UDP, 'unreachable'), ['transport-failed: unreachable']);
    const trying = asked();
    trying.answers(100);
    assert.deepEqual(trying.loses(UDP, 'unreachable'), ['transport-failed: unreachable']);
    assert.equal(silent.layer.size + trying.layer.size, 0);
  });

  test('sends the answer over a new connection to the port in the Via', () => {
    const silent = asked(TCP);
    assert.deepEqual(silent.loses(TCP), []);
    silent.answers(200);
    assert.deepEqual(silent.sent.flow, elsewhere);
    const trying = asked(TCP);
    trying.answers(100);
    assert.deepEqual(trying.loses(TCP), ['send 100 Trying']);
    assert.deepEqual(trying.sent.flow, elsewhere);
    assert.deepEqual(trying.answers(200), ['send 200 OK']);
  });
});
