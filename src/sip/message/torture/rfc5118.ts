// RFC 5118 §4: IPv6 in SIP.

import { message, type TortureMessage } from './torture.ts';

const SDP_IPV6 = [
  'v=0',
  'o=assistant 971731711378798081 0 IN IP6 2001:db8::20',
  's=Live video feed for today meeting',
  'c=IN IP6 2001:db8::20',
  't=3338481189 3370017201',
  'm=audio 6000 RTP/AVP 2',
  'a=rtpmap:2 G726-32/8000',
  '',
].join('\r\n');

const SDP_MIXED = [
  'v=0',
  'o=bob 280744730 28977631 IN IP4 host.example.com',
  's=',
  't=0 0',
  'm=audio 22334 RTP/AVP 0',
  'c=IN IP4 192.0.2.1',
  'm=video 6024 RTP/AVP 107',
  'c=IN IP6 2001:db8::1',
  'a=rtpmap:107 H263-1998/90000',
  '',
].join('\r\n');

/** The request that sections 4.1 to 4.4 vary: only the Request-URI differs. */
function register(requestUri: string): Uint8Array {
  return message([
    `REGISTER ${requestUri} SIP/2.0`,
    'To: sip:user@example.com',
    'From: sip:user@example.com;tag=81x2',
    'Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111',
    'Call-ID: SSG9559905523997077@hlau_4100',
    'Max-Forwards: 70',
    'Contact: "Caller" <sip:caller@[2001:db8::1]>',
    'CSeq: 98176 REGISTER',
    'Content-Length: 0',
  ]);
}

function byeReceivedAt(received: string): Uint8Array {
  return message([
    'BYE sip:[2001:db8::10] SIP/2.0',
    'To: sip:user@example.com;tag=bd76ya',
    'From: sip:user@example.com;tag=81x2',
    `Via: SIP/2.0/UDP [2001:db8::9:1];received=${received};branch=z9hG4bKas3-111`,
    'Call-ID: SSG9559905523997077@hlau_4100',
    'Max-Forwards: 70',
    'CSeq: 321 BYE',
    'Content-Length: 0',
  ]);
}

