// Answers without a transaction (RFC 3261 §8.2.7): under overload, to malformed requests, to challenges.

import { fnv1a } from '../../base/hash.ts';
import type { Flow } from '../../base/net.ts';
import { createResponse } from '../message/compose.ts';
import type { SipRequest } from '../message/message.ts';
import { type SendEffect, sending } from './effects.ts';
import { serverKey } from './matching.ts';
import { responseFlow, withSource } from './response-route.ts';

export interface StatelessOptions {
  readonly reason?: string;
  readonly headers?: Iterable<readonly [name: string, value: string]>;
}

/** Answers `request`, which came over `flow`, and keeps nothing. Sends where a transaction would (RFC 3581). */
export function statelessResponse(
  request: SipRequest,
  flow: Flow,
  status: number,
  options: StatelessOptions = {},
): SendEffect {
  const known = withSource(request, flow);
  const response = createResponse(known, status, { toTag: statelessTag(request), ...options });
  return { ...sending(response, responseFlow(known, flow)), once: true };
}

/**
 * A To tag that is the same for each retransmission of one request, as §8.2.7 asks. FNV-1a, twice over: it has to
 * differ between requests, not to be hard to guess, because it names no dialog.
 */
export function statelessTag(request: SipRequest): string {
  const key = `${serverKey(request, '')}|${request.callId ?? ''}`;
  return [0x811c9dc5, 0x01234567].map((seed) => fnv1a(key, seed).toString(16).padStart(8, '0')).join('');
}
