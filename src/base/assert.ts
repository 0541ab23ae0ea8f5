// Assertions say what must be true whatever arrives from outside. A failed one is a bug of ours, never
// bad input: bad input is a Result (see result.ts) or a coded error (see errors.ts).

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Ends a `switch` over a closed set: the compiler proves that no case is missing. */
export function assertNever(value: never): never {
  throw new AssertionFailure(`unexpected value: ${JSON.stringify(value)}`);
}

/** Narrows away `undefined` where a value must exist. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new AssertionFailure(`missing: ${what}`);
  return value;
}
