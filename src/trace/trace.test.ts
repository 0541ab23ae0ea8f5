import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../base/net.ts';
import type { TracedMessage } from '../ports/trace.ts';
import { sipCallIdOf } from './call-id.ts';
import type { TraceFilter } from './filter.ts';
import { JOURNAL_LIMITS, type Kept } from './journal.ts';
import { Trace } from './trace.ts';
import type { Watch } from './watch.ts';

const HOUR_MS = 3_600_000;
const LOCAL = { address: '203.0.113.7', port: 5060 };
const CARRIER: Flow = { transport: 'udp', local: LOCAL, remote: { address: '198.51.100.4', port: 5060 } };
const PHONE: Flow = { transport: 'udp', local: LOCAL, remote: { address: '192.0.2.7', port: 5062 } };
const NUMBER = '+442079460000';
const OF_NUMBER: TraceFilter = { type: 'number', number: NUMBER, written: ['442079460000', '02079460000'] };

function sip(start: string, sipCallId: string, headers: readonly string[] = []): Buffer {
  return Buffer.from([start, 'Via: SIP/2.0/UDP a', `Call-ID: ${sipCallId}`, ...headers, '', ''].join('\r\n'));
}

const invite = (sipCallId: string, to = NUMBER) =>
  sip(`INVITE sip:${to}@a SIP/2.0`, sipCallId, [
    `To: <sip:${to}@a>`,
    'From: <sip:x@b>;tag=1',
    'CSeq: 1 INVITE',
  ]);

/** A call from the carrier to reception: INVITE, the call, its other leg. */
function call(trace: Trace, id: string, at: number): void {
  trace.record('in', CARRIER, invite(`${id}-in`), at);
  trace.callStarted(id, NUMBER, '+442079460999');
  trace.leg({ callId: id, sipCallId: `${id}-in`, kind: 'trunk', peer: 'carrier-a' });
  trace.leg({ callId: id, sipCallId: `${id}-out`, kind: 'phone', peer: 'reception' });
  trace.record('out', PHONE, invite(`${id}-out`, 'reception'), at + 1);
  trace.turnOver();
}

function startLines(messages: readonly TracedMessage[]): readonly string[] {
  return messages.map(({ bytes }) => Buffer.from(bytes).toString().split(' SIP/2.0')[0] ?? '');
}

function find(trace: Trace, filter: TraceFilter, since: number, now: number): readonly Kept[] {
  const searching = trace.find(filter, since, now);
  for (let step = searching.next(); ; step = searching.next()) if (step.done === true) return step.value;
}

function kept(trace: Trace, filter: TraceFilter, since: number, now: number): readonly TracedMessage[] {
  return find(trace, filter, since, now).map((one) => trace.shown(one));
}

/** Call-IDs of all that waits, and how many were left out. */
function read(watch: Watch): readonly (string | number)[] {
  const items: (string | number)[] = [];
  for (let item = watch.take(); item !== undefined; item = watch.take()) {
    items.push(item.type === 'left-out' ? item.count : (item.kept.sipCallId ?? ''));
  }
  return items;
}

describe('the Call-ID of a message', () => {
  test('is found under either name, in any case, with any space', () => {
    for (const row of ['Call-ID: a@b', 'call-id:a@b', 'CALL-ID \t:  a@b ', 'i: a@b', 'I:a@b']) {
      assert.equal(
        sipCallIdOf(Buffer.from(`OPTIONS sip:a SIP/2.0\r\nInfo: x\r\n${row}\r\n\r\n`)),
        'a@b',
        row,
      );
    }
  });

  test('is not looked for in a body, nor made up', () => {
    for (const text of [
      'OPTIONS sip:a SIP/2.0\r\n\r\nCall-ID: a',
      'Call-ID: a',
      '',
      'x\r\nCall-IDs: a\r\n',
      'x\ni:\n',
    ]) {
      assert.equal(sipCallIdOf(Buffer.from(text)), undefined, JSON.stringify(text));
    }
  });
});

