import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Headers } from './headers.ts';
import { inspectRequest, inspectResponse } from './inspect.ts';
import { SipRequest, SipResponse } from './message.ts';

const ROWS = Headers.of([
  ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
  ['Max-Forwards', '70'],
  ['From', '<sip:alice@example.com>;tag=a'],
  ['To', '<sip:bob@example.com>'],
  ['Call-ID', 'c@192.0.2.1'],
  ['CSeq', '1 OPTIONS'],
]);

function request(headers: Headers, uri = 'sip:bob@example.com', method = 'OPTIONS'): SipRequest {
  return new SipRequest(method, uri, headers);
}

describe('inspection', () => {
  test('a request with all that it needs passes', () =>
    assert.equal(inspectRequest(request(ROWS)), undefined));

  test('a response needs no Max-Forwards and no matching method', () => {
    assert.equal(inspectResponse(new SipResponse(200, 'OK', ROWS.remove('Max-Forwards'))), undefined);
    assert.equal(inspectResponse(new SipResponse(200, 'OK', ROWS.remove('Via')))?.reason, 'Missing Via');
  });

  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    test(`a request without ${name} is refused`, () => {
      assert.deepEqual(inspectRequest(request(ROWS.remove(name))), {
        status: 400,
        reason: `Missing ${name}`,
      });
    });
  }

  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards']) {
    test(`a request with two of ${name} is refused`, () => {
      const twice = ROWS.append(name, ROWS.get(name) ?? '');
      assert.equal(inspectRequest(request(twice))?.reason, `More Than One ${name}`);
    });
  }

  const refused: readonly (readonly [about: string, request: SipRequest, reason: string])[] = [
    ['a lower Via that is malformed', request(ROWS.append('Via', 'x')), 'Bad Via'],
    ['a Via of another version', request(ROWS.set('Via', 'SIP/3.0/UDP a')), 'Bad Via'],
    [
      'more Vias than the limit',
      request(ROWS.set('Via', new Array<string>(71).fill('SIP/2.0/UDP a'))),
      'Too Many Via Values',
    ],
    [
      'a branch without end',
      request(ROWS.set('Via', `SIP/2.0/UDP a;branch=${'z'.repeat(1025)}`)),
      'Branch Too Long',
    ],
    ['a Call-ID with a space', request(ROWS.set('Call-ID', 'a b')), 'Bad Call-ID'],
    ['a Call-ID without end', request(ROWS.set('Call-ID', 'a'.repeat(1025))), 'Call-ID Too Long'],
    ['an empty Call-ID', request(ROWS.set('Call-ID', '')), 'Bad Call-ID'],
    ['a tag without end', request(ROWS.set('From', `<sip:a@b>;tag=${'a'.repeat(1025)}`)), 'Tag Too Long'],
    ['a CSeq of 2^31', request(ROWS.set('CSeq', '2147483648 OPTIONS')), 'Bad CSeq'],
    ['a CSeq without method', request(ROWS.set('CSeq', '1')), 'Bad CSeq'],
    ['Max-Forwards of 256', request(ROWS.set('Max-Forwards', '256')), 'Bad Max-Forwards'],
    ['a malformed Contact', request(ROWS.set('Contact', '<sip:a@b>, c')), 'Bad Contact'],
    ['a * beside other Contacts', request(ROWS.set('Contact', ['*', '<sip:a@b>'])), 'Bad Contact'],
    ['a malformed Route', request(ROWS.set('Route', '<sip:a@b')), 'Bad Route'],
    ['a malformed Record-Route', request(ROWS.set('Record-Route', 'x')), 'Bad Record-Route'],
  ];
  for (const [about, each, reason] of refused) {
    test(`${about} is refused`, () => assert.deepEqual(inspectRequest(each), { status: 400, reason }));
  }

  test('the largest CSeq passes, and so does a Contact of *', () => {
    assert.equal(
      inspectRequest(request(ROWS.set('CSeq', '2147483647 OPTIONS').set('Contact', '*'))),
      undefined,
    );
  });

  test('a Request-URI without end is 414', () => {
    assert.equal(inspectRequest(request(ROWS, `sip:${'a'.repeat(1024)}@b`))?.status, 414);
  });
});
