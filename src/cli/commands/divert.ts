// `divert set` and `divert clear`: the override for the worst day, so it is short to write and tells what it did.

import type { Command } from 'commander';
import type { z } from 'zod';
import { durationMs, duration as durationSchema } from '../../admin/documents/section.ts';
import { divertedTo } from '../../admin/views.ts';
import { number as numberSchema } from '../../admin/wire.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, openSession, withApi } from '../session.ts';
import { formatRelative, formatTime, futureTime } from '../times.ts';

interface DivertOptions {
  readonly until?: string;
  readonly voicemail?: string;
  readonly when?: string;
}

const WHEN = 'only calls that its phones could not take: unreachable, no-answer or busy';

export function addDiverts(program: Command, context: CliContext): void {
  const divert = program.command('divert').description('send all calls of a number elsewhere');

  const set = withApi(
    divert
      .command('set')
      .description('send every call of a number elsewhere, now')
      .argument('<number>', 'one of yours, such as +442079460000')
      .argument('[to]', 'such as +447700900123')
      .option('--voicemail <mailbox>', "to one of its account's mailboxes instead")
      .option('--when <when>', WHEN)
      .option('--until <time>', 'when it ends by itself: 2h, 18:00, "2026-11-24 18:00"'),
  );
  set.action(async (number: string, to: string | undefined, options: DivertOptions) => {
    const session = openSession(set, context);
    const until = options.until === undefined ? {} : { until: untilOf(options.until, context) };
    const { voicemail, when } = options;
    const raw = await session.client.request('PUT', pathOf(number, when), {
      body: { ...(to && { to }), ...(voicemail && { voicemail }), ...until },
    });
    answer(session, raw, numberSchema, (changed) =>
      when === undefined ? diverted(changed, context) : forwarded(changed),
    );
  });

  const clear = withApi(
    divert
      .command('clear')
      .description('let the plan of a number hold again')
      .argument('<number>', 'such as +442079460000')
      .option('--when <when>', WHEN),
  );
  clear.action(async (number: string, { when }: DivertOptions) => {
    const session = openSession(clear, context);
    const raw = await session.client.request('DELETE', pathOf(number, when));
    answer(session, raw, numberSchema, (changed) => `${changed.number} ${changed.planText}.\n`);
  });
}

/** A length goes to the node as it is, which counts it by its own clock. */
function untilOf(written: string, context: CliContext): string {
  return durationSchema.safeParse(written).success && durationMs(written) > 0
    ? written
    : futureTime(written, context.now());
}

function pathOf(number: string, when: string | undefined): string {
  const path = `/v1/numbers/${segment(number)}`;
  return when === undefined ? `${path}/divert` : `${path}/forwards/${segment(when)}`;
}

function forwarded({ number, forwards }: z.output<typeof numberSchema>): string {
  const { unreachable, noAnswer, busy } = forwards ?? {};
  const lines = [
    ...(unreachable ? [`  to ${divertedTo(unreachable)} when nobody can be reached`] : []),
    ...(noAnswer ? [`  to ${divertedTo(noAnswer)} when nobody answers`] : []),
    ...(busy ? [`  to ${divertedTo(busy)} when it is busy`] : []),
  ];
  return `Calls to ${number} that its phones could not take go\n${lines.join('\n')}\n`;
}

function diverted({ number, divert }: z.output<typeof numberSchema>, context: CliContext): string {
  if (divert === undefined) return `${number} is not diverted.\n`;
  const until =
    divert.until === undefined
      ? 'until it is cleared'
      : `until ${formatTime(divert.until)} (${formatRelative(divert.until, context.now())})`;
  return `All calls to ${number} go to ${divertedTo(divert)} ${until}.\nTo end it: ringthrough divert clear ${number}\n`;
}
