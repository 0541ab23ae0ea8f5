import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { message, Recorder } from '../../../test/contract/signalling.contract.ts';
import { text, utf8 } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Endpoint, Flow } from '../../base/net.ts';
import { type CloseCause, Connection } from './connection.ts';
import type { StreamLimits } from './stream.ts';
import { openTcp } from './tcp.ts';

// What is TCP's own; the rest is in test/contract/signalling.contract.ts.

const TIMEOUT = { timeout: 10_000 };
const ADDRESS = '127.0.0.1';
const clock = { now: () => 1_700_000_000_000 };

async function listener(t: TestContext, limits: Partial<StreamLimits> = {}) {
  const recorder = new Recorder();
  const transport = await openTcp({ address: ADDRESS, port: 0, handler: recorder, clock, limits });
  t.after(() => transport.close());
  const { local } = transport.listener;
  const toRemote = (remote: Endpoint): Flow => ({ transport: 'tcp', local, remote });
  /** Waits, turn by turn of the event loop, until it happened. */
  const counted = async (name: string) => {
    while (transport.stats().counters[name] === 0) await new Promise((resolve) => setImmediate(resolve));
    return transport.stats().counters[name];
  };
  return { recorder, transport, local, toRemote, counted };
}

async function dial(t: TestContext, remote: Endpoint) {
  const socket = connect(remote.port, remote.address);
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function gone(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
}

describe('framing on TCP', () => {
  test('a message that comes in pieces is handed over once, whole', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await dial(t, local);
    phone.setNoDelay(true);
    const sent = text(message('pieces', 'a body'));
    for (const piece of sent.match(/.{1,40}/gs) ?? []) {
      await new Promise((resolve) => phone.write(piece, resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await recorder.until(() => recorder.packets.length > 0);
    assert.deepEqual(recorder.texts, [sent]);
  });

  test('messages that come in one piece are handed over one by one', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await dial(t, local);
    phone.write(
      Buffer.concat([message('first', 'x'), message('second'), utf8('\r\n\r\n'), message('third')]),
    );
    await recorder.until(() => recorder.packets.length === 3);
    assert.match(recorder.texts[2] ?? '', /Call-ID: third/);
  });

  test('a double CRLF is answered with one', TIMEOUT, async (t) => {
    const { local, counted } = await listener(t);
    const phone = await dial(t, local);
    phone.write('\r\n\r\n');
    const [pong] = await once(phone, 'data');
    assert.equal(text(pong), '\r\n');
    assert.equal(await counted('keepalives'), 1);
  });

  test('a stream that is not SIP is closed and counted', TIMEOUT, async (t) => {
    const { local, counted } = await listener(t);
    const stranger = await dial(t, local);
    stranger.write(Buffer.alloc(LIMITS.headerBytesMax + 1000, 'x'));
    await gone(stranger);
    assert.equal(await counted('framing_closed'), 1);
  });

  test('a message that is too large is answered 513, and the connection closed', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t);
    const phone = await dial(t, local);
    const head = text(message('too-large')).replace('Content-Length: 0', 'Content-Length: 999999');
    phone.write(Buffer.concat([message('before'), utf8(head)]));
    const [answer] = await once(phone, 'data');
    assert.match(text(answer), /^SIP\/2\.0 513 /);
    assert.match(text(answer), /\r\nCall-ID: too-large\r\n/);
    await gone(phone);
    assert.equal(await counted('framing_closed'), 1);
    assert.equal(recorder.packets.length, 1);
  });

  test('a message without a clear end is answered 400, and the connection closed', TIMEOUT, async (t) => {
    const { local } = await listener(t);
    const phone = await dial(t, local);
    phone.write(text(message('endless')).replace('Content-Length: 0', 'Content-Length: many'));
    const [answer] = await once(phone, 'data');
    assert.match(text(answer), /^SIP\/2\.0 400 /);
    assert.match(text(answer), /\r\nTo: .*;tag=/);
    await gone(phone);
  });
});

