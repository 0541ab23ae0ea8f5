// Makes an input that shows a fault smaller while it still shows it: first fewer parts, then shorter ones, in
// pieces that get smaller (delta debugging, in its simplest form). Bounded in tries, not to be perfect.

import type { Input } from './target.ts';

const TRIES_MAX = 3_000;
const LENGTH_MAX_MS = 10_000;

export async function minimise(input: Input, fails: (candidate: Input) => Promise<boolean>): Promise<Input> {
  let tries = 0;
  const endMs = performance.now() + LENGTH_MAX_MS;
  const stillFails = async (candidate: Input): Promise<boolean> => {
    tries += 1;
    return tries <= TRIES_MAX && performance.now() < endMs && (await fails(candidate));
  };
  if (!(await stillFails(input))) return input;
  let best: Input = await shorter(input, (parts) => stillFails(parts));
  for (const split of [intoLines, intoBytes]) {
    for (let index = 0; index < best.length; index++) {
      const pieces = await shorter(split(best[index] ?? new Uint8Array(0)), (kept) =>
        stillFails(best.toSpliced(index, 1, Buffer.concat(kept))),
      );
      best = best.toSpliced(index, 1, Buffer.concat(pieces));
    }
  }
  return best;
}

function intoLines(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(at, next));
    at = next;
  }
  return lines;
}

function intoBytes(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** The list without whatever it can do without: halves first, single items last. */
async function shorter<T>(
  list: readonly T[],
  stillFails: (candidate: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let best = list;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      const candidate = best.toSpliced(at, size);
      if (candidate.length < best.length && (await stillFails(candidate))) best = candidate;
      else at += size;
    }
  }
  return best;
}
