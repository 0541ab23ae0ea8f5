// Servers that could not be reached lately: others of the same name are asked before them, for a while that grows
// each time (RFC 3263 §4.3 has the next one tried; remembering it spares the next request the wait).

import { LIMITS } from '../base/limits.ts';
import { type Destination, formatDestination } from '../base/net.ts';
import type { Instant } from '../base/time.ts';

interface Failure {
  readonly until: Instant;
  readonly times: number;
}

export class DeadServers {
  readonly #failures = new Map<string, Failure>();

  get size(): number {
    return this.#failures.size;
  }

  failed(at: Destination, now: Instant): void {
    const key = formatDestination(at);
    const before = this.#failures.get(key);
    // Several requests that meet the same death at once tell it once.
    if (before !== undefined && now < before.until) return;
    const times = (before?.times ?? 0) + 1;
    const waitMs = Math.min(LIMITS.deadServerMinMs * 2 ** Math.min(times - 1, 10), LIMITS.deadServerMaxMs);
    this.#failures.delete(key);
    this.#failures.set(key, { until: now + waitMs, times });
    if (this.#failures.size <= LIMITS.deadServersMax) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }

  answered(at: Destination): void {
    if (this.#failures.size > 0) this.#failures.delete(formatDestination(at));
  }

  /** The same destinations, those that are dead last. */
  last<T extends Destination>(places: readonly T[], now: Instant): readonly T[] {
    if (this.#failures.size === 0) return places;
    const dead = (place: T): boolean => now < (this.#failures.get(formatDestination(place))?.until ?? now);
    return [...places.filter((place) => !dead(place)), ...places.filter(dead)];
  }
}
