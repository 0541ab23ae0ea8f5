// `call NUMBER` places a test call and prints what happens as it happens; `call list` and `call hangup` are
// for calls that others made.

import type { Command } from 'commander';
import type { z } from 'zod';
import { callList, testCallStep } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import { SECOND_MS } from '../../base/time.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, read, type Session, withApi } from '../session.ts';
import { type Column, paint } from '../table.ts';
import { formatRelative } from '../times.ts';

type Call = z.output<typeof callList>['calls'][number];
type Step = z.output<typeof testCallStep>;

/** A test call that did not go through: the command worked, the call did not. */
const CALL_FAILED = 1;

export function addCalls(program: Command, context: CliContext, exit: (code: number) => void): void {
  const call = withApi(
    program
      .command('call')
      .description('call a number as any caller would, and tell what happens')
      .summary('call a number and tell what happens; list calls, hang one up')
      .argument('<number>', 'such as +442079460000')
      .addHelpText(
        'after',
        '\nEnds with 0 if the call was answered and audio was heard both ways, else with 1.',
      ),
  );
  call.action(async (number: string) => exit(await testCall(openSession(call, context), number)));

  const list = withApi(call.command('list').description('list calls in progress'));
  list.action(async () => {
    const session = openSession(list, context);
    answer(session, await session.client.request('GET', '/v1/calls'), callList, (found) =>
      listed(session, found.calls, callColumns(context), 'No call is in progress.'),
    );
  });

  const hangup = withApi(
    call.command('hangup').description('end a call in progress').argument('<id>', 'from call list'),
  );
  hangup.action(async (id: string) => {
    const session = openSession(hangup, context);
    await session.client.request('DELETE', `/v1/calls/${segment(id)}`);
    context.out(session.json ? '{}\n' : `The call ${id} is being ended.\n`);
  });
}

async function testCall(session: Session, number: string): Promise<number> {
  const { client, context, json } = session;
  let first: Step | undefined;
  let last: Step | undefined;
  for await (const raw of client.lines('POST', '/v1/test-calls', { body: { number } })) {
    const step = read(raw, testCallStep);
    if (json) context.out(`${JSON.stringify(raw)}\n`);
    else {
      if (first === undefined) context.out(`Calling ${number} as any caller would.\n`);
      context.out(stepLine(step, step.at - (first ?? step).at, context.colour));
    }
    first ??= step;
    last = step;
  }
  if (last?.final !== true) {
    context.err('ringthrough: the node ended the story before the call had ended\n');
    return CALL_FAILED;
  }
  return last.passed === true ? 0 : CALL_FAILED;
}

/** `   0.040 s  node    reception rings` */
function stepLine(step: Step, sinceMs: number, colour: boolean): string {
  const time = paint(`${(sinceMs / SECOND_MS).toFixed(3).padStart(8)} s`, 'dim', colour);
  const line = `${time}  ${step.source.padEnd(6)}  ${printable(step.text)}`;
  if (!step.final) return `${line}\n`;
  const passed = step.passed === true;
  return `${line}\n${paint(passed ? 'passed' : 'failed', passed ? 'green' : 'red', colour)}\n`;
}

function callColumns(context: CliContext): readonly Column<Call>[] {
  return [
    { heading: 'CALLED', cell: (call) => call.called },
    { heading: 'CALLER', cell: (call) => call.caller },
    { heading: 'ACCOUNT', cell: (call) => call.account },
    { heading: 'STATE', cell: (call) => call.state },
    { heading: 'STARTED', cell: (call) => formatRelative(call.startedAt, context.now()) },
    { heading: 'ANSWERED BY', cell: (call) => call.answeredBy },
    { heading: 'LEGS', cell: (call) => call.legs.map((leg) => `${leg.peer} (${leg.state})`).join(', ') },
    { heading: 'ID', cell: (call) => call.id },
  ];
}