export const IPV6: readonly TortureMessage[] = [
  {
    name: 'ipv6-good',
    section: '5118 §4.1',
    about: 'An IPv6 reference in Request-URI, Via and Contact.',
    bytes: register('sip:[2001:db8::10]'),
    expected: {
      verdict: 'sound',
      reads: {
        hostPort: '[2001:db8::10]',
        vias: ['SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111'],
        contacts: ['Caller <sip:caller@[2001:db8::1]>'],
        contactUsers: ['caller'],
      },
    },
  },
  {
    name: 'ipv6-bad',
    section: '5118 §4.2',
    about: 'An IPv6 address without brackets in the Request-URI.',
    bytes: register('sip:2001:db8::10'),
    expected: { verdict: 'objectionable', reason: 'Bad Request-URI' },
  },
  {
    name: 'port-ambiguous',
    section: '5118 §4.3',
    about: 'What looks like a port is the last group of the address, because it stands within the brackets.',
    bytes: register('sip:[2001:db8::10:5070]'),
    expected: { verdict: 'sound', reads: { hostPort: '[2001:db8::10:5070]' } },
  },
  {
    name: 'port-unambiguous',
    section: '5118 §4.4',
    about: 'The port after the brackets.',
    bytes: register('sip:[2001:db8::10]:5070'),
    expected: { verdict: 'sound', reads: { hostPort: '[2001:db8::10]:5070' } },
  },
  {
    name: 'via-received-param-with-delim',
    section: '5118 §4.5',
    about: 'received with brackets, as implementations write it.',
    bytes: byeReceivedAt('[2001:db8::9:255]'),
    expected: {
      verdict: 'sound',
      reads: { vias: ['SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111'] },
    },
  },
  {
    name: 'via-received-param-no-delim',
    section: '5118 §4.5',
    about: 'received without brackets, as the grammar has it.',
    bytes: byeReceivedAt('2001:db8::9:255'),
    expected: {
      verdict: 'sound',
      reads: { vias: ['SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111'] },
    },
  },
  {
    name: 'ipv6-in-sdp',
    section: '5118 §4.6',
    about: 'IPv6 in the body.',
    bytes: message(
      [
        'INVITE sip:user@[2001:db8::10] SIP/2.0',
        'To: sip:user@[2001:db8::10]',
        'From: sip:user@example.com;tag=81x2',
        'Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111',
        'Call-ID: SSG9559905523997077@hlau_4100',
        'Contact: "Caller" <sip:caller@[2001:db8::20]>',
        'CSeq: 8612 INVITE',
        'Max-Forwards: 70',
        'Content-Type: application/sdp',
        `Content-Length: ${SDP_IPV6.length}`,
      ],
      SDP_IPV6,
    ),
    expected: {
      verdict: 'sound',
      reads: { user: 'user', to: '<sip:user@[2001:db8::10]>', bodyBytes: SDP_IPV6.length },
    },
  },
  {
    name: 'mult-ip-in-header',
    section: '5118 §4.7',
    about: 'IPv4 and IPv6 in the Vias of one request.',
    bytes: message([
      'BYE sip:user@host.example.net SIP/2.0',
      'Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
      'Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
      'Call-ID: 997077@lau_4100',
      'Max-Forwards: 70',
      'CSeq: 89187 BYE',
      'To: sip:user@example.net;tag=9817--94',
      'From: sip:user@example.com;tag=81x2',
      'Content-Length: 0',
    ]),
    expected: {
      verdict: 'sound',
      reads: {
        vias: [
          'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
          'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
          'SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
        ],
      },
    },
  },
  {
    name: 'mult-ip-in-sdp',
    section: '5118 §4.8',
    about: 'IPv4 and IPv6 in one body.',
    bytes: message(
      [
        'INVITE sip:user@[2001:db8::10] SIP/2.0',
        'To: sip:user@[2001:db8::10]',
        'From: sip:user@example.com;tag=81x2',
        'Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111',
        'Call-ID: SSG9559905523997077@hlau_4100',
        'Contact: "Caller" <sip:caller@[2001:db8::9:1]>',
        'Max-Forwards: 70',
        'CSeq: 8912 INVITE',
        'Content-Type: application/sdp',
        `Content-Length: ${SDP_MIXED.length}`,
      ],
      SDP_MIXED,
    ),
    expected: { verdict: 'sound', reads: { bodyBytes: SDP_MIXED.length } },
  },
  {
    name: 'ipv4-mapped-ipv6',
    section: '5118 §4.9',
    about: 'IPv4-mapped addresses, with and without a port.',
    bytes: message([
      'INVITE sip:user@example.com SIP/2.0',
      'To: sip:user@example.com',
      'From: sip:user@east.example.com;tag=81x2',
      'Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
      'Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111',
      'Call-ID: SSG9559905523997077@hlau_4100',
      'Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>',
      'CSeq: 612 INVITE',
      'Max-Forwards: 70',
      'Content-Length: 0',
    ]),
    expected: {
      verdict: 'sound',
      reads: {
        vias: [
          'SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
          'SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111',
        ],
        contacts: ['T. desk phone <sip:ted@[::ffff:192.0.2.2]>'],
      },
    },
  },
  {
    name: 'ipv6-bug-abnf-3-colons',
    section: '5118 §4.10',
    about: 'Three colons before an IPv4 part, as the grammar of RFC 3261 has it: read as two.',
    bytes: message([
      'OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0',
      'To: sip:user@[2001:db8:::192.0.2.1]',
      'From: sip:user@example.com;tag=810x2',
      'Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111',
      'Call-ID: G9559905523997077@hlau_4100',
      'CSeq: 689 OPTIONS',
      'Max-Forwards: 70',
      'Content-Length: 0',
    ]),
    expected: { verdict: 'sound', reads: { user: 'user', hostPort: '[2001:db8::192.0.2.1]' } },
  },
];