describe('connections', () => {
  test('a flow without a connection uses the one that is open to its remote', TIMEOUT, async (t) => {
    const near = await listener(t);
    const far = await listener(t);
    for (const callId of ['first', 'second', 'third']) {
      near.transport.send([{ flow: near.toRemote(far.local), bytes: message(callId) }]);
      await far.recorder.until(() => far.recorder.texts.at(-1)?.includes(callId) ?? false);
    }
    assert.equal(await far.counted('accepted'), 1);
    assert.equal(near.transport.stats().connections, 1);
  });

  test('a phone is reached over the connection that it opened', TIMEOUT, async (t) => {
    const { recorder, transport, local, toRemote } = await listener(t);
    const phone = await dial(t, local);
    phone.write(message('register'));
    await recorder.until(() => recorder.packets.length === 1);
    const remote = recorder.packets[0]?.flow.remote;
    assert.ok(remote);
    transport.send([{ flow: toRemote(remote), bytes: message('invite') }]);
    const [data] = await once(phone, 'data');
    assert.match(text(data), /Call-ID: invite/);
  });

  test('each has a name of its own, also in the next run of the node', TIMEOUT, async (t) => {
    const names = new Set<string | undefined>();
    for (const now of [1, 2]) {
      const recorder = new Recorder();
      const options = { address: ADDRESS, port: 0, handler: recorder, clock: { now: () => now } };
      const transport = await openTcp(options);
      t.after(() => transport.close());
      for (const count of [1, 2]) {
        const phone = await dial(t, transport.listener.local);
        phone.write(message('hello'));
        await recorder.until(() => recorder.packets.length === count);
      }
      for (const { flow } of recorder.packets) names.add(flow.connectionId);
    }
    assert.equal(names.size, 4);
  });

  test('the last message comes before the end, and then the flow fails', TIMEOUT, async (t) => {
    const { recorder, transport, local } = await listener(t);
    const phone = await dial(t, local);
    phone.end(message('goodbye'));
    const order: string[] = [];
    recorder.received = () => order.push('received');
    recorder.closed = (flow) => {
      order.push('closed');
      transport.send([{ flow, bytes: message('too-late') }]);
    };
    await recorder.until(() => recorder.failures.length === 1);
    assert.deepEqual(order, ['received', 'closed']);
    assert.match(recorder.failures[0]?.reason ?? '', /gone/);
  });

  test('what was sent without naming a connection fails when the peer goes', TIMEOUT, async (t) => {
    const near = await listener(t);
    const far = await listener(t);
    const flow = near.toRemote(far.local);
    near.transport.send([{ flow, bytes: message('invite') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
    await far.transport.close();
    await near.recorder.until(() => near.recorder.failures.length === 1);
    assert.deepEqual(near.recorder.failures[0]?.flow, flow);
    assert.equal(near.recorder.closedFlows.length, 1);
    assert.equal(near.transport.stats().connections, 0);
  });

  test('a new connection is opened where the old one is gone', TIMEOUT, async (t) => {
    const near = await listener(t);
    const far = await listener(t);
    const flow = near.toRemote(far.local);
    near.transport.send([{ flow, bytes: message('first') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
    await far.transport.close();
    await near.recorder.until(() => near.recorder.failures.length === 1);
    const server = createServer((socket) => socket.resume()).listen(far.local.port, ADDRESS);
    t.after(() => server.close());
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    near.transport.send([{ flow, bytes: message('second') }]);
    await accepted;
  });
});

describe('limits on TCP', () => {
  test('connections beyond the maximum are closed at once, and those there stay', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t, { connectionsMax: 2 });
    recorder.knows = () => true;
    const phones = [await dial(t, local), await dial(t, local)];
    await gone(await dial(t, local));
    assert.equal(await counted('refused_connections'), 1);
    for (const phone of phones) phone.write(message('still-here'));
    await recorder.until(() => recorder.packets.length === 2);
  });

  test('a stranger gives way to a connection that we open, which gives way to nobody', TIMEOUT, async (t) => {
    const { recorder, transport, local, toRemote, counted } = await listener(t, { connectionsMax: 1 });
    const far = await listener(t);
    const stranger = await dial(t, local);
    // One that we open takes its place, as a call to a carrier must.
    transport.send([{ flow: toRemote(far.local), bytes: message('to-a-carrier') }]);
    await far.recorder.until(() => far.recorder.packets.length === 1);
    await gone(stranger);
    assert.equal(await counted('gave_way'), 1);
    await gone(await dial(t, local));
    assert.equal(await counted('refused_connections'), 1);
    assert.deepEqual(recorder.failures, []);
  });

  test('one address cannot take all connections, and gets its place back', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t, { connectionsPerAddressMax: 1 });
    const first = await dial(t, local);
    first.write(message('first'));
    await recorder.until(() => recorder.packets.length === 1);
    await gone(await dial(t, local));
    assert.equal(await counted('refused_connections'), 1);
    first.end();
    await recorder.until(() => recorder.closedFlows.length === 1);
    const again = await dial(t, local);
    again.write(message('again'));
    await recorder.until(() => recorder.packets.length === 2);
  });

  test('a connection on which nothing is said is closed', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t, { connectionIdleMs: 30 });
    const phone = await dial(t, local);
    phone.write(message('hello'));
    await recorder.until(() => recorder.packets.length === 1);
    await gone(phone);
    assert.equal(await counted('idle_closed'), 1);
    assert.equal(recorder.closedFlows.length, 1);
  });

  test('a connection that only sends keepalives is closed', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t, { firstMessageMs: 30 });
    const stranger = await dial(t, local);
    stranger.on('data', () => stranger.write('\r\n\r\n'));
    stranger.write('\r\n\r\n');
    await gone(stranger);
    assert.equal(await counted('idle_closed'), 1);
    assert.deepEqual(recorder.closedFlows, []);
  });

  test('a message that arrives too slowly closes its connection', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t, { messageArrivalMs: 1_000 });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const slow = await dial(t, local);
    slow.write(Buffer.concat([message('whole'), utf8('INVITE sip:')]));
    await recorder.until(() => recorder.packets.length === 1);
    t.mock.timers.tick(1_000);
    await gone(slow);
    assert.equal(await counted('slow_closed'), 1);
    t.mock.timers.reset();
  });

  test('a byte now and then, for ever, does not keep a connection', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t, { messageArrivalMs: 150 });
    const slow = await dial(t, local);
    slow.write(message('whole'));
    const drip = setInterval(() => slow.write('x'), 10);
    t.after(() => clearInterval(drip));
    await gone(slow);
    assert.equal(await counted('slow_closed'), 1);
    assert.equal(recorder.packets.length, 1);
  });

  test('many whole messages in a row are not one slow message', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t, { messageArrivalMs: 1_000 });
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const phone = await dial(t, local);
    // Each piece ends one message and begins the next, so that there is always an unfinished one.
    const [begin, end] = [message('n').subarray(0, 20), message('n').subarray(20)];
    phone.write(begin);
    for (const count of [1, 2, 3, 4]) {
      phone.write(Buffer.concat([end, begin]));
      await recorder.until(() => recorder.packets.length === count);
      t.mock.timers.tick(900);
    }
    assert.deepEqual(recorder.closedFlows, []);
    t.mock.timers.reset();
  });

  test('a peer that does not read is cut off, and what it was sent fails', TIMEOUT, async (t) => {
    const { recorder, transport, local, counted } = await listener(t, { connectionQueueBytesMax: 100_000 });
    const phone = await dial(t, local);
    phone.write(message('hello'));
    await recorder.until(() => recorder.packets.length === 1);
    phone.pause();
    const [hello] = recorder.packets;
    assert.ok(hello);
    const large = message('large', 'x'.repeat(60_000));
    transport.send(Array.from({ length: 400 }, () => ({ flow: hello.flow, bytes: large })));
    await recorder.until(() => recorder.failures.length > 0 && recorder.closedFlows.length === 1);
    assert.equal(await counted('queue_full_closed'), 1);
  });

  test('a connection that is not established in time is given up', TIMEOUT, async () => {
    const never = new Socket();
    const flow: Flow = {
      transport: 'tcp',
      local: { address: ADDRESS, port: 5060 },
      remote: { address: '192.0.2.1', port: 5060 },
      connectionId: 'never',
    };
    const ended = Promise.withResolvers<CloseCause>();
    const handler = {
      message() {},
      keepalive() {},
      isProven: () => true,
      closed: (_: Connection, cause: CloseCause) => ended.resolve(cause),
    };
    new Connection({ socket: never, readyOn: 'connect' }, flow, true, { ...LIMITS, connectMs: 10 }, handler);
    assert.equal(await ended.promise, 'connect_timeouts');
  });
});
