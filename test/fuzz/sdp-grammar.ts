// Grammar-based session descriptions (RFC 8866): offers and answers as phones and carriers write them, and what
// none of them would.

import type { Words } from './words.ts';

const CODECS = ['PCMU/8000', 'PCMA/8000', 'G722/8000', 'opus/48000/2', 'telephone-event/8000', 'iLBC/8000'];
const ODD_CODECS = ['', '/', 'PCMU', 'PCMU/', 'PCMU/0', 'x/99999999', 'é/8000', 'PCMU/8000/99', 'a b/1'];
const ATTRIBUTES = [
  'sendrecv',
  'sendonly',
  'recvonly',
  'inactive',
  'ptime:20',
  'maxptime:150',
  'rtcp:40001',
  'rtcp:40001 IN IP4 192.0.2.7',
  'rtcp-mux',
  'fmtp:101 0-15',
  'fmtp:111 useinbandfec=1',
  'candidate:1 1 UDP 2130706431 192.0.2.7 40000 typ host',
  'ice-ufrag:F7gI',
  'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc',
  'setup:actpass',
  'mid:0',
  'ssrc:1 cname:a',
];
const ODD_ATTRIBUTES = [
  '',
  ':',
  'ptime:',
  'ptime:-1',
  'ptime:99999',
  'rtcp:0',
  'rtcp:x',
  'fmtp:',
  'rtpmap:',
  '\u0000',
];
const ADDRESSES = ['IN IP4 192.0.2.7', 'IN IP4 203.0.113.9', 'IN IP6 2001:db8::9', 'IN IP4 0.0.0.0'];
const ODD_ADDRESSES = [
  '',
  'IN',
  'IN IP4',
  'IN IP4 224.2.1.1/127/3',
  'IN IP4 phone.example.net',
  'IN IP4 256.1.1.1',
  'IN IP6 ::',
  'ATM NSAP x',
  'IN IP4 127.0.0.1',
  '  IN  IP4  192.0.2.7  ',
];

export function drawSdp(words: Words): Uint8Array {
  const end = words.pick(['\r\n'], ['\n', '\r', '\r\n\r\n']);
  const lines = session(words);
  const sections = words.random.chance(0.02) ? 0 : Math.max(1, words.count(2, [3, 32, 33, 100]));
  for (let i = 0; i < sections; i++) lines.push(...section(words));
  if (words.odd()) lines.splice(words.random.between(0, lines.length), words.random.between(1, 4));
  for (let i = words.count(0, [1, 1_001]); i > 0; i--) lines.push(odd(words));
  return Buffer.from(`${lines.join(end)}${words.odd() ? '' : end}`, words.odd() ? 'latin1' : 'utf8');
}

function session(words: Words): string[] {
  const lines = [
    words.pick(['v=0'], ['v=1', 'V=0', 'v =0', 'v=0 ', '']),
    `o=${words.pick(['-', 'alice'], ['', 'a b'])} ${words.number(99_999)} ${words.number(9)} ${address(words)}`,
    words.pick(['s=-', 's=call'], ['s=', 's', '']),
  ];
  if (!words.random.chance(0.1)) lines.push(`c=${address(words)}`);
  lines.push(words.pick(['t=0 0'], ['t=', '', 't=0 0\r\nr=7d 1h 0 25h', `b=AS:${words.number(99)}`]));
  if (words.random.chance(0.2)) lines.push(`a=${words.pick(ATTRIBUTES, ODD_ATTRIBUTES)}`);
  return lines;
}

function section(words: Words): string[] {
  const { random } = words;
  const media = words.pick(
    ['audio', 'audio', 'audio', 'video', 'image'],
    ['AUDIO', '', 'audio audio', 'text'],
  );
  const count = words.count(5, [0, 127, 128, 129, 500]);
  const types = Array.from({ length: count }, () =>
    words.pick(['0', '8', '9', '101', '111', '18'], ['128', 'x', '-1']),
  );
  const protocol = words.pick(
    ['RTP/AVP', 'RTP/AVP', 'RTP/SAVP', 'UDP/TLS/RTP/SAVPF'],
    ['udptl', '', 'RTP', 'rtp/avp'],
  );
  const port = words.odd() ? words.pick(['0', '0/2', '49170/2', '65536', '-1', '']) : words.number(65_535);
  const lines = [`m=${media} ${port} ${protocol} ${types.join(words.pick([' '], ['  ', '', '\t']))}`];
  if (random.chance(0.3)) lines.push(`c=${address(words)}`);
  for (const type of types.slice(0, 20)) lines.push(`a=rtpmap:${type} ${words.pick(CODECS, ODD_CODECS)}`);
  for (let i = random.between(0, 4); i > 0; i--) lines.push(`a=${words.pick(ATTRIBUTES, ODD_ATTRIBUTES)}`);
  return lines;
}

function address(words: Words): string {
  return words.pick(ADDRESSES, ODD_ADDRESSES);
}

function odd(words: Words): string {
  return words.random.pick([
    'a=x',
    'm=',
    'c=',
    '=',
    'a',
    'zz=1',
    'a=rtpmap:0 ',
    `a=${words.token()}`,
    '\u0000',
  ]);
}
