// Alice's node calls Bob: the INVITE client transaction, told as stories on fake time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import type { Flow } from '../../base/net.ts';
import { fromWire, request, Stage, TCP, UDP } from './testing.ts';

const ours = request({ via: '' });

function calling(flow: Flow = UDP): Stage {
  const alice = new Stage();
  alice.asks(ours, flow);
  return alice;
}

describe('an INVITE on its way', () => {
  test('is sent with our Via on top, with a fresh branch and rport', () => {
    const alice = new Stage();
    alice.asks(request({ via: 'SIP/2.0/UDP other.example;branch=z9hG4bKother' }));
    assert.deepEqual(alice.sentRequest.headers.values('Via'), [
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKours1;rport',
      'SIP/2.0/UDP other.example;branch=z9hG4bKother',
    ]);
  });

  test('names an IPv6 listener in brackets', () => {
    const alice = new Stage({ sentBy: () => ({ address: '2001:db8::1', port: 5070 }) });
    alice.asks(ours, TCP);
    assert.equal(
      alice.sentRequest.headers.get('Via'),
      'SIP/2.0/TCP [2001:db8::1]:5070;branch=z9hG4bKours1;rport',
    );
  });

  test('is repeated by Timer A at doubling intervals, until Timer B ends it after 64*T1', () => {
    const alice = calling();
    assert.deepEqual(alice.passes(60_000), [
      '500: send INVITE',
      '1500: send INVITE',
      '3500: send INVITE',
      '7500: send INVITE',
      '15500: send INVITE',
      '31500: send INVITE',
      '32000: timeout',
    ]);
    assert.equal(alice.layer.size, 0);
    assert.equal(alice.layer.nextDeadline(), undefined);
  });

  test('is not repeated over TCP, where only Timer B runs', () => {
    const alice = calling(TCP);
    assert.deepEqual(alice.passes(60_000), ['32000: timeout']);
    assert.equal(alice.layer.size, 0);
  });

  test('is the same bytes each time', () => {
    const alice = calling();
    alice.passes(2_000);
    const [first, ...others] = alice.told('send');
    assert.equal(others.length, 2);
    for (const other of others) assert.equal(other, first);
  });

  test('follows the timers that it was given', () => {
    const alice = new Stage({ timers: { t1Ms: 100 } });
    alice.asks(ours);
    assert.deepEqual(alice.passes(800), ['100: send INVITE', '300: send INVITE', '700: send INVITE']);
    assert.deepEqual(alice.passes(60_000).at(-1), '5600: timeout');
  });

  test('fails at once when the transport fails', () => {
    const alice = calling(TCP);
    assert.deepEqual(alice.loses(TCP, 'connection refused'), ['transport-failed: connection refused']);
    assert.equal(alice.layer.size, 0);
    assert.deepEqual(alice.passes(60_000), []);
  });
});

describe('provisional responses', () => {
  test('stop the retransmissions, and ringing may last for minutes', () => {
    const alice = calling();
    assert.deepEqual(alice.hears(alice.response(100)), ['response 100']);
    assert.deepEqual(alice.passes(600_000), []);
    assert.deepEqual(alice.hears(alice.response(180)), ['response 180']);
    assert.equal(alice.layer.size, 1);
  });

  test('are told once, however often the peer repeats them', () => {
    const alice = calling();
    assert.deepEqual(alice.hears(alice.response(180)), ['response 180']);
    assert.deepEqual(alice.hears(alice.response(180)), []);
    assert.deepEqual(alice.hears(alice.response(183)), ['response 183']);
    assert.deepEqual(alice.hears(alice.response(183, { body: 'v=0' })), ['response 183']);
    assert.deepEqual(alice.hears(alice.response(183, { body: 'v=1' })), ['response 183']);
    assert.deepEqual(alice.hears(alice.response(183, { body: 'v=1' })), []);
  });

  test('of each branch of a fork are told', () => {
    const alice = calling();
    assert.deepEqual(alice.hears(alice.response(180, { toTag: 'desk' })), ['response 180']);
    assert.deepEqual(alice.hears(alice.response(180, { toTag: 'mobile' })), ['response 180']);
  });

  test('after the final response are nobody’s business', () => {
    const alice = calling();
    alice.hears(alice.response(486));
    assert.deepEqual(alice.hears(alice.response(180)), []);
    assert.deepEqual(alice.hears(alice.response(486)), ['send ACK']);
    const other = calling();
    other.hears(other.response(200));
    assert.deepEqual(other.hears(other.response(183)), []);
  });

  test('do not hide a connection that breaks while it rings', () => {
    const alice = calling(TCP);
    alice.hears(alice.response(180));
    assert.deepEqual(alice.loses(TCP, 'reset'), ['transport-failed: reset']);
    assert.equal(alice.layer.size, 0);
  });
});

