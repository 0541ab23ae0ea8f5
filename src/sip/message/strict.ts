// What a strict listener refuses beyond what every listener does (inspect.ts): messages that break RFC 3261 and can
// be understood all the same. A lenient listener takes them, because phones and exchanges of every age send them; a
// strict one is for links whose other end is known to do better, where such a message is a fault or an attack.
//
// One row for each rule. docs/strictness.md lists them, and a test holds the two together.

import { tagOf } from './address.ts';
import { isToken } from './grammar.ts';
import type { Defect } from './inspect.ts';
import type { SipMessage, SipRequest } from './message.ts';
import { asBuffer, CR, LF } from './octets.ts';
import { isUniqueBranch } from './via.ts';

/** A message as it came, for what its reading does not show any more. */
interface Wire {
  /** From the start line to the empty line. */
  readonly head: Buffer;
  /** All of it. */
  readonly length: number;
  readonly datagram: boolean;
}

export interface StrictRule {
  readonly name: string;
  /** Reason-Phrase of the 400. */
  readonly reason: string;
  /** Where the rule is from. */
  readonly source: string;
  breaks(message: SipMessage, wire: Wire): boolean;
}

/** In the order of asking: what concerns the bytes comes first. */
export const STRICT_RULES: readonly StrictRule[] = [
  {
    name: 'line ends',
    reason: 'Line Without CRLF',
    source: 'RFC 3261 §7',
    breaks: (_, { head }) => head.some((octet, at) => octet === LF && head[at - 1] !== CR),
  },
  {
    name: 'UTF-8',
    reason: 'Header Not In UTF-8',
    source: 'RFC 3261 §7, §25.1',
    breaks: (_, { head }) => !Buffer.from(head.toString('utf8')).equals(head),
  },
  {
    name: 'Content-Length',
    reason: 'Missing Content-Length',
    source: 'RFC 3261 §20.14',
    breaks: (message, { datagram }) =>
      datagram && message.body.length > 0 && !message.headers.has('Content-Length'),
  },
  {
    name: 'body',
    reason: 'Bytes After The Body',
    source: 'RFC 3261 §18.3',
    breaks: ({ body }, { datagram, head, length }) => datagram && length > head.length + body.length,
  },
  {
    name: 'branch',
    reason: 'Branch Without Magic Cookie',
    source: 'RFC 3261 §8.1.1.7',
    breaks: (message) => isRequest(message) && !isUniqueBranch(message.via?.parameters.get('branch') ?? ''),
  },
  {
    name: 'Via transport',
    reason: 'Unknown Transport In Via',
    source: 'RFC 3261 §20.42, RFC 4168, RFC 7118',
    breaks: ({ via }) => via !== undefined && !TRANSPORTS.has(via.transport),
  },
  {
    name: 'Max-Forwards',
    reason: 'Missing Max-Forwards',
    source: 'RFC 3261 §8.1.1.6',
    breaks: (message) => isRequest(message) && !message.headers.has('Max-Forwards'),
  },
  {
    name: 'From tag',
    reason: 'Missing From Tag',
    source: 'RFC 3261 §8.1.1.3',
    breaks: ({ from }) => tagOf(from) === undefined,
  },
  {
    name: 'Contact',
    reason: 'INVITE Without Exactly One Contact',
    source: 'RFC 3261 §8.1.1.8',
    breaks: (message) => isRequest(message) && message.method === 'INVITE' && message.contacts.length !== 1,
  },
  {
    name: 'schemes',
    reason: 'Unknown URI Scheme',
    source: 'RFC 3261 §19.1, RFC 3966, RFC 5031',
    breaks: ({ from, to, contacts }) =>
      [from, to, ...contacts].some((address) => address !== undefined && !SCHEME.test(address.uri)),
  },
  {
    name: 'display names',
    reason: 'Display Name Needs Quotes',
    source: 'RFC 3261 §25.1, RFC 4475 §3.1.2.15',
    breaks: ({ headers }) =>
      [...headers.all('From'), ...headers.all('To'), ...headers.values('Contact')].some(isCarelesslyNamed),
  },
  {
    name: 'addresses',
    reason: 'White Space Around A URI',
    source: 'RFC 3261 §25.1, RFC 4475 §3.1.2.14',
    breaks: ({ headers }) =>
      ADDRESSES.some((name) => headers.all(name).some((value) => /<\s|\s>/.test(value))),
  },
  {
    name: 'hosts',
    reason: 'Bad Host',
    source: 'RFC 3261 §25.1, RFC 5954',
    breaks: (message) => /\[[^\]]*:::|@[\w.-]*_/.test(hostsIn(message)),
  },
  {
    name: 'Date',
    reason: 'Date Not In GMT',
    source: 'RFC 3261 §20.17',
    breaks: ({ headers }) => headers.all('Date').some((date) => !date.endsWith(' GMT')),
  },
];

/** `datagram`: the bytes are all that came, not a part of a stream that Content-Length cut out. */
export function strictDefect(message: SipMessage, source: Uint8Array, datagram: boolean): Defect | undefined {
  const bytes = withoutLeadingLines(asBuffer(source));
  const wire = { head: bytes.subarray(0, endOfHead(bytes)), length: bytes.length, datagram };
  const broken = STRICT_RULES.find((rule) => rule.breaks(message, wire));
  return broken && { status: 400, reason: broken.reason };
}

const TRANSPORTS: ReadonlySet<string> = new Set(['UDP', 'TCP', 'TLS', 'SCTP', 'TLS-SCTP', 'WS', 'WSS']);
const SCHEME = /^(sips?|tel|urn):|^\*$/i;
const ADDRESSES = ['From', 'To', 'Contact'];

function isRequest(message: SipMessage): message is SipRequest {
  return message.kind === 'request';
}

/** `Bell, Alexander <sip:…>`: neither a quoted string nor tokens. */
function isCarelesslyNamed(value: string): boolean {
  const display = /^([^"<]*)</.exec(value)?.[1]?.trim() ?? '';
  return display !== '' && !display.split(/\s+/).every(isToken);
}

/** Everything that names a host, as `@host` each. */
function hostsIn(message: SipMessage): string {
  const vias = message.headers.values('Via').map((value) => value.replace(/^\S+\s+|;.*$/g, ''));
  const uris = [
    isRequest(message) ? message.uri : '',
    ...ADDRESSES.flatMap((name) => message.headers.all(name)),
  ];
  return [...vias.map((via) => `@${via}`), ...uris].join(' ');
}

/** RFC 3261 §7.5 lets line ends stand before the start line. */
function withoutLeadingLines(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return bytes.subarray(at);
}

/** The first position after the empty line. */
function endOfHead(bytes: Buffer): number {
  const ends = ['\n\r\n', '\n\n'].flatMap((end) => {
    const at = bytes.indexOf(end);
    return at < 0 ? [] : at + end.length;
  });
  return Math.min(bytes.length, ...ends);
}