describe('a call that has ended', () => {
  test('can still be looked at, with all of its legs and what came before it was known', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    call(trace, 'c1', 1_000);
    trace.callEnded('c1', 2_000);
    trace.record('in', PHONE, sip('SIP/2.0 200 OK', 'c1-out'), 2_010);
    const found = kept(trace, { type: 'call', id: 'c1' }, 0, 3_000);
    assert.deepEqual(
      found.map(({ direction, peer, callId }) => [direction, peer, callId]),
      [
        ['in', 'carrier-a', 'c1'],
        ['out', 'reception', 'c1'],
        ['in', 'reception', 'c1'],
      ],
    );
    assert.equal(kept(trace, { type: 'sip-call-id', sipCallId: 'c1-out' }, 0, 3_000).length, 3);
    assert.equal(kept(trace, OF_NUMBER, 0, 3_000).length, 3);
    assert.equal(kept(trace, { type: 'phone', user: 'reception' }, 0, 3_000).length, 3);
    assert.equal(kept(trace, { type: 'phone', user: 'workshop' }, 0, 3_000).length, 0);
  });

  test('is forgotten when it is too old', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    call(trace, 'c1', 1_000);
    trace.callEnded('c1', 2_000);
    assert.equal(kept(trace, { type: 'all' }, 0, HOUR_MS + 1_000).length, 2);
    assert.equal(kept(trace, { type: 'all' }, 0, HOUR_MS + 2_000).length, 0);
    assert.equal(trace.call('c1')?.id, 'c1', 'its last answers may still come');
    call(trace, 'c2', HOUR_MS + 40_000);
    trace.callEnded('c2', HOUR_MS + 40_001);
    assert.equal(trace.call('c1'), undefined);
  });

  test('is not pushed out by a flood of messages that belong to no call', () => {
    const limits = { callBytesMax: 10_000, otherBytesMax: 10_000 };
    const trace = new Trace({ keepMs: HOUR_MS, limits });
    call(trace, 'c1', 1_000);
    trace.callEnded('c1', 1_500);
    for (let n = 0; n < 10_000; n++) trace.record('in', PHONE, invite(`flood-${n}`), 2_000);
    assert.equal(kept(trace, { type: 'call', id: 'c1' }, 0, 3_000).length, 2);
    assert.ok(trace.stats.otherBytes <= limits.otherBytesMax);
    assert.ok(kept(trace, { type: 'all' }, 0, 3_000).length < 20);
  });

  test('is not pushed out by another call that says too much', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    call(trace, 'c1', 1_000);
    call(trace, 'c2', 1_000);
    for (let n = 0; n < 2_000; n++) trace.record('in', PHONE, sip(`INFO sip:${n}`, 'c2-out'), 2_000);
    assert.equal(kept(trace, { type: 'call', id: 'c2' }, 0, 3_000).length, JOURNAL_LIMITS.messagesPerCallMax);
    assert.equal(kept(trace, { type: 'call', id: 'c1' }, 0, 3_000).length, 2);
  });

  test('makes room for newer ones, and is then unknown', () => {
    const trace = new Trace({ keepMs: HOUR_MS, limits: { callBytesMax: 3_000 } });
    for (const n of [1, 2, 3, 4]) {
      call(trace, `c${n}`, n * 100_000);
      trace.callEnded(`c${n}`, n * 100_000 + 10);
    }
    assert.deepEqual(
      ['c1', 'c4'].map((id) => trace.call(id)?.id),
      [undefined, 'c4'],
    );
    assert.ok(trace.stats.callBytes <= 3_000);
  });

  test('is found among very many a few at a time, and the newest of too many', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    call(trace, 'c1', 1_000);
    for (let n = 0; n < 12_000; n++)
      trace.record('in', PHONE, sip('OPTIONS sip:a SIP/2.0', `o${n}`), 2_000 + n);
    const searching = trace.find({ type: 'all' }, 0, 20_000);
    let steps = 0;
    let step = searching.next();
    for (; step.done !== true; step = searching.next()) steps++;
    assert.ok(steps >= 49, `${steps} steps`);
    const last = step.value.at(-1);
    assert.deepEqual([step.value.length, last?.sipCallId], [10_000, 'o11999']);
    assert.equal(kept(trace, { type: 'call', id: 'c1' }, 0, 20_000).length, 2);
  });

  test('leaves nothing where nothing is to be kept', () => {
    const trace = new Trace({ keepMs: 0 });
    call(trace, 'c1', 1_000);
    assert.deepEqual(kept(trace, { type: 'all' }, 0, 1_000), []);
    assert.deepEqual(trace.stats, { callBytes: 0, otherBytes: 0, watchers: 0 });
  });
});

