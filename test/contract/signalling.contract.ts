// What every signalling transport must do, whatever it runs over (ports/signalling.ts). signalling.test.ts
// runs it over each adapter and address family. What differs is data in `SignallingCase`, with its reason.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { text, utf8 } from '../../src/base/bytes.ts';
import { RingthroughError } from '../../src/base/errors.ts';
import type { Flow } from '../../src/base/net.ts';
import type { Packet, SignallingTransport, StreamHandler } from '../../src/ports/signalling.ts';

export interface StrangerLimits {
  readonly connectionsMax: number;
  readonly strangerConnectionMs: number;
}

export interface SignallingCase {
  readonly name: string;
  /** The loopback address of the family. */
  readonly address: string;
  /** An address of the family that no machine has (RFC 5737, RFC 3849). */
  readonly foreignAddress: string;
  /**
   * UDP has nobody to refuse: an unanswered port is told by ICMP, which an unconnected socket never sees. Over
   * WebSockets nobody is connected to.
   */
  readonly tellsRefusal: boolean;
  open(address: string, port: number, handler: StreamHandler): Promise<SignallingTransport>;
  /** Over streams: with these limits instead of the usual ones. */
  openLimited?(
    address: string,
    handler: StreamHandler,
    limits: Partial<StrangerLimits>,
  ): Promise<SignallingTransport>;
  /** Where only clients open connections, so that two of these transports cannot speak with each other: a client. */
  client?(address: string, handler: StreamHandler): SignallingTransport;
}

/** Keeps what a transport tells, and lets a test wait for it without sleeping. */
export class Recorder implements StreamHandler {
  readonly batches: (readonly Packet[])[] = [];
  readonly failures: { readonly flow: Flow; readonly reason: string }[] = [];
  readonly closedFlows: Flow[] = [];
  /** What it answers when it is asked whether a connection is somebody's. */
  knows: StreamHandler['knows'] = () => false;
  #waiting: (() => void)[] = [];

  get packets(): readonly Packet[] {
    return this.batches.flat();
  }

  get texts(): readonly string[] {
    return this.packets.map((packet) => text(packet.bytes));
  }

  received(batch: readonly Packet[]): void {
    this.batches.push(batch);
    this.#wake();
  }

  failed(flow: Flow, reason: string): void {
    this.failures.push({ flow, reason });
    this.#wake();
  }

  closed(flow: Flow): void {
    this.closedFlows.push(flow);
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

/** A small whole message, told apart by its Call-ID. */
export function message(callId: string, body = ''): Uint8Array {
  return utf8(
    [
      'OPTIONS sip:node@voice.example.net SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKcontract;rport',
      'Max-Forwards: 70',
      'From: <sip:alice@voice.example.net>;tag=a',
      'To: <sip:node@voice.example.net>',
      `Call-ID: ${callId}`,
      'CSeq: 1 OPTIONS',
      `Content-Length: ${utf8(body).length}`,
      '',
      body,
    ].join('\r\n'),
  );
}

const TIMEOUT = { timeout: 10_000 };

export function signallingContract(which: SignallingCase): void {
  async function opened(t: TestContext, port = 0) {
    const recorder = new Recorder();
    const transport = await which.open(which.address, port, recorder);
    t.after(() => transport.close());
    return { recorder, transport, local: transport.listener.local };
  }

  function clientOf(t: TestContext, create: NonNullable<SignallingCase['client']>) {
    const recorder = new Recorder();
    const transport = create(which.address, recorder);
    t.after(() => transport.close());
    return { recorder, transport, local: transport.listener.local };
  }

  /** A client and a server, and the flow from the one to the other. */
  async function pair(t: TestContext) {
    const server = await opened(t);
    const client = which.client === undefined ? await opened(t) : clientOf(t, which.client);
    const flow: Flow = {
      transport: client.transport.listener.transport,
      local: client.local,
      remote: server.local,
    };
    return { server, client, flow };
  }

  describe(`the signalling transport over ${which.name}`, () => {
    test('tells the port that it was really given', TIMEOUT, async (t) => {
      const { local } = await opened(t);
      assert.equal(local.address, which.address);
      assert.ok(local.port > 0);
    });

    test('hands over a message whole, with the flow that it came over', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      const sent = message('one', 'v=0\r\n');
      client.transport.send([{ flow, bytes: sent }]);
      await server.recorder.until(() => server.recorder.packets.length === 1);
      const packet = server.recorder.packets[0];
      assert.equal(text(packet?.bytes ?? new Uint8Array()), text(sent));
      assert.equal(packet?.flow.transport, server.transport.listener.transport);
      assert.deepEqual(packet?.flow.local, server.local);
      assert.equal(packet?.flow.remote.address, which.address);
    });

    test('an answer sent on the flow of a request reaches whoever asked', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      client.transport.send([{ flow, bytes: message('question') }]);
      await server.recorder.until(() => server.recorder.packets.length === 1);
      const [question] = server.recorder.packets;
      assert.ok(question);
      server.transport.send([{ flow: question.flow, bytes: message('answer') }]);
      await client.recorder.until(() => client.recorder.packets.length === 1);
      assert.deepEqual(client.recorder.packets[0]?.flow.remote, server.local);
      assert.match(client.recorder.texts[0] ?? '', /Call-ID: answer/);
    });

    test('delivers a batch in its order, each message as one packet', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      const callIds = Array.from({ length: 60 }, (_, index) => `message-${index}`);
      client.transport.send(callIds.map((callId) => ({ flow, bytes: message(callId, callId) })));
      await server.recorder.until(() => server.recorder.packets.length === callIds.length);
      const arrived = server.recorder.texts.map((each) => /Call-ID: (\S+)/.exec(each)?.[1]);
      assert.deepEqual(arrived, callIds);
    });

    test('hands over in one batch what arrives in one turn of the event loop', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      client.transport.send(Array.from({ length: 30 }, () => ({ flow, bytes: message('burst') })));
      await server.recorder.until(() => server.recorder.packets.length === 30);
      assert.ok(server.recorder.batches.length < 30, `${server.recorder.batches.length} batches`);
    });

