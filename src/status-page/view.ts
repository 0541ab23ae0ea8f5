// What the status page shows, as data: made by admin/page.ts, rendered by the modules of this folder, each
// `(view) → files`. Rendering reads no clock: `at` is when the view was made, and a page says in the reader's browser
// how old that is by then.

import type { Instant } from '../base/time.ts';
import type { Incident, Maintenance } from '../ports/incidents.ts';
import type { ShownState } from '../ports/status.ts';

/** Of the operator, by configuration. */
export interface Site {
  readonly name: string;
  /** `https://status.example.net/`, where known: feeds and permanent addresses need it. */
  readonly url?: string | undefined;
  readonly homepage?: string | undefined;
  readonly logo?: { readonly type: string; readonly bytes: Uint8Array } | undefined;
  /** `#rrggbb`. Where it could not be read on the page it is made darker, or on the dark page lighter. */
  readonly accent?: string | undefined;
  /** IANA, such as `Europe/London`. */
  readonly timeZone: string;
  /** What customers can do, one line. */
  readonly advice?: string | undefined;
  /** How to reach the operator: an address of mail or of the web, a telephone number, or words. */
  readonly contact?: string | undefined;
}

export interface DayOnPage {
  /** `2026-11-26`, UTC. */
  readonly day: string;
  /** In partial or major outage. */
  readonly downMs: number;
  readonly degradedMs: number;
  readonly maintenanceMs: number;
  /** Watched, and not `unknown`. */
  readonly knownMs: number;
}

export interface ComponentOnPage {
  readonly name: string;
  readonly group?: string | undefined;
  readonly state: ShownState;
  readonly since: Instant;
  /** 90, oldest first; `undefined`: nothing is known of that day. */
  readonly days: readonly (DayOnPage | undefined)[];
  /** 0…1, of today (UTC), and of 7 and 90 days with it; absent: nothing is known of them. */
  readonly uptime: { readonly day?: number; readonly week?: number; readonly quarter?: number };
}

/**
 * `reached`: share of calls that reached their number, 0…1. `setup`: mean time until the caller heard of somebody, in
 * milliseconds. `quality`: mean estimate of audio quality, 1…4.5 (MOS). `phones`: registered. `blocked`: packets a
 * second that the shield dropped, on average over each step.
 */
export const GRAPHS = ['reached', 'setup', 'quality', 'phones', 'blocked'] as const;
export type GraphName = (typeof GRAPHS)[number];
export const RANGES = ['24h', '7d', '90d'] as const;
export type Range = (typeof RANGES)[number];

export interface GraphPoint {
  /** When its step begins. */
  readonly at: Instant;
  readonly value: number;
}

export interface GraphRange {
  readonly range: Range;
  readonly from: Instant;
  readonly to: Instant;
  readonly stepMs: number;
  /** In order of time. Where nothing was measured there is none, and the graph has a gap. */
  readonly points: readonly GraphPoint[];
}

export interface Graph {
  readonly name: GraphName;
  readonly ranges: readonly GraphRange[];
}

export interface PageView {
  readonly at: Instant;
  readonly site: Site;
  readonly state: ShownState;
  readonly components: readonly ComponentOnPage[];
  readonly graphs: readonly Graph[];
  /** Newest first. */
  readonly incidents: readonly Incident[];
  readonly maintenance: readonly Maintenance[];
  /** After so long without a new one the page calls itself old. */
  readonly staleAfterMs: number;
}

/** One file of the site. */
export interface PageFile {
  /** Relative to the site's root, such as `incidents/20261126-1/index.html`. */
  readonly path: string;
  /** Media type, with its charset. */
  readonly type: string;
  readonly body: string | Uint8Array;
}
