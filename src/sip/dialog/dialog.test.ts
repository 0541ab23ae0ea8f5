// Dialogs, told from both ends: Alice calls Bob through two proxies that stay on the path.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createResponse } from '../message/compose.ts';
import { Headers } from '../message/headers.ts';
import { SipRequest, type SipResponse } from '../message/message.ts';
import { parseMessage } from '../message/parse.ts';
import { serialise } from '../message/serialise.ts';
import { Dialog } from './dialog.ts';

type Rows = readonly (readonly [name: string, value: string])[];

/** Bob's proxy wrote the upper row, Alice's the lower one. */
const RECORDED: Rows = [
  ['Record-Route', '<sip:p2.example;lr>'],
  ['Record-Route', '<sip:p1.example;lr>'],
];

function invite(headers: Rows = RECORDED, method = 'INVITE'): SipRequest {
  return new SipRequest(
    method,
    'sip:bob@example.com',
    Headers.of([
      ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
      ['From', '"Alice \\"A.\\" Smith" <sip:alice@example.com>;x=1;tag=alice'],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', 'call-1'],
      ['CSeq', `10 ${method}`],
      ['Contact', '<sip:alice@192.0.2.1:5060>'],
      ...headers,
    ]),
  );
}

function answer(
  status: number,
  options: { toTag?: string; contact?: string; routes?: Rows } = {},
): SipResponse {
  const { toTag = 'bob', contact = '<sip:bob@198.51.100.9>', routes = RECORDED } = options;
  return createResponse(invite(routes), status, {
    ...(toTag === '' ? {} : { toTag }),
    headers: contact === '' ? [] : [['Contact', contact]],
  });
}

function uac(response: SipResponse, request = invite()): Dialog {
  const dialog = Dialog.asUac(request, response);
  assert.ok(dialog.ok, dialog.ok ? '' : dialog.error);
  return dialog.value;
}

function uas(request = invite()): Dialog {
  return Dialog.asUas(request, 'bob', '<sip:bob@198.51.100.9>');
}

/** A request of the peer in the dialog. */
function fromPeer(method: string, cseq: number, contact?: string): SipRequest {
  return new SipRequest(
    method,
    'sip:bob@198.51.100.9',
    Headers.of([
      ['From', '<sip:alice@example.com>;tag=alice'],
      ['To', '<sip:bob@example.com>;tag=bob'],
      ['Call-ID', 'call-1'],
      ['CSeq', `${cseq} ${method}`],
      ...(contact === undefined ? [] : [['Contact', contact] as const]),
    ]),
  );
}

describe('the callee’s dialog', () => {
  test('is early until its 2xx is out', () => {
    const dialog = uas();
    assert.equal(dialog.state, 'early');
    dialog.confirm();
    assert.equal(dialog.state, 'confirmed');
    dialog.terminate();
    dialog.confirm();
    assert.equal(dialog.state, 'terminated');
  });

  test('takes its parts from the INVITE', () => {
    const dialog = uas();
    assert.equal(dialog.callId, 'call-1');
    assert.equal(dialog.localTag, 'bob');
    assert.equal(dialog.remoteTag, 'alice');
    assert.equal(dialog.localUri, '<sip:bob@example.com>');
    assert.equal(dialog.remoteUri, '"Alice \\"A.\\" Smith" <sip:alice@example.com>;x=1');
    assert.equal(dialog.remoteTarget, 'sip:alice@192.0.2.1:5060');
    assert.equal(dialog.localContact, '<sip:bob@198.51.100.9>');
    assert.equal(dialog.remoteCseq, 10);
    assert.equal(dialog.localCseq, 0);
  });

  test('goes back through the proxies in the order in which they recorded themselves', () => {
    const bye = uas().createRequest('BYE');
    assert.equal(bye.uri, 'sip:alice@192.0.2.1:5060');
    assert.deepEqual(bye.headers.all('Route'), ['<sip:p2.example;lr>', '<sip:p1.example;lr>']);
    assert.equal(uas().nextHop, 'sip:p2.example;lr');
  });

  test('answers a caller without a Contact at its From', () => {
    const request = invite();
    const dialog = uas(request.with({ headers: request.headers.remove('Contact') }));
    assert.equal(dialog.remoteTarget, 'sip:alice@example.com');
  });

  test('lives with a caller from before RFC 3261 that gave no tag', () => {
    const request = invite([]);
    const headers = request.headers.set('From', '<sip:alice@example.com>');
    const dialog = uas(request.with({ headers }));
    assert.equal(dialog.remoteTag, '');
    assert.equal(dialog.createRequest('BYE').headers.get('To'), '<sip:alice@example.com>');
  });
});

