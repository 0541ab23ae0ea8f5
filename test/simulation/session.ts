// Session descriptions as the simulated phones and carriers speak them: one audio stream, G.711, directions.
// Written apart from src/sdp on purpose, so that a peer reads what the node really wrote.

import { text, utf8 } from '../../src/base/bytes.ts';
import type { Endpoint } from '../../src/base/net.ts';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Described {
  /** Where to send; undefined where the stream is refused or held the old way (0.0.0.0). */
  readonly endpoint: Endpoint | undefined;
  readonly direction: Direction;
}

export function describe(at: Endpoint, direction: Direction, version: number): Uint8Array {
  const family = at.address.includes(':') ? 'IP6' : 'IP4';
  return utf8(
    [
      'v=0',
      `o=- ${at.port} ${version} IN ${family} ${at.address}`,
      's=-',
      `c=IN ${family} ${at.address}`,
      't=0 0',
      `m=audio ${at.port} RTP/AVP 8 0 101`,
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      `a=${direction}`,
      '',
    ].join('\r\n'),
  );
}

/** Undefined where the body is no audio session description. */
export function readDescription(body: Uint8Array): Described | undefined {
  const sdp = text(body);
  const port = /^m=audio (\d+) /m.exec(sdp)?.[1];
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  if (port === undefined || address === undefined) return undefined;
  const direction = (/^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)?.[1] ??
    'sendrecv') as Direction;
  const gone = port === '0' || address === '0.0.0.0';
  return { endpoint: gone ? undefined : { address, port: Number(port) }, direction };
}

/** What we may answer to their direction, given what we would like (RFC 3264 §6.1). */
export function answerDirection(theirs: Direction, ours: Direction): Direction {
  const send = theirs !== 'sendonly' && theirs !== 'inactive' && ours !== 'recvonly' && ours !== 'inactive';
  const receive =
    theirs !== 'recvonly' && theirs !== 'inactive' && ours !== 'sendonly' && ours !== 'inactive';
  if (send) return receive ? 'sendrecv' : 'sendonly';
  return receive ? 'recvonly' : 'inactive';
}
