// A binary heap of what falls due next. Each item knows its place, so that moving or removing one costs
// O(log n): a transaction changes its deadline many times and rarely lives until the longest one.

import { assert } from './assert.ts';
import type { Instant } from './time.ts';

export interface HeapItem {
  /** The heap's own note of where the item is; -1 outside. Nobody else writes it. */
  heapIndex: number;
}

interface Entry<T> {
  readonly item: T;
  readonly at: Instant;
}

export class DeadlineHeap<T extends HeapItem> {
  readonly #entries: Entry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest deadline. */
  get deadline(): Instant | undefined {
    return this.#entries[0]?.at;
  }

  /** The item with the earliest deadline, if that has come. */
  due(now: Instant): T | undefined {
    const first = this.#entries[0];
    return first !== undefined && first.at <= now ? first.item : undefined;
  }

  /** Puts an item in, moves it, or with `undefined` takes it out. */
  schedule(item: T, at: Instant | undefined): void {
    if (at === undefined) this.#remove(item);
    else if (item.heapIndex < 0) this.#settle({ item, at }, this.#entries.length);
    else if (this.#entry(item.heapIndex).at !== at) this.#settle({ item, at }, item.heapIndex);
  }

  #remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#entries.pop();
    assert(last !== undefined, 'an item with a place in the heap is in the heap');
    if (last.item !== item) this.#settle(last, index);
  }

  /** Places `entry` at `index` or wherever the order wants it above or below. */
  #settle(entry: Entry<T>, index: number): void {
    let place = index;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.#entry(parentPlace);
      if (parent.at <= entry.at) break;
      this.#put(parent, place);
      place = parentPlace;
    }
    for (;;) {
      const child = this.#earlierChild(place);
      if (child === undefined || this.#entry(child).at >= entry.at) break;
      this.#put(this.#entry(child), place);
      place = child;
    }
    this.#put(entry, place);
  }

  #earlierChild(place: number): number | undefined {
    const left = this.#entries[2 * place + 1];
    const right = this.#entries[2 * place + 2];
    if (left === undefined) return undefined;
    return right !== undefined && right.at < left.at ? 2 * place + 2 : 2 * place + 1;
  }

  #put(entry: Entry<T>, place: number): void {
    this.#entries[place] = entry;
    entry.item.heapIndex = place;
  }

  #entry(place: number): Entry<T> {
    const entry = this.#entries[place];
    assert(entry !== undefined, 'the heap has no holes');
    return entry;
  }
}
