// `fraud list`, `fraud allow`, `fraud disallow`, `fraud clear`: who calls at others' expense, and what to do when it was
// the customer after all.

import type { Command } from 'commander';
import type { z } from 'zod';
import { type AllowanceInput, allowance, fraudView, type unusualCalls } from '../../admin/fraud.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, type Session, withApi } from '../session.ts';
import { type Column, table } from '../table.ts';
import { formatTime } from '../times.ts';

type Allowed = z.output<typeof allowance>;
type Unusual = z.output<typeof unusualCalls>;

export function addFraud(program: Command, context: CliContext): void {
  const fraud = program.command('fraud').description('accounts that call where they do not usually call');

  const list = withApi(
    fraud
      .command('list')
      .description('list who called there within a day, and where accounts may for a time'),
  );
  list.action(async () => {
    const session = openSession(list, context);
    const raw = await session.client.request('GET', '/v1/fraud');
    answer(session, raw, fraudView, ({ accounts, allowed }) => {
      const unusual = listed(session, accounts, COLUMNS, 'No account calls where it does not usually call.');
      return `${unusual}${shownAllowed(session, allowed)}`;
    });
  });

  const allow = withApi(
    fraud
      .command('allow')
      .description('let an account call there for a time')
      .argument('<account>')
      .argument('<prefix>')
      .option('--for <time>', 'for how long: 2h'),
  );
  allow.action(async (account: string, prefix: string, options: { for?: string }) => {
    const session = openSession(allow, context);
    const body: AllowanceInput = options.for === undefined ? {} : { for: options.for };
    const raw = await session.client.request('PUT', allowedPath(account, prefix), { body });
    answer(
      session,
      raw,
      allowance,
      ({ until }) => `${account} may call ${prefix} until ${formatTime(until)}.\n`,
    );
  });

  const disallow = withApi(
    fraud
      .command('disallow')
      .description('take back what was allowed')
      .argument('<account>')
      .argument('<prefix>'),
  );
  disallow.action(async (account: string, prefix: string) => {
    const session = openSession(disallow, context);
    await session.client.request('DELETE', allowedPath(account, prefix));
    if (!session.json) context.out(`${account} may call ${prefix} as far as it usually does.\n`);
  });

  const clear = withApi(
    fraud.command('clear').description('forget what is held against an account').argument('<account>'),
  );
  clear.action(async (account: string) => {
    const session = openSession(clear, context);
    await session.client.request('DELETE', `/v1/fraud/${segment(account)}`);
    if (!session.json) context.out(`Nothing is held against ${account} any more.\n`);
  });
}

function allowedPath(account: string, prefix: string): string {
  return `/v1/fraud/${segment(account)}/allowed/${segment(prefix)}`;
}

function shownAllowed({ context }: Session, allowed: readonly Allowed[]): string {
  return allowed.length === 0
    ? ''
    : `\nAllowed for a time:\n${table(allowed, ALLOWED_COLUMNS, context.colour)}`;
}

const COLUMNS: readonly Column<Unusual>[] = [
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'CALLERS', cell: ({ callers }) => callers.join(', ') },
  { heading: 'CALLED', cell: ({ destinations }) => destinations.slice(0, 2).join(', ') },
  { heading: 'PASSED', right: true, cell: ({ passed }) => String(passed) },
  {
    heading: 'REFUSED',
    right: true,
    cell: ({ refused }) => (refused === 0 ? '0' : { text: String(refused), colour: 'red' }),
  },
  { heading: 'NOW', right: true, cell: ({ inProgress }) => String(inProgress) },
  { heading: 'LATEST', cell: ({ at }) => formatTime(at) },
  { heading: 'WHY', cell: ({ why }) => why },
];

const ALLOWED_COLUMNS: readonly Column<Allowed>[] = [
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'PREFIX', cell: ({ prefix }) => prefix },
  { heading: 'UNTIL', cell: ({ until }) => formatTime(until) },
  { heading: 'BY', cell: ({ by }) => by },
];
