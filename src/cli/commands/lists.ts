// `account list`, `phone list`, `number list`, `trunk list`: what there is, one row each.

import type { Command } from 'commander';
import type { z } from 'zod';
import { divertedTo } from '../../admin/views.ts';
import {
  type account,
  accountList,
  type number,
  numberList,
  phoneList,
  type trunk,
  trunkList,
} from '../../admin/wire.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, type Session, withApi } from '../session.ts';
import type { Cell, Colour, Column } from '../table.ts';
import { formatLength, formatRelative, formatTime } from '../times.ts';

type Account = z.output<typeof account>;
type Phone = z.output<typeof phoneList>['phones'][number];
type Binding = Phone['bindings'][number];
type NumberView = z.output<typeof number>;
type Trunk = z.output<typeof trunk>;

/** Of colours, for what is well, ill and unsure. */
const COLOURS: Readonly<Record<string, Colour>> = {
  reachable: 'green',
  up: 'green',
  registered: 'green',
  unreachable: 'red',
  down: 'red',
  failed: 'red',
  unknown: 'yellow',
  trying: 'yellow',
};

export function addLists(program: Command, context: CliContext): void {
  const list = (noun: string, description: string) =>
    program.command(noun).description(description).command('list').description(description);

  const accounts = withApi(list('account', 'list accounts with their phones and numbers'));
  accounts.action(async () => {
    const session = openSession(accounts, context);
    answer(session, await session.client.request('GET', '/v1/accounts'), accountList, (found) =>
      listed(session, found.accounts, ACCOUNT_COLUMNS, 'There are no accounts.'),
    );
  });

  const phones = withApi(
    list('phone', 'list phones and where they are registered').option(
      '--account <name>',
      "only this account's",
    ),
  );
  phones.action(async (options: { account?: string }) => {
    const session = openSession(phones, context);
    const raw = await session.client.request('GET', '/v1/phones', { query: { account: options.account } });
    answer(session, raw, phoneList, (found) => showPhones(session, found.phones));
  });

  const numbers = withApi(
    list('number', 'list numbers with their plans and diverts').option(
      '--account <name>',
      "only this account's",
    ),
  );
  numbers.action(async (options: { account?: string }) => {
    const session = openSession(numbers, context);
    const raw = await session.client.request('GET', '/v1/numbers', { query: { account: options.account } });
    answer(session, raw, numberList, (found) =>
      listed(session, found.numbers, NUMBER_COLUMNS, 'There are no numbers.'),
    );
  });

  const trunks = withApi(list('trunk', 'list trunks and their health'));
  trunks.action(async () => {
    const session = openSession(trunks, context);
    answer(session, await session.client.request('GET', '/v1/trunks'), trunkList, (found) =>
      listed(session, trunkRows(found.trunks), trunkColumns(context), 'No trunk is configured.'),
    );
  });
}

const ACCOUNT_COLUMNS: readonly Column<Account>[] = [
  { heading: 'ACCOUNT', cell: (account) => account.name },
  { heading: 'PHONES', cell: (account) => account.phones.map((phone) => phone.user).join(', ') },
  { heading: 'DIVERTED', cell: divertedCell },
  { heading: 'NUMBERS', cell: (account) => account.numbers.map((number) => number.number).join(', ') },
];

/** Minutes of this month: `42 of 300 min`. */
function divertedCell({ diverted, limits }: Account): Cell {
  const minutes = Math.floor(diverted.seconds / 60);
  const most = limits.divertedMinutesPerMonth;
  if (most === undefined) return { text: `${minutes} min` };
  return { text: `${minutes} of ${most} min`, ...(minutes >= most ? { colour: 'red' } : {}) };
}

const NUMBER_COLUMNS: readonly Column<NumberView>[] = [
  { heading: 'NUMBER', cell: (number) => number.number },
  { heading: 'ACCOUNT', cell: (number) => number.account },
  { heading: 'PLAN', cell: (number) => number.planText },
  { heading: 'DIVERTED TO', cell: ({ divert }) => divert && { text: divertedTo(divert), colour: 'yellow' } },
  {
    heading: 'UNTIL',
    cell: ({ divert }) => divert && (divert.until === undefined ? 'cleared' : formatTime(divert.until)),
  },
];

