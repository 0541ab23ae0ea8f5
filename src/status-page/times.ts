// Times as people read them, in the site's time zone and with its name, and for machines in `datetime`. The reader's
// browser adds their own time where it is another (script.ts).

import { counted } from '../base/names.ts';
import { DAY_MS, HOUR_MS, type Instant, inTwoUnits, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { type Html, html } from './html.ts';

type Shape = 'clock' | 'seconds' | 'day' | 'year' | 'month' | 'weekday';

const SHAPES: Readonly<Record<Shape, Intl.DateTimeFormatOptions>> = {
  clock: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  seconds: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  day: { day: 'numeric', month: 'long' },
  year: { day: 'numeric', month: 'long', year: 'numeric' },
  month: { month: 'long', year: 'numeric' },
  weekday: { weekday: 'short' },
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** Writes times of one zone, as seen at one instant: what was today needs no date. */
export class Times {
  readonly #zone: string;
  readonly #now: Instant;

  constructor(zone: string, now: Instant) {
    this.#zone = zone;
    this.#now = now;
  }

  /** `14:03`. */
  clock(at: Instant): string {
    return this.#format('clock', at);
  }

  /** `14:03`, or with its day if that is another: `26 November, 14:03`. */
  brief(at: Instant): string {
    return this.day(at) === this.day(this.#now) ? this.clock(at) : `${this.day(at)}, ${this.clock(at)}`;
  }

  /** `26 November`, with its year if that is another. */
  day(at: Instant): string {
    const year = this.#format('year', at);
    return year.slice(-4) === this.#format('year', this.#now).slice(-4) ? this.#format('day', at) : year;
  }

  /** `26 November 2026`. */
  date(at: Instant): string {
    return this.#format('year', at);
  }

  /** `November 2026`. */
  month(at: Instant): string {
    return this.#format('month', at);
  }

  /** `Thu`. */
  weekday(at: Instant): string {
    return this.#format('weekday', at);
  }

  /** `14:03:20`. */
  seconds(at: Instant): string {
    return this.#format('seconds', at);
  }

  /** `GMT`, `UTC`, `GMT-5`. */
  zone(at: Instant): string {
    const parts = formatOf(this.#zone, 'zone', { timeZoneName: 'short' }).formatToParts(at);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? this.#zone;
  }

  /** `26 November 2026, 14:03 GMT`. */
  full(at: Instant): string {
    return `${this.date(at)}, ${this.clock(at)} ${this.zone(at)}`;
  }

  /** When the day began that `at` is in; a quarter of an hour is as fine as zones are. */
  midnight(at: Instant): Instant {
    const [hours = 0, minutes = 0] = this.clock(at).split(':').map(Number);
    return Math.floor(at / MINUTE_MS) * MINUTE_MS - hours * HOUR_MS - minutes * MINUTE_MS;
  }

  #format(shape: Shape, at: Instant): string {
    return formatOf(this.#zone, shape, SHAPES[shape]).format(at);
  }
}

function formatOf(zone: string, shape: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${shape}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options });
    formats.set(key, format);
  }
  return format;
}

export function iso(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** `<time>`; the reader's browser says beside it what their own clock shows, if that is something else. */
export function timeTag(at: Instant, text: string): Html {
  return html`<time datetime="${iso(at)}">${text}</time>`;
}

/** `40 s`, `14 min`, `2 h 5 min`, `3 days 4 h`: two units at most, rounded down, but never to nothing. */
export function lasting(durationMs: number): string {
  if (durationMs < MINUTE_MS) return `${Math.max(1, Math.floor(durationMs / SECOND_MS))} s`;
  const units = [
    ['day', DAY_MS],
    ['h', HOUR_MS],
    ['min', MINUTE_MS],
  ] as const;
  return inTwoUnits(durationMs, units, (count, unit) =>
    unit === 'day' ? counted(count, unit) : `${count} ${unit}`,
  );
}
