import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { createResponse, reasonPhrase } from './compose.ts';
import { Headers } from './headers.ts';
import { SipRequest } from './message.ts';

const INVITE = new SipRequest(
  'INVITE',
  'sip:bob@example.com',
  Headers.of([
    ['Via', 'SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2'],
    ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
    ['Record-Route', '<sip:192.0.2.2;lr>'],
    ['Max-Forwards', '70'],
    ['From', 'Alice <sip:alice@example.com>;tag=a'],
    ['To', 'Bob <sip:bob@example.com>'],
    ['Call-ID', 'c@192.0.2.1'],
    ['CSeq', '1 INVITE'],
    ['Timestamp', '54'],
    ['Contact', '<sip:alice@192.0.2.1>'],
  ]),
);

function names(response: { headers: Headers }): string[] {
  return [...response.headers.rows()].map(([name]) => name);
}

describe('responses', () => {
  test('180 repeats Vias, From, Call-ID, CSeq and the route, and tags the To', () => {
    const ringing = createResponse(INVITE, 180, { toTag: 'b' });
    assert.equal(ringing.reason, 'Ringing');
    assert.deepEqual(names(ringing), ['Via', 'Via', 'Record-Route', 'From', 'To', 'Call-ID', 'CSeq']);
    assert.deepEqual(ringing.headers.all('Via'), INVITE.headers.all('Via'));
    assert.equal(ringing.headers.get('To'), 'Bob <sip:bob@example.com>;tag=b');
  });

  test('100 has no tag and gives the Timestamp back', () => {
    const trying = createResponse(INVITE, 100, { toTag: 'b' });
    assert.equal(trying.to?.parameters.has('tag'), false);
    assert.equal(trying.headers.get('Timestamp'), '54');
  });

  test('a To that has its tag keeps it', () => {
    const within = INVITE.with({ headers: INVITE.headers.set('To', '<sip:bob@example.com>;tag=old') });
    assert.equal(createResponse(within, 200, { toTag: 'new' }).to?.parameters.get('tag'), 'old');
  });

  test('only what may form a dialog repeats the Record-Route', () => {
    assert.ok(createResponse(INVITE, 200).headers.has('Record-Route'));
    assert.ok(!createResponse(INVITE, 486).headers.has('Record-Route'));
    const options = new SipRequest('OPTIONS', INVITE.uri, INVITE.headers);
    assert.ok(!createResponse(options, 200).headers.has('Record-Route'));
  });

  test('headers, body and reason are what the caller says', () => {
    const response = createResponse(INVITE, 503, {
      reason: 'Too Busy',
      headers: [['Retry-After', '5']],
      body: utf8('hi'),
      contentType: 'text/plain',
    });
    assert.equal(response.reason, 'Too Busy');
    assert.equal(response.headers.get('Retry-After'), '5');
    assert.equal(response.headers.get('Content-Type'), 'text/plain');
    assert.deepEqual(response.body, utf8('hi'));
  });

  test('what a broken request lacks its response lacks too', () => {
    const broken = INVITE.with({ headers: INVITE.headers.remove('To').remove('Call-ID') });
    assert.deepEqual(names(createResponse(broken, 400, { toTag: 'b' })), ['Via', 'Via', 'From', 'CSeq']);
  });

  test('an unknown status has the phrase of its class', () => {
    assert.equal(reasonPhrase(486), 'Busy Here');
    assert.equal(reasonPhrase(499), 'Request Failure');
    assert.equal(reasonPhrase(299), 'OK');
  });
});
