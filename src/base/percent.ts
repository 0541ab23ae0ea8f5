// Shares as percentages for people. They are cut, never rounded up: what failed once in ten thousand times has 99.99 %,
// and only what never failed has 100 %.

/** Of 0 to 1: `99.98 %`. */
export function percent(share: number, decimals = 2): string {
  if (share >= 1) return '100 %';
  const scale = 10 ** decimals;
  // A share such as 0.9993 is a little less in binary, and would lose a whole hundredth.
  const cut = Math.floor(share * 100 * scale + 1e-6) / scale;
  return `${Math.min(cut, 100 - 1 / scale).toFixed(decimals)} %`;
}
