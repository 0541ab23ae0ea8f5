// A bound on a map whose entries stand in the order of their last use: beyond it the oldest gives way.

/** Called after each entry, so that there is one too many at most. */
export function dropOldest<Key>(map: Map<Key, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
