// How widely a call may fork on its way (RFC 5393 §5): Max-Breadth is how many branches of it may be under way at once,
// all elements together. Who forks shares what it was given among its branches, so that calls that loop and fork
// run out of branches before they become a storm.

import type { SipRequest } from '../sip/message/message.ts';
import type { HeaderRow } from './leg.ts';

/** Of a call that says nothing (RFC 5393 §5.3.1). */
const BREADTH_DEFAULT = 60;

/** Branches that a request may have; 0: none, and it is answered 440. What cannot be read counts as unsaid. */
export function breadthOf(request: SipRequest): number {
  const said = request.headers.get('Max-Breadth') ?? '';
  return /^\d{1,9}$/.test(said) ? Math.min(Number(said), BREADTH_DEFAULT) : BREADTH_DEFAULT;
}

/** What each of `branches` gets. */
export function breadthHeader(breadth: number, branches: number): HeaderRow {
  return ['Max-Breadth', String(Math.max(1, Math.floor(breadth / branches)))];
}
