// What the use-cases are given: where records are kept, the node that acts on them, and what they may need of time,
// randomness and hashing. app/ makes it; a test makes it of what stands in for them.

import type { NodeControl } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';
import type { Recordings } from '../ports/recordings.ts';
import type { E164 } from '../ports/records.ts';
import type { SecretHashing } from '../ports/secret-hashing.ts';
import type { Speech } from '../ports/speech.ts';
import type { Store } from '../ports/store.ts';
import type { Trace } from '../trace/trace.ts';
import type { NoticeDesk } from './notices.ts';

export interface AdminOptions {
  readonly store: Store;
  readonly node: NodeControl;
  readonly notices: NoticeDesk;
  readonly recordings: Recordings;
  readonly speech: Speech;
  readonly clock: Clock;
  readonly random: Random;
  readonly hashing: Hashing;
  /** For PINs and one-time codes. */
  readonly secrets: SecretHashing;
  /** The digest realm, which is the SIP domain. */
  readonly realm: string;
  /** ISO 3166 country in whose national format numbers may be written. */
  readonly country: string;
  /** Numbers that answer on the node and run accounts by telephone. */
  readonly controlNumbers: readonly E164[];
  /** Names of the prompts that the media relay can play. */
  readonly prompts: readonly string[];
  readonly trace: Trace;
}
