// A listener's places for connections, and who gives one up when all are taken: whoever has proved nothing for the
// longest. A completed handshake proves an address only, and anybody has some of those; what makes a peer known is
// said by the owner. Who is known never gives way, so where all are known it is the newcomer that goes.
//
//   [ longest without proof … newest ]     asked from the left; who turns out to be known goes to the right
//
// Few are asked for each newcomer, so that a flood of them costs little where nearly all are known.

import { LIMITS } from './limits.ts';

export interface PlacesOptions<H> {
  readonly max: number;
  readonly perAddressMax: number;
  readonly isKnown: (holder: H) => boolean;
  /** It has lost its place already. */
  readonly giveWay: (holder: H) => void;
}

export class Places<H> {
  readonly #options: PlacesOptions<H>;
  /** With the addresses that they count for. */
  readonly #holders = new Map<H, string | undefined>();
  readonly #ofAddress = new Map<string, number>();

  constructor(options: PlacesOptions<H>) {
    this.#options = options;
  }

  get taken(): number {
    return this.#holders.size;
  }

  /** False: there is no place for it. `address`: of whoever opened it, where that was not us. */
  take(holder: H, address?: string): boolean {
    const { max, perAddressMax } = this.#options;
    const ofAddress = address === undefined ? 0 : (this.#ofAddress.get(address) ?? 0);
    if (ofAddress >= perAddressMax || (this.#holders.size >= max && !this.#makeRoom())) return false;
    this.#holders.set(holder, address);
    if (address !== undefined) this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1);
    return true;
  }

  /** May be said twice. */
  leave(holder: H): void {
    const address = this.#holders.get(holder);
    if (!this.#holders.delete(holder) || address === undefined) return;
    const left = (this.#ofAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#ofAddress.set(address, left);
    else this.#ofAddress.delete(address);
  }

  /** Is it known? Then its time without proof begins anew. */
  isProven(holder: H): boolean {
    if (!this.#options.isKnown(holder)) return false;
    if (this.#holders.has(holder)) {
      const address = this.#holders.get(holder);
      this.#holders.delete(holder);
      this.#holders.set(holder, address);
    }
    return true;
  }

  #makeRoom(): boolean {
    let asked = 0;
    for (const holder of this.#holders.keys()) {
      if (asked++ >= LIMITS.connectionsAskedMax) return false;
      if (this.isProven(holder)) continue;
      this.leave(holder);
      this.#options.giveWay(holder);
      return true;
    }
    return false;
  }
}
