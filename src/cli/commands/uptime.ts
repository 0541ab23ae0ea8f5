// `uptime`: how much of the time each part of the service was up.

import type { Command } from 'commander';
import type { z } from 'zod';
import { uptimeView } from '../../admin/uptime.ts';
import { percent } from '../../base/percent.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import type { Cell, Column } from '../table.ts';
import { formatLength } from '../times.ts';

type Component = z.output<typeof uptimeView>['components'][number];

export function addUptime(program: Command, context: CliContext): void {
  const command = withApi(
    program.command('uptime').description('how much of the time each part of the service was up'),
  );
  command.action(async () => {
    const session = openSession(command, context);
    const raw = await session.client.request('GET', '/v1/status/uptime');
    answer(session, raw, uptimeView, ({ components }) => {
      return listed(session, components, COLUMNS, 'Nothing is watched; there is no uptime to tell.');
    });
  });
}

const COLUMNS: readonly Column<Component>[] = [
  { heading: 'GROUP', cell: ({ group }) => group },
  { heading: 'COMPONENT', cell: ({ name }) => name },
  { heading: 'TODAY', cell: ({ uptime }) => shareOf(uptime.day) },
  { heading: '7 DAYS', cell: ({ uptime }) => shareOf(uptime.week) },
  { heading: '90 DAYS', cell: ({ uptime }) => shareOf(uptime.quarter) },
  { heading: 'DOWN', cell: ({ days }) => lengthOf(days, ['partial-outage', 'major-outage']) },
  { heading: 'UNKNOWN', cell: ({ days }) => lengthOf(days, ['unknown']) },
];

function shareOf(share: number | undefined): Cell | string | undefined {
  if (share === undefined) return { text: 'not known', colour: 'dim' };
  return share < 1 ? { text: percent(share), colour: 'yellow' } : percent(share);
}

/** Over all days that are kept. */
function lengthOf(days: Component['days'], states: readonly (keyof Component['days'][number]['ms'])[]) {
  const lengthMs = days.reduce((sum, { ms }) => sum + states.reduce((own, state) => own + ms[state], 0), 0);
  return lengthMs === 0 ? undefined : formatLength(lengthMs);
}
