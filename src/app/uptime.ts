// Keeps count of uptime: hears of every change of what is shown, looks once a minute, and writes what is new. What
// cannot be written waits, and is written with the next. A day is one row, so what waits is bounded by the components.
//
//   what is shown ─▶ History ─ days that changed ─▶ store, with what the probes said last of each component
//
// Nothing is pruned in the first hour: a clock that is years ahead when the machine starts would empty the history.

import type { ComponentUptime, UptimeView } from '../admin/uptime.ts';
import { messageOf } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant, MINUTE_MS } from '../base/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ShownState, State } from '../ports/status.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { firstOf, History, uptimeOf } from '../watch/history.ts';
import { keyOf } from './persistence.ts';
import { Trouble } from './trouble.ts';

export interface CountedComponent {
  readonly name: string;
  readonly group?: string | undefined;
  /** As the probes say, and since when. */
  readonly state: State;
  readonly since: Instant;
  readonly shown: ShownState;
}

export interface UptimeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** As they are now. */
  readonly read: () => readonly CountedComponent[];
}

export class UptimeKeeping {
  readonly #options: UptimeOptions;
  readonly #history: History;
  #waiting = new Map<string, StoreWrite>();
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #began: Instant;
  #prunedAt: Instant;
  readonly #trouble: Trouble;
  #open = true;

  private constructor(options: UptimeOptions, history: History) {
    this.#options = options;
    this.#history = history;
    this.#trouble = new Trouble((reason) => options.log.warn('uptime cannot be written', { reason }));
    this.#began = options.clock.now();
    this.#prunedAt = this.#began;
  }

  /** Goes on where the store's days end. */
  static async open(options: UptimeOptions): Promise<UptimeKeeping> {
    const { store, clock, read } = options;
    const kept = await store.componentDays({ from: firstOf(LIMITS.uptimeDaysKept, clock.now()) });
    const names = read().map(({ name }) => name);
    const keeping = new UptimeKeeping(options, new History(names, kept, clock.now()));
    keeping.changed();
    return keeping;
  }

  /** What is shown is different now, or a minute has passed. */
  readonly changed = (): void => {
    if (!this.#open) return;
    clearTimeout(this.#timer);
    this.#take();
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    this.#timer = setTimeout(this.changed, MINUTE_MS);
    this.#timer.unref();
  };

  /** Why the last of it could not be written. */
  get trouble(): string | undefined {
    return this.#trouble.reason;
  }

  view(): UptimeView {
    const now = this.#options.clock.now();
    const read = this.#options.read();
    this.#count(read, now);
    const components = read.map(({ name, group }): ComponentUptime => {
      const days = this.#history.days(name);
      return { name, group, uptime: uptimeOf(days, now), days: days.map(({ day, ms }) => ({ day, ms })) };
    });
    return { at: now, components };
  }

  /** What there is of the present minute is written. */
  async close(): Promise<void> {
    this.#open = false;
    clearTimeout(this.#timer);
    await this.#writing;
    this.#take();
    await this.#write();
  }

  #take(): void {
    const now = this.#options.clock.now();
    const components = this.#options.read();
    this.#count(components, now);
    const writes: readonly StoreWrite[] = [
      ...this.#history.changed().map((row) => ({ type: 'component-day', row }) as const),
      ...components.map(({ name, state, since }) => {
        return { type: 'component-state', row: { component: name, state, since, at: now } } as const;
      }),
      ...this.#prunes(now),
    ];
    for (const write of writes) this.#waiting.set(keyOf(write), write);
  }

  #count(components: readonly CountedComponent[], now: Instant): void {
    this.#history.show(new Map(components.map(({ name, shown }) => [name, shown])), now);
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      const writes = this.#waiting;
      this.#waiting = new Map();
      try {
        await this.#options.store.write([...writes.values()]);
        this.#trouble.now(undefined);
      } catch (error) {
        this.#trouble.now(messageOf(error));
        // What came meanwhile is newer. It is tried again in a minute.
        this.#waiting = new Map([...writes, ...this.#waiting]);
        return;
      }
    }
  }

  #prunes(now: Instant): readonly StoreWrite[] {
    if (now - this.#began < HOUR_MS || now - this.#prunedAt < HOUR_MS) return [];
    this.#prunedAt = now;
    return [{ type: 'component-days-pruned', before: firstOf(LIMITS.uptimeDaysKept, now) }];
  }
}
