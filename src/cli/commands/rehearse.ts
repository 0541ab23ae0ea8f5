// `rehearse NUMBER`: walks its plan with nobody calling and prints what works, as it is tried. Nobody is rung without
// --dial; with it, whoever answers outside is asked to press 1.

import type { Command } from 'commander';
import type { z } from 'zod';
import { rehearsalLine } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { CliContext } from '../context.ts';
import { openSession, read, type Session, withApi } from '../session.ts';
import { type Colour, padded, paint } from '../table.ts';
import { futureTime } from '../times.ts';

type Line = z.output<typeof rehearsalLine>;
type Result = (Line & { readonly type: 'step' })['result'];

interface RehearseOptions {
  readonly dial?: boolean;
  readonly at?: string;
}

/** The plan does not work: the command did. */
const NOT_PASSED = 1;

const RESULTS: Readonly<Record<Result, readonly [words: string, colour: Colour]>> = {
  works: ['works', 'green'],
  failed: ['FAILED', 'red'],
  'not-rung': ['not rung', 'yellow'],
  skipped: ['skipped', 'dim'],
};

export function addRehearse(program: Command, context: CliContext, exit: (code: number) => void): void {
  const rehearse = withApi(
    program
      .command('rehearse')
      .description('walk the plan of a number with nobody calling, and tell what works')
      .argument('<number>', 'one of yours, such as +442079460000')
      .option('--dial', 'ring the telephones outside, too; whoever answers presses 1')
      .option('--at <time>', 'walk it by the hours of that time: 18:00, "2026-12-25 09:00"')
      .addHelpText('after', '\nEnds with 0 if all of it works, else with 1. No phone is rung: it is asked.'),
  );
  rehearse.action(async (number: string, options: RehearseOptions) => {
    exit(await follow(openSession(rehearse, context), number, options));
  });
}

async function follow(session: Session, number: string, { dial, at }: RehearseOptions): Promise<number> {
  const { client, context, json } = session;
  const { colour } = context;
  const body = { number, ...(dial && { dial }), ...(at && { at: futureTime(at, context.now()) }) };
  let first: Line | undefined;
  let last: Line | undefined;
  for await (const raw of client.lines('POST', '/v1/rehearsals', { body })) {
    const line = read(raw, rehearsalLine);
    if (json) context.out(`${JSON.stringify(raw)}\n`);
    else {
      if (first === undefined) context.out(`${heading(number, dial === true)}\n`);
      context.out(inWords(line, line.time - (first ?? line).time, colour));
    }
    first ??= line;
    last = line;
  }
  if (last?.type === 'end') return last.rehearsal.passed ? 0 : NOT_PASSED;
  context.err('ringthrough: the node ended the story before the rehearsal had ended\n');
  return NOT_PASSED;
}

function heading(number: string, dials: boolean): string {
  const rung = dials ? 'telephones outside are rung' : 'nobody is rung; --dial rings telephones outside';
  return `Rehearsing ${number}: ${rung}.`;
}

function inWords(line: Line, sinceMs: number, colour: boolean): string {
  const time = paint(`${(sinceMs / SECOND_MS).toFixed(3).padStart(8)} s`, 'dim', colour);
  switch (line.type) {
    case 'note':
      return `${time}  ${line.step}. ${printable(line.text)}\n`;
    case 'step': {
      const [words, painted] = RESULTS[line.result];
      const text = line.text.startsWith(line.who) ? line.text : `${line.who}: ${line.text}`;
      return `${time}     ${paint(padded(words, 8), painted, colour)}  ${printable(text)}\n`;
    }
    case 'end': {
      const { passed, why, summary } = line.rehearsal;
      const verdict = passed ? 'passed' : `failed: ${printable(why ?? '')}`;
      return `\n${printable(summary)}\n${paint(verdict, passed ? 'green' : 'red', colour)}\n`;
    }
  }
}