describe('one who watches', () => {
  test('a number sees all legs of its calls from their beginning, and no others', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    call(trace, 'c1', 1_000);
    const watch = trace.open(OF_NUMBER, 1_100);
    assert.deepEqual(read(watch), ['c1-in', 'c1-out'], 'the call in progress');
    call(trace, 'c2', 2_000);
    trace.record('in', PHONE, invite('other', '+442079460999'), 2_100);
    trace.record('in', PHONE, invite('refused', '020-7946-0000'), 2_200);
    trace.turnOver();
    assert.deepEqual(read(watch), ['c2-in', 'c2-out', 'refused']);
  });

  test('a mobile sees the call that is diverted to it, with what came before', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    const watch = trace.open({ type: 'number', number: '+447700900123', written: [] }, 0);
    call(trace, 'c1', 1_000);
    assert.deepEqual(read(watch), []);
    trace.leg({
      callId: 'c1',
      sipCallId: 'c1-mobile',
      kind: 'trunk',
      peer: 'carrier-a',
      number: '+447700900123',
    });
    trace.record('out', CARRIER, invite('c1-mobile'), 3_000);
    trace.turnOver();
    assert.deepEqual(read(watch), ['c1-in', 'c1-out', 'c1-mobile']);
  });

  test('a phone sees its registrations, accepted or not', () => {
    const trace = new Trace({ keepMs: 0 });
    const watch = trace.open({ type: 'phone', user: 'reception' }, 0);
    const of = (user: string) => [`To: <sip:${user}@a>`, `From: <sip:${user}@a>;tag=1`];
    trace.record('in', PHONE, sip('REGISTER sip:a SIP/2.0', 'r1', of('reception')), 1_000);
    trace.record('out', PHONE, sip('SIP/2.0 401 Unauthorized', 'r1', of('reception')), 1_000);
    trace.record('in', PHONE, sip('REGISTER sip:a SIP/2.0', 'r2', of('workshop')), 1_000);
    trace.turnOver();
    assert.deepEqual(read(watch), ['r1', 'r1']);
  });

  test('everything is told how much was left out when it is too much', () => {
    const trace = new Trace({ keepMs: 0 });
    const watch = trace.open({ type: 'all' }, 0);
    for (let n = 0; n < 1_000; n++) trace.record('in', PHONE, invite(`flood-${n}`), 1_000);
    trace.turnOver();
    const [leftOut, ...shown] = read(watch);
    assert.deepEqual([leftOut, shown.length], [800, 200]);
  });

  test('too slowly is told how much was left out', () => {
    const trace = new Trace({ keepMs: 0 });
    const watch = trace.open({ type: 'phone', user: 'reception' }, 0);
    for (let n = 0; n < 2_500; n++) {
      trace.record('in', PHONE, sip('REGISTER sip:a SIP/2.0', `r${n}`, ['To: <sip:reception@a>']), n * 1_000);
      trace.turnOver();
    }
    const [leftOut, ...shown] = read(watch);
    assert.deepEqual([leftOut, shown.length], [500, 2_000]);
  });

  test('since a while ago begins with what is kept', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    call(trace, 'c1', 1_000);
    call(trace, 'c2', 5_000);
    const watch = trace.open({ type: 'all' }, 6_000);
    trace.record('in', PHONE, invite('meanwhile'), 6_000);
    trace.turnOver();
    watch.offerKept(find(trace, { type: 'all' }, 4_000, 6_000));
    assert.deepEqual(read(watch), ['c2-in', 'c2-out', 'meanwhile']);
  });
});

describe('what leaves', () => {
  test('has no digests, under the address by which others know us', () => {
    const received: TracedMessage[] = [];
    const collector = {
      send: (messages: readonly TracedMessage[]) => received.push(...messages),
      stats: () => ({ sent: 0, dropped: 0 }),
      close: async () => {},
    };
    const advertised = () => ({ address: '198.51.100.99', port: 5060 });
    const trace = new Trace({ keepMs: HOUR_MS, collector, advertised });
    const credentials = 'Authorization: Digest username="a", response="0123456789abcdef"';
    trace.record('in', PHONE, sip('REGISTER sip:a', 'r1', [credentials]), 1_000);
    assert.deepEqual(received, [], 'not before the turn is over');
    trace.turnOver();
    const found = kept(trace, { type: 'all' }, 0, 2_000);
    assert.deepEqual(startLines(found), startLines(received));
    for (const { bytes, local } of [...received, ...found]) {
      assert.doesNotMatch(Buffer.from(bytes).toString(), /0123456789abcdef/);
      assert.equal(local.address, '198.51.100.99');
    }
    assert.equal(received.length, 1);
  });

  test('a message from a large buffer is kept without the buffer', () => {
    const trace = new Trace({ keepMs: HOUR_MS });
    const chunk = Buffer.concat([invite('c1'), Buffer.alloc(100_000)]);
    trace.record('in', PHONE, chunk.subarray(0, invite('c1').length), 1_000);
    const [found] = kept(trace, { type: 'all' }, 0, 1_000);
    assert.ok(found !== undefined && found.bytes.buffer.byteLength < 1_000);
  });
});
