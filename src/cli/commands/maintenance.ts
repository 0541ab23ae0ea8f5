// `maintenance`: work that is announced, changed, called off, or over before its time.

import type { Command } from 'commander';
import type { z } from 'zod';
import { maintenancePage, maintenance as maintenanceSchema } from '../../admin/incident-wire.ts';
import { printable } from '../../base/printable.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import type { Column } from '../table.ts';
import { formatTime, futureTime } from '../times.ts';

type Maintenance = z.output<typeof maintenanceSchema>;

interface PlanOptions {
  readonly title?: string;
  readonly text?: string;
  readonly component?: readonly string[];
  readonly from?: string;
  readonly until?: string;
  readonly notify?: boolean;
}

export function addMaintenance(program: Command, context: CliContext): void {
  const maintenance = program.command('maintenance').description('work that is announced to customers');
  addList(maintenance, context);
  addSchedule(maintenance, context);
  addChange(maintenance, context);
  addEnding(maintenance, context, 'cancel', 'say that it will not take place');
  addEnding(maintenance, context, 'end', 'say that it is over before its time');
}

function addList(maintenance: Command, context: CliContext): void {
  const list = withApi(
    maintenance
      .command('list')
      .description('list it, what begins last first')
      .option('--open', 'only what is scheduled or under way')
      .option('--limit <count>', 'at most this many; 50 unless given')
      .option('--before <next>', 'the `next` of an earlier page, as --json tells it'),
  );
  list.action(async ({ open, limit, before }: { open?: boolean; limit?: string; before?: string }) => {
    const session = openSession(list, context);
    const query = { limit, cursor: before, open: open === true ? 'true' : undefined };
    const raw = await session.client.request('GET', '/v1/maintenance', { query });
    answer(session, raw, maintenancePage, ({ maintenance: all, next }) => {
      const more = next === undefined ? '' : `More: --before ${next}\n`;
      return listed(session, all, COLUMNS, 'No maintenance is announced.') + more;
    });
  });
}

function addSchedule(maintenance: Command, context: CliContext): void {
  const schedule = withPlan(maintenance.command('schedule').description('announce it'), 'required');
  schedule.action(async (options: PlanOptions) => {
    const session = openSession(schedule, context);
    const body = { ...bodyOf(options, context), components: options.component ?? [] };
    const raw = await session.client.request('POST', '/v1/maintenance', { body });
    answer(session, raw, maintenanceSchema, told);
  });
}

function addChange(maintenance: Command, context: CliContext): void {
  const change = withPlan(
    maintenance
      .command('change')
      .description('change or extend it; while it is under way, its texts and its end alone')
      .argument('<id>'),
    'optional',
  );
  change.action(async (id: string, options: PlanOptions) => {
    const session = openSession(change, context);
    const body = { ...bodyOf(options, context), components: options.component };
    const raw = await session.client.request('PATCH', pathOf(id), { body });
    answer(session, raw, maintenanceSchema, told);
  });
}

function addEnding(
  maintenance: Command,
  context: CliContext,
  verb: 'cancel' | 'end',
  description: string,
): void {
  const ending = withApi(
    maintenance
      .command(verb)
      .description(description)
      .argument('<id>')
      .option('--text <text>', 'what to say of it'),
  );
  ending.action(async (id: string, { text }: { text?: string }) => {
    const session = openSession(ending, context);
    const raw = await session.client.request('POST', `${pathOf(id)}/${verb}`, { body: { text } });
    answer(session, raw, maintenanceSchema, told);
  });
}

function withPlan(command: Command, kind: 'required' | 'optional'): Command {
  const option = kind === 'required' ? command.requiredOption.bind(command) : command.option.bind(command);
  option('--title <title>', 'what it is called');
  option('--from <time>', 'when it begins: in 2h, 22:00, "2026-11-28 22:00"');
  option('--until <time>', 'when it ends, likewise');
  return withApi(
    command
      .option('--text <text>', 'what customers will notice')
      .option(
        '--component <name>',
        'a part that it affects; may be given again',
        (one, all: string[] = []) => [...all, one],
      )
      .option('--notify', 'remind the contacts of all accounts by e-mail, too'),
  );
}

function bodyOf({ title, text, from, until, notify }: PlanOptions, context: CliContext) {
  const now = context.now();
  return {
    title,
    text,
    from: from === undefined ? undefined : futureTime(from, now),
    until: until === undefined ? undefined : futureTime(until, now),
    notify,
  };
}

function pathOf(id: string): string {
  return `/v1/maintenance/${segment(id)}`;
}

const COLUMNS: readonly Column<Maintenance>[] = [
  { heading: 'MAINTENANCE', cell: ({ id }) => id },
  { heading: 'FROM', cell: ({ from }) => formatTime(from) },
  { heading: 'UNTIL', cell: ({ until }) => formatTime(until) },
  {
    heading: 'STATE',
    cell: ({ state }) => (state === 'under-way' ? { text: 'under way', colour: 'yellow' } : state),
  },
  { heading: 'COMPONENTS', cell: ({ components }) => components.join(', ') },
  { heading: 'TITLE', cell: ({ title }) => title },
];

function told({ id, title, text, components, from, until, state, updates, reminders }: Maintenance): string {
  const lines = [
    `${id}  ${printable(title)}: ${state.replace('-', ' ')}`,
    `from ${formatTime(from)} until ${formatTime(until)}`,
    ...(components.length === 0 ? [] : [`affects ${components.map(printable).join(', ')}`]),
    ...reminders.map(({ at, sent }) => `reminder ${sent ? 'sent' : 'due'} at ${formatTime(at)}`),
    ...(text === '' ? [] : ['', ...text.split('\n').map(printable)]),
    ...(updates.length === 0 ? [] : ['']),
    ...updates.flatMap((update) => [`${formatTime(update.at)}  ${printable(update.text)}`]),
  ];
  return `${lines.join('\n')}\n`;
}
