// `provision FILE`: makes accounts as a file says, and tells the difference that it made or would make.

import type { Command } from 'commander';
import type { z } from 'zod';
import { provisionReport } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import type { CliContext } from '../context.ts';
import { answer, openSession, readInput, withApi } from '../session.ts';
import { type Colour, paint, table } from '../table.ts';

type Report = z.output<typeof provisionReport>;
type Kind = Report['changes'][number]['kind'];

const SIGNS: Readonly<Record<Kind, { readonly sign: string; readonly colour: Colour }>> = {
  added: { sign: '+', colour: 'green' },
  changed: { sign: '~', colour: 'yellow' },
  removed: { sign: '-', colour: 'red' },
};

export function addProvision(program: Command, context: CliContext): void {
  const provision = withApi(
    program
      .command('provision')
      .description('make accounts as a file says')
      .argument('<file>', 'YAML or JSON; - reads what is piped in')
      .option('--dry-run', 'only tell what would change'),
  );
  provision.action(async (file: string, options: { dryRun?: boolean }) => {
    const session = openSession(provision, context);
    const query = options.dryRun === true ? { dryRun: 'true' } : {};
    const body = await readInput(file, context);
    const raw = await session.client.request('POST', '/v1/provision', { body, query });
    answer(session, raw, provisionReport, (report) => showReport(report, context.colour));
  });
}

function showReport({ dryRun, changes, newPasswords }: Report, colour: boolean): string {
  if (changes.length === 0) return 'Everything is so already.\n';
  const lines = changes.map(({ kind, account, subject, text }) => {
    const words = printable(`${SIGNS[kind].sign} ${account}: ${subject}${text === '' ? '' : `: ${text}`}`);
    return paint(words, SIGNS[kind].colour, colour);
  });
  const summary = `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}${dryRun ? '; nothing was written (dry run)' : ''}`;
  return `${[...lines, summary].join('\n')}\n${passwords(newPasswords, colour)}`;
}

function passwords(made: Report['newPasswords'], colour: boolean): string {
  if (made.length === 0) return '';
  const columns = [
    { heading: 'PHONE', cell: (one: Report['newPasswords'][number]) => one.user },
    { heading: 'PASSWORD', cell: (one: Report['newPasswords'][number]) => one.password },
  ];
  return `\nPasswords made just now, told only this once:\n${table(made, columns, colour)}`;
}
