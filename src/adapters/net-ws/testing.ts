// The clients of the tests here, which speak HTTP and WebSocket frames byte by byte, so that they can do it wrong:
// strangers, slow ones, and those that never learnt it.
//
//     FIN opcode │ 1 length │ mask │ payload         (RFC 6455 §5.2; clients mask)

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { type ClientOptions, WebSocket } from 'ws';
import type { Endpoint } from '../../base/net.ts';

/** A well-behaved client. */
export async function client(t: TestContext, { address, port }: Endpoint, options: ClientOptions = {}) {
  const ws = new WebSocket(`ws://${address}:${port}/`, 'sip', options);
  t.after(() => ws.terminate());
  await once(ws, 'open');
  return ws;
}

/** `allowHalfOpen`: keeps its side open when the listener ends its own. */
export async function dial(t: TestContext, remote: Endpoint, allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ host: remote.address, port: remote.port, allowHalfOpen });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const UPGRADE = {
  Host: 'voice.example.net',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Protocol': 'sip',
};

/** The request that becomes a WebSocket; a header with an empty value is left out. */
export function upgrade(headers: Readonly<Record<string, string>> = {}): string {
  const rows = Object.entries({ ...UPGRADE, ...headers }).filter(([, value]) => value !== '');
  return ['GET / HTTP/1.1', ...rows.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
}

/** A client whose frames are up to the test. */
export async function dialUpgraded(t: TestContext, remote: Endpoint, allowHalfOpen = false): Promise<Socket> {
  const socket = await dial(t, remote, allowHalfOpen);
  socket.write(upgrade());
  await once(socket, 'data');
  return socket;
}

export const TEXT = 1;
export const CONTINUATION = 0;
export const BINARY = 2;
export const PING = 9;
const CLOSE_FRAME = 0x88;
/** Added to an opcode: more fragments follow. */
export const MORE = 0x100;

/** A frame with a mask of zeros. */
export function frame(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 6 : 8);
  head[0] = (opcode & 0x0f) | (opcode >= MORE ? 0 : 0x80);
  head[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}

/** All that comes until the other side ends it, which a close frame is answered with. */
export async function rest(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => {
    pieces.push(piece);
    if (piece[0] === CLOSE_FRAME) socket.end();
  });
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(pieces);
}

/** The code of a close frame that stands alone. */
export function closeCode(bytes: Buffer): number | undefined {
  return bytes[0] === CLOSE_FRAME && bytes.length >= 4 ? bytes.readUInt16BE(2) : undefined;
}