describe('a refusal', () => {
  test('gets its ACK from the layer, and is told once', () => {
    const alice = calling();
    assert.deepEqual(alice.hears(alice.response(486)), ['send ACK', 'response 486']);
    assert.deepEqual(alice.hears(alice.response(486)), ['send ACK']);
    assert.deepEqual(alice.passes(31_999), []);
    assert.deepEqual(alice.hears(alice.response(486)), ['send ACK']);
  });

  test('may come after minutes of ringing', () => {
    const alice = calling();
    alice.hears(alice.response(180));
    alice.passes(100_000);
    assert.deepEqual(alice.hears(alice.response(300)), ['send ACK', 'response 300']);
    assert.deepEqual(alice.hears(alice.response(300)), ['send ACK']);
    alice.passes(32_000);
    assert.equal(alice.layer.size, 0);
  });

  test('is absorbed for 64*T1 by Timer D, and is stray later', () => {
    const alice = calling();
    const busy = alice.response(486);
    alice.hears(busy);
    alice.passes(32_000);
    assert.equal(alice.layer.size, 0);
    assert.deepEqual(alice.hears(busy), ['stray-response 486']);
  });

  test('ends the transaction at once over TCP', () => {
    const alice = calling(TCP);
    assert.deepEqual(alice.hears(alice.response(603), TCP), ['send ACK', 'response 603']);
    assert.equal(alice.layer.size, 0);
  });

  test('is acknowledged along the way of its INVITE, with the tag of the refusal', () => {
    const alice = new Stage();
    const routes = [
      ['Route', '<sip:p1.example;lr>, <sip:p2.example;lr>'],
      ['Route', '<sip:p3.example;lr>'],
    ] as const;
    alice.asks(request({ via: 'SIP/2.0/UDP other.example;branch=z9hG4bKother', cseq: 7, headers: routes }));
    alice.hears(withOurViaAlone(alice, 404));
    const ack = alice.sentRequest;
    assert.equal(ack.method, 'ACK');
    assert.equal(ack.uri, 'sip:bob@example.com');
    assert.deepEqual(ack.headers.all('Via'), ['SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKours1;rport']);
    assert.deepEqual(ack.headers.values('Route'), [
      '<sip:p1.example;lr>',
      '<sip:p2.example;lr>',
      '<sip:p3.example;lr>',
    ]);
    assert.deepEqual(ack.cseq, { number: 7, method: 'ACK' });
    assert.equal(ack.headers.get('To'), '<sip:bob@example.com>;tag=bob');
    assert.equal(ack.headers.get('From'), '"Alice" <sip:alice@example.com>;tag=alice');
    assert.equal(ack.callId, 'call-1');
    assert.equal(ack.maxForwards, 70);
  });

  test('that cannot be acknowledged is told once all the same', () => {
    const alice = calling();
    alice.hears(alice.response(486));
    assert.deepEqual(alice.loses(UDP), []);
    assert.equal(alice.layer.size, 0);
  });

  test('after a 2xx changes nothing', () => {
    const alice = calling();
    alice.hears(alice.response(200));
    assert.deepEqual(alice.hears(alice.response(486, { toTag: 'other' })), []);
  });
});

