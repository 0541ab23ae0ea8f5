// Something that fails for a while, and is tried again and again: told when that begins and when it is over, and not
// each time in between.

export class Trouble {
  readonly #begins: (reason: string) => void;
  readonly #ends: () => void;
  #reason: string | undefined;

  constructor(begins: (reason: string) => void, ends: () => void = () => {}) {
    this.#begins = begins;
    this.#ends = ends;
  }

  /** Why it fails; `undefined`: the last time, it did not. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** What became of it this time. */
  now(reason: string | undefined): void {
    const before = this.#reason;
    this.#reason = reason;
    if (before === undefined && reason !== undefined) this.#begins(reason);
    if (before !== undefined && reason === undefined) this.#ends();
  }
}
