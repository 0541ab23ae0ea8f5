// `voicemail list`, `control codes`, `audit`: what accounts have to do with the telephone. A sheet of codes is printed as
// it is meant to be put into a wallet; nobody can print it again.

import type { Command } from 'commander';
import type { z } from 'zod';
import { auditPage, messageList, newCodes } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import type { Column } from '../table.ts';
import { formatLength, formatTime } from '../times.ts';

type Message = z.output<typeof messageList>['messages'][number];
type Entry = z.output<typeof auditPage>['entries'][number];

const AUDIT_LIMIT_DEFAULT = '20';

export function addTelephone(program: Command, context: CliContext): void {
  addVoicemail(program, context);
  addControl(program, context);
  addAudit(program, context);
}

function addVoicemail(program: Command, context: CliContext): void {
  const voicemail = program.command('voicemail').description('messages that callers left');
  const list = withApi(
    voicemail
      .command('list')
      .description('list messages, the oldest first')
      .argument('[mailbox]', 'only of mailboxes of this name')
      .option('--account <name>', "only this account's"),
  );
  list.action(async (mailbox: string | undefined, { account }: { account?: string }) => {
    const session = openSession(list, context);
    const raw = await session.client.request('GET', '/v1/messages', { query: { account, mailbox } });
    answer(session, raw, messageList, ({ messages }) =>
      listed(session, messages, MESSAGE_COLUMNS, 'There are no messages.'),
    );
  });
}

function addControl(program: Command, context: CliContext): void {
  const control = program.command('control').description('how accounts are run by telephone');
  const codes = withApi(
    control
      .command('codes')
      .description('make a sheet of one-time codes; those made before are void then')
      .argument('<account>'),
  );
  codes.action(async (account: string) => {
    const session = openSession(codes, context);
    const raw = await session.client.request('POST', `/v1/accounts/${segment(account)}/control/codes`);
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

const MESSAGE_COLUMNS: readonly Column<Message>[] = [
  { heading: 'LEFT', cell: ({ at }) => formatTime(at) },
  { heading: 'MAILBOX', cell: ({ account, mailbox }) => `${account}/${mailbox}` },
  { heading: 'CALLER', cell: ({ caller }) => printable(caller) },
  { heading: 'FOR', cell: ({ called }) => called },
  { heading: 'LENGTH', cell: ({ lengthMs }) => formatLength(lengthMs) },
  { heading: 'HEARD', cell: ({ heardAt }) => (heardAt === undefined ? 'new' : formatTime(heardAt)) },
  { heading: 'ID', cell: ({ id }) => id },
];

const AUDIT_COLUMNS: readonly Column<Entry>[] = [
  { heading: 'WHEN', cell: ({ at }) => formatTime(at) },
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'WHO', cell: ({ who }) => printable(who) },
  { heading: 'HOW', cell: ({ how }) => how },
  { heading: 'WHAT', cell: ({ what }) => printable(what) },
];

function sheet({ account, id, codes }: z.output<typeof newCodes>): string {
  return [
    `One-time codes of account ${account}. They are shown only now; those before them are void.`,
    '',
    `  Account number on the telephone: ${id}`,
    '',
    ...codes.map((code) => `  [ ]  ${code.slice(0, 2)} ${code.slice(2, 6)} ${code.slice(6)}`),
    '',
    'Each opens the account once, in place of its PIN: type all ten digits, and cross it out.',
    '',
  ].join('\n');
}
