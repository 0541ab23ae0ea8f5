// Colours that can be read. The operator's accent colour is theirs, but a link must stand out from its ground by
// 4.5 : 1 (WCAG 2.2, 1.4.3) on the light page and on the dark one: so it is made darker or lighter until it does.

type Rgb = readonly [red: number, green: number, blue: number];

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
const STEPS = 50;

/** From 1 to 21; both `#rrggbb`. */
export function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(rgbOf(one)), luminance(rgbOf(other))].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colour, or the nearest to it that can be read on each of the `grounds`, which are all light or all dark. */
export function readableOn(colour: string, grounds: readonly string[], least = 4.5): string {
  const towards = grounds.some((ground) => luminance(rgbOf(ground)) > 0.18) ? BLACK : WHITE;
  for (let step = 0; step < STEPS; step++) {
    const candidate = hexOf(mixed(rgbOf(colour), towards, step / STEPS));
    if (grounds.every((ground) => contrast(candidate, ground) >= least)) return candidate;
  }
  return hexOf(towards);
}

/** Whether a reader could take it for "all is well". */
export function isGreen(colour: string): boolean {
  const [red, green, blue] = rgbOf(colour);
  const chroma = Math.max(red, green, blue) - Math.min(red, green, blue);
  return chroma > 24 && green >= red && green >= blue * 0.9;
}

/** Of `#rgb` or `#rrggbb`; black where it is neither. */
function rgbOf(colour: string): Rgb {
  const digits = colour.slice(1);
  const [red, green, blue] = digits.length === 3 ? [...digits].map((digit) => digit + digit) : pairs(digits);
  return [channel(red), channel(green), channel(blue)];
}

function pairs(digits: string): readonly string[] {
  return [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4, 6)];
}

function channel(hex: string | undefined): number {
  const value = Number.parseInt(hex ?? '', 16);
  return Number.isNaN(value) ? 0 : value;
}

function hexOf(colour: Rgb): string {
  return `#${colour.map((each) => Math.round(each).toString(16).padStart(2, '0')).join('')}`;
}

function mixed(colour: Rgb, towards: Rgb, share: number): Rgb {
  const at = (index: 0 | 1 | 2): number => colour[index] + (towards[index] - colour[index]) * share;
  return [at(0), at(1), at(2)];
}

/** WCAG 2.2, "relative luminance". */
function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
