// What the transaction layer does around its state machines: finding the transaction, answering overload, losing
// connections, leaving nothing over.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../../base/net.ts';
import { createResponse } from '../message/compose.ts';
import { statelessResponse } from './layer.ts';
import { request, Stage, TCP, tell, UDP } from './testing.ts';

const options = request({ method: 'OPTIONS' });
const invite = request();

describe('a request belongs to a transaction', () => {
  test('by branch, sent-by and method', () => {
    const node = new Stage();
    node.hears(options);
    const others = [
      request({ method: 'OPTIONS', branch: 'z9hG4bKalice2' }),
      request({ method: 'MESSAGE' }),
      request({ method: 'OPTIONS', via: 'SIP/2.0/UDP 192.168.1.6:5060;branch=z9hG4bKalice1' }),
      request({ method: 'OPTIONS', via: 'SIP/2.0/UDP 192.168.1.5:5070;branch=z9hG4bKalice1' }),
    ];
    for (const other of others) assert.equal(node.hears(other).length, 1);
    for (const known of [options, ...others]) assert.deepEqual(node.hears(known), []);
    assert.equal(node.layer.size, 5);
  });

  test('whatever the case of the cookie and of the host', () => {
    const node = new Stage();
    node.hears(request({ via: 'SIP/2.0/UDP Phone.Example;branch=Z9HG4BKa' }));
    assert.deepEqual(
      node.hears(request({ via: 'SIP/2.0/UDP phone.example;branch=Z9HG4BKa', uri: 'sip:x@y' })),
      [],
    );
  });
});

describe('a request of a peer from before RFC 3261, without the magic cookie', () => {
  for (const via of [
    'SIP/2.0/UDP 192.168.1.5',
    'SIP/2.0/UDP 192.168.1.5;branch=1',
    'SIP/2.0/UDP 192.168.1.5;branch=z9hG4bK',
  ]) {
    test(`is known by its other fields: ${via}`, () => {
      const node = new Stage();
      assert.deepEqual(node.hears(request({ via })), ['request INVITE']);
      assert.deepEqual(node.hears(request({ via })), []);
      for (const other of [
        request({ via, cseq: 2 }),
        request({ via, callId: 'call-2' }),
        request({ via, fromTag: 'alice2' }),
        request({ via, uri: 'sip:carol@example.com' }),
        request({ via: via.replace('192.168.1.5', '192.168.1.6') }),
      ]) {
        assert.deepEqual(node.hears(other), ['request INVITE']);
      }
    });

    test(`is cancelled and acknowledged so: ${via}`, () => {
      const node = new Stage();
      node.hears(request({ via }));
      assert.deepEqual(node.hears(request({ method: 'CANCEL', via })), ['send 200 OK', 'cancelled']);
      node.answers(487);
      assert.deepEqual(node.hears(request({ method: 'ACK', via, toTag: 'bob' })), []);
      assert.deepEqual(node.passes(4_999), []);
      assert.deepEqual(node.hears(request({ via })), []);
    });

    test(`has its 2xx acknowledged end to end: ${via}`, () => {
      const node = new Stage();
      node.hears(request({ via }));
      node.answers(200);
      const ack = request({ method: 'ACK', via, toTag: 'bob', uri: 'sip:bob@192.0.2.1' });
      assert.deepEqual(node.hears(ack), ['ack ACK']);
      assert.notEqual(node.told('ack')[0]?.id, undefined);
      assert.deepEqual(node.hears(ack), []);
    });
  }
});