/** The response as it comes back to us: our Via alone is left. */
function withOurViaAlone(alice: Stage, status: number) {
  const response = alice.response(status);
  const [ours] = response.headers.values('Via');
  return response.with({ headers: response.headers.set('Via', ours ?? '') });
}

describe('a 2xx', () => {
  test('is told once; its retransmissions get the core’s ACK again, until Timer M', () => {
    const alice = calling();
    assert.deepEqual(alice.hears(alice.response(200)), ['response 200']);
    assert.deepEqual(alice.acknowledges(), ['send ACK']);
    assert.deepEqual(alice.hears(alice.response(200)), ['send ACK']);
    assert.deepEqual(alice.passes(31_000), []);
    assert.deepEqual(alice.hears(alice.response(200)), ['send ACK']);
    alice.passes(1_000);
    assert.equal(alice.layer.size, 0);
    assert.deepEqual(alice.hears(alice.response(200)), ['stray-response 200']);
  });

  test('may come after minutes of ringing', () => {
    const alice = calling();
    alice.hears(alice.response(180));
    alice.passes(100_000);
    assert.deepEqual(alice.hears(alice.response(299)), ['response 299']);
    assert.deepEqual(alice.hears(alice.response(299)), []);
    alice.passes(32_000);
    assert.equal(alice.layer.size, 0);
  });

  test('that comes late is told even where the core acknowledged it too early', () => {
    const alice = calling();
    alice.hears(alice.response(200, { toTag: 'desk' }));
    alice.acknowledges('mobile');
    assert.deepEqual(alice.hears(alice.response(200, { toTag: 'mobile' })), ['response 200']);
  });

  test('that comes again before the core has acknowledged it stays unanswered', () => {
    const alice = calling();
    alice.hears(alice.response(200));
    assert.deepEqual(alice.hears(alice.response(200)), []);
  });

  test('of each branch of a fork is told, and each gets its own ACK', () => {
    const alice = calling();
    assert.deepEqual(alice.hears(alice.response(200, { toTag: 'desk' })), ['response 200']);
    assert.deepEqual(alice.hears(alice.response(200, { toTag: 'mobile' })), ['response 200']);
    alice.acknowledges('desk');
    alice.acknowledges('mobile');
    alice.hears(alice.response(200, { toTag: 'desk' }));
    assert.equal(alice.sentRequest.headers.get('To'), '<sip:bob@example.com>;tag=desk');
    alice.hears(alice.response(200, { toTag: 'mobile' }));
    assert.equal(alice.sentRequest.headers.get('To'), '<sip:bob@example.com>;tag=mobile');
    assert.equal(alice.told('response').length, 2);
  });

  test('of endless branches is told only up to the limit', () => {
    const alice = calling();
    for (let branch = 0; branch < LIMITS.forkedAnswersMax + 5; branch++) {
      alice.hears(alice.response(200, { toTag: `branch-${branch}` }));
    }
    assert.equal(alice.told('response').length, LIMITS.forkedAnswersMax);
  });

  test('is acknowledged in a transaction of its own: another branch, our Via on top', () => {
    const alice = calling();
    alice.hears(alice.response(200));
    alice.acknowledges();
    assert.equal(
      alice.sentRequest.headers.get('Via'),
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKours2;rport',
    );
  });

  test('can still be acknowledged after its transaction has ended', () => {
    const alice = calling();
    alice.hears(alice.response(200));
    alice.passes(32_000);
    assert.deepEqual(alice.acknowledges(), ['send ACK']);
    assert.equal(alice.layer.size, 0);
  });

  test('does not fail with its connection: the ACK may take another way', () => {
    const alice = calling(TCP);
    alice.hears(alice.response(200), TCP);
    assert.deepEqual(alice.loses(TCP), []);
    assert.equal(alice.layer.size, 1);
    alice.passes(32_000);
    assert.equal(alice.layer.size, 0);
  });
});

