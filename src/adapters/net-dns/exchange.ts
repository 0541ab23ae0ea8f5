// One question to one DNS server: over UDP from a port of its own, so that a forger must guess port and id alike
// (RFC 5452), and over TCP where the answer was too long for a datagram. Ends when it is answered, when it fails,
// or when whoever asked has given up.

import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import { type Endpoint, formatEndpoint } from '../../base/net.ts';
import type { Reply } from '../../ports/dns.ts';
import { type AnyQuestion, decodeWhole, encodeQuestion, replyOf, type WholeAnswer } from './message.ts';

export interface Asking {
  readonly question: AnyQuestion;
  readonly server: Endpoint;
  /** 16 bits that nobody can foresee. */
  readonly id: number;
  readonly edns: boolean;
  /** Not wanted of servers that are to answer for their own zones alone. */
  readonly recursion?: boolean;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** An answer, or why there is none. */
export type Exchanged = WholeAnswer | { readonly type: 'failed'; readonly reason: string };

/** Never rejects. Unanswered questions end with the signal. The reason names the server. */
export async function exchange(asking: Asking): Promise<Reply> {
  const answer = await exchangeWhole(asking);
  const reply = answer.type === 'answer' ? replyOf(answer) : answer;
  if (reply.type !== 'failed') return reply;
  return { type: 'failed', reason: `DNS server ${formatEndpoint(asking.server)}: ${reply.reason}` };
}

/** The same with the answer as it came. The reason does not name the server. */
export async function exchangeWhole(asking: Asking): Promise<Exchanged> {
  const answer = await overUdp(asking);
  return answer === 'truncated' ? overTcp(asking) : answer;
}

function overUdp({
  question,
  server,
  id,
  edns,
  recursion,
  signal,
}: Asking): Promise<Exchanged | 'truncated'> {
  return new Promise((resolve) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    let open = true;
    // Listeners stay: one that is not bound yet closes by one of dgram's own. What they hear is nobody's business then.
    const end = (outcome: Exchanged | 'truncated'): void => {
      if (!open) return;
      open = false;
      signal.removeEventListener('abort', abort);
      socket.close();
      resolve(outcome);
    };
    const abort = (): void => end(failed('did not answer'));
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', (error) => end(failed(error.message)));
    socket.on('message', (bytes) => {
      const decoded = decodeWhole(bytes, id, question);
      if (decoded.type === 'truncated') end('truncated');
      else if (decoded.type === 'answer') end(decoded);
    });
    // A connected socket hears this server alone, and is told when nobody listens there. Its event, not a callback,
    // which dgram would call in place of the error where there is no way to the server.
    socket.once('connect', () => {
      if (open) socket.send(encodeQuestion(id, question, edns, recursion));
    });
    socket.connect(server.port, server.address);
    if (signal.aborted) abort();
  });
}

function overTcp({ question, server, id, edns, recursion, signal }: Asking): Promise<Exchanged> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: server.address, port: server.port, signal });
    let received = Buffer.alloc(0);
    const end = (outcome: Exchanged): void => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
      resolve(outcome);
    };
    socket.on('error', (error) => end(failed(signal.aborted ? 'did not answer' : error.message)));
    socket.on('close', () => end(failed('closed the connection')));
    socket.on('connect', () => socket.write(framed(encodeQuestion(id, question, edns, recursion))));
    socket.on('data', (bytes: Uint8Array) => {
      // Never more than one message of 65,535 bytes and what came along with its end.
      received = Buffer.concat([received, bytes]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length < length + 2) return;
      const decoded = decodeWhole(received.subarray(2, length + 2), id, question);
      end(decoded.type === 'answer' ? decoded : failed('gave no usable answer'));
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

function failed(reason: string): Exchanged {
  return { type: 'failed', reason };
}
