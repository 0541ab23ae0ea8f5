// Messages for whoever may see them. What is kept and who is told is tested in src/trace.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { NOON, Stage } from '../../test/admin-stage.ts';
import type { Flow } from '../base/net.ts';
import type { TraceLine, TraceMessageView } from './views.ts';

let stage = new Stage();
beforeEach(() => {
  stage = new Stage();
});

const FLOW: Flow = {
  transport: 'udp',
  local: { address: '203.0.113.7', port: 5060 },
  remote: { address: '192.0.2.7', port: 5062 },
};

function message(start: string, cseq: string, to: string, body = ''): Buffer {
  const type = body === '' ? [] : ['Content-Type: application/sdp'];
  const rows = ['Call-ID: one', `CSeq: ${cseq}`, `From: <${to}>`, `To: <${to}>`, ...type];
  return Buffer.from([start, ...rows, '', body].join('\r\n'));
}

const INVITE = message('INVITE sip:x SIP/2.0', '1 INVITE', 'sip:02079460000@a', 'v=0\r\n');

function begin(): void {
  stage.trace.record('in', FLOW, INVITE, NOON);
  stage.trace.callStarted('c1', '+442079460000', 'reception');
  stage.trace.leg({ callId: 'c1', sipCallId: 'one', kind: 'phone', peer: 'reception' });
  stage.trace.turnOver();
}

function messages(lines: readonly TraceLine[]): readonly TraceMessageView[] {
  return lines.filter((line) => line.type === 'message');
}

describe('messages that are kept', () => {
  test('come with their call, and what is to be seen of them at a glance', async () => {
    begin();
    assert.deepEqual(await stage.admin.traceKept({ call: 'c1' }), [
      { type: 'call', callId: 'c1', called: '+442079460000', caller: 'reception' },
      {
        ...{ type: 'message', at: NOON, direction: 'in', ...FLOW },
        ...{ peer: 'reception', callId: 'c1', sipCallId: 'one' },
        ...{ method: 'INVITE', cseq: 1, sdp: true, text: INVITE.toString() },
      },
    ]);
  });

  test('are found by a number however it is written, here and there', async () => {
    stage.trace.record('in', FLOW, INVITE, NOON);
    for (const number of ['+442079460000', '020 7946 0000', '00442079460000']) {
      assert.equal(messages(await stage.admin.traceKept({ number })).length, 1, number);
    }
    assert.equal(messages(await stage.admin.traceKept({ number: '+442079460001' })).length, 0);
    await assert.rejects(stage.admin.traceKept({ number: 'nobody' }), { code: 'INVALID_INPUT' });
  });

  test('of a phone outside of calls say whose they are, and of garbage nothing', async () => {
    const to = 'sip:reception@a';
    stage.trace.record('in', FLOW, message('REGISTER sip:a SIP/2.0', '1 REGISTER', to), NOON);
    stage.trace.record('out', FLOW, message('SIP/2.0 401 No', '1 REGISTER', to), NOON);
    stage.trace.record('out', FLOW, message('OPTIONS sip:x SIP/2.0', '1 OPTIONS', to), NOON);
    stage.trace.record('in', FLOW, message('OPTIONS sip:x SIP/2.0', '1 OPTIONS', to), NOON);
    stage.trace.record('in', FLOW, Buffer.from('garbage'), NOON);
    assert.deepEqual(
      messages(await stage.admin.traceKept({})).map(({ peer, method, status }) => [peer, method, status]),
      [
        ['reception', 'REGISTER', undefined],
        ['reception', 'REGISTER', 401],
        ['reception', 'OPTIONS', undefined],
        [undefined, 'OPTIONS', undefined],
        [undefined, undefined, undefined],
      ],
    );
  });

  test('of a call that nobody knows are not there, and two questions at once are a mistake', async () => {
    await assert.rejects(stage.admin.traceKept({ call: 'c9' }), { code: 'NOT_FOUND' });
    await assert.rejects(stage.admin.traceFile({ call: 'c9' }), { code: 'NOT_FOUND' });
    assert.throws(() => stage.admin.trace({ call: 'c9' }), { code: 'NOT_FOUND' });
    assert.throws(() => stage.admin.trace({ call: 'c1', phone: 'reception' }), { code: 'INVALID_INPUT' });
  });
});

describe('messages as they come', () => {
  test('end with the node', async () => {
    const lines = stage.admin.trace({});
    stage.trace.record('in', FLOW, INVITE, NOON);
    stage.trace.turnOver();
    assert.equal((await lines.next()).value?.type, 'message');
    stage.trace.closeAll();
    assert.deepEqual((await lines.next()).value, { type: 'end', reason: 'the node is shutting down' });
    assert.equal((await lines.next()).done, true);
    assert.equal(stage.trace.stats.watchers, 0);
  });

  test('of one call end with its last answers', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    begin();
    const lines = stage.admin.trace({ call: 'c1' });
    assert.equal((await lines.next()).value?.type, 'call');
    assert.equal((await lines.next()).value?.type, 'message');
    const last = lines.next();
    stage.trace.callEnded('c1', NOON);
    stage.trace.record('out', FLOW, message('SIP/2.0 200 OK', '2 BYE', 'sip:x'), NOON);
    stage.trace.turnOver();
    assert.equal((await last).value?.type, 'message');
    const end = lines.next();
    await new Promise(setImmediate);
    t.mock.timers.tick(2_000);
    assert.deepEqual((await end).value, { type: 'end', reason: 'the call has ended' });
  });

  test('are waited for with a sign of life', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const lines = stage.admin.trace({ phone: 'reception' });
    const idle = lines.next();
    t.mock.timers.tick(15_000);
    assert.deepEqual((await idle).value, { type: 'idle', at: NOON });
    await lines.return();
    assert.equal(stage.trace.stats.watchers, 0);
  });

  test('are no longer waited for when the reader has gone, even one who never read', async () => {
    const gone = new AbortController();
    stage.admin.trace({}, gone.signal);
    const reading = stage.admin.trace({}, gone.signal);
    const next = reading.next();
    assert.equal(stage.trace.stats.watchers, 2);
    gone.abort();
    assert.equal((await next).value?.type, 'end');
    assert.equal(stage.trace.stats.watchers, 0);
  });

  test('are for sixteen readers, not for more', () => {
    for (let n = 0; n < 16; n++) stage.admin.trace({});
    assert.throws(() => stage.admin.trace({}), { code: 'LIMIT_REACHED' });
  });
});
