// A queue of messages, bounded by the memory that they take: the oldest go when new ones come. One may also be
// taken out from the middle, when it turns out to belong elsewhere.

import { present } from '../base/assert.ts';

/** What a message costs beside its bytes: its record, its place in the indexes. */
const OVERHEAD_BYTES = 512;
const COMPACT_AFTER = 1_024;

export interface Slotted {
  readonly bytes: Uint8Array;
  /** Where the ring keeps it; the ring's own business. */
  slot: number;
}

export class Ring<Item extends Slotted> {
  readonly #bytesMax: number;
  readonly #leaves: (item: Item) => void;
  #slots: (Item | undefined)[] = [];
  /** Slots that were cut off in front, ever. */
  #cut = 0;
  #first = 0;
  #bytes = 0;

  /** `leaves` is told of each that had to go. */
  constructor(bytesMax: number, leaves: (item: Item) => void) {
    this.#bytesMax = bytesMax;
    this.#leaves = leaves;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(item: Item): void {
    item.slot = this.#cut + this.#slots.length;
    this.#slots.push(item);
    this.#bytes += costOf(item);
    while (this.#bytes > this.#bytesMax) this.#leaves(present(this.#shift(), 'a message in a full ring'));
  }

  /** The oldest that is still in it. */
  oldest(): Item | undefined {
    while (this.#first < this.#slots.length && this.#slots[this.#first] === undefined) this.#first++;
    return this.#slots[this.#first];
  }

  remove(item: Item): void {
    const index = item.slot - this.#cut;
    if (this.#slots[index] !== item) return;
    this.#slots[index] = undefined;
    this.#bytes -= costOf(item);
  }

  *[Symbol.iterator](): Generator<Item> {
    for (let index = this.#first; index < this.#slots.length; index++) {
      const item = this.#slots[index];
      if (item !== undefined) yield item;
    }
  }

  #shift(): Item | undefined {
    const item = this.oldest();
    if (item !== undefined) this.remove(item);
    if (this.#first > COMPACT_AFTER && this.#first * 2 > this.#slots.length) {
      this.#slots = this.#slots.slice(this.#first);
      this.#cut += this.#first;
      this.#first = 0;
    }
    return item;
  }
}

function costOf(item: Slotted): number {
  return item.bytes.length + OVERHEAD_BYTES;
}
