// What a stranger throws at a node: noise, halves of messages, requests and responses to nothing that is known.
// None of it may disturb a call, be answered without measure, or stay.

import { utf8 } from '../../src/base/bytes.ts';
import type { Flow } from '../../src/base/net.ts';
import type { Host } from './network.ts';

const HEADERS = [
  'Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bKnoise',
  'Max-Forwards: 70',
  'From: <sip:nobody@203.0.113.66>;tag=1',
  'Call-ID: noise',
] as const;

function request(method: string, to: string, more: readonly string[] = []): string {
  const start = `${method} sip:+442079460000@192.0.2.1 SIP/2.0`;
  return [start, ...HEADERS, `To: ${to}`, `CSeq: 1 ${method}`, ...more, '', ''].join('\r\n');
}

const NOISE: readonly string[] = [
  '\r\n\r\n',
  '\0\0\0\0',
  'GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n',
  'INVITE sip:+442079460000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203',
  request('INVITE', '<sip:a@192.0.2.1>', ['Contact: <sip:nobody@203.0.113.66>']),
  request('INVITE', '<sip:a@192.0.2.1>;tag=2', ['Contact: <sip:nobody@203.0.113.66>']),
  request('REGISTER', '<sip:acme-1@192.0.2.1>', ['Contact: *', 'Expires: 0']),
  request('BYE', '<sip:a@192.0.2.1>;tag=2'),
  request('CANCEL', '<sip:a@192.0.2.1>'),
  request('ACK', '<sip:a@192.0.2.1>;tag=2'),
  request('UPDATE', '<sip:a@192.0.2.1>'),
  request('NONSENSE', '<sip:a@192.0.2.1>'),
  request('OPTIONS', '<sip:a@192.0.2.1>', ['Content-Length: 9999']),
  ['SIP/2.0 200 OK', ...HEADERS, 'To: <sip:a@192.0.2.1>;tag=3', 'CSeq: 1 INVITE', '', ''].join('\r\n'),
];

export function makeNoise(from: Host, flow: Flow): void {
  from.listen(['udp:5060'], { received: () => undefined, failed: () => undefined, closed: () => undefined });
  for (const each of NOISE) from.send(flow, utf8(each));
}
