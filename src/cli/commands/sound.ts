// `sound`: what announcements and menus of an account can say, uploaded or spoken by the node.

import type { Command } from 'commander';
import type { z } from 'zod';
import { soundList, soundView } from '../../admin/wire.ts';
import { printable } from '../../base/printable.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, withApi } from '../session.ts';
import { readSound, saveSound, soundOptions } from '../sound-files.ts';
import type { Column } from '../table.ts';
import { formatLength } from '../times.ts';

type Sound = z.output<typeof soundView>;

export function addSounds(program: Command, context: CliContext): void {
  const sound = program.command('sound').description('what announcements and menus of accounts say');
  const set = withApi(
    soundOptions(
      sound
        .command('set')
        .description('upload a sound, or have a text spoken; one of the same name is replaced')
        .argument('<account>')
        .argument('<name>', 'by which plans and menus know it, such as welcome')
        .argument('[file]', 'a WAV file'),
    ),
  );
  set.action(async (account: string, name: string, file: string | undefined, { text }: { text?: string }) => {
    const session = openSession(set, context);
    const body = await readSound(file, text);
    const raw = await session.client.request('PUT', pathOf(account, name), { body });
    answer(session, raw, soundView, (view) => {
      return `Account ${view.account} has the sound ${view.name}, ${formatLength(view.lengthMs)} long.\n`;
    });
  });

  const list = withApi(sound.command('list').description('list sounds of an account').argument('<account>'));
  list.action(async (account: string) => {
    const session = openSession(list, context);
    const raw = await session.client.request('GET', `/v1/accounts/${segment(account)}/sounds`);
    answer(session, raw, soundList, ({ sounds }) =>
      listed(session, sounds, COLUMNS, `Account ${account} has no sounds.`),
    );
  });

  const get = withApi(
    sound
      .command('get')
      .description('write a sound to a WAV file')
      .argument('<account>')
      .argument('<name>')
      .argument('[file]', 'where to; else <name>.wav'),
  );
  get.action(async (account: string, name: string, file: string | undefined) => {
    const session = openSession(get, context);
    await saveSound(session, await session.client.bytes('GET', pathOf(account, name)), file ?? `${name}.wav`);
  });

  const remove = withApi(
    sound
      .command('delete')
      .description('remove a sound that no plan or menu says')
      .argument('<account>')
      .argument('<name>'),
  );
  remove.action(async (account: string, name: string) => {
    await openSession(remove, context).client.request('DELETE', pathOf(account, name));
    context.out(`Account ${account} has no sound ${name} any more.\n`);
  });
}

function pathOf(account: string, name: string): string {
  return `/v1/accounts/${segment(account)}/sounds/${segment(name)}`;
}

const COLUMNS: readonly Column<Sound>[] = [
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'LENGTH', cell: ({ lengthMs }) => formatLength(lengthMs) },
  { heading: 'SAYS', cell: ({ text }) => (text === undefined ? '' : printable(text)) },
];
