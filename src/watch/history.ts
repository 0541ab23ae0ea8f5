// How long each component was shown in each state, day by day of UTC, and what share of that it was up. Time is counted
// as it passes, and only where somebody watched: while the node was down, or its process stood still, nothing is
// counted, neither as up nor as down.
//
//   shown    ── operational ──┬─ major-outage ─┬─ operational ──┊   (node down)   ┊── operational ──
//   counted  26th: operational 3 h, major-outage 20 min         ┊    nothing      ┊   goes on
//
// A component that is configured no more keeps its days in the store until they are too old; one that is called
// otherwise begins anew.

import { LIMITS } from '../base/limits.ts';
import { DAY_MS, type Instant } from '../base/time.ts';
import { SHOWN_STATES, type ShownState } from '../ports/status.ts';
import type { ComponentDay, Day } from '../ports/uptime.ts';

/** Of the time that is known: 0 to 1; absent where nothing is known. */
export interface Uptime {
  /** Today, so far. */
  readonly day?: number;
  /** Seven days, today among them. */
  readonly week?: number;
  /** Ninety days, today among them. */
  readonly quarter?: number;
}

const DOWN: readonly ShownState[] = ['partial-outage', 'major-outage'];
/** Customers were told of it before, and what fails meanwhile is shown as an outage all the same. */
const UP: readonly ShownState[] = ['operational', 'degraded', 'maintenance'];

interface Track {
  /** `undefined` before anything was shown. */
  state: ShownState | undefined;
  /** Until when all is counted, in whole milliseconds. */
  countedUntil: Instant;
  /** Oldest first. */
  readonly days: Map<Day, Record<ShownState, number>>;
  /** Days that are not as they were when `changed` was last asked. */
  readonly changed: Set<Day>;
}

export class History {
  readonly #tracks: ReadonlyMap<string, Track>;

  /** Goes on where the store's days end. */
  constructor(components: readonly string[], kept: readonly ComponentDay[], now: Instant) {
    const byComponent = Map.groupBy(kept, ({ component }) => component);
    const trackOf = (name: string): Track => {
      const days = (byComponent.get(name) ?? []).map(({ day, ms }) => [day, { ...ms }] as const);
      const inOrder = days.toSorted(([a], [b]) => Number(a > b) - Number(a < b));
      return {
        state: undefined,
        countedUntil: Math.floor(now),
        days: new Map(inOrder),
        changed: new Set(),
      };
    };
    this.#tracks = new Map(components.map((name) => [name, trackOf(name)]));
  }

  /** What each component is shown as from now on: to be said at every change and each minute. Time counts till then. */
  show(states: ReadonlyMap<string, ShownState>, now: Instant): void {
    for (const [name, track] of this.#tracks) {
      count(track, Math.floor(now));
      track.state = states.get(name) ?? 'unknown';
      forget(track, now);
    }
  }

  /** Oldest first; a day that was not watched is not there. */
  days(component: string): readonly ComponentDay[] {
    const days = this.#tracks.get(component)?.days ?? [];
    return [...days].map(([day, ms]) => ({ component, day, ms: { ...ms } }));
  }

  /** Days that are not as they were when this was last asked: what is to be written. */
  changed(): readonly ComponentDay[] {
    return [...this.#tracks].flatMap(([component, { days, changed }]) => {
      const rows = [...changed].flatMap((day) => {
        const ms = days.get(day);
        return ms === undefined ? [] : [{ component, day, ms: { ...ms } }];
      });
      changed.clear();
      return rows;
    });
  }
}

export function dayOf(at: Instant): Day {
  return new Date(at).toISOString().slice(0, 10);
}

/** The first day of a page that shows so many, today among them. */
export function firstOf(days: number, now: Instant): Day {
  return dayOf(now - (days - 1) * DAY_MS);
}

/** Time in a partial or a major outage is down; what is unknown, or was not watched, is neither down nor up. */
export function uptimeOf(days: readonly ComponentDay[], now: Instant): Uptime {
  const share = (count: number): number | undefined => {
    const first = firstOf(count, now);
    const those = days.filter(({ day }) => day >= first && day <= dayOf(now));
    const [down, up] = [sumOf(those, DOWN), sumOf(those, UP)];
    return down + up === 0 ? undefined : up / (down + up);
  };
  const [day, week, quarter] = [share(1), share(7), share(90)];
  return {
    ...(day === undefined ? {} : { day }),
    ...(week === undefined ? {} : { week }),
    ...(quarter === undefined ? {} : { quarter }),
  };
}

function sumOf(days: readonly ComponentDay[], states: readonly ShownState[]): number {
  return days.reduce((sum, { ms }) => sum + states.reduce((own, state) => own + ms[state], 0), 0);
}

/** A process that stood still did not watch, so a gap longer than any turn of it counts for nothing. */
function count(track: Track, now: Instant): void {
  const { state, countedUntil } = track;
  if (now <= countedUntil) return;
  track.countedUntil = now;
  if (state === undefined || now - countedUntil > LIMITS.watchedGapMaxMs) return;
  for (let from = countedUntil; from < now; ) {
    const midnight = from - (from % DAY_MS) + DAY_MS;
    const until = Math.min(now, midnight);
    add(track, state, from, until);
    from = until;
  }
}

/** Never more than the day has had until then, also where the clock was set back between two runs of the node. */
function add(track: Track, state: ShownState, from: Instant, until: Instant): void {
  const day = dayOf(from);
  const ms = track.days.get(day) ?? none();
  const counted = SHOWN_STATES.reduce((sum, each) => sum + ms[each], 0);
  const passed = until - (from - (from % DAY_MS));
  ms[state] += Math.max(0, Math.min(until - from, passed - counted));
  track.days.set(day, ms);
  track.changed.add(day);
}

function forget({ days, changed }: Track, now: Instant): void {
  const first = firstOf(LIMITS.uptimeDaysKept, now);
  for (const day of days.keys()) {
    if (day >= first) return;
    days.delete(day);
    changed.delete(day);
  }
}

function none(): Record<ShownState, number> {
  return {
    operational: 0,
    degraded: 0,
    maintenance: 0,
    unknown: 0,
    'partial-outage': 0,
    'major-outage': 0,
  };
}
