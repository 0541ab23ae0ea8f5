// The node's clock: wall-clock time that never runs backward.
//
// It counts with the monotonic clock from an anchor on the wall clock. When the wall clock is ahead (the
// machine slept, or time was set forward), the node takes that time at once: bindings did expire meanwhile.
// When it is behind (time was set back), the node goes on counting, 500 ppm slow, the rate at which adjtime
// slews, until the two agree: no timer fires twice and no RTP schedule notices.

import type { Instant } from '../../base/time.ts';
import type { Clock } from '../../ports/clock.ts';

const SLEW = 0.9995;
/** The wall clock is read in whole milliseconds, so being ahead by less is agreement. */
const RESOLUTION_MS = 1;

export interface TimeSources {
  /** Milliseconds since 1970; may jump both ways. */
  readonly wallMs: () => number;
  /** Milliseconds since whenever; never backward; may stand still while the machine sleeps. */
  readonly monotonicMs: () => number;
}

export interface SystemClock extends Clock {
  /** How far it is ahead of the wall clock, which was set back; in milliseconds, 0 where they agree. */
  aheadMs(): number;
}

const SYSTEM: TimeSources = { wallMs: Date.now, monotonicMs: () => performance.now() };

export function createSystemClock(sources: TimeSources = SYSTEM): SystemClock {
  let current = sources.wallMs();
  let countedAt = sources.monotonicMs();

  const clock = {
    now(): Instant {
      // The wall clock first: a pause between the two readings then makes it look late, which is harmless.
      const wall = sources.wallMs();
      const counted = sources.monotonicMs();
      const elapsed = counted - countedAt;
      const isAhead = current + elapsed > wall + RESOLUTION_MS;
      current = Math.max(wall, current + (isAhead ? elapsed * SLEW : elapsed));
      countedAt = counted;
      return current;
    },
    aheadMs(): number {
      const wall = sources.wallMs();
      return Math.max(0, clock.now() - wall - RESOLUTION_MS);
    },
  };
  return clock;
}
