// `ledger`: every attempt to reach a number and what became of it; `ledger ID`: one of them, step by step.

import type { Command } from 'commander';
import type { z } from 'zod';
import { ledgerEntry, ledgerPage } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import { type Instant, SECOND_MS } from '../../base/time.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import { type Cell, type Colour, type Column, paint, table } from '../table.ts';
import { formatLength, formatTime, pastTime } from '../times.ts';

type Attempt = z.output<typeof ledgerEntry>;
type Leg = Attempt['legs'][number];

const LIMIT_DEFAULT = '20';

/** What a timeline tells of targets that could not be had. */
const FAILURES: ReadonlySet<string> = new Set(['left-out', 'failed', 'no-answer']);

const OUTCOME_COLOURS: Readonly<Record<string, Colour>> = {
  answered: 'green',
  diverted: 'green',
  voicemail: 'yellow',
  announced: 'yellow',
  refused: 'yellow',
  abandoned: 'dim',
  lost: 'red',
};

interface LedgerOptions {
  readonly number?: string;
  readonly account?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
}

export function addLedger(program: Command, context: CliContext): void {
  const ledger = withApi(
    program
      .command('ledger')
      .description('list attempts to reach numbers, newest first')
      .argument('[id]', 'show this one, step by step')
      .option('--number <number>', "only attempts to reach this number, or a phone's user")
      .option('--account <name>', "only this account's")
      .option(
        '--outcome <outcome>',
        'only answered, diverted, voicemail, announced, abandoned, lost or refused',
      )
      .option('--since <time>', 'only from then on: 2h, today, 09:30, 2026-11-24')
      .option('--until <time>', 'only before then')
      .option('--limit <count>', `at most this many; ${LIMIT_DEFAULT} unless given`),
  );
  ledger.action(async (id: string | undefined, options: LedgerOptions) => {
    const session = openSession(ledger, context);
    if (id !== undefined) {
      const raw = await session.client.request('GET', `/v1/ledger/${segment(id)}`);
      answer(session, raw, ledgerEntry, (attempt) => showAttempt(attempt, context));
      return;
    }
    const raw = await session.client.request('GET', '/v1/ledger', { query: queryOf(options, context) });
    answer(session, raw, ledgerPage, ({ entries, next }) => {
      const rows = listed(session, entries, COLUMNS, 'There are no attempts to show.');
      const more = 'There are older ones: raise --limit, or go back with --until.';
      return next === undefined ? rows : `${rows}${paint(more, 'dim', context.colour)}\n`;
    });
  });
}

function queryOf({ number, since, until, ...rest }: LedgerOptions, context: CliContext) {
  return {
    called: number,
    account: rest.account,
    outcome: rest.outcome,
    since: since === undefined ? undefined : pastTime(since, context.now()),
    until: until === undefined ? undefined : pastTime(until, context.now()),
    limit: rest.limit ?? LIMIT_DEFAULT,
  };
}

const COLUMNS: readonly Column<Attempt>[] = [
  { heading: 'WHEN', cell: (attempt) => formatTime(attempt.startedAt) },
  { heading: 'CALLED', cell: (attempt) => attempt.called },
  { heading: 'CALLER', cell: (attempt) => attempt.caller },
  { heading: 'OUTCOME', cell: outcomeCell },
  { heading: 'ANSWERED BY', cell: (attempt) => attempt.answeredBy },
  { heading: 'AFTER', cell: ({ startedAt, answeredAt }) => lengthBetween(startedAt, answeredAt) },
  { heading: 'TALKED', cell: ({ answeredAt, endedAt }) => lengthBetween(answeredAt, endedAt) },
  { heading: 'ID', cell: (attempt) => attempt.id },
  { heading: 'REASON', cell: reasonOf },
];

/** Of a diverted call, why it was: what failed before it was answered elsewhere. Of others, how they ended. */
function reasonOf({ outcome, reason, timeline }: Attempt): string {
  if (outcome !== 'diverted') return reason;
  const failures = timeline.filter(({ what }) => FAILURES.has(what)).map(({ text }) => text);
  return failures.length === 0 ? reason : failures.join('; ');
}

function lengthBetween(from: Instant | undefined, to: Instant | undefined): string | undefined {
  return from === undefined || to === undefined ? undefined : formatLength(to - from);
}

function outcomeCell({ outcome }: Attempt): Cell {
  if (outcome === undefined) return { text: 'in progress' };
  const colour = OUTCOME_COLOURS[outcome];
  return colour === undefined ? { text: outcome } : { text: outcome, colour };
}

const LEG_COLUMNS: readonly Column<Leg>[] = [
  { heading: 'LEG', cell: (leg) => leg.leg },
  { heading: 'RECEIVED', cell: (leg) => `${leg.packetsReceived} packets` },
  { heading: 'SENT', cell: (leg) => `${leg.packetsSent} packets` },
  { heading: 'LOST', cell: (leg) => String(leg.packetsLost) },
  { heading: 'JITTER', cell: (leg) => `${leg.jitterMs.toFixed(1)} ms` },
  { heading: 'AUDIO', cell: (leg) => (leg.heardAudio ? 'heard' : { text: 'none', colour: 'yellow' }) },
];

function showAttempt(attempt: Attempt, context: CliContext): string {
  const { colour } = context;
  const head = [
    `${formatTime(attempt.startedAt)}  ${attempt.caller} called ${attempt.called} (${attempt.account})`,
    `${outcomeCell(attempt).text}: ${attempt.reason}`,
  ];
  const steps = attempt.timeline.map(({ at, text }) => {
    const time = `${((at - attempt.startedAt) / SECOND_MS).toFixed(3).padStart(8)} s`;
    return `${paint(time, 'dim', colour)}  ${printable(text)}`;
  });
  const lines = [...head.map(printable), ...steps].join('\n');
  return attempt.legs.length === 0 ? `${lines}\n` : `${lines}\n\n${table(attempt.legs, LEG_COLUMNS, colour)}`;
}
