// Deadlines with a value each, for who has several at once or none of its own object to put into a heap: every
// timer of the core lives in one of these or in a DeadlineHeap, so that one real timer serves them all (law 10).

import { DeadlineHeap } from './deadline-heap.ts';
import type { Instant } from './time.ts';

/** Returned by `add`; hold it to cancel. */
export interface Deadline<T> {
  readonly at: Instant;
  readonly value: T;
  readonly pending: boolean;
}

class Entry<T> implements Deadline<T> {
  readonly at: Instant;
  readonly value: T;
  heapIndex = -1;

  constructor(at: Instant, value: T) {
    this.at = at;
    this.value = value;
  }

  get pending(): boolean {
    return this.heapIndex >= 0;
  }
}

export class Deadlines<T> {
  readonly #heap = new DeadlineHeap<Entry<T>>();

  /** Deadlines that are pending. */
  get size(): number {
    return this.#heap.size;
  }

  add(at: Instant, value: T): Deadline<T> {
    const entry = new Entry(at, value);
    this.#heap.schedule(entry, at);
    return entry;
  }

  /** Safe on `undefined`, on a cancelled one and on one that has passed. */
  cancel(deadline: Deadline<T> | undefined): void {
    if (deadline instanceof Entry) this.#heap.schedule(deadline, undefined);
  }

  /** The earliest pending deadline. */
  next(): Instant | undefined {
    return this.#heap.deadline;
  }

  /** Takes an earliest entry that is due at `now`; call it until it gives `undefined`. */
  take(now: Instant): Deadline<T> | undefined {
    const due = this.#heap.due(now);
    if (due !== undefined) this.#heap.schedule(due, undefined);
    return due;
  }
}
