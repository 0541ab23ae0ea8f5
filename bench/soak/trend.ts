// Whether a row of samples goes up: the slope of the straight line that fits it best, after the time in which a
// program still fills its caches and compiles its code.

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

const HOUR_MS = 3_600_000;

/** Least squares; per hour. */
export function slopePerHour(points: readonly Point[]): number {
  const count = points.length;
  const meanAt = points.reduce((sum, { atMs }) => sum + atMs, 0) / count;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / count;
  let above = 0;
  let below = 0;
  for (const { atMs, value } of points) {
    above += (atMs - meanAt) * (value - mean);
    below += (atMs - meanAt) ** 2;
  }
  return below === 0 ? 0 : (above / below) * HOUR_MS;
}

/** The least value of each window: what is in use when everything else has just been collected. */
export function floorOf(points: readonly Point[], windowMs: number): readonly Point[] {
  const floors = new Map<number, Point>();
  for (const point of points) {
    const window = Math.floor(point.atMs / windowMs);
    const least = floors.get(window);
    if (least === undefined || point.value < least.value) floors.set(window, point);
  }
  return [...floors.values()];
}
