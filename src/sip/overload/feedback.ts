// Overload control between neighbours (RFC 7339; rates: RFC 7415). A peer that can send less when it is asked says so
// in its Via, and is told in the same Via, in every response, how much less.
//
//     asks     Via: … ;branch=z9hG4bK77;oc;oc-algo="loss,rate"
//     is told  Via: … ;branch=z9hG4bK77;oc=20;oc-algo="loss";oc-validity=2000;oc-seq=1282321615.78
//
// Loss is the one that everybody who asks must know (RFC 7339 §4.4): of what it would send, so many percent are left
// out. A rate, where it is known, holds better, because it does not depend on how much the peer has to send.

import type { SipRequest } from '../message/message.ts';
import { unquote } from '../message/parameters.ts';
import { withTopVia } from '../message/top-via.ts';

export interface Feedback {
  /** 0 to 100: to be left out. 0 says that there is no overload. */
  readonly lossPercent: number;
  /** Requests a second that are welcome, to who can hold a rate. */
  readonly perSecond: number;
  /** How long the peer goes by it when it hears nothing new. */
  readonly validityMs: number;
  /** Seconds, growing: the newest counts. */
  readonly sequence: number;
}

/** Whether the sender of this request does as it is told. Its claim costs nothing: at worst it sends less. */
export function asksForFeedback(request: SipRequest): boolean {
  return request.via?.parameters.has('oc') ?? false;
}

/** The request as it is answered: whatever responds to it tells its sender. */
export function withFeedback(request: SipRequest, feedback: Feedback): SipRequest {
  const via = request.via;
  if (via === undefined) return request;
  const { lossPercent, perSecond, validityMs, sequence } = feedback;
  const known = unquote(via.parameters.get('oc-algo') ?? '')
    .split(',')
    .map((algorithm) => algorithm.trim().toLowerCase());
  const isOverloaded = lossPercent > 0;
  const holdsRate = known.includes('rate') && isOverloaded;
  const parameters = new Map(via.parameters);
  parameters.set('oc', String(Math.round(holdsRate ? perSecond : lossPercent)));
  parameters.set('oc-algo', holdsRate ? '"rate"' : '"loss"');
  // Zero ends what was told before (RFC 7339 §5.5).
  parameters.set('oc-validity', String(isOverloaded ? Math.round(validityMs) : 0));
  parameters.set('oc-seq', sequence.toFixed(2));
  return withTopVia(request, parameters);
}