    test('carries a message that is larger than any packet of the network', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      const sent = message('large', 'x'.repeat(60_000));
      client.transport.send([{ flow, bytes: sent }]);
      await server.recorder.until(() => server.recorder.packets.length === 1);
      assert.equal(server.recorder.packets[0]?.bytes.length, sent.length);
    });

    test('drops a message that is larger than the limit, and serves on', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      const tooLarge = message('too-large', 'x'.repeat(70_000));
      client.transport.send([{ flow, bytes: tooLarge }]);
      await client.recorder.until(
        () => client.recorder.failures.length + client.recorder.closedFlows.length > 0,
      );
      client.transport.send([{ flow, bytes: message('next') }]);
      await server.recorder.until(() => server.recorder.packets.length === 1);
      assert.match(server.recorder.texts[0] ?? '', /Call-ID: next/);
    });

    test('keeps keepalives to itself', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      const keepalives = ['\r\n\r\n', '\r\n'].map((each) => ({ flow, bytes: utf8(each) }));
      client.transport.send([...keepalives, { flow, bytes: message('after') }]);
      await server.recorder.until(() => server.recorder.packets.length === 1);
      assert.match(server.recorder.texts[0] ?? '', /^OPTIONS/);
      assert.ok((server.transport.stats().counters['keepalives'] ?? 0) >= 1);
      const [after] = server.recorder.packets;
      assert.ok(after);
      server.transport.send([{ flow: after.flow, bytes: message('last') }]);
      await client.recorder.until(() => client.recorder.packets.length > 0);
      assert.match(client.recorder.texts[0] ?? '', /Call-ID: last/);
    });

    test('never calls back from within send', TIMEOUT, async (t) => {
      const { client, server, flow } = await pair(t);
      client.transport.send([{ flow, bytes: message('first') }]);
      await server.recorder.until(() => server.recorder.packets.length === 1);
      const back = server.recorder.packets[0]?.flow ?? flow;
      const gone: Flow = { ...back, connectionId: 'gone' };
      const nowhere: Flow = {
        transport: back.transport,
        local: back.local,
        remote: { address: 'not-an-address', port: 5060 },
      };
      const hasConnections = back.connectionId !== undefined;
      server.transport.send([
        { flow: nowhere, bytes: message('nowhere') },
        ...(hasConnections ? [{ flow: gone, bytes: message('gone') }] : []),
        { flow: back, bytes: message('here') },
      ]);
      assert.equal(server.recorder.failures.length, 0);
      await server.recorder.until(() => server.recorder.failures.length === (hasConnections ? 2 : 1));
      await client.recorder.until(() => client.recorder.packets.length === 1);
      assert.match(server.recorder.failures[0]?.reason ?? '', /address|no connection can be opened/);
    });

    if (which.openLimited !== undefined) strangersContract(which);

    if (which.tellsRefusal) {
      test('tells that nobody listens where a packet should go', TIMEOUT, async (t) => {
        const { client, server, flow } = await pair(t);
        await server.transport.close();
        client.transport.send([{ flow, bytes: message('refused') }]);
        await client.recorder.until(() => client.recorder.failures.length === 1);
        assert.deepEqual(client.recorder.failures[0]?.flow, flow);
        assert.match(client.recorder.failures[0]?.reason ?? '', /ECONNREFUSED/);
        assert.deepEqual(client.recorder.closedFlows, []);
      });
    }

    test('says in one line that a port is taken, and which setting to change', TIMEOUT, async (t) => {
      const { local } = await opened(t);
      await assert.rejects(which.open(which.address, local.port, new Recorder()), (error: unknown) => {
        assert.ok(error instanceof RingthroughError);
        assert.equal(error.code, 'LISTEN_FAILED');
        assert.match(
          error.message,
          /^(udp|tcp|tls|wss?) .*:\d+ is in use by another program; .*sip\.listen$/,
        );
        return true;
      });
    });

    test('says in one line that an address is not of this machine', TIMEOUT, async () => {
      await assert.rejects(which.open(which.foreignAddress, 0, new Recorder()), (error: unknown) => {
        assert.ok(error instanceof RingthroughError);
        assert.equal(error.code, 'LISTEN_FAILED');
        assert.match(error.message, /is not an address of this machine; .*sip\.listen$/);
        return true;
      });
    });

    test('frees its port when closed, may be closed twice, and tells nothing after', TIMEOUT, async (t) => {
      const { server, client, flow } = await pair(t);
      client.transport.send([{ flow, bytes: message('first') }]);
      await server.recorder.until(() => server.recorder.packets.length === 1);
      await Promise.all([server.transport.close(), server.transport.close()]);
      server.transport.send([{ flow, bytes: message('too-late') }]);
      const again = await opened(t, server.local.port);
      assert.deepEqual(again.local, server.local);
      assert.equal(server.recorder.packets.length, 1);
      assert.deepEqual([...server.recorder.failures, ...server.recorder.closedFlows], []);
    });
  });
}

