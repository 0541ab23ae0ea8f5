// `status`: what the probes say of the service, component by component.

import type { Command } from 'commander';
import type { z } from 'zod';
import { status as statusSchema } from '../../admin/status-wire.ts';
import { SECOND_MS } from '../../base/time.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import type { Colour, Column } from '../table.ts';
import { formatRelative, formatTime } from '../times.ts';

type Status = z.output<typeof statusSchema>;
type Component = Status['components'][number];
type Probe = Component['probes'][number];

const COLOURS: Readonly<Record<Status['shown'], Colour>> = {
  operational: 'green',
  degraded: 'yellow',
  maintenance: 'yellow',
  unknown: 'yellow',
  'partial-outage': 'red',
  'major-outage': 'red',
};

export function addStatus(program: Command, context: CliContext): void {
  const command = withApi(
    program.command('status').description('what the probes say of the service, component by component'),
  );
  command.action(async () => {
    const session = openSession(command, context);
    const raw = await session.client.request('GET', '/v1/status');
    answer(session, raw, statusSchema, ({ at, components, clocks, refused, page }) => {
      const nothing = 'Nothing is watched; list probes in watch.probes of the configuration.';
      const notes = refused.map(
        ({ watcher, why, count }) => `${count} results of ${watcher} refused: ${why}\n`,
      );
      const wrong = clocks.map(clockNote);
      const published = page === undefined ? '' : pageLines(page, at);
      const told = [...wrong, ...notes].join('') + published;
      return listed(session, components, columnsAt(at), nothing) + told;
    });
  });
}

function clockNote({ watcher, behindMs }: Status['clocks'][number]): string {
  const apart = `${Math.round(Math.abs(behindMs) / SECOND_MS)} s ${behindMs > 0 ? 'behind' : 'ahead'}`;
  return `The clock of ${watcher} is ${apart}: its results seem old or do not count. Set it by NTP.\n`;
}

function columnsAt(now: number): readonly Column<Component>[] {
  return [
    { heading: 'GROUP', cell: ({ group }) => group },
    { heading: 'COMPONENT', cell: ({ name }) => name },
    { heading: 'STATE', cell: ({ state }) => ({ text: words(state), colour: COLOURS[state] }) },
    { heading: 'SHOWN', cell: shownOtherwise },
    { heading: 'SINCE', cell: ({ since }) => `${formatTime(since)} (${formatRelative(since, now)})` },
    { heading: 'PROBES', cell: ({ probes }) => probes.map(told).join('; ') },
  ];
}

/** `main passed, 3 of 3, 12 ms`, `web failed, 2 of 3 say so: HTTP 502`. */
function told({ name, verdict, watchers }: Probe): string {
  const bad = watchers.filter(({ opinion }) => opinion === 'failing' || opinion === 'shaky');
  const good = watchers.filter(({ opinion }) => opinion === 'passing');
  const heard = bad.length + good.length;
  if (heard === 0) return `${name} unknown: no watcher is heard`;
  const reason = bad.flatMap(({ last }) => last?.reason ?? []).at(-1);
  const count = `${verdict === 'failed' ? bad.length : good.length} of ${watchers.length}`;
  const latencies = good.flatMap(({ last }) => last?.latencyMs ?? []);
  const fastest = latencies.length === 0 ? '' : `, ${Math.round(Math.min(...latencies))} ms`;
  return `${name} ${verdict} (${count}${fastest})${reason === undefined ? '' : `: ${reason}`}`;
}

/** `Page: http://127.0.0.1:8091/; rendered 12 s ago`, and a line for each target: `s3 status: never, HTTP 403`. */
function pageLines({ url, renderedAt, failing, targets }: NonNullable<Status['page']>, now: number): string {
  const ago = (at: number | undefined) => (at === undefined ? 'never' : formatRelative(at, now));
  const because = (reason: string | undefined) => (reason === undefined ? '' : `, ${reason}`);
  const told = targets.map(
    ({ name, succeededAt, failing: why }) => `${name}: ${ago(succeededAt)}${because(why)}`,
  );
  const served = url === undefined ? [] : [url];
  const page = [...served, `rendered ${ago(renderedAt)}${because(failing)}`].join('; ');
  return [`Page: ${page}`, ...told.map((line) => `  ${line}`), ''].join('\n');
}

/** What customers are shown, where it is something else. */
function shownOtherwise({ state, shown }: Component) {
  return shown === state ? '' : { text: words(shown), colour: COLOURS[shown] };
}

function words(state: Status['shown']): string {
  return state.replace('-', ' ');
}
