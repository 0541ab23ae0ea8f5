// Who is at the other ends: phones, carriers and a stranger, and what they know of the conversation so far, so that
// the next message is a valid one before it is spoiled. That is how nonsense gets deep: with the right tags,
// branches, Call-IDs and credentials.

import { hex } from '../../../src/base/ids.ts';
import { type Endpoint, type Flow, flowKey, formatEndpoint, isStream } from '../../../src/base/net.ts';
import { DigestClient } from '../../../src/sip/auth/client.ts';
import { Dialog } from '../../../src/sip/dialog/dialog.ts';
import { createResponse } from '../../../src/sip/message/compose.ts';
import { Headers } from '../../../src/sip/message/headers.ts';
import { SipRequest, type SipResponse } from '../../../src/sip/message/message.ts';
import { serialise } from '../../../src/sip/message/serialise.ts';
import { hashing } from '../../simulation/hashing.ts';
import { NODE, passwordOf } from '../../simulation/scenario.ts';
import type { SeededRandom } from '../../simulation/world.ts';
import { type Draft, drawDraft, wire } from '../grammar.ts';
import { mutateBytes, mutateDraft } from '../mutate.ts';
import { Words } from '../words.ts';
import type { NodeWorld } from './world.ts';

/** What each remembers at most: newest last. */
const REMEMBERED_MAX = 12;

export interface Asked {
  readonly flow: Flow;
  readonly request: SipRequest;
}

export interface Conversation {
  readonly flow: Flow;
  readonly dialog: Dialog;
  /** CSeq of the INVITE whose 2xx is to be acknowledged. */
  readonly inviteCseq: number;
}

export class Peers {
  /** What the node asked of them. */
  readonly asked: Asked[] = [];
  /** INVITEs that they sent. */
  readonly invites: Asked[] = [];
  readonly conversations: Conversation[] = [];
  /** Whatever was sent, to be sent again. */
  readonly sent: { readonly flow: Flow; readonly bytes: Uint8Array }[] = [];
  readonly #world: NodeWorld;
  readonly #digests = new Map<string, DigestClient>();
  #connections = 1;

  constructor(world: NodeWorld) {
    this.#world = world;
  }

  flow(name: PeerName): Flow {
    const { transport, address, port } = PEERS[name];
    const flow = { transport, local: NODE, remote: { address, port } };
    return isStream(transport) ? { ...flow, connectionId: `${name}-${this.#connections}` } : flow;
  }

  /** Connections from now on are new ones. */
  reconnect(): void {
    this.#connections += 1;
  }

  digest(user: string): DigestClient {
    const known = this.#digests.get(user);
    if (known !== undefined) return known;
    const made = new DigestClient({
      user,
      password: passwordOf(user),
      hashing,
      newCnonce: () => 'c'.repeat(16),
    });
    this.#digests.set(user, made);
    return made;
  }

  /** A request outside of dialogs, as it should be. */
  request(method: string, called: string, flow: Flow, user: string, random: SeededRandom): SipRequest {
    return new SipRequest(
      method,
      `sip:${called}@${NODE.address}`,
      Headers.of([
        ['Max-Forwards', '70'],
        ['From', `<sip:${user}@${NODE.address}>;tag=${hex(random.bytes(4))}`],
        ['To', `<sip:${method === 'REGISTER' ? user : called}@${NODE.address}>`],
        ['Call-ID', hex(random.bytes(6))],
        ['CSeq', `${random.between(1, 100)} ${method}`],
        ['Contact', contactOf(user, flow.remote)],
      ]),
    );
  }

  /** Sends it with a Via of its own, spoiled or not, and hears what comes back. */
  send(flow: Flow, request: SipRequest, random: SeededRandom): void {
    const via = `SIP/2.0/${flow.transport.toUpperCase()} ${formatEndpoint(flow.remote)};branch=z9hG4bK${hex(random.bytes(6))};rport`;
    const routed = request.with({ headers: request.headers.prepend('Via', via) });
    if (request.method === 'INVITE') remember(this.invites, { flow, request: routed });
    this.sendBytes(flow, spoiled(serialise(routed), random));
  }

  respond(flow: Flow, response: SipResponse, random: SeededRandom): void {
    this.sendBytes(flow, spoiled(serialise(response), random));
  }

  sendBytes(flow: Flow, bytes: Uint8Array): void {
    remember(this.sent, { flow, bytes });
    this.#world.receive(flow, bytes);
    this.listen();
  }

