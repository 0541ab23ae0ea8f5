import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import { Registrar } from './registrar.ts';

const T = 1_790_000_000_000;
const FLOW: Flow = {
  transport: 'udp',
  local: { address: '203.0.113.1', port: 5060 },
  remote: { address: '192.0.2.7', port: 5060 },
};

function newRegistrar(): Registrar {
  return new Registrar({ random: { fraction: () => 0, bytes: (count) => new Uint8Array(count) } });
}

let cseq = 0;
function request(expires: number, callId = 'c1', contact = '<sip:reception@192.0.2.7>'): SipRequest {
  return new SipRequest(
    'REGISTER',
    'sip:voice.example.net',
    Headers.of([
      ['From', '<sip:reception@voice.example.net>;tag=1'],
      ['To', '<sip:reception@voice.example.net>'],
      ['Call-ID', callId],
      ['CSeq', `${++cseq} REGISTER`],
      ['Contact', contact],
      ['Expires', String(expires)],
    ]),
  );
}

function registered(expires = 60): Registrar {
  const registrar = newRegistrar();
  registrar.register('reception', request(expires), FLOW, { bindingsPerPhoneMax: 3 }, T);
  return registrar;
}

/** Lets the time pass as the node does, deadline by deadline. */
function pass(registrar: Registrar, until: number): string[] {
  const told: string[] = [];
  for (let at = registrar.nextDeadline(); at !== undefined && at <= until; at = registrar.nextDeadline()) {
    for (const { type } of registrar.expire(at)) if (type === 'grace' || type === 'expired') told.push(type);
  }
  return told;
}

describe('registration grace', () => {
  test('keeps a binding beyond its end, and says so', () => {
    const registrar = registered();
    registrar.grace(T + 3 * MINUTE_MS);
    assert.deepEqual(pass(registrar, T + 2 * MINUTE_MS), ['grace']);
    const [found] = registrar.lookup('reception');
    assert.equal(found?.graceUntil, T + 3 * MINUTE_MS);
    assert.equal(found?.binding.expiresAt, T + MINUTE_MS);
    assert.deepEqual(pass(registrar, T + 3 * MINUTE_MS), ['expired']);
    assert.equal(registrar.size, 0);
  });

  test('goes on while there is a reason for it, for a quarter of an hour at most', () => {
    const registrar = registered();
    for (let at = T; at < T + 30 * MINUTE_MS; at += MINUTE_MS) {
      registrar.grace(at + 2 * MINUTE_MS);
      pass(registrar, at);
      const isThere = at < T + MINUTE_MS + LIMITS.registrationGraceMs;
      assert.equal(registrar.size, isThere ? 1 : 0, `${(at - T) / MINUTE_MS} minutes`);
    }
  });

  test('ends with the refresh', () => {
    const registrar = registered();
    registrar.grace(T + 3 * MINUTE_MS);
    pass(registrar, T + 2 * MINUTE_MS);
    registrar.register('reception', request(60), FLOW, { bindingsPerPhoneMax: 3 }, T + 2 * MINUTE_MS);
    assert.equal(registrar.lookup('reception')[0]?.graceUntil, undefined);
  });

  test('does not hold up a phone that says good-bye', () => {
    const registrar = registered();
    registrar.grace(T + 3 * MINUTE_MS);
    registrar.register('reception', request(0), FLOW, { bindingsPerPhoneMax: 3 }, T + SECOND_MS);
    assert.equal(registrar.size, 0);
  });

  test('brings back what ended while the node was down', () => {
    const bindings = registered().bindingsOf('reception');
    const start = T + 5 * MINUTE_MS;
    const without = newRegistrar();
    without.restore(bindings, start);
    assert.equal(without.size, 0);
    const registrar = newRegistrar();
    registrar.grace(start + 2 * MINUTE_MS);
    registrar.restore(bindings, start);
    assert.equal(registrar.size, 1);
    assert.deepEqual(pass(registrar, start), ['grace']);
    assert.deepEqual(pass(registrar, start + 2 * MINUTE_MS), ['expired']);
  });

  test('does not bring back what ended long ago', () => {
    const bindings = registered().bindingsOf('reception');
    const start = T + MINUTE_MS + LIMITS.registrationGraceMs;
    const registrar = newRegistrar();
    registrar.grace(start + 2 * MINUTE_MS);
    registrar.restore(bindings, start);
    assert.equal(registrar.size, 0);
  });
});

describe('a REGISTER refreshes', () => {
  const refreshes = (asked: SipRequest, flow = FLOW, at = T + SECOND_MS) =>
    registered().refreshes(asked, flow, at) === 'reception';

  test('where it has the Call-ID and the flow of a binding that holds', () => {
    assert.equal(refreshes(request(60)), true);
    assert.equal(refreshes(request(60, 'another')), false);
    assert.equal(refreshes(request(60), { ...FLOW, remote: { ...FLOW.remote, port: 5062 } }), false);
    assert.equal(refreshes(request(60), FLOW, T + MINUTE_MS), false);
  });

  test('and not where it gives the binding up', () => {
    assert.equal(refreshes(request(0)), false);
    assert.equal(refreshes(request(60, 'c1', '<sip:reception@192.0.2.7>;expires=0')), false);
    assert.equal(refreshes(request(60, 'c1', '<sip:reception@192.0.2.7>;expires=05;q=1')), true);
  });
});
