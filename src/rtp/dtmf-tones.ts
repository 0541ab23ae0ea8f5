// Keys pressed, heard in the audio itself: two tones at once, of eight that are there (ITU-T Q.23), found by the
// Goertzel algorithm in blocks of 12.75 ms (ITU-T Q.24: 40 ms of tone must be heard, and speech must not be).

const RATE = 8_000;
/** Short enough for a brief press, long enough to tell 697 Hz from 770 Hz. */
const BLOCK = 102;
const ROWS = [697, 770, 852, 941] as const;
const COLUMNS = [1_209, 1_336, 1_477, 1_633] as const;
const KEYS = ['123A', '456B', '789C', '*0#D'] as const;

/** Of the mean square of a sample: -36 dB of full scale. */
const LEVEL = (32_768 * 10 ** (-36 / 20)) ** 2;
/** The column may be this much louder than the row, and the other way round (power). */
const TWIST_NORMAL = 6.3;
const TWIST_REVERSE = 6.3;
/** Each tone is this much louder than the others of its group. */
const ABOVE_OTHERS = 6.3;
/** Of all that is heard, so much is the two tones. */
const SHARE = 0.72;
/** Blocks that tell of the same key before it counts, and blocks without it before it may count again. */
const BEGINS = 2;
const ENDS = 3;

export class DtmfTones {
  readonly #block = new Float64Array(BLOCK);
  #filled = 0;
  #seen: string | undefined;
  #blocks = 0;
  #pressed: string | undefined;
  #missed = 0;

  /** Nothing came for a while, as where silence is not sent: a key that is heard next was pressed anew. */
  pause(): void {
    this.#filled = 0;
    this.#seen = undefined;
    this.#pressed = undefined;
  }

  /** Samples in the order in which they were spoken; the keys whose presses are known with them. */
  receive(samples: Int16Array): readonly string[] {
    const keys: string[] = [];
    for (const sample of samples) {
      this.#block[this.#filled++] = sample;
      if (this.#filled < BLOCK) continue;
      this.#filled = 0;
      const key = this.#judge(keyIn(this.#block));
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  #judge(heard: string | undefined): string | undefined {
    this.#blocks = heard !== undefined && heard === this.#seen ? this.#blocks + 1 : 1;
    this.#seen = heard;
    if (heard !== undefined && heard === this.#pressed) {
      this.#missed = 0;
      return undefined;
    }
    if (heard !== undefined && this.#blocks >= BEGINS) {
      this.#pressed = heard;
      this.#missed = 0;
      return heard;
    }
    this.#missed += 1;
    if (this.#missed >= ENDS) this.#pressed = undefined;
    return undefined;
  }
}

function keyIn(block: Float64Array): string | undefined {
  let energy = 0;
  for (const sample of block) energy += sample * sample;
  if (energy < LEVEL * BLOCK) return undefined;
  const rows = ROWS.map((frequency) => power(block, frequency));
  const columns = COLUMNS.map((frequency) => power(block, frequency));
  const row = strongest(rows);
  const column = strongest(columns);
  if (row === undefined || column === undefined) return undefined;
  const [low, high] = [rows[row] ?? 0, columns[column] ?? 0];
  if (high > low * TWIST_NORMAL || low > high * TWIST_REVERSE) return undefined;
  // The power of a tone of amplitude a in a block of n is (an/2)², and its energy na²/2.
  return low + high < (SHARE * energy * BLOCK) / 2 ? undefined : KEYS[row]?.[column];
}

/** The one that is well above the others of its group. */
function strongest(powers: readonly number[]): number | undefined {
  const most = Math.max(...powers);
  const index = powers.indexOf(most);
  return powers.every((each, at) => at === index || most > each * ABOVE_OTHERS) ? index : undefined;
}

function power(block: Float64Array, frequencyHz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / RATE);
  let last = 0;
  let beforeLast = 0;
  for (const sample of block) {
    const next = sample + coefficient * last - beforeLast;
    beforeLast = last;
    last = next;
  }
  return last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
}
