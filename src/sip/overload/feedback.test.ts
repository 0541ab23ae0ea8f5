import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createResponse } from '../message/compose.ts';
import { Headers } from '../message/headers.ts';
import { SipRequest } from '../message/message.ts';
import { asksForFeedback, type Feedback, withFeedback } from './feedback.ts';

const OVERLOADED: Feedback = {
  lossPercent: 20,
  perSecond: 150,
  validityMs: 2_000,
  sequence: 1_282_321_615.782,
};
const WELL: Feedback = { ...OVERLOADED, lossPercent: 0 };

function invite(...vias: readonly string[]): SipRequest {
  const headers = Headers.of([
    ...vias.map((via): [string, string] => ['Via', via]),
    ['From', '<sip:a@carrier.example>;tag=1'],
    ['To', '<sip:b@voice.example.net>'],
    ['Call-ID', 'c1'],
    ['CSeq', '1 INVITE'],
  ]);
  return new SipRequest('INVITE', 'sip:b@voice.example.net', headers);
}

function told(via: string, feedback: Feedback): string | undefined {
  const request = withFeedback(invite(via, 'SIP/2.0/UDP far.example;branch=z9hG4bKfar'), feedback);
  return createResponse(request, 503, { toTag: 't' }).headers.all('Via')[0];
}

describe('overload control (RFC 7339)', () => {
  test('is for peers whose Via asks for it', () => {
    assert.ok(asksForFeedback(invite('SIP/2.0/UDP p.example;branch=z9hG4bK1;oc;oc-algo="loss"')));
    assert.ok(!asksForFeedback(invite('SIP/2.0/UDP p.example;branch=z9hG4bK1')));
    assert.ok(!asksForFeedback(invite('SIP/2.0/UDP p.example;branch=z9hG4bK1', 'SIP/2.0/UDP q.example;oc')));
  });

  test('a peer that can lose is told in every response how many percent to leave out', () => {
    assert.equal(
      told('SIP/2.0/UDP p.example;branch=z9hG4bK1;oc;oc-algo="loss"', OVERLOADED),
      'SIP/2.0/UDP p.example;branch=z9hG4bK1;oc=20;oc-algo="loss";oc-validity=2000;oc-seq=1282321615.78',
    );
  });

  test('a peer that can hold a rate is told a rate (RFC 7415)', () => {
    assert.equal(
      told('SIP/2.0/UDP p.example;branch=z9hG4bK1;oc;oc-algo="loss, rate"', OVERLOADED),
      'SIP/2.0/UDP p.example;branch=z9hG4bK1;oc=150;oc-algo="rate";oc-validity=2000;oc-seq=1282321615.78',
    );
  });

  test('without overload it is told so, which ends what it was told before', () => {
    assert.equal(
      told('SIP/2.0/UDP p.example;branch=z9hG4bK1;oc;oc-algo="loss,rate"', WELL),
      'SIP/2.0/UDP p.example;branch=z9hG4bK1;oc=0;oc-algo="loss";oc-validity=0;oc-seq=1282321615.78',
    );
  });

  test('what stands below the top Via stays as it was', () => {
    const request = withFeedback(
      invite('SIP/2.0/UDP p.example;branch=z9hG4bK1;oc, SIP/2.0/UDP q.example;branch=z9hG4bK2;oc'),
      OVERLOADED,
    );
    assert.match(
      request.headers.all('Via')[0] ?? '',
      /;oc=20;.*, SIP\/2\.0\/UDP q\.example;branch=z9hG4bK2;oc$/,
    );
  });
});
