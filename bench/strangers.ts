// A million requests from people whom the node does not know, and what is left of them in its memory.
//
//     node bench/strangers.ts [--requests 1000000] [--guesses 20000]
//
// A real node, as its own process, is asked from two thousand loopback addresses: REGISTER, INVITE and SUBSCRIBE, some
// for events that nobody has, half of all with made-up credentials, by users who exist and invented ones, each with a
// Call-ID and a branch of its own. Then come guesses: wrong digests over nonces that the guesser was given, the one
// thing that is remembered of strangers. The node's heap is read through its inspector, after a forced collection.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { present } from '../src/base/assert.ts';
import type { Endpoint } from '../src/base/net.ts';
import { freePorts, HOST } from '../test/interop/rig.ts';
import { PHONES } from './office.ts';
import { machine, numbers, print } from './report.ts';
import { type RunningNode, startRingthrough } from './ringthrough.ts';
import { onLoopback, withStand } from './stand.ts';

const ADDRESSES = 2_000;
/** Requests on their way at once: fewer bytes than the smallest receive buffer takes. */
const WINDOW = 64;
const AGAIN_MS = 1_000;

type Credentials = 'none' | 'made-up' | 'wrong';

const REGISTER = 0;
/** What strangers ask for, in turn: a method, and the rows that it has besides. */
const ASKED: readonly (readonly [method: string, rows: readonly string[]])[] = [
  ['REGISTER', []],
  ['INVITE', []],
  ['SUBSCRIBE', ['Event: message-summary', 'Expires: 3600']],
  ['REGISTER', []],
  ['INVITE', []],
  ['SUBSCRIBE', ['Event: presence;id=1']],
  ['SUBSCRIBE', ['Event: message-summary', 'Expires: 1']],
  ['SUBSCRIBE', ['Event: message-summary', 'Accept: application/pidf+xml']],
];

class Stranger {
  readonly #socket: Socket;
  readonly #target: Endpoint;
  #waiting: ((answer: string) => void) | undefined;
  #nonce = 'mfn3pi2a.1.0123456789abcdef0123456789abcdef';

  static async open(index: number, target: Endpoint): Promise<Stranger> {
    const socket = createSocket('udp4');
    socket.bind({ address: `127.${66 + (index >> 8)}.${index & 255}.1`, port: 0 });
    await once(socket, 'listening');
    return new Stranger(socket, onLoopback(target));
  }

