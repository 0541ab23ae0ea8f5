// The last word on a stream that cannot be read on (RFC 3261 §18.3): nobody above the transport will ever see
// the message that it broke on, so the transport answers it before it closes.

import { LIMITS } from '../../base/limits.ts';
import { createResponse } from '../../sip/message/compose.ts';
import type { FramingFailure } from '../../sip/message/framing.ts';
import { parseMessage } from '../../sip/message/parse.ts';
import { serialise } from '../../sip/message/serialise.ts';

/** The answer's bytes; `undefined` where there is nothing that could be answered. */
export function refusalOf({ status, head }: FramingFailure, toTag: string): Uint8Array | undefined {
  if (status === undefined) return undefined;
  const parsed = parseMessage(head.subarray(0, LIMITS.messageBytesMax));
  const request = parsed.ok ? parsed.value : parsed.error.partial;
  if (request?.kind !== 'request' || request.method === 'ACK') return undefined;
  return serialise(createResponse(request, status, { toTag }));
}
