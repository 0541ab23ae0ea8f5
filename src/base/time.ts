// Time is an argument. One scale is used everywhere: milliseconds since the Unix epoch that never run
// backward (see adapters/system-clock). Durations carry their unit in their name: `delayMs`.

/** Milliseconds since 1970-01-01T00:00:00Z on the node's clock, which never runs backward. May have fractions. */
export type Instant = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A short duration as people read it: `40 ms`, `3.2 s`. */
export function formatDuration(durationMs: number): string {
  return durationMs < SECOND_MS ? `${Math.round(durationMs)} ms` : `${(durationMs / SECOND_MS).toFixed(1)} s`;
}

/**
 * `3 min 5 s`: of `units`, which begin with the largest, the first that the length has any of and the one after it, both
 * rounded down. What is less than the last of them is nothing, and so is its text.
 */
export function inTwoUnits<Unit extends string>(
  lengthMs: number,
  units: readonly (readonly [unit: Unit, unitMs: number])[],
  say: (count: number, unit: Unit) => string = (count, unit) => `${count} ${unit}`,
): string {
  const first = units.findIndex(([, unitMs]) => lengthMs >= unitMs);
  let restMs = lengthMs;
  const words: string[] = [];
  for (const [unit, unitMs] of first === -1 ? [] : units.slice(first, first + 2)) {
    const count = Math.floor(restMs / unitMs);
    if (count > 0) words.push(say(count, unit));
    restMs -= count * unitMs;
  }
  return words.join(' ');
}

/** The earlier of two deadlines, where `undefined` means "none". */
export function earlier(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  return a < b ? a : b;
}
