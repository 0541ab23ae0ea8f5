// Who may turn an HTTP request into a WebSocket (RFC 6455 §4.2, RFC 7118 §4), and what everybody else hears.
//
//     GET / HTTP/1.1                              HTTP/1.1 101 Switching Protocols
//     Upgrade: websocket                          Sec-WebSocket-Protocol: sip
//     Sec-WebSocket-Protocol: sip         →
//     Origin: https://portal.example.net          400 without `sip`, 403 from a page that is not listed
//
// A browser lets any page connect anywhere and only tells which one it is. Digest keeps strangers out, and the
// list keeps their pages from guessing passwords with our visitors' browsers. Who sends no Origin is no browser.

import { type IncomingMessage, STATUS_CODES } from 'node:http';

export interface UpgradeRefusal {
  readonly status: number;
  /** For whoever looks into why it does not work. */
  readonly text: string;
}

export const SUBPROTOCOL = 'sip';

/** `origins` as browsers write them (RFC 6454 §6.2); `*` stands for every page. */
export function refusalOf(request: IncomingMessage, origins: readonly string[]): UpgradeRefusal | undefined {
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((each) => each.trim());
  if (offered?.includes(SUBPROTOCOL) !== true) {
    return { status: 400, text: 'Only the WebSocket subprotocol "sip" is spoken here.' };
  }
  const origin = request.headers.origin?.toLowerCase();
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return undefined;
  return {
    status: 403,
    text: 'Pages of this origin are not let in; the operator lists them in sip.webOrigins.',
  };
}

/** A whole HTTP answer that ends the connection. */
export function answerOf({ status, text }: UpgradeRefusal): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${text.length + 1}`,
    '',
    `${text}\n`,
  ].join('\r\n');
}
