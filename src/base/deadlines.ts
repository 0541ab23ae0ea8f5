// A heap of deadlines: every timer of the pure core lives in one of these, so that one real timer serves
// them all (law 10). Cancelling is O(1) and lazy: a cancelled entry leaves the heap when it comes up, or
// when cancelled entries outnumber the live ones.

import type { Instant } from './time.ts';

/** Returned by `add`; hold it to cancel. */
export interface Deadline<T> {
  readonly at: Instant;
  readonly value: T;
  readonly pending: boolean;
}

interface Entry<T> extends Deadline<T> {
  pending: boolean;
  /** Order of adding, so that equal instants come out in the order they went in. */
  readonly serial: number;
}

const COMPACT_MIN = 64;

export class Deadlines<T> {
  #heap: Entry<T>[] = [];
  #serial = 0;
  #live = 0;

  /** Deadlines that are pending. */
  get size(): number {
    return this.#live;
  }

  add(at: Instant, value: T): Deadline<T> {
    const entry: Entry<T> = { at, value, pending: true, serial: this.#serial++ };
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    this.#live++;
    return entry;
  }

  /** Safe on `undefined`, on a cancelled one and on one that has passed. */
  cancel(deadline: Deadline<T> | undefined): void {
    const entry = deadline as Entry<T> | undefined;
    if (!entry?.pending) return;
    entry.pending = false;
    this.#live--;
    if (this.#heap.length > COMPACT_MIN && this.#heap.length > 2 * this.#live) this.#compact();
  }

  /** The earliest pending deadline. */
  next(): Instant | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.at;
  }

  /** Takes the earliest entry that is due at `now`; call it until it gives `undefined`. */
  take(now: Instant): Deadline<T> | undefined {
    this.#dropCancelled();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeFirst();
    first.pending = false;
    this.#live--;
    return first;
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]?.pending === false) this.#removeFirst();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down(0);
    }
  }

  #compact(): void {
    this.#heap = this.#heap.filter((entry) => entry.pending).sort(compare);
  }

  #up(start: number): void {
    const heap = this.#heap;
    let index = start;
    const entry = heap[index] as Entry<T>;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry<T>;
      if (compare(above, entry) <= 0) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #down(start: number): void {
    const heap = this.#heap;
    let index = start;
    const entry = heap[index] as Entry<T>;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const least =
        right < heap.length && compare(heap[right] as Entry<T>, heap[left] as Entry<T>) < 0 ? right : left;
      const below = heap[least] as Entry<T>;
      if (compare(entry, below) <= 0) break;
      heap[index] = below;
      index = least;
    }
    heap[index] = entry;
  }
}

function compare(a: Entry<unknown>, b: Entry<unknown>): number {
  return a.at - b.at || a.serial - b.serial;
}