/** One row for each registration; a phone without any has a row that says so. */
function showPhones(session: Session, phones: readonly Phone[]): string {
  const rows = phones.flatMap((phone): { phone: Phone; binding?: Binding }[] =>
    phone.bindings.length === 0 ? [{ phone }] : phone.bindings.map((binding) => ({ phone, binding })),
  );
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { heading: 'PHONE', cell: ({ phone }) => phone.user },
    { heading: 'ACCOUNT', cell: ({ phone }) => phone.account },
    {
      heading: 'STATE',
      cell: ({ binding }) =>
        binding === undefined ? { text: 'not registered', colour: 'dim' } : state(binding.reachability),
    },
    { heading: 'FLOW', cell: ({ phone, binding }) => flow(phone, binding) },
    { heading: 'ADDRESS', cell: ({ binding }) => binding?.address },
    { heading: 'TRANSPORT', cell: ({ binding }) => binding?.transport },
    { heading: 'CLIENT', cell: ({ binding }) => binding?.userAgent },
    {
      heading: 'EXPIRES',
      cell: ({ binding }) => binding && expiry(binding, session.context.now()),
    },
    { heading: 'ROUND TRIP', cell: ({ binding }) => roundTrip(binding?.roundTripMs) },
    { heading: 'LAMP', cell: ({ phone }) => lamp(phone) },
  ];
  return listed(session, rows, columns, 'There are no phones.');
}

/** `2 new`, as the phone's lamp has it. */
function lamp({ messages }: Phone): Cell | undefined {
  if (messages === undefined) return undefined;
  if (messages.fresh > 0) return { text: `${messages.fresh} new`, colour: 'yellow' };
  return { text: messages.saved > 0 ? `${messages.saved} saved` : 'no messages', colour: 'dim' };
}

/** What is kept beyond its end may be gone; see docs/shield.md. */
function expiry({ expiresAt, graceUntil }: Binding, now: number): Cell {
  if (graceUntil === undefined) return { text: formatRelative(expiresAt, now) };
  return { text: `in grace, ${formatRelative(graceUntil, now)}`, colour: 'yellow' };
}

/** `1 of 2`: one of the ways to one device; nothing where a device has no more than one. */
function flow({ bindings }: Phone, binding: Binding | undefined): string | undefined {
  if (binding?.instance === undefined) return undefined;
  const flows = bindings.filter(({ instance }) => instance === binding.instance);
  return flows.length === 1 ? undefined : `${flows.indexOf(binding) + 1} of ${flows.length}`;
}

interface TrunkRow {
  /** Absent in the rows of its further servers. */
  readonly trunk?: Trunk;
  readonly server?: Trunk['servers'][number];
}

/** One row for each trunk, and one more for each further server of it. */
function trunkRows(trunks: readonly Trunk[]): readonly TrunkRow[] {
  return trunks.flatMap((trunk): readonly TrunkRow[] => {
    const [server, ...further] = trunk.servers;
    return [{ trunk, ...(server && { server }) }, ...further.map((one) => ({ server: one }))];
  });
}

function trunkColumns(context: CliContext): readonly Column<TrunkRow>[] {
  const of = (heading: string, cell: (trunk: Trunk) => Cell | string | undefined): Column<TrunkRow> => ({
    heading,
    cell: ({ trunk }) => trunk && cell(trunk),
  });
  return [
    of('TRUNK', (trunk) => trunk.name),
    of('TARGET', (trunk) => trunk.target),
    of('HEALTH', (trunk) => state(trunk.health)),
    of('SINCE', (trunk) =>
      trunk.health === 'unknown' ? undefined : formatRelative(trunk.healthSince, context.now()),
    ),
    { heading: 'SERVER', cell: ({ server }) => server?.address },
    { heading: 'STATE', cell: ({ server }) => server && state(server.health) },
    { heading: 'ROUND TRIP', cell: ({ server }) => roundTrip(server?.roundTripMs) },
    of('REGISTRATION', (trunk) => trunk.registration && state(trunk.registration.state)),
    of('CALLS', calls),
    of('CARRIES', carries),
    { heading: 'WHY', cell: ({ trunk, server }) => trunk?.healthReason ?? server?.healthReason },
    of('NOTE', (trunk) => trunk.note),
  ];
}

/** `12, 3 wait`: for their turn at a carrier that takes so many in a second. */
function calls({ callsActive, callsWaiting = 0 }: Trunk): string {
  return callsWaiting === 0 ? String(callsActive) : `${callsActive}, ${callsWaiting} wait`;
}

function carries({ inbound, outbound }: Trunk): string {
  return [...(inbound ? ['in'] : []), ...(outbound ? ['out'] : [])].join(' and ');
}

function state(text: string): Cell {
  const colour = COLOURS[text];
  return colour === undefined ? { text } : { text, colour };
}

function roundTrip(roundTripMs: number | undefined): string | undefined {
  if (roundTripMs === undefined) return undefined;
  return roundTripMs < 10 ? `${roundTripMs.toFixed(1)} ms` : formatLength(roundTripMs);
}
