// Alice's phone calls through our node: the INVITE server transaction, told as stories on fake time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../../base/net.ts';
import { request, Stage, TCP, UDP } from './testing.ts';

const invite = request();
const ackOfRefusal = request({ method: 'ACK', toTag: 'bob' });
const ackOf2xx = request({ method: 'ACK', toTag: 'bob', branch: 'z9hG4bKalice2', uri: 'sip:bob@192.0.2.1' });
const cancel = request({ method: 'CANCEL' });

function called(flow: Flow = UDP): Stage {
  const node = new Stage();
  node.hears(invite, flow);
  return node;
}

describe('an INVITE', () => {
  test('is told once, however often it comes', () => {
    const node = new Stage();
    assert.deepEqual(node.hears(invite), ['request INVITE']);
    assert.deepEqual(node.hears(invite), []);
  });

  test('gets a 100 Trying after 200 ms from a core that has not answered', () => {
    const node = called();
    assert.deepEqual(node.passes(1_000), ['200: send 100 Trying']);
    assert.equal(node.sent.message.headers.get('To'), '<sip:bob@example.com>');
    assert.deepEqual(node.hears(invite), ['send 100 Trying']);
  });

  test('gets no 100 Trying when the core was quicker', () => {
    const node = called();
    assert.deepEqual(node.answers(180), ['send 180 Ringing']);
    assert.deepEqual(node.passes(600_000), []);
  });

  test('that comes again gets the latest provisional response again', () => {
    const node = called();
    node.answers(180);
    node.answers(183);
    assert.deepEqual(node.hears(invite), ['send 183 Session Progress']);
  });

  test('is not over with an ACK that acknowledges nothing yet', () => {
    const node = called();
    assert.deepEqual(node.hears(ackOfRefusal), []);
    assert.deepEqual(node.answers(180), ['send 180 Ringing']);
  });

  test('whose way back fails ends, and the core is told why', () => {
    const node = called();
    assert.deepEqual(node.loses(UDP, 'port unreachable'), ['transport-failed: port unreachable']);
    assert.equal(node.layer.size, 0);
    assert.deepEqual(node.answers(487), []);
  });
});

describe('our refusal', () => {
  test('is repeated by Timer G until Timer H ends it after 64*T1', () => {
    const node = called();
    assert.deepEqual(node.answers(486), ['send 486 Busy Here']);
    assert.deepEqual(node.passes(60_000), [
      '500: send 486 Busy Here',
      '1500: send 486 Busy Here',
      '3500: send 486 Busy Here',
      '7500: send 486 Busy Here',
      '11500: send 486 Busy Here',
      '15500: send 486 Busy Here',
      '19500: send 486 Busy Here',
      '23500: send 486 Busy Here',
      '27500: send 486 Busy Here',
      '31500: send 486 Busy Here',
    ]);
    assert.equal(node.layer.size, 0);
  });

  test('is repeated to a repeated INVITE', () => {
    const node = called();
    node.answers(486);
    assert.deepEqual(node.hears(invite), ['send 486 Busy Here']);
    assert.deepEqual(node.hears(invite), ['send 486 Busy Here']);
  });

  test('of any kind from 300 up is one', () => {
    const node = called();
    assert.deepEqual(node.answers(300), ['send 300 Multiple Choices']);
    assert.deepEqual(node.hears(invite), ['send 300 Multiple Choices']);
  });

  test('rests with its ACK; Timer I absorbs further ones for T4', () => {
    const node = called();
    node.answers(486);
    assert.deepEqual(node.hears(ackOfRefusal), []);
    assert.deepEqual(node.hears(invite), []);
    assert.deepEqual(node.passes(4_999), []);
    assert.deepEqual(node.hears(ackOfRefusal), []);
    node.passes(1);
    assert.equal(node.layer.size, 0);
  });

  test('is sent once over TCP, and its ACK ends all', () => {
    const node = called(TCP);
    node.answers(486);
    assert.deepEqual(node.passes(10_000), []);
    assert.deepEqual(node.hears(ackOfRefusal, TCP), []);
    assert.equal(node.layer.size, 0);
  });

  test('without an ACK ends by Timer H over TCP as well', () => {
    const node = called(TCP);
    node.answers(486);
    assert.deepEqual(node.passes(32_000), []);
    assert.equal(node.layer.size, 0);
  });

  test('is final: the core’s second thoughts go nowhere', () => {
    const node = called();
    node.answers(486);
    assert.deepEqual(node.answers(200), []);
    assert.deepEqual(node.hears(invite), ['send 486 Busy Here']);
  });

  test('that cannot be sent ends by Timer H, in silence', () => {
    const node = called();
    node.answers(486);
    assert.deepEqual(node.loses(UDP), []);
    node.passes(32_000);
    assert.equal(node.layer.size, 0);
  });
});

