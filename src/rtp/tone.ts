// Tones: making one, and finding one. Tests and the demo carrier tell parties apart by their pitch, and the
// Goertzel algorithm finds a known pitch in a block of samples with one multiplication per sample.

/** Samples of a sine at `frequencyHz`; whole Hertz over whole seconds join without a click when repeated. */
export function sineSamples(options: {
  readonly frequencyHz: number;
  readonly sampleRate: number;
  readonly count: number;
  /** Of full scale, 0 to 1. */
  readonly amplitude: number;
}): Int16Array {
  const { frequencyHz, sampleRate, count, amplitude } = options;
  const step = (2 * Math.PI * frequencyHz) / sampleRate;
  return Int16Array.from({ length: count }, (_, index) =>
    Math.round(Math.sin(index * step) * amplitude * 32_767),
  );
}

/**
 * The share of a block's energy at `frequencyHz`, from 0 (none, or silence) to 1 (a pure tone). The block
 * should be 50 ms or longer; its resolution is `sampleRate / samples.length` Hz.
 */
export function toneShare(samples: Int16Array, frequencyHz: number, sampleRate: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRate);
  let energy = 0;
  let last = 0;
  let beforeLast = 0;
  for (const sample of samples) {
    energy += sample * sample;
    const next = sample + coefficient * last - beforeLast;
    beforeLast = last;
    last = next;
  }
  if (energy === 0) return 0;
  const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  return Math.min(1, (2 * power) / (samples.length * energy));
}