describe('a response', () => {
  test('to nothing is stray', () => {
    const node = new Stage();
    assert.deepEqual(node.hears(createResponse(invite, 200)), ['stray-response 200']);
  });

  test('that names another method than its branch is stray', () => {
    const node = new Stage();
    node.asks(request({ method: 'OPTIONS', via: '' }));
    const response = node.response(200, { to: 'OPTIONS' });
    const other = response.with({ headers: response.headers.set('CSeq', '1 MESSAGE') });
    assert.deepEqual(node.hears(other), ['stray-response 200']);
    assert.deepEqual(node.hears(response), ['response 200']);
  });

  test('that still has another Via below ours was never meant for us', () => {
    const node = new Stage();
    node.asks(request({ method: 'OPTIONS', via: '' }));
    const response = node.response(200, { to: 'OPTIONS' });
    const other = response.with({ headers: response.headers.append('Via', 'SIP/2.0/UDP p.example') });
    assert.deepEqual(node.hears(other), ['stray-response 200']);
  });

  test('to one request is not taken for the answer to another', () => {
    const node = new Stage();
    node.asks(request({ method: 'OPTIONS', via: '' }));
    const first = node.response(200, { to: 'OPTIONS' });
    const firstId = node.asked;
    node.asks(request({ method: 'OPTIONS', via: '' }));
    const second = node.response(404, { to: 'OPTIONS' });
    node.hears(second);
    node.hears(first);
    assert.deepEqual(
      node.told('response').map(({ id, response }) => [id === firstId, response.status]),
      [
        [false, 404],
        [true, 200],
      ],
    );
  });
});

describe('overload', () => {
  const busy = () => {
    const node = new Stage({ transactionsMax: 10 });
    for (let n = 0; n < 10; n++) node.hears(request({ method: 'OPTIONS', branch: `z9hG4bKbusy${n}` }));
    return node;
  };

  test('refuses new requests with 503 and Retry-After, and keeps nothing of them', () => {
    const node = busy();
    assert.deepEqual(node.hears(invite), ['send 503 Service Unavailable']);
    assert.match(node.sent.message.headers.get('Retry-After') ?? '', /^[1-9]\d*$/);
    assert.deepEqual(node.sent.flow, UDP);
    assert.equal(node.layer.size, 10);
    assert.deepEqual(node.hears(request({ method: 'ACK', toTag: 'x' })), ['ack ACK']);
  });

  test('refuses the same request with the same tag each time', () => {
    const node = busy();
    node.hears(invite);
    const first = node.sent.message.headers.get('To');
    node.hears(invite);
    assert.equal(node.sent.message.headers.get('To'), first);
    node.hears(request({ branch: 'z9hG4bKalice2' }));
    assert.notEqual(node.sent.message.headers.get('To'), first);
    node.hears(request({ callId: 'call-2' }));
    assert.notEqual(node.sent.message.headers.get('To'), first);
  });

  test('goes on with what is under way', () => {
    const node = new Stage({ transactionsMax: 1 });
    node.hears(invite);
    assert.deepEqual(node.hears(invite), []);
    assert.deepEqual(node.answers(180), ['send 180 Ringing']);
    assert.deepEqual(node.hears(request({ method: 'CANCEL' })), ['send 200 OK', 'cancelled']);
    assert.equal(node.layer.size, 1);
  });

  test('leaves a tenth for requests within dialogs, and no more', () => {
    const node = busy();
    const bye = (n: number) => request({ method: 'BYE', toTag: 'bob', branch: `z9hG4bKbye${n}` });
    assert.deepEqual(node.hears(bye(1)), ['request BYE']);
    assert.deepEqual(node.hears(bye(2)), ['send 503 Service Unavailable']);
  });

  test('is over when transactions end', () => {
    const node = busy();
    node.passes(32_000);
    assert.deepEqual(node.hears(invite), ['request INVITE']);
  });
});

describe('a lost connection', () => {
  test('fails every transaction on it and no other', () => {
    const node = new Stage();
    node.asks(request({ method: 'OPTIONS', via: '' }), TCP);
    node.asks(request({ via: '' }), TCP);
    node.asks(request({ method: 'OPTIONS', via: '' }), { ...TCP, connectionId: 'c2' });
    assert.deepEqual(node.loses(TCP, 'reset'), ['transport-failed: reset', 'transport-failed: reset']);
    assert.equal(node.layer.size, 1);
  });

  test('takes along what asked for any connection to its remote end', () => {
    const node = new Stage();
    const { connectionId: _, ...any } = TCP;
    const anyFlow: Flow = any;
    node.asks(request({ method: 'OPTIONS', via: '' }), anyFlow);
    assert.deepEqual(node.loses(TCP, 'reset'), ['transport-failed: reset']);
  });

  test('fails nothing twice', () => {
    const node = new Stage();
    node.asks(request({ method: 'OPTIONS', via: '' }), TCP);
    node.loses(TCP);
    assert.deepEqual(node.loses(TCP), []);
  });
});

