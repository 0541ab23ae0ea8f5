// OPTIONS (RFC 3261 §11) to a server: is anybody there who speaks SIP, and does it take requests? Any final response
// but 408, 503 and the other failures of servers says so: 404 and 405 too come from somebody who is there.
//
//   UDP: sent again after 0.5 s, 1 s, 2 s, then every 4 s (T1, T2) until something comes; TCP, TLS: once

import { createSocket } from 'node:dgram';
import { hex } from '../../base/ids.ts';
import { formatEndpoint } from '../../base/net.ts';
import type { ProbeTarget } from '../../ports/probes.ts';
import type { Random } from '../../ports/random.ts';
import { StreamFramer } from '../../sip/message/framing.ts';
import { Headers } from '../../sip/message/headers.ts';
import { formatHostPort } from '../../sip/message/host.ts';
import { SipRequest, type SipResponse } from '../../sip/message/message.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { serialise } from '../../sip/message/serialise.ts';
import { MAGIC_COOKIE } from '../../sip/message/via.ts';
import { type Around, addressOf, connected, sipIdentity } from './tcp.ts';

type Target = Extract<ProbeTarget, { readonly type: 'sip-options' }>;

interface SipAround extends Around {
  readonly random: Random;
  readonly userAgent: string;
}

interface Local {
  readonly address: string;
  readonly port: number;
}

const T1_MS = 500;
const T2_MS = 4_000;
const REQUEST_TIMEOUT = 408;

export async function probeSipOptions(target: Target, around: SipAround, signal: AbortSignal): Promise<void> {
  const { status, reason } = await (target.transport === 'udp' ? overUdp : overStream)(
    target,
    around,
    signal,
  );
  if (status === REQUEST_TIMEOUT || status >= 500) throw new Error(`SIP ${status} ${reason}`.trim());
}

async function overUdp(target: Target, around: SipAround, signal: AbortSignal): Promise<SipResponse> {
  const address = await addressOf(target.host, around.resolver);
  signal.throwIfAborted();
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<SipResponse>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
      socket.on('error', reject);
      // A connected socket hears this server alone, and is told when nobody listens there. Its event, not a callback,
      // which dgram would call in place of the error where there is no way to the server.
      socket.once('connect', () => {
        const branch = newBranch(around.random);
        const bytes = serialise(optionsTo(target, branch, socket.address(), around));
        socket.on('message', (datagram) => {
          const response = finalOf(datagram, branch);
          if (response !== undefined) resolve(response);
        });
        const send = (waitMs: number): void => {
          socket.send(bytes);
          timer = setTimeout(() => send(Math.min(2 * waitMs, T2_MS)), waitMs);
        };
        send(T1_MS);
      });
      socket.connect(target.port, address);
    });
  } finally {
    clearTimeout(timer);
    socket.removeAllListeners('error');
    socket.on('error', () => undefined);
    socket.close();
  }
}

async function overStream(target: Target, around: SipAround, signal: AbortSignal): Promise<SipResponse> {
  const transport = target.transport === 'tls' ? 'tls' : 'tcp';
  const { host, port: serverPort } = target;
  const connecting = { host, port: serverPort, transport, checkServerIdentity: sipIdentity } as const;
  const socket = await connected(connecting, around, signal);
  const { localAddress: address = '', localPort: port = 0 } = socket;
  try {
    return await new Promise<SipResponse>((resolve, reject) => {
      const branch = newBranch(around.random);
      const framer = new StreamFramer();
      signal.addEventListener('abort', () => reject(new Error('given up')), { once: true });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed before an answer')));
      socket.on('data', (bytes: Buffer) => {
        const framed = framer.push(bytes);
        if (!framed.ok) return reject(new Error(`what answers is not SIP: ${framed.error.reason}`));
        for (const item of framed.value) {
          const response = item.type === 'message' ? finalOf(item.bytes, branch) : undefined;
          if (response !== undefined) resolve(response);
        }
        return undefined;
      });
      socket.write(serialise(optionsTo(target, branch, { address, port }, around)));
    });
  } finally {
    socket.destroy();
  }
}

function newBranch(random: Random): string {
  return MAGIC_COOKIE + hex(random.bytes(12));
}

function optionsTo(
  { host, port, transport }: Target,
  branch: string,
  local: Local,
  { random, userAgent }: SipAround,
): SipRequest {
  const parameter = transport === 'udp' ? '' : ';transport=tcp';
  const scheme = transport === 'tls' ? 'sips' : 'sip';
  const uri = `${scheme}:${formatHostPort(host, port)}${transport === 'tls' ? '' : parameter}`;
  const ours = formatHostPort(local.address, undefined);
  return new SipRequest(
    'OPTIONS',
    uri,
    Headers.of([
      ['Via', `SIP/2.0/${transport.toUpperCase()} ${formatEndpoint(local)};branch=${branch};rport`],
      ['Max-Forwards', '70'],
      ['From', `<sip:watch@${ours}>;tag=${hex(random.bytes(8))}`],
      ['To', `<${uri}>`],
      ['Call-ID', hex(random.bytes(16))],
      ['CSeq', '1 OPTIONS'],
      ['User-Agent', userAgent],
      ['Accept', 'application/sdp'],
    ]),
  );
}

/** The final response to this request, if it is that. */
function finalOf(bytes: Uint8Array, branch: string): SipResponse | undefined {
  const parsed = parseMessage(bytes);
  if (!parsed.ok || parsed.value.kind !== 'response' || parsed.value.status < 200) return undefined;
  return parsed.value.via?.parameters.get('branch') === branch ? parsed.value : undefined;
}