describe('our 2xx', () => {
  test('is repeated at intervals up to T2 until its ACK, which is told once', () => {
    const node = called();
    assert.deepEqual(node.answers(200), ['send 200 OK']);
    assert.deepEqual(node.passes(8_000), [
      '500: send 200 OK',
      '1500: send 200 OK',
      '3500: send 200 OK',
      '7500: send 200 OK',
    ]);
    assert.deepEqual(node.hears(ackOf2xx), ['ack ACK']);
    assert.equal(node.told('ack')[0]?.id, node.told('request')[0]?.id);
    assert.deepEqual(node.hears(ackOf2xx), []);
    assert.deepEqual(node.passes(23_999), []);
    assert.equal(node.layer.size, 1);
    node.passes(1);
    assert.equal(node.layer.size, 0);
  });

  test('is repeated over TCP as well, since only the ACK says that it arrived', () => {
    const node = called(TCP);
    node.answers(200);
    assert.deepEqual(node.passes(2_000), ['500: send 200 OK', '1500: send 200 OK']);
    assert.deepEqual(node.hears(ackOf2xx, TCP), ['ack ACK']);
    assert.deepEqual(node.passes(60_000), []);
    assert.equal(node.layer.size, 0);
  });

  test('without an ACK for 64*T1 is reported, once', () => {
    const node = called();
    node.answers(200);
    const lines = node.passes(60_000);
    assert.deepEqual(lines.slice(-2), ['31500: send 200 OK', '32000: ack-missing']);
    assert.deepEqual(node.told('ack-missing')[0]?.request, node.told('request')[0]?.request);
    assert.equal(node.layer.size, 0);
  });

  test('is not repeated for a repeated INVITE: its own timer does that', () => {
    const node = called();
    node.answers(200);
    assert.deepEqual(node.hears(invite), []);
    node.hears(ackOf2xx);
    assert.deepEqual(node.hears(invite), []);
  });

  test('is acknowledged by an ACK that wrongly repeats the branch of the INVITE', () => {
    const node = called();
    node.answers(200);
    assert.deepEqual(node.hears(ackOfRefusal), ['ack ACK']);
  });

  test('is not acknowledged by an ACK with another To tag, CSeq or Call-ID', () => {
    const node = called();
    node.answers(200);
    const branch = 'z9hG4bKalice2';
    for (const other of [
      request({ method: 'ACK', branch, toTag: 'eve' }),
      request({ method: 'ACK', branch, toTag: 'bob', cseq: 2 }),
      request({ method: 'ACK', branch, toTag: 'bob', callId: 'call-2' }),
    ]) {
      assert.deepEqual(node.hears(other), ['ack ACK']);
    }
    assert.deepEqual(
      node.told('ack').map(({ id }) => id),
      [undefined, undefined, undefined],
    );
    assert.deepEqual(node.passes(500), ['500: send 200 OK']);
  });

  test('late after its end leaves an ACK that belongs to nothing', () => {
    const node = called();
    node.answers(200);
    node.hears(ackOf2xx);
    node.passes(32_000);
    assert.deepEqual(node.hears(ackOf2xx), ['ack ACK']);
    assert.equal(node.told('ack').at(-1)?.id, undefined);
  });

  test('stays standing when the transport fails: the ACK may come another way', () => {
    const node = called();
    node.answers(200);
    assert.deepEqual(node.loses(UDP), []);
    assert.deepEqual(node.hears(ackOf2xx), ['ack ACK']);
  });
});

