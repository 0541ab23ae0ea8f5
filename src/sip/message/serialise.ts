// Message → bytes: long header names, CRLF, and a Content-Length that is always right.
//
// One string is built and encoded at once: on Node 26 that takes two thirds of the time of writing each row
// into a buffer.

import { assert } from '../../base/assert.ts';
import { hasLineEnd } from './grammar.ts';
import type { SipMessage } from './message.ts';

/** A line end in the start line is a bug; headers cannot hold one (see headers.ts). */
export function serialise(message: SipMessage): Uint8Array {
  const startLine =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  assert(!hasLineEnd(startLine), 'line end in the start line');
  const head = `${startLine}\r\n${message.headers.wire()}Content-Length: ${message.body.length}\r\n\r\n`;
  if (message.body.length === 0) return Buffer.from(head);
  return Buffer.concat([Buffer.from(head), message.body]);
}
