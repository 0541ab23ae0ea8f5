// Inputs on disk: what once showed a fault is kept in test/fuzz/regressions/ and tried by every run of the tests.
// Bytes stand as text, one character for each (ISO 8859-1), so that a file can be read and written by hand.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Finding } from './engine.ts';
import type { Input } from './target.ts';

const FOLDER = path.join(import.meta.dirname, 'regressions');

export interface Kept {
  readonly name: string;
  readonly target: string;
  /** What was wrong, in a sentence of behaviour. */
  readonly why: string;
  readonly input: Input;
}

interface KeptFile {
  readonly target: string;
  readonly why: string;
  readonly parts: readonly string[];
}

export function readKept(): readonly Kept[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => {
    const file: KeptFile = JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8'));
    const input = file.parts.map((part) => Buffer.from(part, 'latin1'));
    return { name, target: file.target, why: file.why, input };
  });
}

export function keptText({ target, what, input }: Pick<Finding, 'target' | 'what' | 'input'>): string {
  const parts = input.map((part) => Buffer.from(part).toString('latin1'));
  const file: KeptFile = { target, why: what.split('\n')[0] ?? '', parts };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Returns where it is now, for whoever mends the fault to rename and commit. */
export function keep(finding: Finding): string {
  const file = path.join(FOLDER, `${finding.target}-${finding.seed}-${finding.number}.json`);
  writeFileSync(file, keptText(finding));
  return path.relative(process.cwd(), file);
}
