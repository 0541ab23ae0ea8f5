// One question to one DNS server: over UDP from a port of its own, so that a forger must guess port and id alike
// (RFC 5452), and over TCP where the answer was too long for a datagram. Ends when it is answered, when it fails,
// or when whoever asked has given up.

import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import { type Endpoint, formatEndpoint } from '../../base/net.ts';
import type { Reply } from '../../ports/dns.ts';
import type { Question } from '../../sip/location/records.ts';
import { decodeAnswer, encodeQuestion } from './message.ts';

export interface Asking {
  readonly question: Question;
  readonly server: Endpoint;
  /** 16 bits that nobody can foresee. */
  readonly id: number;
  readonly edns: boolean;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Never rejects. Unanswered questions end with the signal. */
export async function exchange(asking: Asking): Promise<Reply> {
  const answer = await overUdp(asking);
  return answer === 'truncated' ? overTcp(asking) : answer;
}

function overUdp({ question, server, id, edns, signal }: Asking): Promise<Reply | 'truncated'> {
  return new Promise((resolve) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    const end = (outcome: Reply | 'truncated'): void => {
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      // What still comes of it is nobody's business any more.
      socket.on('error', () => undefined);
      socket.close();
      resolve(outcome);
    };
    const abort = (): void => end(failed(server, 'did not answer'));
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => end(failed(server, error.message)));
    socket.on('message', (bytes) => {
      const decoded = decodeAnswer(bytes, id, question);
      if (decoded.type === 'truncated') end('truncated');
      else if (decoded.type === 'reply') end(named(decoded.reply, server));
    });
    // A connected socket hears this server alone, and is told when nobody listens there.
    socket.connect(server.port, server.address, () => socket.send(encodeQuestion(id, question, edns)));
    if (signal.aborted) abort();
  });
}

function overTcp({ question, server, id, edns, signal }: Asking): Promise<Reply> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: server.address, port: server.port, signal });
    let received = Buffer.alloc(0);
    const end = (outcome: Reply): void => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
      resolve(outcome);
    };
    socket.on('error', (error) => end(failed(server, error.message)));
    socket.on('close', () => end(failed(server, 'closed the connection')));
    socket.on('connect', () => socket.write(framed(encodeQuestion(id, question, edns))));
    socket.on('data', (bytes: Uint8Array) => {
      // Never more than one message of 65,535 bytes and what came along with its end.
      received = Buffer.concat([received, bytes]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length < length + 2) return;
      const decoded = decodeAnswer(received.subarray(2, length + 2), id, question);
      end(decoded.type === 'reply' ? named(decoded.reply, server) : failed(server, 'gave no usable answer'));
    });
  });
}

/** RFC 1035 §4.2.2: two bytes of length come first. */
function framed(message: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(message.length + 2);
  bytes.writeUInt16BE(message.length);
  bytes.set(message, 2);
  return bytes;
}

function named(reply: Reply, server: Endpoint): Reply {
  return reply.type === 'failed' ? failed(server, reply.reason) : reply;
}

function failed(server: Endpoint, reason: string): Reply {
  return { type: 'failed', reason: `DNS server ${formatEndpoint(server)}: ${reason}` };
}
