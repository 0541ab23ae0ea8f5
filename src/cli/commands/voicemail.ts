// `voicemail`: messages that callers left, for an operator to list, listen to and delete, and the greetings of mailboxes.

import type { Command } from 'commander';
import type { z } from 'zod';
import { messageList } from '../../admin/wire.ts';
import { RingthroughError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import { readSound, saveSound, soundOptions } from '../sound-files.ts';
import type { Column } from '../table.ts';
import { formatLength, formatTime } from '../times.ts';

type Message = z.output<typeof messageList>['messages'][number];

export function addVoicemail(program: Command, context: CliContext): void {
  const voicemail = program.command('voicemail').description('messages that callers left, and greetings');
  addList(voicemail, context);
  addGreeting(voicemail, context);
  const get = withApi(
    voicemail
      .command('get')
      .description('write a message to a WAV file; that you listened stands in the audit')
      .argument('<id>', 'as `voicemail list` tells it')
      .argument('[file]', 'where to; else message-<id>.wav'),
  );
  get.action(async (id: string, file: string | undefined) => {
    const session = openSession(get, context);
    const wav = await session.client.bytes('GET', `/v1/messages/${segment(id)}/recording`);
    await saveSound(session, wav, file ?? `message-${id}.wav`);
  });
  const remove = withApi(
    voicemail
      .command('delete')
      .description('delete a message; that you did stands in the audit')
      .argument('<id>', 'as `voicemail list` tells it'),
  );
  remove.action(async (id: string) => {
    const { client } = openSession(remove, context);
    await client.request('DELETE', `/v1/messages/${segment(id)}`);
    context.out(`The message ${id} is deleted.\n`);
  });
}

function addList(voicemail: Command, context: CliContext): void {
  const list = withApi(
    voicemail
      .command('list')
      .description('list messages, the oldest first')
      .argument('[mailbox]', 'only of mailboxes of this name')
      .option('--account <name>', "only this account's"),
  );
  list.action(async (mailbox: string | undefined, { account }: { account?: string }) => {
    const session = openSession(list, context);
    const raw = await session.client.request('GET', '/v1/messages', { query: { account, mailbox } });
    answer(session, raw, messageList, ({ messages }) =>
      listed(session, messages, MESSAGE_COLUMNS, 'There are no messages.'),
    );
  });
}

interface GreetingOptions {
  readonly text?: string;
  readonly default?: boolean;
  readonly get?: boolean;
}

function addGreeting(voicemail: Command, context: CliContext): void {
  const greeting = withApi(
    soundOptions(
      voicemail
        .command('greeting')
        .description('give a mailbox a greeting: a WAV file, a text that is spoken, or the default one')
        .argument('<mailbox>', 'account/mailbox, such as acme/reception')
        .argument('[file]', 'a WAV file'),
    )
      .option('--default', 'put the default one back')
      .option('--get', 'write the present one to the file instead'),
  );
  greeting.action(async (mailbox: string, file: string | undefined, options: GreetingOptions) => {
    const session = openSession(greeting, context);
    const path = greetingPath(mailbox);
    if (options.get === true) {
      const wav = await session.client.bytes('GET', path);
      return saveSound(session, wav, file ?? `${mailbox.replace('/', '-')}-greeting.wav`);
    }
    if (options.default === true) {
      await session.client.request('DELETE', path);
      return context.out(`The mailbox ${mailbox} has the default greeting.\n`);
    }
    await session.client.request('PUT', path, { body: await readSound(file, options.text) });
    context.out(`The mailbox ${mailbox} has a new greeting.\n`);
  });
}

function greetingPath(written: string): string {
  const [account, mailbox, ...more] = written.split('/');
  if (!account || !mailbox || more.length > 0) {
    const message = `"${written}" is no mailbox; write account/mailbox, such as acme/reception`;
    throw new RingthroughError('INVALID_INPUT', message);
  }
  return `/v1/accounts/${segment(account)}/mailboxes/${segment(mailbox)}/greeting`;
}

const MESSAGE_COLUMNS: readonly Column<Message>[] = [
  { heading: 'LEFT', cell: ({ at }) => formatTime(at) },
  { heading: 'MAILBOX', cell: ({ account, mailbox }) => `${account}/${mailbox}` },
  { heading: 'CALLER', cell: ({ caller }) => printable(caller) },
  { heading: 'FOR', cell: ({ called }) => called },
  { heading: 'LENGTH', cell: ({ lengthMs }) => formatLength(lengthMs) },
  { heading: 'HEARD', cell: ({ heardAt }) => (heardAt === undefined ? 'new' : formatTime(heardAt)) },
  { heading: 'ID', cell: ({ id }) => id },
];
