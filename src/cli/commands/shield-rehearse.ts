// `shield rehearse RULE`: whom a rule of the shield would have hurt in the last hour, before it meets anybody.

import type { Command } from 'commander';
import type { z } from 'zod';
import { rehearsal } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import { RULE_NAMES } from '../../shield/brownout/rule.ts';
import type { CliContext } from '../context.ts';
import { answer, openSession, type Session, withApi } from '../session.ts';
import { type Column, table } from '../table.ts';
import { formatLength, formatTime } from '../times.ts';

type Rehearsal = z.output<typeof rehearsal>;
type Toll = Rehearsal['accounts'][number];
type PhoneToll = Rehearsal['worst'][number];

export function addShieldRehearse(shield: Command, context: CliContext): void {
  const rehearse = withApi(
    shield
      .command('rehearse')
      .description('tell whom a rule of the shield would have hurt in the last hour')
      .argument('<rule>', RULE_NAMES.join(', '))
      .addHelpText('after', '\nNothing is changed by it. What each rule does: docs/shield.md.'),
  );
  rehearse.action(async (rule: string) => {
    const session = openSession(rehearse, context);
    const raw = await session.client.request('GET', '/v1/shield/rehearsal', { query: { rule } });
    answer(session, raw, rehearsal, (told) => inWords(told, session));
  });
}

function inWords(told: Rehearsal, session: Session): string {
  const colour = session.context.colour;
  const parts = [`${told.rule}: ${told.does}\n`, summary(told)];
  const tolls = (heading: string, rows: readonly Toll[]) => {
    if (rows.length > 0)
      parts.push(table(rows.slice(0, LIMITS.rehearsalRowsMax), tollColumns(heading), colour));
    if (rows.length > LIMITS.rehearsalRowsMax)
      parts.push(`… and ${counted(rows.length - LIMITS.rehearsalRowsMax)} more; --json tells all\n`);
  };
  tolls('CLIENT', told.clients);
  tolls('ACCOUNT', told.accounts);
  tolls('CARRIER', told.carriers);
  if (told.worst.length > 0) parts.push(table(told.worst, PHONE_COLUMNS, colour));
  return parts.join('\n');
}

function summary(told: Rehearsal): string {
  if (told.requests === 0) return 'There is no good traffic to try it on yet.\n';
  const {
    requests,
    touched,
    recovered,
    phonesTouched,
    emergencies,
    emergenciesTouched,
    atOnceMax,
    worstSpell,
  } = told;
  const lines = [
    `Good requests since ${formatTime(told.from)}: ${counted(requests)}, calls in progress not counted.`,
    touched === 0
      ? 'It would have touched none of them.'
      : `It would have touched ${counted(touched)} of them (${percent(touched, requests)})${of(phonesTouched)}.`,
  ];
  if (recovered > 0) {
    const lost = touched - recovered;
    lines.push(`Sent again, ${counted(recovered)} of these would have got in; ${counted(lost)} would not.`);
  }
  if (atOnceMax !== undefined) {
    lines.push(`The kernel lets ${counted(atOnceMax)} packets of newcomers in at once; that is counted in.`);
  }
  if (worstSpell !== undefined) {
    const { lastsMs, from } = worstSpell;
    const length = formatLength(lastsMs);
    lines.push(
      `It lasts ${length} at most; the worst ${length} began at ${formatTime(from)}: ${counted(worstSpell.touched)}.`,
    );
  }
  lines.push(`Emergency calls: ${counted(emergenciesTouched)} of ${counted(emergencies)}.`);
  return `${lines.join('\n')}\n`;
}

function of(phones: number): string {
  return phones === 0 ? '' : `, of ${counted(phones)} ${phones === 1 ? 'phone' : 'phones'}`;
}

function tollColumns(heading: string): readonly Column<Toll>[] {
  return [{ heading, cell: ({ name }) => name }, ...COUNTS];
}

const COUNTS: readonly Column<Toll>[] = [
  { heading: 'TOUCHED', cell: ({ touched }) => counted(touched) },
  { heading: 'OF', cell: ({ requests }) => counted(requests) },
  { heading: 'SHARE', cell: ({ touched, requests }) => percent(touched, requests) },
];

const PHONE_COLUMNS: readonly Column<PhoneToll>[] = [
  { heading: 'WORST HIT', cell: ({ name }) => name },
  { heading: 'ACCOUNT', cell: ({ account }) => account },
  { heading: 'CLIENT', cell: ({ client }) => client },
  ...COUNTS,
];

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
}

function counted(count: number): string {
  return count.toLocaleString('en-GB');
}
