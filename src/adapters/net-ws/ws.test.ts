import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { message, Recorder } from '../../../test/contract/signalling.contract.ts';
import { text, utf8 } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import {
  BINARY,
  CONTINUATION,
  client,
  closeCode,
  dial,
  dialUpgraded,
  frame,
  MORE,
  PING,
  rest,
  TEXT,
  upgrade,
} from './testing.ts';
import { openWs, type WsLimits } from './ws.ts';

// What is WebSocket's own; the rest is in test/contract/signalling.contract.ts.

const TIMEOUT = { timeout: 10_000 };
const PORTAL = 'https://portal.example.net';

async function listener(t: TestContext, limits: Partial<WsLimits> = {}) {
  const recorder = new Recorder();
  const clock = { now: () => 1_700_000_000_000 };
  const options = { address: '127.0.0.1', port: 0, origins: [PORTAL], handler: recorder, clock, limits };
  const transport = await openWs(options);
  t.after(() => transport.close());
  /** Waits, turn by turn of the event loop, until it happened so often. */
  const counted = async (name: string, times = 1) => {
    while ((transport.stats().counters[name] ?? 0) < times)
      await new Promise((resolve) => setImmediate(resolve));
    return transport.stats().counters[name];
  };
  return { recorder, transport, local: transport.listener.local, counted };
}

describe('the request that becomes a WebSocket', () => {
  const answerTo = async (t: TestContext, request: string) => {
    const { local, transport } = await listener(t);
    const stranger = await dial(t, local);
    stranger.write(request);
    const answer = text(await rest(stranger));
    return { answer, counters: transport.stats().counters };
  };

  test('is let in from a page that is listed, and told the subprotocol', TIMEOUT, async (t) => {
    const { local } = await listener(t);
    const socket = await dial(t, local);
    socket.write(upgrade({ Origin: PORTAL, 'Sec-WebSocket-Protocol': 'chat, sip' }));
    const [answer] = await once(socket, 'data');
    assert.match(text(answer), /^HTTP\/1\.1 101 /);
    assert.match(text(answer), /\r\nSec-WebSocket-Protocol: sip\r\n/);
    assert.doesNotMatch(text(answer), /Extensions/);
  });

  test('is refused from any other page', TIMEOUT, async (t) => {
    for (const Origin of ['https://evil.example', 'http://portal.example.net', 'null']) {
      const { answer, counters } = await answerTo(t, upgrade({ Origin }));
      assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
      assert.equal(counters['refused_upgrades'], 1);
    }
  });

  test('is refused without the subprotocol of SIP', TIMEOUT, async (t) => {
    for (const offered of ['', 'chat', 'sips']) {
      const { answer } = await answerTo(t, upgrade({ 'Sec-WebSocket-Protocol': offered }));
      assert.match(answer, /^HTTP\/1\.1 400 /);
    }
  });

  test('gets a short 426 where it is plain HTTP', TIMEOUT, async (t) => {
    const { answer, counters } = await answerTo(t, 'GET / HTTP/1.1\r\nHost: voice.example.net\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 426 Upgrade Required\r\nConnection: close\r\n/);
    assert.ok(answer.length < 250, answer);
    assert.equal(counters['plain_requests'], 1);
  });

  test('gets 431 when it is larger than any that a browser sends', TIMEOUT, async (t) => {
    const { answer } = await answerTo(t, upgrade({ Cookie: 'x'.repeat(LIMITS.webUpgradeBytesMax) }));
    assert.match(answer, /^HTTP\/1\.1 431 /);
  });

  test('gets nothing when it takes too long, however often a byte comes', TIMEOUT, async (t) => {
    const { local, counted } = await listener(t, { webUpgradeMs: 60 });
    const loris = await dial(t, local);
    const bytes = upgrade();
    let sent = 0;
    const drip = setInterval(() => loris.write(bytes[sent++] ?? ''), 5);
    t.after(() => clearInterval(drip));
    assert.equal((await rest(loris)).length, 0);
    assert.equal(await counted('upgrade_timeouts'), 1);
  });
});

describe('messages over WebSockets', () => {
  test('text and binary are one message each', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await client(t, local);
    phone.send(message('text'), { binary: false });
    phone.send(message('binary'), { binary: true });
    await recorder.until(() => recorder.packets.length === 2);
    assert.deepEqual(recorder.texts, [text(message('text')), text(message('binary'))]);
  });

  test('need no Content-Length', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await client(t, local);
    phone.send(text(message('unmeasured', 'a body')).replace(/Content-Length: \d+\r\n/, ''));
    await recorder.until(() => recorder.packets.length === 1);
    const parsed = parseMessage(recorder.packets[0]?.bytes ?? new Uint8Array());
    assert.equal(parsed.ok && text(parsed.value.body), 'a body');
  });

  test('what follows a message in its frame is no second message', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await client(t, local);
    phone.send(`${text(message('first'))}${text(message('smuggled'))}`);
    phone.send(message('next'), { binary: false });
    await recorder.until(() => recorder.packets.length === 2);
    const parsed = parseMessage(recorder.packets[0]?.bytes ?? new Uint8Array());
    assert.equal(parsed.ok && parsed.value.body.length, 0);
  });

  test('a letter that is split between fragments comes out whole', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await dialUpgraded(t, local);
    const sent = Buffer.from(text(message('split', 'Grüße')));
    const cut = sent.indexOf('ü') + 1;
    phone.write(frame(TEXT | MORE, sent.subarray(0, cut)));
    phone.write(frame(CONTINUATION, sent.subarray(cut)));
    await recorder.until(() => recorder.packets.length === 1);
    assert.match(recorder.texts[0] ?? '', /Grüße$/);
  });

  test('go out as text, and as binary where they are none', TIMEOUT, async (t) => {
    const { recorder, transport, local } = await listener(t);
    const phone = await client(t, local);
    phone.send(message('hello'), { binary: false });
    await recorder.until(() => recorder.packets.length === 1);
    const flow = recorder.packets[0]?.flow;
    assert.ok(flow);
    const latin1 = Buffer.concat([message('latin1'), Buffer.from([0xe4])]);
    const kinds: boolean[] = [];
    phone.on('message', (_data, isBinary) => kinds.push(isBinary));
    transport.send([message('plain'), latin1].map((bytes) => ({ flow, bytes })));
    while (kinds.length < 2) await once(phone, 'message');
    assert.deepEqual(kinds, [false, true]);
  });

  test('a double CRLF is answered with one, a ping with a pong', TIMEOUT, async (t) => {
    const { local, transport } = await listener(t);
    const phone = await client(t, local);
    phone.send('\r\n\r\n');
    const [pong] = await once(phone, 'message');
    assert.equal(text(pong), '\r\n');
    phone.ping('are you there');
    const [echo] = await once(phone, 'pong');
    assert.equal(text(echo), 'are you there');
    assert.equal(transport.stats().counters['keepalives'], 2);
  });
});

