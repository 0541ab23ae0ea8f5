// Calls of the probe over loopback, from where a carrier would be to where another one would be: well, over a path that
// loses packets of one direction, to nobody, to somebody else, and given up.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { until } from '../../../test/interop/rig.ts';
import { LossyPath, type Pass, type Passing } from '../../../test/lossy-path.ts';
import { around, FakeRegistrar, HOST, SILENT, srv } from '../../../test/probe-stage.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Prefix } from '../../base/prefix.ts';
import type { CustomerTarget } from '../../ports/probes.ts';
import { createResponse } from '../../sip/message/compose.ts';
import { Agent } from './agent.ts';
import { Answering } from './answering.ts';
import { createCustomerProber } from './prober.ts';

type CallTarget = Extract<CustomerTarget, { readonly type: 'call' }>;

const NEVER = new AbortController().signal;
const NUMBER = '+442079460900';

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Knows where the called end listens, and gives port 0 wherever it is asked for a port. */
class Stranger {
  readonly port: number;
  /** Status lines. */
  readonly heard: string[] = [];
  audio = 0;
  readonly #target: number;
  readonly #socket: Socket;

  static async at(t: TestContext, target: number, host = HOST): Promise<Stranger> {
    const socket = createSocket('udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    t.after(() => socket.close());
    return new Stranger(socket, target);
  }

  private constructor(socket: Socket, target: number) {
    this.#socket = socket;
    this.#target = target;
    this.port = socket.address().port;
    socket.on('message', (bytes) => {
      if (bytes[0] === 0x80) this.audio += 1;
      else this.heard.push(bytes.toString().split('\r\n')[0] ?? '');
    });
  }

  /** Asks on, with a Via that can be answered and with one that cannot, until this has been heard. */
  async asksUntil(heard: string, method: string): Promise<void> {
    await until(heard, 5_000, () => {
      this.#send(method, `${HOST}:${this.port};rport`);
      this.#send(method, `${HOST}:0`);
      return this.heard.includes(heard) || undefined;
    });
  }

  /** Until its call is answered by 200, once. */
  async rings(): Promise<void> {
    this.calls();
    await until('an answer', 5_000, () => this.heard.includes('SIP/2.0 200 OK') || undefined);
  }

  calls(): void {
    this.#send('INVITE', `${HOST}:${this.port};rport`);
  }

  callsAndCancels(): void {
    const id = randomUUID();
    for (const method of ['INVITE', 'CANCEL']) this.#send(method, `${HOST}:${this.port};rport`, id);
  }

  #send(method: string, via: string, id: string = randomUUID()): void {
    const sdp = `v=0\r\no=- 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\nm=audio ${this.port} RTP/AVP 8\r\n`;
    const body = method === 'INVITE' ? sdp : '';
    const lines = [
      `${method} sip:${NUMBER}@${HOST} SIP/2.0`,
      `Via: SIP/2.0/UDP ${via};branch=z9hG4bK${id}`,
      'Max-Forwards: 70',
      `From: <sip:stranger@${HOST}>;tag=${id}`,
      `To: <sip:${NUMBER}@${HOST}>`,
      `Call-ID: ${id}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:stranger@${HOST}:0>`,
      'Content-Type: application/sdp',
      `Content-Length: ${body.length}`,
    ];
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, this.#target, HOST);
  }
}

/** Passes SIP on to a port, the first of it only after what is to come before, and what comes back to who began. */
async function passedOnAfter(t: TestContext, target: number, before: () => Promise<void>): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  t.after(() => socket.close());
  let caller = 0;
  let ready: Promise<void> | undefined;
  socket.on('message', (bytes, { port }) => {
    if (port === target) return socket.send(bytes, caller, HOST);
    caller = port;
    ready ??= before();
    return void ready.then(() => socket.send(bytes, target, HOST));
  });
  return socket.address().port;
}

function callVia(port: number, answerPort: number, from: readonly Prefix[] = []): CallTarget {
  const server = { scheme: 'sip', host: HOST, port, transport: 'udp' } as const;
  return {
    type: 'call',
    number: NUMBER,
    caller: { type: 'carrier', server, address: undefined, callerId: '+447700900555' },
    answerer: { type: 'carrier', local: { address: HOST, port: answerPort }, from },
  };
}

async function called(t: TestContext, passing: Passing = {}) {
  const port = await freePort();
  const path = await LossyPath.start(t, port, passing);
  const prober = createCustomerProber(around());
  const end = await prober.probe(callVia(path.port, port), 10_000, NEVER);
  await prober.close();
  return { end, path };
}