describe('an INVITE whose connection is lost', () => {
  const elsewhere: Flow = {
    transport: 'tcp',
    local: TCP.local,
    remote: { address: '198.51.100.9', port: 5060 },
  };

  test('is answered over a new connection to the port in its Via, beginning with what may have been lost', () => {
    const node = called(TCP);
    node.answers(180);
    assert.deepEqual(node.sent.flow, TCP);
    assert.deepEqual(node.loses(TCP), ['send 180 Ringing']);
    assert.deepEqual(node.sent.flow, elsewhere);
    node.answers(200);
    assert.deepEqual(node.sent.flow, elsewhere);
  });

  test('fails when that connection fails too', () => {
    const node = called(TCP);
    node.answers(180);
    node.loses(TCP);
    assert.deepEqual(node.loses(elsewhere, 'connection refused'), ['transport-failed: connection refused']);
    assert.equal(node.layer.size, 0);
  });

  test('fails at once over WebSockets, where only clients connect', () => {
    const socket: Flow = { ...TCP, transport: 'ws' };
    const node = called(socket);
    assert.deepEqual(node.loses(socket, 'closed'), ['transport-failed: closed']);
  });

  test('gets its refusal and its 2xx over the new connection as well', () => {
    for (const status of [486, 200]) {
      const node = called(TCP);
      node.answers(status);
      assert.equal(node.loses(TCP).length, 1);
      assert.deepEqual(node.sent.flow, elsewhere);
      assert.deepEqual(node.loses(elsewhere), []);
      assert.equal(node.layer.size, 1);
    }
  });
});

describe('CANCEL', () => {
  test('is answered by the layer, and the core is told to refuse the INVITE', () => {
    const node = called();
    node.answers(180);
    assert.deepEqual(node.hears(cancel), ['send 200 OK', 'cancelled']);
    assert.equal(node.told('cancelled')[0]?.id, node.told('request')[0]?.id);
    assert.deepEqual(node.answers(487), ['send 487 Request Terminated']);
    assert.deepEqual(node.hears(ackOfRefusal), []);
    node.passes(32_000);
    assert.equal(node.layer.size, 0);
  });

  test('that comes again gets its answer again, and is told once', () => {
    const node = called();
    node.hears(cancel);
    assert.deepEqual(node.hears(cancel), ['send 200 OK']);
    node.passes(32_000);
    assert.deepEqual(node.hears(cancel), ['send 200 OK']);
    assert.equal(node.told('cancelled').length, 1);
  });

  test('has the To tag of the INVITE’s responses, or one of its own', () => {
    const ringing = called();
    ringing.answers(180);
    ringing.hears(cancel);
    assert.equal(ringing.sent.message.headers.get('To'), '<sip:bob@example.com>;tag=bob');
    const silent = called();
    silent.hears(cancel);
    assert.match(silent.sent.message.headers.get('To') ?? '', /^<sip:bob@example.com>;tag=[0-9a-f]{16}$/);
  });

  test('that comes after our final response is answered and changes nothing', () => {
    const node = called();
    node.answers(200);
    assert.deepEqual(node.hears(cancel), ['send 200 OK']);
    assert.deepEqual(node.hears(ackOf2xx), ['ack ACK']);
    assert.deepEqual(node.told('cancelled'), []);
  });

  test('that crosses our 2xx is answered, and the ACK still arrives', () => {
    const node = called();
    node.hears(cancel);
    assert.deepEqual(node.answers(200), ['send 200 OK']);
    assert.deepEqual(node.hears(ackOf2xx), ['ack ACK']);
    assert.deepEqual(node.answers(487), []);
  });

  test('over TCP leaves nothing behind but its INVITE', () => {
    const node = called(TCP);
    assert.deepEqual(node.hears(cancel, TCP), ['send 200 OK', 'cancelled']);
    assert.equal(node.layer.size, 1);
  });

  test('of nothing gets 481', () => {
    const node = new Stage();
    assert.deepEqual(node.hears(cancel), ['send 481 Call/Transaction Does Not Exist']);
    node.passes(32_000);
    assert.equal(node.layer.size, 0);
  });
});
