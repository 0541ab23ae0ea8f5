// Which words come the most, such as user agents? Space-saving over a few texts that strangers chose: cut to a length,
// made printable, and fading as the networks do, so that it tells what comes now.

import { LIMITS } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';

const FADING = 0.9;
const FAINT = 0.05;

export interface WordShare {
  readonly text: string;
  /** Of all that were counted lately: 0 to 1. */
  readonly share: number;
}

export class TopWords {
  readonly #counts = new Map<string, number>();

  add(text: string): void {
    const word = printable(text.slice(0, LIMITS.shieldWordCharactersMax)).trim();
    const before = this.#counts.get(word);
    if (before === undefined && this.#counts.size >= LIMITS.shieldWordsMax) {
      const [least, count] = this.#least();
      this.#counts.delete(least);
      this.#counts.set(word, count + 1);
      return;
    }
    this.#counts.set(word, (before ?? 0) + 1);
  }

  /** Once a second. */
  fade(): void {
    for (const [word, count] of this.#counts) {
      if (count * FADING < FAINT) this.#counts.delete(word);
      else this.#counts.set(word, count * FADING);
    }
  }

  top(count: number): readonly WordShare[] {
    const entries = [...this.#counts].sort((a, b) => b[1] - a[1]);
    const total = entries.reduce((sum, [, each]) => sum + each, 0);
    return entries.slice(0, count).map(([text, each]) => ({ text, share: each / total }));
  }

  #least(): readonly [string, number] {
    let least: readonly [string, number] = ['', Number.POSITIVE_INFINITY];
    for (const entry of this.#counts) if (entry[1] < least[1]) least = entry;
    return least;
  }
}