/** Every tenth, from the sixth on. */
const tenth: Pass = (packet, index) => (index % 10 === 5 ? undefined : packet);
const none: Pass = () => undefined;
const silence: Pass = (packet) => Buffer.concat([packet.subarray(0, 12), Buffer.alloc(160, 0xd5)]);

describe('a probe of a call', { concurrency: true }, () => {
  test('passes where each end hears the other, and hangs up', async (t) => {
    const { end, path } = await called(t);
    assert.equal(end.outcome, 'passed', JSON.stringify(end));
    const { measures = {} } = end;
    assert.equal(measures['there.loss'], 0);
    assert.equal(measures['back.loss'], 0);
    assert.ok((measures['there.tone'] ?? 0) > 0.98 && (measures['back.tone'] ?? 0) > 0.98);
    assert.ok(
      (measures['answer_ms'] ?? 0) >= 90 && (measures['setup_ms'] ?? 0) < (measures['answer_ms'] ?? 0),
    );
    assert.deepEqual(path.seen.slice(0, 3), ['INVITE', 'SIP/2.0 180', 'SIP/2.0 200']);
  });

  test('measures what is lost in one direction, and only there', async (t) => {
    const { end } = await called(t, { there: tenth });
    const { measures = {} } = end;
    const loss = measures['there.loss'] ?? 0;
    assert.ok(loss > 0.085 && loss < 0.115, JSON.stringify(end));
    assert.equal(measures['back.loss'], 0);
    assert.ok((measures['there.mos'] ?? 0) < (measures['back.mos'] ?? 0));
    assert.equal(end.outcome, 'warned');
  });

  test('fails where audio does not arrive, and says in which direction', async (t) => {
    const { end } = await called(t, { back: none });
    const reason = 'audio does not arrive from called to caller: 0 of 75 packets';
    assert.equal(end.outcome === 'failed' && end.reason, reason);
    assert.equal(end.measures?.['back.loss'], 1);
    assert.equal(end.measures?.['there.loss'], 0);
  });

  test('fails where nothing is in what arrives', async (t) => {
    const { end } = await called(t, { there: silence });
    assert.match(end.outcome === 'failed' ? end.reason : '', /^audio from caller to called is silence/);
  });

  test('fails where nobody answers, and says how far the call came', async (t) => {
    const registrar = await FakeRegistrar.start(t, (request) =>
      createResponse(request, request.method === 'INVITE' ? 180 : 200, { toTag: 'x' }),
    );
    const prober = createCustomerProber(around());
    const end = await prober.probe(callVia(registrar.port, await freePort()), 300, NEVER);
    const reason = 'the caller hears 180 Ringing, and the call does not arrive within 300 ms';
    assert.deepEqual(end, { outcome: 'failed', reason });
    await prober.close();
    assert.ok(registrar.requests.some(({ method }) => method === 'CANCEL'));
  });

  test('fails where the call is refused, or answered by somebody else', async (t) => {
    for (const [status, told] of [
      [404, 'the call is refused: 404 Not Found'],
      [200, 'the call is answered by somebody else, and does not arrive'],
    ] as const) {
      const sdp =
        'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n';
      const registrar = await FakeRegistrar.start(t, (request) => {
        const contact = [['Contact', `<sip:a@${HOST}:${registrar.port}>`]] as const;
        const body = { body: Buffer.from(sdp), contentType: 'application/sdp', headers: contact };
        return createResponse(request, request.method === 'INVITE' ? status : 200, { toTag: 'x', ...body });
      });
      const prober = createCustomerProber(around());
      const end = await prober.probe(callVia(registrar.port, await freePort()), 5_000, NEVER);
      assert.deepEqual(end, { outcome: 'failed', reason: told });
      await prober.close();
      assert.equal(
        registrar.requests.some(({ method }) => method === 'BYE'),
        status === 200,
      );
    }
  });

  test('is not ended, and nobody is spoken to, by strangers who send what nobody can answer', async (t) => {
    const [port, nobody] = [await freePort(), await freePort()];
    const stranger = await Stranger.at(t, port);
    const prober = createCustomerProber(around());
    const probing = prober.probe(callVia(nobody, port), 1_500, NEVER);
    await stranger.asksUntil('SIP/2.0 200 OK', 'OPTIONS');
    await stranger.asksUntil('SIP/2.0 180 Ringing', 'INVITE');
    const { outcome } = await probing;
    await prober.close();
    assert.equal(outcome, 'failed');
    assert.equal(stranger.audio, 0, 'no ACK came');
  });

  test('passes though strangers call its answering end, and tells where they leave it no room', async (t) => {
    for (const [strangers, outcome] of [
      [LIMITS.probeArrivalsMax - 1, 'passed'],
      [LIMITS.probeArrivalsMax, 'warned'],
    ] as const) {
      const port = await freePort();
      const all = await Promise.all(Array.from({ length: strangers }, () => Stranger.at(t, port)));
      // What the trunk would do: it passes the call on once the strangers have theirs.
      const late = await passedOnAfter(t, port, async () => {
        for (const stranger of all) await stranger.rings();
      });
      const prober = createCustomerProber(around());
      const end = await prober.probe(callVia(late, port), 10_000, NEVER);
      assert.equal(end.outcome, outcome, JSON.stringify(end));
      if (end.outcome === 'warned') assert.match(end.reason, /^strangers hold the answering end/);
      await prober.close();
    }
  });

  test('opens no more for strangers who cancel at once', async (t) => {
    const agent = await Agent.at({ address: HOST, port: 0 }, [], around());
    t.after(() => agent.close());
    let opened = 0;
    const open = () => {
      opened += 1;
      return new Promise<never>(() => undefined);
    };
    const answering = new Answering({ agent, token: undefined, open });
    answering.expected = true;
    agent.owner = answering;
    const stranger = await Stranger.at(t, agent.local.port);
    for (let call = 0; call <= LIMITS.probeArrivalsMax; call++) stranger.callsAndCancels();
    await until('no room', 5_000, () => stranger.heard.includes('SIP/2.0 486 Busy Here') || undefined);
    assert.equal(opened, LIMITS.probeArrivalsMax);
  });

  test('does not even hear those who call from elsewhere, where it is said whose calls count', async (t) => {
    const port = await freePort();
    const elsewhere = '127.0.0.3';
    const strangers = Array.from({ length: LIMITS.probeArrivalsMax }, () => Stranger.at(t, port, elsewhere));
    const all = await Promise.all(strangers);
    const path = await passedOnAfter(t, port, async () => {
      for (const stranger of all) stranger.calls();
    });
    const from = [{ bytes: new Uint8Array([127, 0, 0, 1]), bits: 32 }];
    const prober = createCustomerProber(around());
    const end = await prober.probe(callVia(path, port, from), 10_000, NEVER);
    await prober.close();
    assert.equal(end.outcome, 'passed', JSON.stringify(end));
    assert.deepEqual(
      all.flatMap(({ heard }) => heard),
      [],
    );
  });

  test('goes on to the next server where the first one is silent or has no service, and says so', async (t) => {
    const port = await freePort();
    const path = await LossyPath.start(t, port, {});
    const silent = await FakeRegistrar.start(t, () => SILENT);
    const busy = await FakeRegistrar.start(t, (request) => createResponse(request, 503, { toTag: 'x' }));
    const prober = createCustomerProber(around(srv(silent.port, busy.port, path.port)));
    const server = { scheme: 'sip', host: 'voice.example.net' } as const;
    const target = callVia(0, port);
    const caller = { type: 'carrier', server, address: undefined, callerId: undefined } as const;
    const end = await prober.probe({ ...target, caller }, 8_000, NEVER);
    await prober.close();
    assert.ok(end.outcome === 'warned', JSON.stringify(end));
    assert.equal(
      end.reason,
      `sip1.example.net (udp:${HOST}:${silent.port}): no answer; ` +
        `sip2.example.net (udp:${HOST}:${busy.port}): 503 Service Unavailable; ` +
        `sip3.example.net (udp:${HOST}:${path.port}) serves`,
    );
    assert.equal(end.measures?.['there.loss'], 0);
  });

  test('says that the called end cannot register', async (t) => {
    const registrar = await FakeRegistrar.start(t);
    const account = registrar.account('probe-a', 'wrong');
    const prober = createCustomerProber(around());
    const target = { ...callVia(registrar.port, 0), answerer: { type: 'phone', account } } as const;
    const end = await prober.probe(target, 5_000, NEVER);
    assert.match(
      end.outcome === 'failed' ? end.reason : '',
      /^the called end cannot register: 401 Unauthorized/,
    );
    await prober.close();
  });

  test('that is given up in the middle is hung up all the same', async (t) => {
    const port = await freePort();
    const stop = new AbortController();
    const path = await LossyPath.start(t, port, {
      there: (packet, index) => {
        if (index === 20) stop.abort();
        return packet;
      },
    });
    const prober = createCustomerProber(around());
    const end = await prober.probe(callVia(path.port, port), 10_000, stop.signal);
    assert.deepEqual(end, { outcome: 'failed', reason: 'given up' });
    await prober.close();
    // Whoever took the port now finds it free: nothing of the call is left.
    const socket = createSocket('udp4');
    socket.bind(port, HOST);
    await once(socket, 'listening');
    socket.close();
  });
});
