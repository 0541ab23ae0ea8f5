// The phones' ends of TLS and WebSocket connections, as signalling transports with one connection each: to the
// node, and nowhere else.

import { connect } from 'node:tls';
import type { Endpoint, Flow } from '../../src/base/net.ts';
import type { SignallingHandler, SignallingTransport } from '../../src/ports/signalling.ts';
import { StreamFramer } from '../../src/sip/message/framing.ts';
import { onLoopback } from '../stand.ts';

export type PhoneTransport = 'udp' | 'tcp' | 'tls' | 'ws';

/** A connection that is open: takes whole messages, and ends. */
interface Line {
  readonly local: Endpoint;
  send(bytes: Uint8Array): void;
  end(): void;
}

/** Whom the bench itself gave its certificate need not prove it. */
export function openTlsLine(node: Endpoint, handler: SignallingHandler): Promise<SignallingTransport> {
  return open('tls', node, handler, async (received, closed) => {
    const { address: host, port } = onLoopback(node);
    const socket = connect({ host, port, rejectUnauthorized: false });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).once('secureConnect', resolve);
    });
    const framer = new StreamFramer();
    socket.on('error', () => undefined).on('close', closed);
    socket.on('data', (data) => {
      const framed = framer.push(Buffer.from(data));
      for (const item of framed.ok ? framed.value : []) if (item.type === 'message') received(item.bytes);
    });
    const local = { address: socket.localAddress ?? '', port: socket.localPort ?? 0 };
    return { local, send: (bytes) => socket.write(bytes), end: () => socket.destroy() };
  });
}

let browsers = 0;

/** As a browser does it (RFC 7118): it does not know the port that it comes from. */
export function openWebSocketLine(node: Endpoint, handler: SignallingHandler): Promise<SignallingTransport> {
  return open('ws', node, handler, async (received, closed) => {
    const { address, port } = onLoopback(node);
    const socket = new WebSocket(`ws://${address}:${port}`, 'sip');
    socket.binaryType = 'arraybuffer';
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error('the node takes no WebSocket'));
    });
    socket.onclose = closed;
    socket.onmessage = ({ data }) => {
      received(typeof data === 'string' ? Buffer.from(data) : new Uint8Array(data));
    };
    browsers += 1;
    // A copy: what was given may be a part of a buffer that is shared.
    const send = (bytes: Uint8Array) => socket.send(Uint8Array.from(bytes));
    return { local: { address: '127.0.0.1', port: browsers }, send, end: () => socket.close() };
  });
}

async function open(
  transport: 'tls' | 'ws',
  node: Endpoint,
  handler: SignallingHandler,
  connected: (received: (bytes: Uint8Array) => void, closed: () => void) => Promise<Line>,
): Promise<SignallingTransport> {
  const known: { flow?: Flow } = {};
  const line = await connected(
    (bytes) => known.flow && handler.received([{ flow: known.flow, bytes }]),
    () => known.flow && handler.closed(known.flow),
  );
  known.flow = { transport, local: line.local, remote: node };
  return {
    listener: { transport, local: line.local },
    send: (batch) => {
      for (const { bytes } of batch) line.send(bytes);
    },
    stats: () => ({ connections: 1, counters: {} }),
    close: async () => line.end(),
  };
}
