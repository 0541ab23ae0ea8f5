// `control`, `audit`: what accounts have to do with the telephone. A sheet of codes is printed as
// it is meant to be put into a wallet; nobody can print it again.

import type { Command } from 'commander';
import type { z } from 'zod';
import type { ControlChange } from '../../admin/control.ts';
import { account, auditPage, newCodes } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import type { Column } from '../table.ts';
import { formatTime } from '../times.ts';

type Entry = z.output<typeof auditPage>['entries'][number];

const AUDIT_LIMIT_DEFAULT = '20';

export function addTelephone(program: Command, context: CliContext): void {
  addControl(program, context);
  addAudit(program, context);
}

function addControl(program: Command, context: CliContext): void {
  const control = program.command('control').description('how accounts are run by telephone');
  const show = withApi(control.command('show').description('show how one is').argument('<account>'));
  show.action(async (name: string) => {
    const session = openSession(show, context);
    const raw = await session.client.request('GET', `/v1/accounts/${segment(name)}`);
    answer(session, raw, account, shown);
  });
  const change = async (command: Command, name: string, body: ControlChange) => {
    const session = openSession(command, context);
    const raw = await session.client.request('POST', `/v1/accounts/${segment(name)}/control`, { body });
    answer(session, raw, account, shown);
  };
  const pin = withApi(
    control
      .command('pin')
      .description('set the PIN, which is piped in so that no shell remembers it')
      .argument('<account>')
      .option('--clear', 'have none'),
  );
  pin.action(async (name: string, { clear }: { clear?: boolean }) => {
    if (clear === true) return change(pin, name, { do: 'clear-pin' });
    return change(pin, name, { do: 'set-pin', pin: (await context.stdin()).trim() });
  });
  const mobile = withApi(
    control
      .command('mobile')
      .description('let calls be sent to a mobile by telephone, without a call there')
      .argument('<account>')
      .argument('<number>', 'such as +447700900123')
      .option('--remove', 'no longer let them'),
  );
  mobile.action((name: string, number: string, { remove }: { remove?: boolean }) =>
    change(mobile, name, { do: remove === true ? 'remove-mobile' : 'confirm-mobile', number }),
  );
  const codes = withApi(
    control
      .command('codes')
      .description('make a sheet of one-time codes; those made before are void then')
      .argument('<account>'),
  );
  codes.action(async (name: string) => {
    const session = openSession(codes, context);
    const raw = await session.client.request('POST', `/v1/accounts/${segment(name)}/control/codes`);
    answer(session, raw, newCodes, sheet);
  });
}

function addAudit(program: Command, context: CliContext): void {
  const audit = withApi(
    program
      .command('audit')
      .description('list who changed what, newest first')
      .argument('[account]', "only this account's")
      .option('--limit <count>', `at most this many; ${AUDIT_LIMIT_DEFAULT} unless given`),
  );
  audit.action(async (account: string | undefined, { limit }: { limit?: string }) => {
    const session = openSession(audit, context);
    const query = { account, limit: limit ?? AUDIT_LIMIT_DEFAULT };
    const raw = await session.client.request('GET', '/v1/audit', { query });
    answer(session, raw, auditPage, ({ entries }) =>
      listed(session, entries, AUDIT_COLUMNS, 'Nothing was changed.'),
    );
  });
}

const AUDIT_COLUMNS: readonly Column<Entry>[] = [
  { heading: 'WHEN', cell: ({ at }) => formatTime(at) },
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'WHO', cell: ({ who }) => printable(who) },
  { heading: 'HOW', cell: ({ how }) => how },
  { heading: 'WHAT', cell: ({ what }) => printable(what) },
];

function shown({ name, control }: z.output<typeof account>): string {
  if (control === undefined) return `Account ${name} is not run by telephone.\n`;
  const { id, pinSet, mobiles, codesLeft, featureCodes } = control;
  const mobileLines = mobiles.map(({ number, name: whose, confirmedAt }) => {
    const confirmed = confirmedAt === undefined ? 'not confirmed' : `confirmed ${formatTime(confirmedAt)}`;
    return `  ${number}  ${whose === undefined ? '' : `${printable(whose)}, `}${confirmed}`;
  });
  return [
    `Account ${name} is ${id} on the telephone.`,
    `  PIN            ${pinSet ? 'set' : 'none'}`,
    `  one-time codes ${codesLeft} left`,
    `  feature codes  ${featureCodes ? 'yes' : 'no'}`,
    ...(mobiles.length === 0 ? [] : ['Calls may be sent to', ...mobileLines]),
    '',
  ].join('\n');
}

function sheet({ account: name, id, codes }: z.output<typeof newCodes>): string {
  return [
    `One-time codes of account ${name}. They are shown only now; those before them are void.`,
    '',
    `  Account number on the telephone: ${id}`,
    '',
    ...codes.map((code) => `  [ ]  ${code.slice(0, 2)} ${code.slice(2, 6)} ${code.slice(6)}`),
    '',
    'Each opens the account once, in place of its PIN: type all ten digits, and cross it out.',
    '',
  ].join('\n');
}
