// Session descriptions as the peers of a story write them.

import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/base/net.ts';
import type { SipMessage } from '../../src/sip/message/message.ts';
import { type Described, type Direction, readDescription } from '../simulation/session.ts';

export const SDP = 'application/sdp';

export interface Description {
  readonly direction?: Direction;
  /** `PCMA`, `PCMU`, `G729`: each with its static payload type. */
  readonly codecs?: readonly ('PCMA' | 'PCMU' | 'G729' | 'opus')[];
  readonly version?: number;
}

const PAYLOADS = {
  PCMU: '0 PCMU/8000',
  PCMA: '8 PCMA/8000',
  G729: '18 G729/8000',
  opus: '111 opus/48000/2',
} as const;

export function session(at: Endpoint, description: Description = {}): string {
  const { direction = 'sendrecv', codecs = ['PCMA', 'PCMU'], version = 1 } = description;
  const family = at.address.includes(':') ? 'IP6' : 'IP4';
  const payloads = codecs.map((codec) => PAYLOADS[codec]);
  return [
    'v=0',
    `o=- ${at.port} ${version} IN ${family} ${at.address}`,
    's=-',
    `c=IN ${family} ${at.address}`,
    't=0 0',
    `m=audio ${at.port} RTP/AVP ${payloads.map((payload) => payload.split(' ')[0]).join(' ')} 101`,
    ...payloads.map((payload) => `a=rtpmap:${payload}`),
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-15',
    `a=${direction}`,
    '',
  ].join('\r\n');
}

/** What the message describes; it must describe something. */
export function described(message: SipMessage): Described {
  const found = readDescription(message.body);
  assert.ok(found, 'the message describes no session');
  return found;
}
