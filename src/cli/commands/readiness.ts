// `readiness`: how each number would fare if its site were lost, as a table that is read at once, and below it what to
// do, the same advice for many numbers once.

import type { Command } from 'commander';
import type { z } from 'zod';
import { readinessPage } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import type { CheckName } from '../../readiness/readiness.ts';
import type { CliContext } from '../context.ts';
import { openSession, read, type Session, withApi } from '../session.ts';
import { type Cell, type Column, paint, table } from '../table.ts';

type Page = z.output<typeof readinessPage>;
type Readiness = Page['numbers'][number];
type Finding = Readiness['findings'][number];

interface ReadinessOptions {
  readonly failing?: boolean;
}

/** Some number is not ready: the command worked. */
const NOT_READY = 1;
/** Numbers that are named where a piece of advice is for more than that. */
const NUMBERS_NAMED = 3;

const HEADINGS: Readonly<Record<CheckName, string>> = {
  'survives-site': 'SITE LOST',
  'mobile-confirmed': 'MOBILE',
  'no-loop': 'NO LOOP',
  'two-carriers': 'CARRIERS',
  'control-pin': 'PIN',
  contacts: 'CONTACTS',
  rehearsed: 'REHEARSED',
};

export function addReadiness(program: Command, context: CliContext, exit: (code: number) => void): void {
  const readiness = withApi(
    program
      .command('readiness')
      .description('tell how ready numbers are for the loss of their site')
      .argument('[account]', "only this account's")
      .option('--failing', 'only numbers that fail a check')
      .addHelpText(
        'after',
        '\nEnds with 0 if every number passes every check, else with 1. Each check: docs/readiness.md.',
      ),
  );
  readiness.action(async (account: string | undefined, { failing }: ReadinessOptions) => {
    const session = openSession(readiness, context);
    const query = { account, failing: failing === true ? 'true' : undefined };
    exit(await show(session, query));
  });
}

/** All pages, as one list. */
async function show(session: Session, query: Readonly<Record<string, string | undefined>>): Promise<number> {
  const { client, context, json } = session;
  const numbers: Readiness[] = [];
  const raws: unknown[] = [];
  let cursor: string | undefined;
  do {
    const raw = await client.request('GET', '/v1/readiness', { query: { ...query, cursor } });
    const page = read(raw, readinessPage);
    raws.push(...(raw as { readonly numbers: readonly unknown[] }).numbers);
    numbers.push(...page.numbers);
    cursor = page.next;
  } while (cursor !== undefined);
  if (json) context.out(`${JSON.stringify({ numbers: raws }, null, 2)}\n`);
  else context.out(inWords(numbers, query['failing'] === 'true', context.colour));
  return numbers.every((one) => failures(one).length === 0) ? 0 : NOT_READY;
}

function inWords(numbers: readonly Readiness[], isFailing: boolean, colour: boolean): string {
  if (numbers.length === 0)
    return isFailing ? 'Every number passes every check.\n' : 'There are no numbers.\n';
  const rows = table(numbers, COLUMNS, colour);
  const ready = numbers.filter((one) => failures(one).length === 0).length;
  const summary = `${ready} of ${numbers.length} ${numbers.length === 1 ? 'number is' : 'numbers are'} ready.`;
  const parts = [rows, advice(numbers, colour), isFailing ? '' : `${summary}\n`];
  return parts.filter((part) => part !== '').join('\n');
}

const COLUMNS: readonly Column<Readiness>[] = [
  { heading: 'NUMBER', cell: ({ number }) => number },
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'SCORE', right: true, cell: ({ score }) => ({ text: String(score), ...colourOf(score) }) },
  ...(Object.keys(HEADINGS) as CheckName[]).map((check) => ({
    heading: HEADINGS[check],
    cell: ({ findings }: Readiness) => mark(findings.find((one) => one.check === check)),
  })),
];

function colourOf(score: number): Pick<Cell, 'colour'> {
  if (score === 100) return { colour: 'green' };
  return { colour: score < 50 ? 'red' : 'yellow' };
}

function mark(finding: Finding | undefined): Cell {
  if (finding === undefined || finding.result === 'not-applicable') return { text: '–', colour: 'dim' };
  return finding.result === 'passed' ? { text: 'yes', colour: 'green' } : { text: 'NO', colour: 'red' };
}

/** By what is wrong, in the order of the checks: `acme: there is no PIN` and below it what to do. */
function advice(numbers: readonly Readiness[], colour: boolean): string {
  const found = new Map<string, { readonly check: CheckName; readonly of: string[]; finding: Finding }>();
  for (const one of numbers) {
    for (const finding of failures(one)) {
      const key = `${finding.check}|${finding.text}|${finding.todo}`;
      const known = found.get(key) ?? { check: finding.check, of: [], finding };
      known.of.push(one.number);
      found.set(key, known);
    }
  }
  const order = Object.keys(HEADINGS);
  return [...found.values()]
    .sort((a, b) => order.indexOf(a.check) - order.indexOf(b.check))
    .map(({ of, finding: { text, todo = '' } }) => {
      if (numbers.length === 1) return piece('', text, todo, colour);
      const who = of.length === numbers.length && of.length > 1 ? `all ${of.length} numbers` : named(of);
      return piece(`${who}: `, text, todo, colour);
    })
    .join('');
}

function piece(who: string, text: string, todo: string, colour: boolean): string {
  return `${who}${printable(text)}\n    ${paint(`→ ${printable(todo)}`, 'yellow', colour)}\n`;
}

function named(numbers: readonly string[]): string {
  const more = numbers.length - NUMBERS_NAMED;
  return numbers.slice(0, NUMBERS_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function failures({ findings }: Readiness): readonly Finding[] {
  return findings.filter(({ result }) => result === 'failed');
}
