// Requests other than INVITE that we send: the non-INVITE client transaction, told as stories on fake time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../../base/net.ts';
import { request, Stage, TCP, UDP } from './testing.ts';

function probing(flow: Flow = UDP): Stage {
  const node = new Stage();
  node.asks(request({ method: 'OPTIONS', via: '' }), flow);
  return node;
}

describe('a request on its way', () => {
  test('is repeated by Timer E, whose interval doubles up to T2, until Timer F ends it after 64*T1', () => {
    const node = probing();
    assert.deepEqual(node.passes(60_000), [
      '500: send OPTIONS',
      '1500: send OPTIONS',
      '3500: send OPTIONS',
      '7500: send OPTIONS',
      '11500: send OPTIONS',
      '15500: send OPTIONS',
      '19500: send OPTIONS',
      '23500: send OPTIONS',
      '27500: send OPTIONS',
      '31500: send OPTIONS',
      '32000: timeout',
    ]);
    assert.equal(node.layer.size, 0);
  });

  test('is not repeated over TCP, where only Timer F runs', () => {
    const node = probing(TCP);
    assert.deepEqual(node.passes(60_000), ['32000: timeout']);
  });

  test('fails at once when the transport fails', () => {
    const node = probing(TCP);
    assert.deepEqual(node.loses(TCP, 'connection refused'), ['transport-failed: connection refused']);
    assert.equal(node.layer.size, 0);
  });
});

describe('a provisional response', () => {
  test('slows Timer E down to T2 and leaves Timer F running', () => {
    const node = probing();
    node.passes(600);
    assert.deepEqual(node.hears(node.response(100, { to: 'OPTIONS' })), ['response 100']);
    assert.deepEqual(node.passes(12_000), ['900: send OPTIONS', '4900: send OPTIONS', '8900: send OPTIONS']);
    assert.equal(node.passes(60_000).at(-1), '19400: timeout');
    assert.equal(node.layer.size, 0);
  });

  test('is told once, however often it comes', () => {
    const node = probing();
    node.hears(node.response(100, { to: 'OPTIONS' }));
    assert.deepEqual(node.hears(node.response(100, { to: 'OPTIONS' })), []);
    assert.deepEqual(node.hears(node.response(182, { to: 'OPTIONS' })), ['response 182']);
    assert.deepEqual(node.hears(node.response(200, { to: 'OPTIONS' })), ['response 200']);
    assert.deepEqual(node.hears(node.response(200, { to: 'OPTIONS' })), []);
    assert.deepEqual(node.passes(60_000), []);
    assert.equal(node.layer.size, 0);
  });

  test('does not hide a connection that breaks', () => {
    const node = probing(TCP);
    node.hears(node.response(100, { to: 'OPTIONS' }), TCP);
    assert.deepEqual(node.loses(TCP, 'reset'), ['transport-failed: reset']);
    assert.equal(node.layer.size, 0);
  });
});

describe('a final response', () => {
  test('is told once; Timer K absorbs repetitions for T4', () => {
    const node = probing();
    const answer = node.response(200, { to: 'OPTIONS' });
    assert.deepEqual(node.hears(answer), ['response 200']);
    assert.deepEqual(node.passes(4_999), []);
    assert.deepEqual(node.hears(answer), []);
    assert.deepEqual(node.hears(node.response(100, { to: 'OPTIONS' })), []);
    assert.deepEqual(node.hears(answer), []);
    node.passes(1);
    assert.equal(node.layer.size, 0);
    assert.deepEqual(node.hears(answer), ['stray-response 200']);
  });

  test('ends the transaction at once over TCP', () => {
    const node = probing(TCP);
    assert.deepEqual(node.hears(node.response(404, { to: 'OPTIONS' }), TCP), ['response 404']);
    assert.equal(node.layer.size, 0);
    assert.equal(node.layer.nextDeadline(), undefined);
  });

  test('is the outcome, whatever the transport does later', () => {
    const node = probing();
    node.hears(node.response(200, { to: 'OPTIONS' }));
    assert.deepEqual(node.loses(UDP), []);
    assert.equal(node.layer.size, 0);
  });
});
