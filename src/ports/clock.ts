// The clock port: the one source of time.

import type { Instant } from '../base/time.ts';

/** The one source of time. `app/` passes what it says into the pure core; nothing else reads a clock. */
export interface Clock {
  now(): Instant;
}
