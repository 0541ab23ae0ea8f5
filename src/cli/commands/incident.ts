// `incident`: what went wrong, and what operators say of it. Texts come as an argument, from a template, or from a file.

import type { Command } from 'commander';
import type { z } from 'zod';
import {
  incidentPage,
  incident as incidentSchema,
  type OpeningInput,
  type UpdateInput,
} from '../../admin/incident-wire.ts';
import { RingthroughError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { segment } from '../client.ts';
import type { CliContext } from '../context.ts';
import { answer, listed, openSession, readInput, withApi } from '../session.ts';
import type { Column } from '../table.ts';
import { formatLength, formatTime } from '../times.ts';

type Incident = z.output<typeof incidentSchema>;
type Declared = UpdateInput['components'];

interface WordsOptions {
  readonly text?: string;
  readonly template?: string;
  readonly file?: string;
  readonly component?: readonly string[];
}

const HELP = `
A component is given with its state: --component "Website=partial-outage". Ends with 65 where the probes
do not agree that it is over.`;

export function addIncidents(program: Command, context: CliContext): void {
  const incident = program
    .command('incident')
    .description('periods in which the service was not whole, and what is said of them');
  addList(incident, context);
  addGet(incident, context);
  addOpen(incident, context);
  addUpdate(incident, context);
  addResolve(incident, context);
  addPostMortem(incident, context);
}

function addList(incident: Command, context: CliContext): void {
  const list = withApi(
    incident
      .command('list')
      .description('list them, newest first')
      .option('--open', 'only those that are not over')
      .option('--limit <count>', 'at most this many; 50 unless given')
      .option('--before <next>', 'the `next` of an earlier page, as --json tells it'),
  );
  list.action(async ({ open, limit, before }: { open?: boolean; limit?: string; before?: string }) => {
    const session = openSession(list, context);
    const query = { limit, cursor: before, open: open === true ? 'true' : undefined };
    const raw = await session.client.request('GET', '/v1/incidents', { query });
    answer(session, raw, incidentPage, ({ incidents, next }) => {
      const more = next === undefined ? '' : `More: --before ${next}\n`;
      return listed(session, incidents, COLUMNS, 'There is no incident.') + more;
    });
  });
}

function addGet(incident: Command, context: CliContext): void {
  const get = withApi(
    incident.command('get').description('tell one of them with its updates').argument('<id>'),
  );
  get.action(async (id: string) => {
    const session = openSession(get, context);
    answer(session, await session.client.request('GET', pathOf(id)), incidentSchema, told);
  });
}

function addOpen(incident: Command, context: CliContext): void {
  const open = withWords(
    incident
      .command('open')
      .description('open one, and declare what it affects')
      .option('--title <title>', 'else it is called by what it affects')
      .option('--phase <phase>', 'investigating (the default), identified or monitoring')
      .addHelpText('after', HELP),
  );
  open.action(
    async (options: WordsOptions & { readonly title?: string; readonly phase?: OpeningInput['phase'] }) => {
      const session = openSession(open, context);
      const { title, phase } = options;
      const body = {
        title,
        phase,
        ...(await wordsOf(options, context)),
        components: declared(options) ?? [],
      };
      const raw = await session.client.request('POST', '/v1/incidents', { body });
      answer(session, raw, incidentSchema, told);
    },
  );
}

function addUpdate(incident: Command, context: CliContext): void {
  const update = withWords(
    incident
      .command('update')
      .description('say more of one that is open')
      .argument('<id>')
      .option('--title <title>', 'call it something else; alone, or with a text')
      .option('--phase <phase>', 'investigating, identified, monitoring or resolved; as it was unless given')
      .addHelpText('after', HELP),
  );
  update.action(
    async (id: string, options: WordsOptions & { readonly phase?: string; readonly title?: string }) => {
      const session = openSession(update, context);
      const { title, phase } = options;
      const words = await wordsOf(options, context);
      const hasWords = words.text !== undefined || words.template !== undefined || title === undefined;
      let raw: unknown;
      if (title !== undefined) raw = await session.client.request('PATCH', pathOf(id), { body: { title } });
      if (hasWords) {
        const body = { phase, ...words, components: declared(options) };
        raw = await session.client.request('POST', `${pathOf(id)}/updates`, { body });
      }
      answer(session, raw, incidentSchema, told);
    },
  );
}

function addResolve(incident: Command, context: CliContext): void {
  const resolve = withWords(
    incident.command('resolve').description('say that one is over').argument('<id>'),
    'plain',
  );
  resolve.action(async (id: string, options: WordsOptions) => {
    const session = openSession(resolve, context);
    const words = await wordsOf(options, context);
    const text = words.template === undefined ? (words.text ?? 'This is over.') : undefined;
    const body = { phase: 'resolved', ...words, text };
    const raw = await session.client.request('POST', `${pathOf(id)}/updates`, { body });
    answer(session, raw, incidentSchema, told);
  });
}

function addPostMortem(incident: Command, context: CliContext): void {
  const postMortem = withApi(
    incident
      .command('post-mortem')
      .description('look back on one that is resolved, in the words of a file')
      .argument('<id>')
      .argument('<file>', 'text; - is what is piped in'),
  );
  postMortem.action(async (id: string, file: string) => {
    const session = openSession(postMortem, context);
    const body = { text: await readInput(file, context) };
    const raw = await session.client.request('PUT', `${pathOf(id)}/post-mortem`, { body });
    answer(session, raw, incidentSchema, told);
  });
}

function withWords(command: Command, kind: 'plain' | 'declaring' = 'declaring'): Command {
  const spoken = command
    .option('--text <text>', 'what to say')
    .option('--template <name>', 'the same as status.templates of the configuration has it')
    .option('--file <file>', 'the same from a file; - is what is piped in');
  const declaring =
    kind === 'plain'
      ? spoken
      : spoken.option(
          '--component <name=state>',
          'a part, and how bad it is; may be given again',
          (one: string, all: readonly string[] = []) => [...all, one],
        );
  return withApi(declaring);
}

async function wordsOf({ text, template, file }: WordsOptions, context: CliContext) {
  if ([text, template, file].filter((one) => one !== undefined).length > 1)
    throw new RingthroughError('INVALID_INPUT', 'say it in one way: --text, --template or --file');
  return { text: file === undefined ? text : await readInput(file, context), template };
}

function declared({ component }: WordsOptions): Declared {
  return component?.map((written) => {
    const at = written.lastIndexOf('=');
    if (at < 1) {
      throw new RingthroughError(
        'INVALID_INPUT',
        `"${written}" is no component with its state; write such as "Website=partial-outage"`,
      );
    }
    // What it may be, the API says.
    const state = written.slice(at + 1) as NonNullable<Declared>[number]['state'];
    return { name: written.slice(0, at), state };
  });
}

function pathOf(id: string): string {
  return `/v1/incidents/${segment(id)}`;
}

const COLUMNS: readonly Column<Incident>[] = [
  { heading: 'INCIDENT', cell: ({ id }) => id },
  { heading: 'OPENED', cell: ({ openedAt }) => formatTime(openedAt) },
  { heading: 'LASTED', cell: lasted },
  { heading: 'BY', cell: ({ openedBy }) => openedBy },
  {
    heading: 'PHASE',
    cell: ({ updates, resolvedAt }) => {
      const text = updates.at(-1)?.phase ?? '';
      return resolvedAt === undefined ? { text, colour: 'red' } : text;
    },
  },
  { heading: 'TITLE', cell: ({ title }) => title },
];

function lasted({ openedAt, resolvedAt }: Incident): string {
  return resolvedAt === undefined ? 'goes on' : formatLength(resolvedAt - openedAt);
}

function told(incident: Incident): string {
  const { id, title, openedBy, openedAt, affected, updates, postMortem } = incident;
  const lines = [
    `${id}  ${printable(title)}`,
    `opened by ${openedBy} at ${formatTime(openedAt)}, ${lasted(incident)}`,
    ...affected.map(({ component, worst, since, until }) => {
      const end = until === undefined ? 'goes on' : `until ${formatTime(until)}`;
      return `  ${printable(component)}: ${worst.replace('-', ' ')} since ${formatTime(since)}, ${end}`;
    }),
    '',
    ...updates.flatMap(({ at, phase, text, by }) => [
      `${formatTime(at)}  ${phase} (${by})`,
      ...text.split('\n').map((line) => `  ${printable(line)}`),
    ]),
  ];
  const looked =
    postMortem === undefined
      ? []
      : ['', `Post-mortem of ${formatTime(postMortem.at)}`, ...postMortem.text.split('\n').map(printable)];
  return `${[...lines, ...looked].join('\n')}\n`;
}
