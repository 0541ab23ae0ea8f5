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

export function addDiverts(program: Command, context: CliContext): void {
  const divert = program.command('divert').description('send all calls of a number elsewhere');

  const set = withApi(
    divert
      .command('set')
      .description('send every call of a number elsewhere, now')
      .argument('<number>', 'one of yours, such as +442079460000')
      .argument('<to>', 'such as +447700900123')
      .option('--until <time>', 'when it ends by itself: 2h, 18:00, "2026-11-24 18:00"'),
  );
  set.action(async (number: string, to: string, options: { until?: string }) => {
    const session = openSession(set, context);
    const until = options.until === undefined ? {} : { until: untilOf(options.until, context) };
    const path = `/v1/numbers/${segment(number)}/divert`;
    const raw = await session.client.request('PUT', path, { body: { to, ...until } });
    answer(session, raw, numberSchema, (changed) => diverted(changed, context));
  });

  const clear = withApi(
    divert
      .command('clear')
      .description('let the plan of a number hold again')
      .argument('<number>', 'such as +442079460000'),
  );
  clear.action(async (number: string) => {
    const session = openSession(clear, context);
    const raw = await session.client.request('DELETE', `/v1/numbers/${segment(number)}/divert`);
    answer(session, raw, numberSchema, (changed) => `${changed.number} ${changed.planText}.\n`);
  });
}

/** A length goes to the node as it is, which counts it by its own clock. */
function untilOf(written: string, context: CliContext): string {
  return durationSchema.safeParse(written).success && durationMs(written) > 0
    ? written
    : futureTime(written, context.now());
}

function diverted({ number, divert }: z.output<typeof numberSchema>, context: CliContext): string {
  if (divert === undefined) return `${number} is not diverted.\n`;
  const until =
    divert.until === undefined
      ? 'until it is cleared'
      : `until ${formatTime(divert.until)} (${formatRelative(divert.until, context.now())})`;
  return `All calls to ${number} go to ${divertedTo(divert)} ${until}.\nTo end it: ringthrough divert clear ${number}\n`;
}
