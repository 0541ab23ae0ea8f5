// `shield abusers`, `shield pardon`: who guesses passwords or scans, and what to do when it was somebody's own phone.

import type { Command } from 'commander';
import type { z } from 'zod';
import { type abuser, abuserList } from '../../admin/shield-wire.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import type { Column } from '../table.ts';
import { formatTime } from '../times.ts';

export function addShieldAbusers(shield: Command, context: CliContext): void {
  const list = withApi(shield.command('abusers').description('list who guesses passwords or scans'));
  list.action(async () => {
    const session = openSession(list, context);
    const raw = await session.client.request('GET', '/v1/shield/abusers');
    answer(session, raw, abuserList, ({ abusers }) =>
      listed(session, abusers, COLUMNS, 'There is no abuser.'),
    );
  });

  const pardon = withApi(
    shield
      .command('pardon')
      .description('let an address in again that is refused, and forget what it did')
      .argument('<address>'),
  );
  pardon.action(async (address: string) => {
    const session = openSession(pardon, context);
    await session.client.request('DELETE', `/v1/shield/abusers/${segment(address)}`);
    if (!session.json) context.out(`${address} begins anew.\n`);
  });
}

const COLUMNS: readonly Column<z.output<typeof abuser>>[] = [
  { heading: 'ADDRESS', cell: ({ address }) => address },
  {
    heading: 'REFUSED',
    cell: ({ until }) =>
      until === undefined
        ? { text: 'no, phones are there: slowed', colour: 'yellow' }
        : { text: `until ${formatTime(until)}`, colour: 'red' },
  },
  { heading: 'SINCE', cell: ({ since }) => formatTime(since) },
  { heading: 'WHY', cell: ({ why }) => why },
];
