// `door list`, `door open`, `door move`, `door close`: private ports of accounts. What comes back is what there is then,
// with the DNS records to publish, because a door that no phone can find protects nobody.

import type { Command } from 'commander';
import type { z } from 'zod';
import type { DoorInput } from '../../admin/doors.ts';
import { type door, doorList } from '../../admin/wire.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, type Session, withApi } from '../session.ts';
import type { Column } from '../table.ts';
import { formatTime } from '../times.ts';

type Door = z.output<typeof door>;

export function addDoors(program: Command, context: CliContext): void {
  const doors = program
    .command('door')
    .description('private ports of accounts, which no flood on the public one can fill');

  const list = withApi(
    doors
      .command('list')
      .description('list doors, and the DNS records to publish for them')
      .option('--account <name>', "only this account's"),
  );
  list.action(async (options: { account?: string }) => {
    const session = openSession(list, context);
    const { account } = options;
    const path = account === undefined ? '/v1/doors' : doorPath(account);
    const raw = await session.client.request('GET', path);
    answer(session, raw, doorList, (found) => shown(session, found.doors));
  });

  const change = async (command: Command, account: string, body: DoorInput) => {
    const session = openSession(command, context);
    const raw = await session.client.request('POST', doorPath(account), { body });
    answer(session, raw, doorList, (found) => shown(session, found.doors));
  };

  const open = withApi(
    doors
      .command('open')
      .description('give an account a door')
      .argument('<account>')
      .option('--name <host>', 'the host name by which its phones find it, such as acme.voice.example.net'),
  );
  open.action((account: string, { name }: { name?: string }) =>
    change(open, account, { do: 'open', ...(name === undefined ? {} : { name }) }),
  );

  const move = withApi(
    doors
      .command('move')
      .description('give an account another door; the old one goes on for a time')
      .argument('<account>')
      .option('--grace <time>', 'how long at least: 2h'),
  );
  move.action((account: string, { grace }: { grace?: string }) =>
    change(move, account, { do: 'move', ...(grace === undefined ? {} : { grace }) }),
  );

  const close = withApi(
    doors
      .command('close')
      .description('close the door of an account, after a grace time for the phones that use it')
      .argument('<account>')
      .option('--grace <time>', 'how long at least: 2h')
      .option('--now', 'all of its doors, at once')
      .option('--old', 'at once, and only those that it had before a move'),
  );
  close.action((account: string, { grace, now, old }: { grace?: string; now?: true; old?: true }) => {
    if (old) return change(close, account, { do: 'close-old' });
    const length = now ? '0s' : grace;
    return change(close, account, { do: 'close', ...(length === undefined ? {} : { grace: length }) });
  });
}

function doorPath(account: string): string {
  return `/v1/accounts/${segment(account)}/door`;
}

function shown(session: Session, doors: readonly Door[]): string {
  const records = doors.flatMap(({ srv }) => (srv === undefined ? [] : [srv]));
  const publish = records.length === 0 ? '' : `\nTo publish in DNS:\n${records.join('\n')}\n`;
  return `${listed(session, doors, COLUMNS, 'There is no door.')}${publish}`;
}

const COLUMNS: readonly Column<Door>[] = [
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'DOOR', cell: ({ addresses }) => addresses.join(', ') },
  {
    heading: 'STATE',
    cell: ({ state, trouble }) => {
      if (trouble !== undefined) return { text: `cannot be opened: ${trouble}`, colour: 'red' };
      return state === 'open' ? { text: 'open', colour: 'green' } : { text: 'in grace', colour: 'yellow' };
    },
  },
  { heading: 'PHONES', cell: ({ phones }) => String(phones) },
  { heading: 'CLOSES', cell: ({ until }) => (until === undefined ? '' : formatTime(until)) },
  { heading: 'WHY', cell: ({ why }) => why },
];
