// What INVITE, UPDATE and their answers may bring: a session description, or nothing (RFC 3261 §13.2.1). Whatever
// else a peer attaches is refused before it costs anything.

import { parseSdp, type SessionDescription } from '../sdp/description.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import { type HeaderRow, SDP_TYPE } from './leg.ts';

export interface ContentRefusal {
  readonly status: number;
  readonly headers: readonly HeaderRow[];
  readonly reason?: string;
}

/** The message's session description; `undefined` where there is none that can be read. */
export function sdpOf(message: SipRequest | SipResponse): SessionDescription | undefined {
  if (message.body.length === 0 || typeOf(message) !== SDP_TYPE) return undefined;
  const sdp = parseSdp(message.body);
  return sdp.ok ? sdp.value : undefined;
}

/** Why the request cannot be understood: 415 by its type (§8.2.3), 400 by what it says. */
export function unreadableContent(request: SipRequest): ContentRefusal | undefined {
  if (request.body.length === 0) return undefined;
  if (typeOf(request) !== SDP_TYPE) return { status: 415, headers: [['Accept', SDP_TYPE]] };
  if (sdpOf(request) !== undefined) return undefined;
  return { status: 400, headers: [], reason: 'Bad Session Description' };
}

function typeOf(message: SipRequest | SipResponse): string | undefined {
  return message.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
}
