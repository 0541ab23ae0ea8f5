// Grammar-based SIP: requests and responses built from parts, each of which knows how it may be written and how
// it may be wrong (words.ts). What comes out is mostly a message that a phone or a carrier could have sent.

import { drawSdp } from './sdp-grammar.ts';
import type { Words } from './words.ts';

export const METHODS = [
  'INVITE',
  'ACK',
  'BYE',
  'CANCEL',
  'REGISTER',
  'OPTIONS',
  'UPDATE',
  'PRACK',
  'INFO',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'MESSAGE',
  'PUBLISH',
] as const;
const ODD_METHODS = ['invite', 'NEWMETHOD', '', 'A B', '!%*_+`', 'SIP/2.0', '__proto__'] as const;
const STATUSES = [
  100, 180, 181, 183, 200, 202, 301, 302, 401, 407, 408, 422, 423, 480, 481, 486, 487, 488, 491,
];
const ODD_STATUSES = [0, 99, 199, 299, 500, 503, 513, 600, 603, 699, 700, 999, 1000];
const USERS = ['reception', 'workshop', '+442079460000', '02079460000', 'alice', '999', 'sip%3Auser%40a'];
const ODD_USERS = ['', ':', 'a:b:c', '%', '%zz', '%00', '%0d%0a', 'é', 'a b', ';', '?', 'user;a=b?c', '"'];
const URI_PARAMETERS = ['transport', 'lr', 'user', 'maddr', 'ttl', 'method', 'gr', 'ob', 'x'];
const ADDRESS_PARAMETERS = ['tag', 'q', 'expires', '+sip.instance', 'reg-id', 'x'];
const VIA_PARAMETERS = ['branch', 'rport', 'received', 'maddr', 'ttl', 'alias', 'keep', 'x'];

export function drawUri(words: Words): string {
  if (words.odd()) {
    return words.random.pick([
      '',
      ':',
      'sip:',
      'sip:@',
      'sip:@a',
      'http://example.com/a?b#c',
      'urn:service:sos',
      'tel:+44-20-(7946).0000;phone-context=a',
      'tel:',
      'sip:a@b@c',
      'sip:a?x=y&z',
      'SIPS:a',
      'cid:a',
      '<sip:a>',
      words.token(),
      `sip:${words.long()}`,
    ]);
  }
  const scheme = words.pick(
    ['sip', 'sip', 'sip', 'sips', 'tel'],
    ['SIP', 'sIpS', 'sip ', 'im', 'pres', '1sip'],
  );
  if (scheme === 'tel') return `tel:${words.pick(['+442079460000', '999', '+1-201-555'], ODD_USERS)}`;
  const user = words.random.chance(0.2) ? '' : `${words.pick(USERS, ODD_USERS)}${password(words)}@`;
  const headers = words.random.chance(0.03) ? `?${words.token()}=${words.token()}&a=b` : '';
  return `${scheme}:${user}${words.hostPort()}${uriParameters(words)}${headers}`;
}

function password(words: Words): string {
  return words.random.chance(0.03) ? `:${words.token()}` : '';
}

function uriParameters(words: Words): string {
  if (words.random.chance(0.6)) return '';
  return words.pick(
    [';transport=udp', ';transport=tcp', ';lr', ';user=phone'],
    [words.parameters(URI_PARAMETERS)],
  );
}

export function drawAddress(words: Words, names: readonly string[] = ADDRESS_PARAMETERS): string {
  if (words.odd()) {
    return words.random.pick([
      '*',
      '',
      '<>',
      '<',
      `<${drawUri(words)}`,
      `"${drawUri(words)}>`,
      drawUri(words),
      ',',
    ]);
  }
  const display = words.random.weighted([
    [4, ''],
    [2, words.quoted()],
    [1, 'Bob Smith'],
    [1, 'Zoë'],
  ]);
  return `${display}${words.space()}<${drawUri(words)}>${words.parameters(names)}`;
}

function list(words: Words, element: () => string, most = 3): string {
  const count = Math.max(words.odd() ? 0 : 1, words.count(most, [20, 69, 70, 71, 200]));
  return Array.from({ length: count }, element).join(words.pick([', ', ','], [',,', ' , ', ';', '\r\n ,\t']));
}

export function drawVia(words: Words): string {
  const protocol = words.pick(
    ['SIP/2.0/UDP', 'SIP/2.0/TCP', 'SIP/2.0/TLS'],
    ['SIP / 2.0 / UDP', 'SIP/3.0/UDP', 'SIP/2.0', 'X/Y/Z', ''],
  );
  const branch = words.odd() ? '' : `;branch=z9hG4bK${words.hex(12)}`;
  return `${protocol} ${words.hostPort()}${branch}${words.parameters(VIA_PARAMETERS, 2)}`;
}

