// One end of the wire, as a program of its own in a network namespace: listens, sends, connects, and counts what it
// gets. It takes orders as JSON lines and answers each with one. It sends to addresses of the test's own network only,
// and only from a namespace that is not that of who started it.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { readlinkSync } from 'node:fs';
import { connect, createServer, isIPv6, type Server } from 'node:net';
import { serve } from './serving.ts';

export interface End {
  readonly address: string;
  readonly port: number;
}

export type Order =
  /** `answers`: sends back what it gets. */
  | { readonly do: 'listen'; readonly on: End; readonly answers?: boolean }
  | { readonly do: 'listen-tcp'; readonly on: End }
  /** `overMs`: spread evenly over so long. */
  | {
      readonly do: 'send';
      readonly from: End;
      readonly to: End;
      readonly text: string;
      readonly count: number;
      readonly overMs?: number;
    }
  /** Answers with how many could connect within a second. */
  | { readonly do: 'connect'; readonly from: string; readonly to: End; readonly count: number }
  /** What came since this was asked last: `from > to port`, how often. */
  | { readonly do: 'received' };

const OURS = /^(10\.77\.|fd77:)/;
const CONNECT_MS = 1_000;

if (readlinkSync('/proc/self/ns/net') === readlinkSync(`/proc/${process.ppid}/ns/net`)) {
  throw new Error('this program sends within a namespace that a test made, and nowhere else');
}

const sockets = new Map<string, Socket>();
const servers: Server[] = [];
let received = new Map<string, number>();

async function socketAt({ address, port }: End, answers = false): Promise<Socket> {
  const key = `${address}|${port}`;
  const open = sockets.get(key);
  if (open !== undefined) return open;
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 4_000_000 });
  socket.on('message', (message, from) => {
    note(from, socket.address().port);
    if (answers) socket.send(message, from.port, from.address);
  });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.bind({ address, port }, resolve);
  });
  sockets.set(key, socket);
  return socket;
}

function note({ address, port }: RemoteInfo, local: number): void {
  const key = `${address}:${port} > ${local}`;
  received.set(key, (received.get(key) ?? 0) + 1);
}

async function send({ from, to, text, count, overMs = 0 }: Order & { do: 'send' }): Promise<number> {
  if (!OURS.test(to.address)) throw new Error(`${to.address} is not in the network of the test`);
  const socket = await socketAt(from);
  const beganMs = performance.now();
  for (let sent = 0; sent < count; sent++) {
    const dueMs = beganMs + (overMs * sent) / count;
    while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => socket.send(text, to.port, to.address, resolve));
  }
  return count;
}

async function connectMany({ from, to, count }: Order & { do: 'connect' }): Promise<number> {
  if (!OURS.test(to.address)) throw new Error(`${to.address} is not in the network of the test`);
  const attempts = Array.from({ length: count }, async () => {
    const socket = connect({ host: to.address, port: to.port, localAddress: from });
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      AbortSignal.timeout(CONNECT_MS).addEventListener('abort', () => resolve(false));
    });
    socket.destroy();
    return connected;
  });
  return (await Promise.all(attempts)).filter(Boolean).length;
}

async function listenTcp({ address, port }: End): Promise<void> {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => {
    server.listen(port, address, resolve);
  });
  servers.push(server);
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'listen':
      return void (await socketAt(order.on, order.answers));
    case 'listen-tcp':
      return listenTcp(order.on);
    case 'send':
      return send(order);
    case 'connect':
      return connectMany(order);
    case 'received': {
      const soFar = Object.fromEntries(received);
      received = new Map();
      return soFar;
    }
  }
}

serve(obey);