  private constructor(socket: Socket, target: Endpoint) {
    this.#socket = socket;
    this.#target = target;
    socket.on('message', (bytes) => this.#waiting?.(bytes.toString()));
  }

  close(): void {
    this.#socket.close();
  }

  /** The status of the answer; asked again where none came. */
  async ask(index: number, user: string, n: number, credentials: Credentials): Promise<string> {
    const bytes = Buffer.from(this.#request(index, user, n, credentials));
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting = resolve;
    const send = (): void => this.#socket.send(bytes, this.#target.port, this.#target.address);
    const again = setInterval(send, AGAIN_MS);
    send();
    const answer = await promise;
    clearInterval(again);
    this.#nonce = / nonce="([^"]*)"/.exec(answer)?.[1] ?? this.#nonce;
    return answer.slice(8, 11);
  }

  #request(index: number, user: string, n: number, credentials: Credentials): string {
    const [method, more] = present(ASKED[index], 'something to ask for');
    const { address, port } = this.#socket.address();
    const nonce = credentials === 'wrong' ? this.#nonce : `mfn3pi2a.${n.toString(36)}.${'0'.repeat(32)}`;
    const authorization =
      `Authorization: Digest username="${user}", realm="${HOST}", nonce="${nonce}", uri="sip:${HOST}", ` +
      `response="${n.toString(16).padStart(64, '0')}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`;
    const rows = [
      `${method} sip:${HOST} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${n};rport`,
      'Max-Forwards: 70',
      `From: <sip:${user}@${HOST}>;tag=${n}`,
      `To: <sip:${user}@${HOST}>`,
      `Call-ID: ${n}@${address}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:${user}@${address}:${port}>`,
      ...more,
      ...(credentials === 'none' ? [] : [authorization]),
      'Content-Length: 0',
    ];
    return `${rows.join('\r\n')}\r\n\r\n`;
  }
}

/** So many requests, `WINDOW` at once, spread over all strangers; how often each status was the answer. */
async function ask(
  strangers: readonly Stranger[],
  count: number,
  act: (stranger: Stranger, n: number) => Promise<string>,
): Promise<ReadonlyMap<string, number>> {
  const statuses = new Map<string, number>();
  let begun = 0;
  await Promise.all(
    Array.from({ length: WINDOW }, async (_, worker) => {
      for (let turn = 0; begun < count; turn++) {
        const n = begun++;
        // Each worker has strangers of its own, so that none is asked for two things at once.
        const own = Math.floor(strangers.length / WINDOW);
        const stranger = present(strangers[worker * own + (turn % own)], 'a stranger');
        const status = await act(stranger, n);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  return statuses;
}

/** The node's heap, through the protocol of its inspector. */
class Heap {
  readonly #socket: WebSocket;
  readonly #pid: number;
  #id = 0;

  static async of(url: string, pid: number): Promise<Heap> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Heap(socket, pid);
  }

  private constructor(socket: WebSocket, pid: number) {
    this.#socket = socket;
    this.#pid = pid;
  }

  async read(): Promise<{ readonly heap: number; readonly resident: number }> {
    for (let round = 0; round < 3; round++) await this.#call('HeapProfiler.collectGarbage');
    const { usedSize } = (await this.#call('Runtime.getHeapUsage')) as { usedSize: number };
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    return { heap: usedSize, resident: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024 };
  }

  async #call(method: string): Promise<unknown> {
    this.#id += 1;
    const id = this.#id;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const listener = ({ data }: MessageEvent): void => {
      const message = JSON.parse(String(data)) as { id?: number; result?: unknown };
      if (message.id === id) resolve(message.result);
    };
    this.#socket.addEventListener('message', listener);
    this.#socket.send(JSON.stringify({ id, method }));
    const result = await promise;
    this.#socket.removeEventListener('message', listener);
    return result;
  }
}

const COLUMNS = [26, 12, 12, 14, 10, 15];

function row(...cells: readonly string[]): void {
  print(
    cells
      .map((cell, index) => cell.padEnd(COLUMNS[index] ?? 0))
      .join('')
      .trimEnd(),
  );
}

async function line(name: string, heap: Heap, node: RunningNode): Promise<void> {
  const { heap: used, resident } = await heap.read();
  const metrics = await node.metrics();
  const gauge = (metric: string): string => String(metrics.get(`ringthrough_${metric}`) ?? 'absent');
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
  row(
    name,
    megabytes(used),
    megabytes(resident),
    gauge('transactions'),
    gauge('bindings'),
    gauge('table_entries{table="subscriptions"}'),
  );
}

function told(statuses: ReadonlyMap<string, number>): string {
  const parts = [...statuses].sort().map(([status, count]) => `${count.toLocaleString('en')} × ${status}`);
  return parts.join(', ');
}

const { requests, guesses } = numbers({
  requests: { default: 1_000_000, max: 100_000_000 },
  guesses: { default: 20_000, max: 10_000_000 },
});

await withStand('strangers', async (stand) => {
  const carrier = { address: HOST, port: await freePorts() };
  const node = await startRingthrough(stand, carrier, 10, { inspected: true });
  const [program] = node.programs;
  const heap = await Heap.of(present(node.inspector, 'an inspector'), present(program, 'a node').pid);
  const target = { address: HOST, port: node.sipPort };
  const strangers = await Promise.all(Array.from({ length: ADDRESSES }, (_, n) => Stranger.open(n, target)));
  stand.onEnd(() => {
    for (const stranger of strangers) stranger.close();
  });
  const userOf = (n: number): string =>
    n % 3 === 0 ? (PHONES[n % PHONES.length]?.user ?? '') : `invented-${n}`;
  const unknown = (stranger: Stranger, n: number): Promise<string> =>
    stranger.ask(n % ASKED.length, userOf(n), n, (n >> 3) % 2 === 0 ? 'none' : 'made-up');

  print(machine());
  print(`${requests.toLocaleString('en')} requests from ${ADDRESSES.toLocaleString('en')} addresses`);
  print();
  row('', 'HEAP USED', 'RESIDENT', 'TRANSACTIONS', 'BINDINGS', 'SUBSCRIPTIONS');
  await line('at the start', heap, node);
  await ask(strangers, requests / 10, unknown);
  await line('a tenth of them, warm', heap, node);
  const from = performance.now();
  const statuses = await ask(strangers, requests, unknown);
  const seconds = (performance.now() - from) / 1_000;
  const { posture } = await node.shield();
  await line('all of them', heap, node);
  const again = await ask(strangers, requests / 10, unknown);
  await line('a tenth more', heap, node);
  const refused = await ask(strangers, guesses, (stranger, n) =>
    stranger.ask(REGISTER, userOf(n), n, 'wrong'),
  );
  await line('guesses, each counted', heap, node);
  print();
  print(`answered: ${told(statuses)}; a tenth more: ${told(again)}`);
  print(`guesses answered: ${told(refused)}`);
  print(
    `${Math.round(requests / seconds).toLocaleString('en')} a second, as many as the shield lets in: its posture was ${posture}`,
  );
});
