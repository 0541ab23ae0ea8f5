// What bots send: SIP that a platform must look at before it can know better, and garbage besides. Drawn from a seed,
// so that each platform is flooded with the same packets in the same order.
//
// Of a hundred packets 45 register (half of them with made-up credentials), 25 call, 20 ask OPTIONS, and 10 are no
// SIP. Each has a Call-ID and a branch of its own. One in ten names itself as a scanner that everybody knows.

import { utf8 } from '../../src/base/bytes.ts';
import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import { SeededRandom } from '../../test/simulation/world.ts';
import { EDGE_ADDRESS, SUBSCRIBERS } from './addresses.ts';
import type { Datagram } from './frames.ts';
import { admit, type Ground } from './law.ts';

const USER_AGENTS = [
  'Z 5.6.4',
  'Grandstream GXP1625 1.0.7.13',
  'Yealink SIP-T21P_E2 52.84.0.15',
  'PolycomVVX',
];
const SCANNERS = ['friendly-scanner', 'sipcli/v1.8', 'VaxSIPUserAgent/3.1', 'pplsip'];
const NUMBERS = ['00442079460000', '900972592277524', '0011972595632310', '442079460123', '1000'];
const HEX_DIGITS = '0123456789abcdef';
const GARBAGE_BYTES_MAX = 600;

/** `count` packets to the edge, sources in turn. */
export function flood(
  count: number,
  sources: readonly Endpoint[],
  options: { readonly seed: number; readonly target: Endpoint; readonly ground: Ground },
): readonly Datagram[] {
  const to = admit(options.target, options.ground);
  const random = new SeededRandom(options.seed);
  return Array.from({ length: count }, (_, index) => {
    const from = sources[index % sources.length];
    if (from === undefined) throw new Error('a flood has sources');
    return { from, to, payload: draw(random, from) };
  });
}

function draw(random: SeededRandom, from: Endpoint): Uint8Array {
  const drawn = random.between(1, 100);
  if (drawn <= 45) return utf8(register(random, from));
  if (drawn <= 70) return utf8(invite(random, from));
  if (drawn <= 90) return utf8(options(random, from));
  return garbage(random, from);
}

function register(random: SeededRandom, from: Endpoint): string {
  const user = userOf(random);
  const uri = `sip:${EDGE_ADDRESS}`;
  const rows = common(random, from, 'REGISTER', uri, `<sip:${user}@${EDGE_ADDRESS}>`, user);
  const contact = [`Contact: <sip:${user}@${formatEndpoint(from)}>`, 'Expires: 3600'];
  const credentials = random.chance(0.5) ? [authorization(random, user, uri)] : [];
  return message([...rows, ...contact, ...credentials]);
}

function authorization(random: SeededRandom, user: string, uri: string): string {
  const fields = [
    `username="${user}"`,
    `realm="${EDGE_ADDRESS}"`,
    `nonce="${token(random, 32)}"`,
    `uri="${uri}"`,
    `response="${token(random, 32)}"`,
    'algorithm=MD5',
  ];
  return `Authorization: Digest ${fields.join(', ')}`;
}

function invite(random: SeededRandom, from: Endpoint): string {
  const number = random.chance(0.5) ? random.pick(NUMBERS) : random.pick(SUBSCRIBERS).number;
  const uri = `sip:${number}@${EDGE_ADDRESS}`;
  const user = userOf(random);
  const rows = common(random, from, 'INVITE', uri, `<${uri}>`, user);
  const body = [
    'v=0',
    `o=- ${random.between(1, 1e9)} 1 IN IP4 ${from.address}`,
    's=-',
    `c=IN IP4 ${from.address}`,
    't=0 0',
    `m=audio ${2 * random.between(8_000, 30_000)} RTP/AVP 0 8 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');
  return message(
    [...rows, `Contact: <sip:${user}@${formatEndpoint(from)}>`, 'Content-Type: application/sdp'],
    body,
  );
}

function options(random: SeededRandom, from: Endpoint): string {
  const uri = `sip:${random.chance(0.5) ? '100@' : ''}${EDGE_ADDRESS}`;
  return message([
    ...common(random, from, 'OPTIONS', uri, `<${uri}>`, userOf(random)),
    'Accept: application/sdp',
  ]);
}

/** The request line and what all requests have. */
function common(
  random: SeededRandom,
  from: Endpoint,
  method: string,
  uri: string,
  to: string,
  user: string,
): readonly string[] {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${formatEndpoint(from)};branch=z9hG4bK${token(random, 16)};rport`,
    'Max-Forwards: 70',
    `From: "${user}" <sip:${user}@${EDGE_ADDRESS}>;tag=${token(random, 8)}`,
    `To: ${to}`,
    `Call-ID: ${token(random, 24)}@${from.address}`,
    `CSeq: ${random.between(1, 100)} ${method}`,
    `User-Agent: ${random.chance(0.1) ? random.pick(SCANNERS) : random.pick(USER_AGENTS)}`,
  ];
}

function message(rows: readonly string[], body = ''): string {
  return `${rows.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** Bytes of no meaning, a SIP message cut off, or one with a header missing. */
function garbage(random: SeededRandom, from: Endpoint): Uint8Array {
  const kind = random.between(1, 3);
  if (kind === 1) return random.bytes(random.between(1, GARBAGE_BYTES_MAX));
  const text = invite(random, from);
  if (kind === 2) return utf8(text.slice(0, random.between(20, text.length - 1)));
  return utf8(text.replace(/^(?:Via|From|To|Call-ID|CSeq):.*\r\n/m, ''));
}

/** One in three is a subscriber's own. */
function userOf(random: SeededRandom): string {
  if (random.chance(1 / 3)) return random.pick(SUBSCRIBERS).user;
  return random.chance(0.5) ? String(random.between(100, 9_999)) : token(random, 8);
}

function token(random: SeededRandom, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) text += HEX_DIGITS[random.between(0, 15)];
  return text;
}