export function drawCredentials(words: Words): string {
  const scheme = words.pick(['Digest'], ['digest', 'DIGEST ', 'Basic', '', 'Digest,', 'Digest\t']);
  const fields = [
    ['username', words.pick(['"reception"', '"workshop"'], [words.quoted(), words.token()])],
    ['realm', words.pick(['"voice.example.net"'], [words.quoted()])],
    ['nonce', `"${words.hex(32)}"`],
    ['uri', `"${drawUri(words)}"`],
    ['response', `"${words.hex(words.pick([32, 64], [0, 31, 65]))}"`],
    ['algorithm', words.pick(['MD5', 'SHA-256'], ['MD5-sess', '"MD5"', 'md5', 'SHA-512', ''])],
    ['qop', words.pick(['auth', '"auth"'], ['auth-int', '"auth,auth-int"', ''])],
    ['nc', words.pick(['00000001'], ['1', '00000000', 'ffffffff', 'g0000000', ''])],
    ['cnonce', `"${words.token()}"`],
    ['opaque', words.quoted()],
    ['stale', words.pick(['FALSE'], ['TRUE', '"true"', '1'])],
  ];
  const kept = fields.filter(() => !words.odd()).map(([name, value]) => `${name}${words.space()}=${value}`);
  if (words.odd()) kept.push(...kept.slice(0, words.count(2, [40])));
  return `${scheme} ${kept.join(words.pick([', ', ','], [';', ',,', ' ', '\r\n ,']))}`;
}

/** Header fields that come now and then: name, compact form where there is one, and a value. */
const OTHERS: readonly (readonly [name: string, compact: string, value: (words: Words) => string])[] = [
  ['Contact', 'm', (words) => list(words, () => drawAddress(words))],
  ['Route', 'Route', (words) => list(words, () => `<${drawUri(words)};lr>`)],
  ['Record-Route', 'Record-Route', (words) => list(words, () => `<${drawUri(words)};lr>`)],
  ['Path', 'Path', (words) => list(words, () => `<${drawUri(words)};lr>`)],
  ['Expires', 'Expires', (words) => words.number(7_200)],
  ['Min-Expires', 'Min-Expires', (words) => words.number(7_200)],
  [
    'Session-Expires',
    'x',
    (words) => `${words.number(1_800)}${words.pick(['', ';refresher=uas'], [';refresher=x'])}`,
  ],
  ['Min-SE', 'Min-SE', (words) => words.number(120)],
  ['Authorization', 'Authorization', drawCredentials],
  ['Proxy-Authorization', 'Proxy-Authorization', drawCredentials],
  ['WWW-Authenticate', 'WWW-Authenticate', drawCredentials],
  ['Proxy-Authenticate', 'Proxy-Authenticate', drawCredentials],
  ['Allow', 'Allow', (words) => list(words, () => words.pick(METHODS, ODD_METHODS), 8)],
  [
    'Supported',
    'k',
    (words) => list(words, () => words.pick(['timer', 'path', '100rel', 'outbound', 'gruu'])),
  ],
  [
    'Require',
    'Require',
    (words) => list(words, () => words.pick(['timer'], ['100rel', 'x', '', 'path', 'replaces'])),
  ],
  ['Proxy-Require', 'Proxy-Require', (words) => words.token()],
  [
    'User-Agent',
    'User-Agent',
    (words) => words.pick(['Phone/1.0 (x; "y")', 'PJSUA v2'], [words.long(), '(']),
  ],
  ['Subject', 's', (words) => words.pick(['hello', 'a, b', 'ü'], [words.long(), words.token()])],
  ['P-Asserted-Identity', 'P-Asserted-Identity', (words) => list(words, () => drawAddress(words), 2)],
  ['P-Preferred-Identity', 'P-Preferred-Identity', (words) => drawAddress(words)],
  ['Remote-Party-ID', 'Remote-Party-ID', (words) => drawAddress(words, ['privacy', 'party', 'screen'])],
  [
    'Privacy',
    'Privacy',
    (words) => words.pick(['id', 'none', 'id;critical', 'header'], [';', words.token()]),
  ],
  [
    'Diversion',
    'Diversion',
    (words) => list(words, () => drawAddress(words, ['reason', 'counter', 'privacy'])),
  ],
  ['History-Info', 'History-Info', (words) => list(words, () => drawAddress(words, ['index', 'rc']))],
  ['Refer-To', 'r', (words) => drawAddress(words)],
  ['Replaces', 'Replaces', (words) => `${words.token()};to-tag=${words.token()};from-tag=${words.token()}`],
  ['RAck', 'RAck', (words) => `${words.number(99)} ${words.number(99)} ${words.pick(METHODS, ODD_METHODS)}`],
  ['RSeq', 'RSeq', (words) => words.number(99)],
  ['Event', 'o', (words) => `${words.token()}${words.parameters(['id'])}`],
  ['Date', 'Date', (words) => words.pick(['Sat, 13 Nov 2010 23:29:00 GMT'], [words.token(), words.long()])],
  [
    'Retry-After',
    'Retry-After',
    (words) => `${words.number(120)}${words.pick(['', ' (busy (very))'], [' (('])}`,
  ],
  ['Reason', 'Reason', (words) => `Q.850;cause=${words.number(127)};text=${words.quoted()}`],
  ['Warning', 'Warning', (words) => `${words.number(399)} ${words.host()} ${words.quoted()}`],
  ['Timestamp', 'Timestamp', (words) => words.number(9_999)],
  ['Max-Breadth', 'Max-Breadth', (words) => words.number(60)],
  ['Identity', 'y', (words) => `${words.hex(64)};info=<https://a>;alg=ES256`],
  ['X-Unknown', 'X-Unknown', (words) => words.pick(['a', ';;,,;', ''], [words.long(), words.token()])],
  ['constructor', '__proto__', (words) => words.token()],
];

