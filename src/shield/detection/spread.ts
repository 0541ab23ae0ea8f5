// Over how many networks is it spread? Shannon's entropy of the networks' shares, told as a number that people can
// picture: so many networks that all send alike have the same entropy. One loud network: 1. A botnet: thousands.
//
// Networks are counted in 4,096 bins by their hash. With more networks than that the number stays near the bins'.

const BINS = 4_096;
const FADING = 0.9;
/** Fainter ones are forgotten. */
const FAINT = 1e-3;

export class Spread {
  readonly #bins = new Float64Array(BINS);

  /** `weight`: packets that it stands for. */
  add(networkHash: number, weight = 1): void {
    const bin = networkHash % BINS;
    this.#bins[bin] = (this.#bins[bin] ?? 0) + weight;
  }

  /** Once a second. */
  fade(): void {
    for (let bin = 0; bin < BINS; bin++) {
      const left = (this.#bins[bin] ?? 0) * FADING;
      this.#bins[bin] = left < FAINT ? 0 : left;
    }
  }

  /** Of the last ten seconds; 0 where nothing came. */
  evenNetworks(): number {
    let total = 0;
    let sum = 0;
    for (const count of this.#bins) {
      if (count === 0) continue;
      total += count;
      sum += count * Math.log(count);
    }
    return total === 0 ? 0 : Math.exp(Math.log(total) - sum / total);
  }
}