describe('a datagram that could not be sent', () => {
  test('fails what nothing has come back to, for that may have another way', () => {
    const node = new Stage();
    node.asks(request({ via: '' }), UDP);
    const effects = node.layer.datagramFailed(UDP, node.now, 'EPERM');
    assert.deepEqual(effects.map(tell), ['transport-failed: EPERM']);
    assert.equal(node.layer.size, 0);
  });

  test('leaves alone who has timers of its own to try again', () => {
    const node = new Stage();
    node.hears(invite);
    assert.deepEqual(node.layer.datagramFailed(UDP, node.now, 'EPERM'), []);
    assert.equal(node.layer.size, 1);
  });
});

describe('a request of ours over TLS', () => {
  const viaOver = (flow: Flow) => {
    const node = new Stage();
    const { effects } = node.layer.request(request({ method: 'OPTIONS', via: '' }), flow, node.now);
    const [sent] = effects;
    assert.ok(sent?.type === 'send');
    return sent.message.headers.get('Via') ?? '';
  };
  const tls: Flow = { ...UDP, transport: 'tls', domain: 'sip.carrier.example' };

  test('offers its connection for the way back, where we open it (RFC 5923 §5)', () => {
    assert.match(viaOver(tls), /^SIP\/2\.0\/TLS .*;rport;alias$/);
  });

  test('offers nothing on a connection that the peer opened, nor over anything but TLS', () => {
    assert.doesNotMatch(viaOver({ ...tls, connectionId: 'c1' }), /alias/);
    assert.doesNotMatch(viaOver({ ...UDP, transport: 'tcp' }), /alias/);
  });
});

describe('an answer to who has not proved where it is', () => {
  test('is sent once, and nothing is kept: no Timer G for a forged source', () => {
    const node = new Stage();
    const [effect] = node.layer.receive(invite, UDP, node.now);
    assert.ok(effect?.type === 'request');
    const sent = node.layer.answerOnce(
      effect.id,
      createResponse(effect.request, 401, { toTag: 'bob' }),
      node.now,
    );
    assert.deepEqual(sent.map(tell), ['send 401 Unauthorized']);
    assert.equal(node.layer.size, 0);
    assert.equal(node.layer.nextDeadline(), undefined);
  });
});

describe('an answer without a transaction', () => {
  test('goes where a transaction’s would, with the source in its Via', () => {
    const effect = statelessResponse(invite, UDP, 401, {
      headers: [['WWW-Authenticate', 'Digest realm="x"']],
    });
    assert.equal(tell(effect), 'send 401 Unauthorized');
    assert.deepEqual(effect.flow, UDP);
    assert.equal(effect.message.headers.get('WWW-Authenticate'), 'Digest realm="x"');
    assert.equal(
      effect.message.headers.get('Via'),
      'SIP/2.0/UDP 192.168.1.5:5060;branch=z9hG4bKalice1;rport=49152;received=198.51.100.9',
    );
    assert.match(effect.message.headers.get('To') ?? '', /;tag=[0-9a-f]{16}$/);
  });

  test('can have its own reason phrase', () => {
    const { message } = statelessResponse(invite, UDP, 400, { reason: 'Bad From' });
    assert.equal(message.kind === 'response' && message.reason, 'Bad From');
  });
});

describe('ACK and CANCEL', () => {
  test('cannot be sent as requests: that is a bug', () => {
    const node = new Stage();
    assert.throws(() => node.asks(request({ method: 'ACK', via: '' })), /ACK has its own way/);
    assert.throws(() => node.asks(request({ method: 'CANCEL', via: '' })), /CANCEL has its own way/);
  });

  test('for ids that mean nothing do nothing', () => {
    const node = new Stage();
    assert.deepEqual(node.layer.cancel('client-99', node.now), []);
    assert.deepEqual(node.layer.respond('server-99', createResponse(invite, 200), node.now), []);
  });

  test('for a transaction of another kind do nothing', () => {
    const node = new Stage();
    node.asks(request({ method: 'OPTIONS', via: '' }));
    assert.deepEqual(node.cancels(), []);
    assert.deepEqual(node.layer.respond(node.asked, createResponse(invite, 200), node.now), []);
  });
});
