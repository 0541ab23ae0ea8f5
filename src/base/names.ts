// Names and counts as people write them in sentences.

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** `1 day`, `3 days`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** "Incoming calls", not "Access", and not "SMS". A wrong guess is a slip of grammar. */
export function isPlural(name: string): boolean {
  return /[a-rt-z]s$/.test(name);
}
