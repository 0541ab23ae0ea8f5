// What there is to count of notices, for whoever watches a node: one row for each channel.

import type { Notice } from '../ports/records.ts';

export interface NoticeCounts {
  readonly channel: Notice['channel'];
  /** The configuration has a server for it. */
  readonly configured: boolean;
  /** That server could not be used when it was tried last. */
  readonly failing: boolean;
  readonly waiting: number;
  readonly delivered: number;
  /** Deliveries that failed, those that were tried again included. */
  readonly failed: number;
  readonly givenUp: number;
}