describe('CANCEL', () => {
  test('is sent at once when the peer has answered provisionally', () => {
    const alice = calling();
    alice.hears(alice.response(180));
    assert.deepEqual(alice.cancels(), ['send CANCEL']);
    assert.deepEqual(alice.hears(alice.response(200, { to: 'CANCEL' })), []);
    assert.deepEqual(alice.hears(alice.response(487)), ['send ACK', 'response 487']);
    alice.passes(32_000);
    assert.equal(alice.layer.size, 0);
  });

  test('waits for the first provisional response', () => {
    const alice = calling();
    assert.deepEqual(alice.cancels(), []);
    assert.deepEqual(alice.passes(600), ['500: send INVITE']);
    assert.deepEqual(alice.hears(alice.response(100)), ['response 100', 'send CANCEL']);
  });

  test('that waits is dropped when the INVITE is answered first', () => {
    const alice = calling();
    alice.cancels();
    assert.deepEqual(alice.hears(alice.response(200)), ['response 200']);
    const other = calling();
    other.cancels();
    assert.deepEqual(other.hears(other.response(486)), ['send ACK', 'response 486']);
  });

  test('that waits in vain ends with its INVITE by Timer B', () => {
    const alice = calling();
    alice.cancels();
    assert.equal(alice.passes(60_000).at(-1), '32000: timeout');
    assert.equal(alice.layer.size, 0);
  });

  test('that crosses a 2xx on the wire loses: the core is told of the 2xx', () => {
    const alice = calling();
    alice.hears(alice.response(180));
    alice.cancels();
    assert.deepEqual(alice.hears(alice.response(200)), ['response 200']);
    assert.deepEqual(alice.hears(alice.response(481, { to: 'CANCEL' })), []);
    assert.deepEqual(alice.acknowledges(), ['send ACK']);
    alice.passes(32_000);
    assert.equal(alice.layer.size, 0);
  });

  test('after the final response, or a second time, does nothing', () => {
    const alice = calling();
    alice.hears(alice.response(180));
    alice.cancels();
    assert.deepEqual(alice.cancels(), []);
    const answered = calling();
    answered.hears(answered.response(200));
    assert.deepEqual(answered.cancels(), []);
    const gone = calling();
    gone.passes(60_000);
    assert.deepEqual(gone.cancels(), []);
  });

  test('is repeated by its own Timer E; an INVITE that stays without an answer is given up 64*T1 later', () => {
    const alice = calling();
    alice.hears(alice.response(180));
    alice.passes(10_000);
    alice.cancels();
    const lines = alice.passes(60_000);
    assert.deepEqual(lines.slice(0, 3), ['500: send CANCEL', '1500: send CANCEL', '3500: send CANCEL']);
    assert.deepEqual(
      lines.filter((line) => !line.endsWith('CANCEL')),
      ['32000: timeout'],
    );
    assert.equal(alice.layer.size, 0);
  });

  test('looks like its INVITE, with one Via, and carries what the core adds', () => {
    const alice = new Stage();
    alice.asks(request({ via: '', cseq: 3, headers: [['Route', '<sip:p1.example;lr>']] }));
    alice.hears(alice.response(180));
    alice.cancels([['Reason', 'SIP;cause=200;text="Call completed elsewhere"']]);
    const cancel = alice.sentRequest;
    assert.equal(cancel.method, 'CANCEL');
    assert.equal(cancel.uri, 'sip:bob@example.com');
    assert.deepEqual(cancel.headers.all('Via'), ['SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKours1;rport']);
    assert.deepEqual(cancel.headers.all('Route'), ['<sip:p1.example;lr>']);
    assert.deepEqual(cancel.cseq, { number: 3, method: 'CANCEL' });
    assert.equal(cancel.headers.get('To'), '<sip:bob@example.com>');
    assert.equal(cancel.headers.get('Reason'), 'SIP;cause=200;text="Call completed elsewhere"');
  });

  test('goes the way that its INVITE went', () => {
    const alice = calling(TCP);
    alice.hears(alice.response(180), TCP);
    alice.cancels();
    assert.deepEqual(alice.sent.flow, TCP);
    assert.equal(fromWire(alice.sent).kind, 'request');
  });
});
