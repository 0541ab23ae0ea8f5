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
  /** The bins that hold something: a node that is not attacked hears of few networks. */
  #used: number[] = [];

  /** `weight`: packets that it stands for. */
  add(networkHash: number, weight = 1): void {
    const bin = networkHash % BINS;
    const count = this.#bins[bin] ?? 0;
    if (count === 0) this.#used.push(bin);
    this.#bins[bin] = count + weight;
  }

  /** Once a second. */
  fade(): void {
    this.#used = this.#used.filter((bin) => {
      const left = (this.#bins[bin] ?? 0) * FADING;
      this.#bins[bin] = left < FAINT ? 0 : left;
      return left >= FAINT;
    });
  }

  /** Of the last ten seconds; 0 where nothing came. */
  evenNetworks(): number {
    let total = 0;
    let sum = 0;
    for (const bin of this.#used) {
      const count = this.#bins[bin] ?? 0;
      total += count;
      sum += count * Math.log(count);
    }
    return total === 0 ? 0 : Math.exp(Math.log(total) - sum / total);
  }
}