/** A message as its rows, so that it can be changed as what it is (mutate.ts). */
export interface Draft {
  readonly start: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

const NO_BODY = new Uint8Array(0);

export function drawDraft(words: Words): Draft {
  const { random } = words;
  const method = words.pick(METHODS, ODD_METHODS);
  const isRequest = random.chance(0.7);
  const version = words.pick(['SIP/2.0'], ['SIP/7.0', 'sip/2.0', 'SIP/2', 'SIP/2.0 ', 'HTTP/1.1', '']);
  const status = words.pick(STATUSES, ODD_STATUSES);
  const start = isRequest
    ? `${method} ${drawUri(words)} ${version}`
    : `${version} ${status}${words.pick([' OK', ' Because', ' '], ['', ' \u0000', ' é', words.long()])}`;
  const body = drawBody(words);
  const type = body.length === 0 ? [] : [contentType(words)];
  const rows = [...mandatory(words, method), ...others(words), ...type];
  const length = words.odd() ? words.number(70_000) : String(body.length);
  if (!random.chance(0.1)) rows.push([random.chance(0.2) ? 'l' : 'Content-Length', length]);
  return { start, rows, body };
}

type Row = readonly [name: string, value: string];

function mandatory(words: Words, method: string): Row[] {
  const compact = words.random.chance(0.2);
  const rows: Row[] = [
    [compact ? 'v' : 'Via', list(words, () => drawVia(words), 2)],
    ['Max-Forwards', words.number(70)],
    [compact ? 'f' : 'From', `${drawAddress(words, [])};tag=${words.token()}`],
    [
      compact ? 't' : 'To',
      `${drawAddress(words, [])}${words.random.chance(0.4) ? `;tag=${words.token()}` : ''}`,
    ],
    [compact ? 'i' : 'Call-ID', `${words.hex(8)}${words.random.chance(0.5) ? `@${words.host()}` : ''}`],
    ['CSeq', `${words.number(9_999)}${words.space()} ${words.odd() ? words.pick(METHODS) : method}`],
  ];
  return words.odd() ? rows.filter(() => !words.random.chance(0.3)) : rows;
}

function others(words: Words): Row[] {
  const count = words.count(6, [30, 249, 250, 251, 300]);
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) {
    const [name, compact, value] = words.random.pick(OTHERS);
    rows.push([spelled(words, words.random.chance(0.2) ? compact : name), value(words)]);
  }
  return rows;
}

function spelled(words: Words, name: string): string {
  if (!words.odd()) return name;
  return words.random.pick([
    name.toUpperCase(),
    name.toLowerCase(),
    `${name} `,
    `${name}\t`,
    ` ${name}`,
    '',
    words.token(),
  ]);
}

function contentType(words: Words): Row {
  const usual = ['application/sdp', 'Application/SDP;charset=utf-8', 'application/dtmf-relay'];
  const odd = ['multipart/mixed;boundary=x', 'multipart/mixed', 'text', '/', '', 'application/sdp;;'];
  return [words.random.chance(0.2) ? 'c' : 'Content-Type', words.pick(usual, odd)];
}

function drawBody(words: Words): Uint8Array {
  const { random } = words;
  return random.weighted([
    [5, () => NO_BODY],
    [4, () => drawSdp(words)],
    [1, () => Buffer.from('Signal=5\r\nDuration=160\r\n')],
    [1, () => multipart(words)],
    [1, () => random.bytes(random.between(0, 40))],
  ])();
}

function multipart(words: Words): Uint8Array {
  const part = Buffer.from(drawSdp(words)).toString('latin1');
  const parts = Array.from({ length: words.random.between(0, 3) }, () => {
    return `--x\r\nContent-Type: application/sdp\r\n\r\n${part}\r\n`;
  });
  return Buffer.from(`${parts.join('')}--x--\r\n`, 'latin1');
}

/** The bytes of a draft: UTF-8, or ISO 8859-1 as some phones send it; line ends as they should be, or not. */
export function wire(draft: Draft, words: Words): Buffer {
  const end = words.pick(['\r\n'], ['\n', '\r', '\r\n', '\n\r']);
  let head = `${draft.start}${end}`;
  for (const [name, value] of draft.rows)
    head += `${name}${words.pick([': '], [':', ' : ', ':\r\n ', ' '])}${value}${end}`;
  head += words.odd() ? words.pick(['', end, `${end}${end}`]) : end;
  const bytes = Buffer.from(head, words.odd() ? 'latin1' : 'utf8');
  return draft.body.length === 0 ? bytes : Buffer.concat([bytes, draft.body]);
}
