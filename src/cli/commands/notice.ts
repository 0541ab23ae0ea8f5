// `notice`: what waits to be told to people, and a real message that shows whether they can be told.

import type { Command } from 'commander';
import type { z } from 'zod';
import { noticePage, noticesTried, noticeTest } from '../../admin/notice-wire.ts';
import { printable } from '../../base/printable.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, read, withApi } from '../session.ts';
import type { Column } from '../table.ts';
import { formatTime } from '../times.ts';

type Waiting = z.output<typeof noticePage>['notices'][number];

export function addNotices(program: Command, context: CliContext, exit: (code: number) => void): void {
  const notice = program.command('notice').description('e-mails and text messages to people');
  const list = withApi(
    notice
      .command('list')
      .description('list those that wait, what is tried first first')
      .option('--account <name>', "only this account's")
      .option('--limit <count>', 'at most this many; 100 unless given'),
  );
  list.action(async ({ account, limit }: { account?: string; limit?: string }) => {
    const session = openSession(list, context);
    const raw = await session.client.request('GET', '/v1/notices', { query: { account, limit } });
    answer(session, raw, noticePage, ({ waiting, notices }) => {
      const more = waiting - notices.length;
      return listed(session, notices, COLUMNS, 'No notice waits.') + (more > 0 ? `and ${more} more\n` : '');
    });
  });

  const retry = withApi(
    notice
      .command('retry')
      .description('try one of them now, or all')
      .argument('[id]', 'as `notice list` tells it'),
  );
  retry.action(async (id: string | undefined) => {
    const session = openSession(retry, context);
    const raw = await session.client.request('POST', '/v1/notices/retry', { body: { id } });
    answer(session, raw, noticesTried, ({ tried }) => {
      return tried === 1 ? 'One notice is tried now.\n' : `${tried} notices are tried now.\n`;
    });
  });

  const test = withApi(
    notice
      .command('test')
      .description('send a real one now, and tell what the server says')
      .argument('<to>', 'an e-mail address, or a mobile such as +447700900123')
      .addHelpText('after', '\nEnds with 0 if the server took it, else with 1.'),
  );
  test.action(async (to: string) => {
    const session = openSession(test, context);
    const body = to.includes('@') ? { email: to } : { sms: to };
    const raw = await session.client.request('POST', '/v1/notices/test', { body });
    answer(session, raw, noticeTest, ({ to: whom, delivered, answer: words }) => {
      const what = delivered ? `The server took the message to ${whom}` : `The message to ${whom} failed`;
      return `${what}: ${printable(words)}\n`;
    });
    if (!read(raw, noticeTest).delivered) exit(1);
  });
}

const COLUMNS: readonly Column<Waiting>[] = [
  { heading: 'NEXT TRY', cell: ({ state, nextAt }) => (state === 'waiting' ? formatTime(nextAt) : state) },
  { heading: 'TRIED', cell: ({ attempts }) => String(attempts) },
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'TO', cell: ({ to }) => printable(to) },
  { heading: 'SUBJECT', cell: ({ subject }) => printable(subject) },
  { heading: 'WHY', cell: ({ lastError }) => printable(lastError ?? '') },
  { heading: 'ID', cell: ({ id }) => id },
];
