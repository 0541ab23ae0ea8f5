// How many different sources were there? HyperLogLog: each source's hash falls on a register, which keeps the
// longest row of zeros it has seen. 1,024 bytes tell any number within some 3 %, and two of them can be put together.
//
//     hash   0110100101 | 0000001…      register 421 has seen six zeros: about 2^7 sources fell on it

const REGISTER_BITS = 10;
const REGISTERS = 1 << REGISTER_BITS;
/** α of Flajolet et al., "HyperLogLog" (2007), for so many registers. */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

export class Distinct {
  readonly #registers = new Uint8Array(REGISTERS);

  add(hash: number): void {
    const register = hash >>> (32 - REGISTER_BITS);
    const zeros = Math.clz32((hash << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))) + 1;
    if (zeros > (this.#registers[register] ?? 0)) this.#registers[register] = zeros;
  }

  merge(other: Distinct): void {
    for (let index = 0; index < REGISTERS; index++) {
      const theirs = other.#registers[index] ?? 0;
      if (theirs > (this.#registers[index] ?? 0)) this.#registers[index] = theirs;
    }
  }

  estimate(): number {
    let sum = 0;
    let empty = 0;
    for (const zeros of this.#registers) {
      sum += 1 / (1 << zeros);
      if (zeros === 0) empty++;
    }
    const estimate = (ALPHA * REGISTERS * REGISTERS) / sum;
    const isFew = estimate <= 2.5 * REGISTERS && empty > 0;
    return Math.round(isFew ? REGISTERS * Math.log(REGISTERS / empty) : estimate);
  }

  clear(): void {
    this.#registers.fill(0);
  }
}
