// One SIP message, however it comes about. Most are one of a pool that the grammar drew once, changed; drawing is
// slower than parsing. The pool is the same in every run, so a case depends on its seed and number alone.

import { SeededRandom } from '../simulation/world.ts';
import { type Draft, drawDraft, wire } from './grammar.ts';
import { CORPUS, mutateBytes, mutateDraft } from './mutate.ts';
import { Words } from './words.ts';

/** A little more than a datagram can have. */
const BYTES_MAX = 66_000;
const POOL_SIZE = 1_000;
const POOL = new SeededRandom(1);
const DRAFTS: readonly Draft[] = Array.from({ length: POOL_SIZE }, () => drawDraft(new Words(POOL)));
const MESSAGES: readonly Uint8Array[] = DRAFTS.map((draft) => wire(draft, new Words(POOL)));

export function drawMessage(random: SeededRandom): Uint8Array {
  const words = new Words(random);
  const bytes = random.weighted<() => Uint8Array>([
    [10, () => wire(drawDraft(words), words)],
    [40, () => wire(mutateDraft(random.pick(DRAFTS), random.pick(DRAFTS), words), words)],
    [30, () => mutateBytes(random.pick(MESSAGES), random, MESSAGES)],
    [19, () => mutateBytes(random.pick(CORPUS), random)],
    [1, () => random.bytes(random.pick([0, 1, 20, 1_500]))],
  ])();
  return bytes.subarray(0, BYTES_MAX);
}
