// What benches print around their figures: how much was asked for, on which machine, and where in a row of
// measurements the middle and the far end are.

import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

/** Whole numbers from the command line: `--calls 100`. Each has a default and a bound, and there is nothing else. */
export function numbers<Name extends string>(
  allowed: Readonly<Record<Name, { readonly default: number; readonly max: number }>>,
): Readonly<Record<Name, number>> {
  const names = Object.keys(allowed) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ options });
  const chosen = {} as Record<Name, number>;
  for (const name of names) {
    const value = Number(values[name] ?? allowed[name].default);
    if (!Number.isInteger(value) || value < 1 || value > allowed[name].max)
      throw new Error(`--${name} takes a whole number from 1 to ${allowed[name].max}`);
    chosen[name] = value;
  }
  return chosen;
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** The machine, the day and how busy it was already: without them no figure means anything. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = /^MemTotal: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  const gigabytes = Math.round(Number(memory?.[1] ?? 0) / 1_048_576);
  const load = (loadavg()[0] ?? 0).toFixed(2);
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${availableParallelism()} cores of ${model}, ${gigabytes} GB, Node ${process.versions.node}, load ${load} before`;
}

/** Where `share` of the values is below: 0.5 is the median, 1 the greatest. Between two values it is interpolated. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(position));
  // Also where both are infinite, whose difference is no number.
  return above === below ? below : below + (above - below) * (position % 1);
}
