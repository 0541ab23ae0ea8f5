// DNS as the core needs it: one question at a time, answered as it stands in the answer section. What it means for
// a call, how long it holds and what is done when it fails is decided in sip/location/ and locating/.

import type { DnsRow, Question } from '../sip/location/records.ts';

export type Reply =
  /** The records asked for, and the aliases that led to them. */
  | { readonly type: 'rows'; readonly rows: readonly DnsRow[] }
  /** There is no such name, or no such record of it. The TTL is that of RFC 2308 §5, where the answer had one. */
  | { readonly type: 'none'; readonly ttlMs?: number }
  /** No usable answer: nobody answered, or nobody who knows. The reason is for people. */
  | { readonly type: 'failed'; readonly reason: string };

export interface Resolver {
  /** Never rejects. May take as long as it likes: whoever asks goes on without. */
  ask(question: Question): Promise<Reply>;
}