describe('what a WebSocket is closed for', () => {
  test('what is not SIP gets 1003 and no other word', TIMEOUT, async (t) => {
    const { recorder, local, counted } = await listener(t);
    for (const [opcode, bytes] of [
      [TEXT, '{"type":"hello"}'],
      [BINARY, '\0\x01\x02'],
      [TEXT, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
      [TEXT, ''],
    ] as const) {
      const stranger = await dialUpgraded(t, local);
      stranger.write(frame(opcode, utf8(bytes)));
      assert.equal(closeCode(await rest(stranger)), 1003, bytes);
    }
    assert.equal(await counted('framing_closed', 4), 4);
    assert.deepEqual(recorder.batches, []);
  });

  test('a message that is too large gets 1009, before it has arrived', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await dialUpgraded(t, local);
    const half = frame(TEXT | MORE, Buffer.alloc(40_000, 'x'));
    const other = frame(CONTINUATION, Buffer.alloc(40_000, 'x'));
    phone.write(Buffer.concat([half, other.subarray(0, 10)]));
    assert.equal(closeCode(await rest(phone)), 1009);
    assert.deepEqual(recorder.batches, []);
  });

  test('a message in endless fragments gets 1008', TIMEOUT, async (t) => {
    const { local } = await listener(t);
    const phone = await dialUpgraded(t, local);
    const crumbs = Array.from({ length: LIMITS.webSocketPartsMax }, () => frame(MORE, utf8('x')));
    phone.write(Buffer.concat([frame(TEXT | MORE, utf8('x')), ...crumbs]));
    assert.equal(closeCode(await rest(phone)), 1008);
  });

  test('text that is none gets 1007, a frame without a mask 1002', TIMEOUT, async (t) => {
    const { local } = await listener(t);
    const garbled = await dialUpgraded(t, local);
    garbled.write(frame(TEXT, Buffer.from([0x53, 0xff, 0xfe])));
    assert.equal(closeCode(await rest(garbled)), 1007);
    const unmasked = await dialUpgraded(t, local);
    unmasked.write(Buffer.from([0x81, 0x01, 0x41]));
    assert.equal(closeCode(await rest(unmasked)), 1002);
  });

  test('a message that drips gets no more time for the pings in between', TIMEOUT, async (t) => {
    const { local, counted } = await listener(t, { messageArrivalMs: 60 });
    const loris = await dialUpgraded(t, local);
    loris.write(frame(TEXT, message('first')));
    const drip = setInterval(() => {
      loris.write(frame(PING, utf8('')));
      loris.write(frame(CONTINUATION | MORE, utf8('x')));
    }, 10);
    t.after(() => clearInterval(drip));
    loris.write(frame(TEXT | MORE, utf8('OPTIONS')));
    await rest(loris);
    assert.equal(await counted('slow_closed'), 1);
  });

  test('a ping between messages is the beginning of none', TIMEOUT, async (t) => {
    const { recorder, local, transport } = await listener(t, { messageArrivalMs: 30 });
    const phone = await client(t, local);
    phone.send(message('first'), { binary: false });
    const startedMs = performance.now();
    while (performance.now() - startedMs < 100) {
      phone.ping();
      await Promise.race([once(phone, 'pong'), once(phone, 'close')]);
      if (phone.readyState !== phone.OPEN) assert.fail('it was closed');
    }
    phone.send(message('second'), { binary: false });
    await recorder.until(() => recorder.packets.length === 2);
    assert.equal(transport.stats().counters['slow_closed'], 0);
  });

  test('one that brings no message, or nothing for too long, is closed', TIMEOUT, async (t) => {
    const silent = await listener(t, { firstMessageMs: 30 });
    const mute = await client(t, silent.local);
    mute.ping();
    await once(mute, 'close');
    assert.equal(await silent.counted('idle_closed'), 1);
    assert.deepEqual(silent.recorder.closedFlows, []);

    const idle = await listener(t, { connectionIdleMs: 30 });
    const phone = await client(t, idle.local);
    phone.send(message('only'), { binary: false });
    await once(phone, 'close');
    assert.equal(await idle.counted('idle_closed'), 1);
    assert.equal(idle.recorder.closedFlows.length, 1);
  });

  test('a peer that never reads is closed, and its packets fail', TIMEOUT, async (t) => {
    const { recorder, transport, local, counted } = await listener(t, { connectionQueueBytesMax: 10_000 });
    const deaf = await dialUpgraded(t, local);
    deaf.pause();
    deaf.write(frame(TEXT, message('hello')));
    await recorder.until(() => recorder.packets.length === 1);
    const flow = recorder.packets[0]?.flow;
    assert.ok(flow);
    const bytes = message('flood', 'x'.repeat(9_000));
    while (transport.stats().counters['queue_full_closed'] === 0) {
      transport.send([{ flow, bytes }]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await recorder.until(() => recorder.failures.length > 0);
    assert.equal(await counted('queue_full_closed'), 1);
  });

  test('one address has room for so many, and the newest is closed at once', TIMEOUT, async (t) => {
    const { local, transport, counted } = await listener(t, { connectionsPerAddressMax: 2 });
    const [first, second] = [await client(t, local), await dial(t, local)];
    const third = await dial(t, local);
    assert.equal((await rest(third)).length, 0);
    assert.equal(await counted('refused_connections'), 1);
    second.destroy();
    while (transport.stats().connections > 1) await new Promise((resolve) => setImmediate(resolve));
    await client(t, local);
    assert.equal(first.readyState, first.OPEN);
  });
});

describe('the end of a WebSocket', () => {
  test('the last message comes before it, and then the flow fails', TIMEOUT, async (t) => {
    const { recorder, transport, local } = await listener(t);
    const phone = await client(t, local);
    const order: string[] = [];
    recorder.received = () => order.push('received');
    recorder.closed = (flow) => {
      order.push('closed');
      transport.send([{ flow, bytes: message('too-late') }]);
    };
    phone.send(message('goodbye'), { binary: false });
    phone.close();
    await recorder.until(() => recorder.failures.length === 1);
    assert.deepEqual(order, ['received', 'closed']);
    assert.match(recorder.failures[0]?.reason ?? '', /gone/);
  });

  test('is told within a moment when the peer says so and keeps its socket', TIMEOUT, async (t) => {
    const { recorder, local } = await listener(t);
    const phone = await dialUpgraded(t, local, true);
    phone.write(frame(TEXT, message('hello')));
    phone.write(frame(8, Buffer.from([0x03, 0xe9])));
    await recorder.until(() => recorder.closedFlows.length === 1);
  });

  test('nobody is connected to where a flow has none', TIMEOUT, async (t) => {
    const { recorder, transport, local } = await listener(t);
    const phone = await client(t, local);
    phone.send(message('hello'), { binary: false });
    await recorder.until(() => recorder.packets.length === 1);
    const { connectionId, ...flow } = recorder.packets[0]?.flow ?? assert.fail();
    assert.ok(connectionId);
    transport.send([{ flow, bytes: message('invite') }]);
    await recorder.until(() => recorder.failures.length === 1);
    assert.match(recorder.failures[0]?.reason ?? '', /no connection can be opened to a client of ws/);
  });
});