/** A listener with few places, and newcomers to it. */
async function limited(t: TestContext, which: SignallingCase, limits: Partial<StrangerLimits>) {
  const recorder = new Recorder();
  const known = new Set<string | undefined>();
  recorder.knows = ({ connectionId }) => known.has(connectionId);
  const transport = await which.openLimited?.(which.address, recorder, limits);
  assert.ok(transport);
  t.after(() => transport.close());
  /** Somebody new connects, and says so. */
  const newcomer = async (callId: string) => {
    const own = new Recorder();
    own.knows = () => true;
    const client = which.client?.(which.address, own) ?? (await which.open(which.address, 0, own));
    t.after(() => client.close());
    const { transport: over, local } = client.listener;
    const flow: Flow = { transport: over, local, remote: transport.listener.local };
    client.send([{ flow, bytes: message(callId) }]);
    const arrived = () => recorder.texts.findIndex((each) => each.includes(`Call-ID: ${callId}\r\n`));
    const isOver = () => own.closedFlows.length + own.failures.length > 0;
    await Promise.race([recorder.until(() => arrived() >= 0), own.until(isOver)]);
    const packet = recorder.packets[arrived()];
    const say = (bytes: Uint8Array) => client.send([{ flow, bytes }]);
    return { say, isOver, over: () => own.until(isOver), id: packet?.flow.connectionId };
  };
  return { recorder, transport, known, newcomer };
}

/** Anybody may connect: what becomes of those who prove nothing. */
function strangersContract(which: SignallingCase): void {
  test('when it is full, who has proved nothing for the longest gives way', TIMEOUT, async (t) => {
    const { recorder, transport, known, newcomer } = await limited(t, which, { connectionsMax: 3 });
    const phone = await newcomer('phone');
    known.add(phone.id);
    const strangers = [await newcomer('stranger-1'), await newcomer('stranger-2')];
    await newcomer('newcomer');
    await strangers[0]?.over();
    assert.equal(recorder.texts.length, 4);
    assert.deepEqual([phone.isOver(), strangers[1]?.isOver()], [false, false]);
    assert.equal(transport.stats().counters['gave_way'], 1);
    phone.say(message('still-here'));
    await recorder.until(() => recorder.texts.at(-1)?.includes('still-here') === true);
  });

  test('when it is full of those who are known, the newcomer is turned away', TIMEOUT, async (t) => {
    const { recorder, transport, known, newcomer } = await limited(t, which, { connectionsMax: 2 });
    const phones = [await newcomer('phone-1'), await newcomer('phone-2')];
    for (const { id } of phones) known.add(id);
    await (await newcomer('newcomer')).over();
    assert.equal(recorder.texts.length, 2);
    assert.deepEqual(
      phones.map(({ isOver }) => isOver()),
      [false, false],
    );
    assert.equal(transport.stats().counters['refused_connections'], 1);
    assert.deepEqual(recorder.closedFlows, []);
  });

  test('a stranger does not stay, whatever keepalives it sends', TIMEOUT, async (t) => {
    const { recorder, transport, known, newcomer } = await limited(t, which, { strangerConnectionMs: 150 });
    const phone = await newcomer('phone');
    known.add(phone.id);
    const stranger = await newcomer('stranger');
    const keepalives = setInterval(() => stranger.say(utf8('\r\n\r\n')), 20);
    t.after(() => clearInterval(keepalives));
    await recorder.until(() => recorder.closedFlows.length === 1);
    clearInterval(keepalives);
    assert.equal(recorder.closedFlows[0]?.connectionId, stranger.id);
    assert.ok((transport.stats().counters['keepalives'] ?? 0) > 0);
    assert.equal(transport.stats().counters['stranger_closed'], 1);
    assert.equal(phone.isOver(), false);
    known.delete(phone.id);
    await recorder.until(() => recorder.closedFlows.length === 2);
  });
}
