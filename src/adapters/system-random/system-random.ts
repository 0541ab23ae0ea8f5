// Cryptographic randomness, drawn from the system in pools: a branch needs a few bytes, and asking the
// kernel for each costs more than everything else about it.

import { randomFillSync } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

const POOL_BYTES = 8192;
/** The integers that a double holds without gaps: 2^53. */
const FRACTION_STEPS = 2 ** 53;

export function createSystemRandom(): Random {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;

  /** A copy: what was handed out must not change with the next filling. */
  function bytes(count: number): Uint8Array {
    if (count > POOL_BYTES) return randomFillSync(new Uint8Array(count));
    if (used + count > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const taken = new Uint8Array(pool.subarray(used, used + count));
    // What has been used must not be found in memory, nor be used again.
    pool.fill(0, used, used + count);
    used += count;
    return taken;
  }

  function fraction(): number {
    const view = new DataView(bytes(8).buffer);
    const high = view.getUint32(0) >>> 11; // 21 bits
    return (high * 2 ** 32 + view.getUint32(4)) / FRACTION_STEPS;
  }

  return { bytes, fraction };
}
