import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Headers } from '../sip/message/headers.ts';
import { SipResponse } from '../sip/message/message.ts';
import { farewellTo } from './strays.ts';

const TCP = {
  transport: 'tcp',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '192.0.2.11', port: 40_000 },
  connectionId: 'c1',
} as const;

function answer(status: number, cseq = '7 INVITE'): SipResponse {
  const rows = [
    ['Via', 'SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKlongago'],
    ['From', '<sip:+447700900123@voice.example.net>;tag=ours'],
    ['To', '<sip:reception@voice.example.net>;tag=theirs'],
    ['Call-ID', 'long-ago'],
    ['CSeq', cseq],
    ['Contact', '<sip:reception@192.0.2.11:5060;transport=tcp>'],
  ] as const;
  return new SipResponse(status, 'OK', Headers.of(rows));
}

describe('an answer to an INVITE that is long given up', () => {
  test('over a connection is acknowledged and hung up (RFC 3261 §13.2.2.4)', () => {
    const { ack, bye } = farewellTo(answer(200), TCP) ?? assert.fail('there is something to say');
    assert.deepEqual([ack.method, ack.headers.get('CSeq')], ['ACK', '7 ACK']);
    assert.deepEqual([bye.method, bye.headers.get('CSeq')], ['BYE', '8 BYE']);
    for (const request of [ack, bye]) {
      assert.equal(request.uri, 'sip:reception@192.0.2.11:5060;transport=tcp');
      assert.equal(request.headers.get('From'), '<sip:+447700900123@voice.example.net>;tag=ours');
      assert.equal(request.headers.get('To'), '<sip:reception@voice.example.net>;tag=theirs');
    }
  });

  test('over UDP gets nothing: anybody could have forged it to have others sent to', () => {
    const { connectionId: _, ...udp } = { ...TCP, transport: 'udp' as const };
    assert.equal(farewellTo(answer(200), udp), undefined);
  });

  test('is not a refusal, a provisional answer, or the answer to anything else', () => {
    for (const response of [answer(180), answer(487), answer(200, '7 OPTIONS')]) {
      assert.equal(farewellTo(response, TCP), undefined);
    }
  });
});
