// Nonces that need no memory until they have authenticated somebody (RFC 7616 §3.3 and §5.4).
//
//   <issued at, ms, base 36> "." <serial, base 36> "." <HMAC-SHA-256(key, realm, source, both), 32 hex digits>
//
// The seal holds for the source that asked: who comes with a nonce has received it there, which nobody has who forged
// that address. From anywhere else it is stale, so a phone whose address has changed just tries again. A flood of
// unauthenticated requests costs no state: only a nonce that a right digest came with has its nonce counts
// remembered, in a sliding window, so that requests that overtook each other work, each once. The serial makes
// nonces of the same millisecond differ, so that two phones never share a window.

import type { Instant } from '../../base/time.ts';
import { equalInConstantTime } from './constant-time.ts';
import type { DigestHashing } from './digest.ts';

export interface NonceOptions {
  readonly realm: string;
  readonly key: Uint8Array;
  readonly hashing: DigestHashing;
  readonly lifetimeMs: number;
  /** Nonces whose counts are remembered. More: the oldest is forgotten, and its next use is stale. */
  readonly rememberedMax: number;
}

/** Counts of one nonce: bit n of `seen` is set when `highest - n` was used. */
interface Window {
  readonly issuedAt: Instant;
  highest: number;
  seen: bigint;
}

const WINDOW_BITS = 64;
const SHAPE = /^(([0-9a-z]{1,11})\.[0-9a-z]{1,11})\.([0-9a-f]{32})$/;

export class Nonces {
  readonly #options: NonceOptions;
  /** In the order of first use, which is nearly the order of issue. */
  readonly #windows = new Map<string, Window>();
  #serial = 0;
  /** Nonces issued up to here and not in `#windows` may have been used: by an earlier process, or forgotten. */
  #doubtfulUntil: Instant | undefined;

  constructor(options: NonceOptions) {
    this.#options = options;
  }

  /** Nonces whose counts are remembered now. */
  get remembered(): number {
    return this.#windows.size;
  }

  /** `source` names who receives it. */
  issue(now: Instant, source: string): string {
    this.#start(now);
    this.#serial += 1;
    const stamp = `${Math.floor(now).toString(36)}.${this.#serial.toString(36)}`;
    return `${stamp}.${this.#seal(stamp, source)}`;
  }

  /** Whether this source was given the nonce, and not too long ago. */
  isValid(nonce: string, source: string, now: Instant): boolean {
    const issuedAt = this.#issuedAt(nonce, source);
    return issuedAt !== undefined && issuedAt <= now && now - issuedAt <= this.#options.lifetimeMs;
  }

  /**
   * Spends count `nc` of a valid nonce that came with a right digest. `stale`: its counts are forgotten;
   * `replayed`: that count was used before, or is too far behind the highest one.
   */
  spend(nonce: string, nc: number, source: string, now: Instant): 'fresh' | 'stale' | 'replayed' {
    this.#start(now);
    const issuedAt = this.#issuedAt(nonce, source);
    if (issuedAt === undefined) return 'stale';
    const window = this.#windows.get(nonce);
    if (window !== undefined) return advance(window, nc) ? 'fresh' : 'replayed';
    if (this.#doubtfulUntil !== undefined && issuedAt <= this.#doubtfulUntil) return 'stale';
    this.#forget(now);
    this.#windows.set(nonce, { issuedAt, highest: nc, seen: 1n });
    return 'fresh';
  }

  /** A nonce of an earlier process may have been used there: this one starts with doubt about the past. */
  #start(now: Instant): void {
    this.#doubtfulUntil ??= Math.floor(now) - 1;
  }

  /** Drops what has expired, and the oldest where there is no room for another. */
  #forget(now: Instant): void {
    for (const [nonce, window] of this.#windows) {
      const expired = now - window.issuedAt > this.#options.lifetimeMs;
      if (!expired && this.#windows.size < this.#options.rememberedMax) break;
      this.#windows.delete(nonce);
      if (!expired) this.#doubtfulUntil = Math.max(this.#doubtfulUntil ?? window.issuedAt, window.issuedAt);
    }
  }

  /** When this key and realm issued the nonce to this source; `undefined` if they did not. */
  #issuedAt(nonce: string, source: string): Instant | undefined {
    const match = SHAPE.exec(nonce);
    if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined;
    return equalInConstantTime(match[3], this.#seal(match[1], source))
      ? Number.parseInt(match[2], 36)
      : undefined;
  }

  #seal(stamp: string, source: string): string {
    const { hashing, key, realm } = this.#options;
    return hashing.hmacSha256Hex(key, `${realm}\n${source}\n${stamp}`).slice(0, 32);
  }
}

/** Marks `nc` as used; false where it was used before or lies behind the window. */
function advance(window: Window, nc: number): boolean {
  if (nc > window.highest) {
    const step = nc - window.highest;
    window.seen = step >= WINDOW_BITS ? 1n : BigInt.asUintN(WINDOW_BITS, window.seen << BigInt(step)) | 1n;
    window.highest = nc;
    return true;
  }
  const behind = window.highest - nc;
  if (behind >= WINDOW_BITS) return false;
  const bit = 1n << BigInt(behind);
  if ((window.seen & bit) !== 0n) return false;
  window.seen |= bit;
  return true;
}