  /** The challenge to the last request of this user, if there was one. */
  challenge: SipResponse | undefined;

  /** Takes in what the node sent. */
  listen(): void {
    this.challenge = undefined;
    for (const { flow, message } of this.#world.heard.splice(0)) {
      if (message.kind === 'request') {
        if (message.method !== 'ACK') remember(this.asked, { flow, request: message });
      } else if (message.status === 401 || message.status === 407) this.challenge = message;
      else this.#answered(flow, message);
    }
  }

  #answered(flow: Flow, response: SipResponse): void {
    if (response.cseq?.method !== 'INVITE' || response.status <= 100 || response.status >= 300) return;
    const invite = this.invites.findLast(({ request }) => request.callId === response.callId)?.request;
    if (invite?.from === undefined || invite.cseq === undefined || response.to === undefined) return;
    const dialog = Dialog.asUac(invite, response);
    if (dialog.ok) {
      remember(this.conversations, { flow, dialog: dialog.value, inviteCseq: invite.cseq.number });
    }
  }

  /** The answer to what the node asked, which may begin a dialog. */
  answer({ flow, request }: Asked, status: number, body: Uint8Array, random: SeededRandom): void {
    const tag = hex(random.bytes(4));
    const contact = contactOf('callee', flow.remote);
    const headers: (readonly [string, string])[] = [['Contact', contact]];
    if (random.chance(0.1)) headers.push(['Require', '100rel'], ['RSeq', String(random.between(0, 9))]);
    if (random.chance(0.1)) headers.push(['Session-Expires', '90;refresher=uac']);
    if (status === 401 || status === 407) headers.push(['WWW-Authenticate', CHALLENGE]);
    if (status >= 300 && status < 400) headers.push(['Contact', '<sip:elsewhere@198.51.100.66>']);
    const response = createResponse(request, status, {
      toTag: tag,
      headers,
      ...(body.length > 0 && { body, contentType: 'application/sdp' }),
    });
    const begins = request.method === 'INVITE' && status > 100 && status < 300;
    if (begins && request.from !== undefined && request.to !== undefined) {
      const dialog = Dialog.asUas(request, tag, contact);
      remember(this.conversations, { flow, dialog, inviteCseq: request.cseq?.number ?? 1 });
    }
    this.respond(flow, response, random);
  }
}

const CHALLENGE = 'Digest realm="carrier", nonce="0123456789abcdef", algorithm=SHA-256, qop="auth"';

export const PEERS = {
  reception: { transport: 'udp', address: '192.0.2.11', port: 5_060 },
  workshop: { transport: 'tcp', address: '192.0.2.12', port: 40_001 },
  browser: { transport: 'ws', address: '192.0.2.13', port: 40_002 },
  secure: { transport: 'tls', address: '192.0.2.14', port: 40_003 },
  'carrier-a': { transport: 'udp', address: '198.51.100.1', port: 5_060 },
  'carrier-b': { transport: 'udp', address: '198.51.100.2', port: 5_060 },
  stranger: { transport: 'udp', address: '203.0.113.66', port: 5_060 },
} as const satisfies Record<string, Endpoint & { readonly transport: Flow['transport'] }>;

export type PeerName = keyof typeof PEERS;
export const PEER_NAMES = Object.keys(PEERS) as PeerName[];

function contactOf(user: string, remote: Endpoint): string {
  return `<sip:${user}@${formatEndpoint(remote)}>`;
}

function remember<T>(list: T[], one: T): void {
  list.push(one);
  if (list.length > REMEMBERED_MAX) list.shift();
}

/** Mostly as it was; else with rows or bytes changed. */
function spoiled(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.chance(0.65)) return bytes;
  if (random.chance(0.3)) return mutateBytes(bytes, random);
  const words = new Words(random, 0);
  return wire(mutateDraft(draftOf(bytes), drawDraft(words), words), words);
}

/** What we wrote ourselves, taken apart again. */
function draftOf(bytes: Uint8Array): Draft {
  const text = Buffer.from(bytes).toString('latin1');
  const headEnd = text.indexOf('\r\n\r\n');
  const [start = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const rows = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return { start, rows, body: bytes.slice(headEnd + 4) };
}

/** Flows are the same when they lead to the same place. */
export function sameFlow(a: Flow, b: Flow): boolean {
  return flowKey(a) === flowKey(b);
}
