// The bounds of the published status page. Everybody reads them as LIMITS (limits.ts). Each says what happens at the
// limit; readers are strangers, and may be very many on the very day that the node has other things to do.

import { MINUTE_MS, SECOND_MS } from './time.ts';

export const PAGE_LIMITS = {
  /** Hosts and stores that the page is pushed to. More: the configuration is refused. */
  pageTargetsMax: 8,
  /** Bytes of the operator's logo. More: the configuration is refused. */
  pageLogoBytesMax: 32_768,
  /** Incidents, and maintenance, that the page tells of. More: the oldest are not on it. */
  pageIncidentsMax: 200,
  pageMaintenanceMax: 100,
  /** Readers' connections at once, and those of one customer's address. More: closed at once. */
  pageConnectionsMax: 2_000,
  pageConnectionsFromOneMax: 100,
  /** Time for a request to arrive whole, and for a reader who takes nothing. Longer: the connection is closed. */
  pageRequestMs: 5 * SECOND_MS,
  pageReaderSilenceMs: 20 * SECOND_MS,
  /** Bytes of a request's headers. More: 431. */
  pageHeaderBytesMax: 8_192,
  /** For how long others may keep a copy of the page. Longer: they ask again. */
  pageCacheSeconds: 10,
  /** From one rendering to the next, however much changes meanwhile. */
  pageRenderGapMs: SECOND_MS,
  /** Time to read what the store has for the page. Longer: it shows what that had before, with the states of now. */
  pageReadMs: 2 * SECOND_MS,
  /** Time for one push to a target, for one file of it, and files at once. Longer: tried again; more: they wait. */
  pagePushMs: 2 * MINUTE_MS,
  pageUploadMs: 20 * SECOND_MS,
  pageUploadsAtOnce: 4,
  /** Bytes of what a store answers that are read. */
  pageAnswerBytesMax: 8_192,
} as const;