describe('the caller’s dialog', () => {
  test('is early from a provisional response and confirmed from a 2xx', () => {
    assert.equal(uac(answer(183)).state, 'early');
    assert.equal(uac(answer(200)).state, 'confirmed');
  });

  test('takes its parts from the INVITE and its response', () => {
    const dialog = uac(answer(200));
    assert.equal(dialog.callId, 'call-1');
    assert.equal(dialog.localTag, 'alice');
    assert.equal(dialog.remoteTag, 'bob');
    assert.equal(dialog.localUri, '"Alice \\"A.\\" Smith" <sip:alice@example.com>;x=1');
    assert.equal(dialog.remoteUri, '<sip:bob@example.com>');
    assert.equal(dialog.remoteTarget, 'sip:bob@198.51.100.9');
    assert.equal(dialog.localContact, '<sip:alice@192.0.2.1:5060>');
    assert.equal(dialog.localCseq, 10);
    assert.equal(dialog.remoteCseq, undefined);
  });

  test('goes through the proxies in reverse order of their recording', () => {
    const dialog = uac(answer(200));
    const bye = dialog.createRequest('BYE');
    assert.equal(bye.uri, 'sip:bob@198.51.100.9');
    assert.deepEqual(bye.headers.all('Route'), ['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
    assert.equal(dialog.nextHop, 'sip:p1.example;lr');
  });

  test('reads recorded routes from one row as from many', () => {
    const routes: Rows = [['Record-Route', '<sip:p2.example;lr>, "P, 1" <sip:p1.example;lr>;x=1']];
    assert.deepEqual(uac(answer(200, { routes })).routeSet, [
      '"P, 1" <sip:p1.example;lr>;x=1',
      '<sip:p2.example;lr>',
    ]);
  });

  test('does not come from 100, from a refusal, or from a response without a To tag', () => {
    assert.deepEqual(Dialog.asUac(invite(), answer(100)), {
      ok: false,
      error: 'a 100 response makes no dialog',
    });
    assert.deepEqual(Dialog.asUac(invite(), answer(300)), {
      ok: false,
      error: 'a 300 response makes no dialog',
    });
    assert.deepEqual(Dialog.asUac(invite(), answer(180, { toTag: '' })), {
      ok: false,
      error: 'the 180 response has no To tag',
    });
  });

  test('stays with the Request-URI where the response has no Contact', () => {
    assert.equal(uac(answer(180, { contact: '' })).remoteTarget, 'sip:bob@example.com');
  });

  test('of each branch of a fork is one of its own', () => {
    const desk = uac(answer(180, { toTag: 'desk' }));
    const mobile = uac(answer(180, { toTag: 'mobile' }));
    assert.notEqual(desk.key, mobile.key);
    const answered = answer(200, { toTag: 'mobile', contact: '<sip:bob@203.0.113.5>' });
    desk.receiveResponse(invite(), answered);
    mobile.receiveResponse(invite(), answered);
    assert.equal(desk.state, 'early');
    assert.equal(desk.remoteTarget, 'sip:bob@198.51.100.9');
    assert.equal(mobile.state, 'confirmed');
    assert.equal(mobile.remoteTarget, 'sip:bob@203.0.113.5');
  });
});

describe('responses within the caller’s dialog', () => {
  test('confirm it with the first 2xx, whose routes and target count from then on', () => {
    const dialog = uac(answer(180));
    dialog.receiveResponse(
      invite(),
      answer(200, { contact: '<sip:bob@203.0.113.5>', routes: [['Record-Route', '<sip:p9.example;lr>']] }),
    );
    assert.equal(dialog.state, 'confirmed');
    assert.equal(dialog.remoteTarget, 'sip:bob@203.0.113.5');
    assert.deepEqual(dialog.routeSet, ['<sip:p9.example;lr>']);
  });

  test('move the target, and never the routes, once it is confirmed', () => {
    const dialog = uac(answer(200));
    const again = dialog.createRequest('INVITE');
    const moved = {
      contact: '<sip:bob@203.0.113.5>',
      routes: [['Record-Route', '<sip:p9.example;lr>']],
    } as const;
    dialog.receiveResponse(again, answer(200, moved));
    assert.equal(dialog.remoteTarget, 'sip:bob@203.0.113.5');
    assert.deepEqual(dialog.routeSet, ['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
  });

  test('move the target of an early dialog with each provisional', () => {
    const dialog = uac(answer(180));
    dialog.receiveResponse(invite(), answer(183, { contact: '<sip:bob@203.0.113.5>' }));
    assert.equal(dialog.remoteTarget, 'sip:bob@203.0.113.5');
    assert.equal(dialog.state, 'early');
  });

  test('to an UPDATE do not confirm an early one', () => {
    const dialog = uac(answer(180));
    dialog.receiveResponse(invite([], 'UPDATE'), answer(200, { contact: '<sip:bob@203.0.113.5>' }));
    assert.equal(dialog.state, 'early');
    assert.equal(dialog.remoteTarget, 'sip:bob@203.0.113.5');
    assert.equal(dialog.routeSet.length, 2);
  });

  test('change nothing where they refuse, are provisional to a re-INVITE, or answer no target refresh', () => {
    const dialog = uac(answer(200));
    const moved = { contact: '<sip:bob@203.0.113.5>' };
    dialog.receiveResponse(invite(), answer(300, moved));
    dialog.receiveResponse(invite(), answer(180, moved));
    dialog.receiveResponse(dialog.createRequest('INFO'), answer(200, moved));
    assert.equal(dialog.remoteTarget, 'sip:bob@198.51.100.9');
    assert.equal(dialog.state, 'confirmed');
  });
});

describe('a request that we make', () => {
  test('counts CSeq up by one, from the INVITE’s or from one', () => {
    const caller = uac(answer(200));
    assert.deepEqual(caller.createRequest('INFO').cseq, { number: 11, method: 'INFO' });
    assert.deepEqual(caller.createRequest('BYE').cseq, { number: 12, method: 'BYE' });
    assert.equal(caller.localCseq, 12);
    assert.deepEqual(uas().createRequest('BYE').cseq, { number: 1, method: 'BYE' });
  });

  test('has the tags, Max-Forwards, and what the caller of it adds', () => {
    const request = uac(answer(200)).createRequest('INFO', {
      headers: [['Subject', 'hello']],
      body: new TextEncoder().encode('Signal=5'),
      contentType: 'application/dtmf-relay',
    });
    const read = parseMessage(serialise(request));
    assert.ok(read.ok);
    const { headers } = read.value;
    assert.equal(headers.get('From'), '"Alice \\"A.\\" Smith" <sip:alice@example.com>;x=1;tag=alice');
    assert.equal(headers.get('To'), '<sip:bob@example.com>;tag=bob');
    assert.equal(headers.get('Call-ID'), 'call-1');
    assert.equal(headers.get('Max-Forwards'), '70');
    assert.equal(headers.get('Subject'), 'hello');
    assert.equal(headers.get('Content-Type'), 'application/dtmf-relay');
    assert.equal(new TextDecoder().decode(read.value.body), 'Signal=5');
    assert.equal(headers.has('Via'), false);
  });

  test('can carry another Max-Forwards', () => {
    const request = uas().createRequest('BYE', { headers: [['max-forwards', '12']] });
    assert.deepEqual(request.headers.all('Max-Forwards'), ['12']);
  });

  test('can be the ACK of any 2xx, with the CSeq of its INVITE', () => {
    const dialog = uac(answer(200));
    dialog.createRequest('INFO');
    const ack = dialog.createAck(10, { headers: [['Authorization', 'Digest x']] });
    assert.deepEqual(ack.cseq, { number: 10, method: 'ACK' });
    assert.equal(ack.uri, 'sip:bob@198.51.100.9');
    assert.deepEqual(ack.headers.all('Route'), ['<sip:p1.example;lr>', '<sip:p2.example;lr>']);
    assert.equal(ack.headers.get('Authorization'), 'Digest x');
    assert.equal(dialog.localCseq, 11);
  });

  test('cannot be an ACK or CANCEL with a CSeq of its own: that is a bug', () => {
    assert.throws(() => uas().createRequest('ACK'), /CSeq of another request/);
    assert.throws(() => uas().createRequest('CANCEL'), /CSeq of another request/);
  });
});

describe('a request of the peer', () => {
  test('is in order while its CSeq rises, by however much', () => {
    const dialog = uas();
    assert.equal(dialog.receiveRequest(fromPeer('INFO', 11)), 'accepted');
    assert.equal(dialog.receiveRequest(fromPeer('INFO', 500)), 'accepted');
    assert.equal(dialog.receiveRequest(fromPeer('INFO', 499)), 'out-of-order');
    assert.equal(dialog.receiveRequest(fromPeer('INFO', 500)), 'out-of-order');
    assert.equal(dialog.remoteCseq, 500);
  });

  test('begins its count wherever it likes with who called', () => {
    const dialog = uac(answer(200));
    assert.equal(dialog.receiveRequest(fromPeer('BYE', 3)), 'accepted');
    assert.equal(dialog.remoteCseq, 3);
  });

  test('that is an ACK repeats the CSeq of its INVITE and changes nothing', () => {
    const dialog = uas();
    dialog.receiveRequest(fromPeer('INFO', 11));
    assert.equal(dialog.receiveRequest(fromPeer('ACK', 10, '<sip:eve@203.0.113.66>')), 'accepted');
    assert.equal(dialog.remoteCseq, 11);
    assert.equal(dialog.remoteTarget, 'sip:alice@192.0.2.1:5060');
  });

  test('moves the target where it is a target refresh', () => {
    for (const method of ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']) {
      const dialog = uas();
      dialog.receiveRequest(fromPeer(method, 11, '<sip:alice@203.0.113.7>'));
      assert.equal(dialog.remoteTarget, 'sip:alice@203.0.113.7', method);
    }
    for (const method of ['INFO', 'MESSAGE', 'BYE', 'OPTIONS']) {
      const dialog = uas();
      dialog.receiveRequest(fromPeer(method, 11, '<sip:alice@203.0.113.7>'));
      assert.equal(dialog.remoteTarget, 'sip:alice@192.0.2.1:5060', method);
    }
  });

  test('without a Contact, or out of order, leaves the target where it is', () => {
    const dialog = uas();
    dialog.receiveRequest(fromPeer('UPDATE', 11));
    dialog.receiveRequest(fromPeer('INVITE', 5, '<sip:eve@203.0.113.66>'));
    assert.equal(dialog.remoteTarget, 'sip:alice@192.0.2.1:5060');
  });
});

describe('a dialog is found', () => {
  test('by the tags in a request of the peer', () => {
    assert.equal(Dialog.keyOf(fromPeer('BYE', 11)), uas().key);
    assert.equal(uas().key, Dialog.key('call-1', 'bob', 'alice'));
  });

  test('only by the right ones', () => {
    const keys = [
      Dialog.key('call-1', 'bob', 'alice'),
      Dialog.key('call-1', 'alice', 'bob'),
      Dialog.key('call-2', 'bob', 'alice'),
      Dialog.key('call-1', 'bob', ''),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });
});

describe('the two ends of a call', () => {
  test('make requests that the other end finds and accepts', () => {
    const callee = uas();
    const caller = uac(answer(200));
    for (const [from, to] of [
      [caller, callee],
      [callee, caller],
      [caller, callee],
    ] as const) {
      const request = from.createRequest('INFO');
      assert.equal(Dialog.keyOf(request), to.key);
      assert.equal(to.receiveRequest(request), 'accepted');
    }
  });
});
