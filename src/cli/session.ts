// What a command that asks the API has at hand, and the options by which all of them find it.

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type { z } from 'zod';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { API_DEFAULT, Client, codeOf } from './client.ts';
import type { CliContext } from './context.ts';
import { type Column, table } from './table.ts';

/** Within the data folder, as src/http makes it. */
const TOKEN_FILE = 'api.token';

export interface Session {
  readonly client: Client;
  readonly context: CliContext;
  /** The API's own JSON is wanted, for programs. */
  readonly json: boolean;
}

interface ApiOptions {
  readonly api?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

/** Adds the options of the API to a command that asks it. */
export function withApi(command: Command): Command {
  return command
    .optionsGroup('API options:')
    .option('--json', 'print what the API answers, for programs')
    .option('--api <url>', `where the node's API is (RINGTHROUGH_API, else ${API_DEFAULT})`)
    .option('--token-file <file>', "the API's token (RINGTHROUGH_TOKEN, else data/api.token)");
}

export function openSession(command: Command, context: CliContext): Session {
  const options = command.opts<ApiOptions>();
  const { environment } = context;
  // A file that is named beats a token that is merely there.
  const token = options.tokenFile === undefined ? environment.token : undefined;
  const client = new Client({
    api: options.api ?? environment.api ?? API_DEFAULT,
    token,
    tokenFile: options.tokenFile ?? path.join(environment.dataFolder ?? 'data', TOKEN_FILE),
    version: context.version,
  });
  return { client, context, json: options.json === true };
}

/** Prints the API's JSON, or what `show` makes of it for people. */
export function answer<Schema extends z.ZodType>(
  { context, json }: Session,
  raw: unknown,
  schema: Schema,
  show: (value: z.output<Schema>) => string,
): void {
  context.out(json ? `${JSON.stringify(raw, null, 2)}\n` : show(read(raw, schema)));
}

/** The answer as the views that the API made it of. */
export function read<Schema extends z.ZodType>(raw: unknown, schema: Schema): z.output<Schema> {
  const checked = schema.safeParse(raw);
  if (checked.success) return checked.data;
  const message =
    'the node answers in a shape unknown here; use the ringthrough of the same version as the node';
  throw new RingthroughError('NODE_UNREACHABLE', message, { cause: checked.error });
}

/** A table, or one line where there is nothing to show. */
export function listed<Row>(
  { context }: Session,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  nothing: string,
): string {
  return rows.length === 0 ? `${nothing}\n` : table(rows, columns, context.colour);
}

/** `-` means what is piped in. Throws INVALID_INPUT. */
export async function readInput(file: string, context: CliContext): Promise<string> {
  if (file === '-') return context.stdin();
  try {
    const { size } = await stat(file);
    if (size > LIMITS.fileBytesMax) throw new Error(`it has more than ${LIMITS.fileBytesMax} bytes`);
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RingthroughError('INVALID_INPUT', `${file} ${unreadable(cause)}`, { cause });
  }
}

function unreadable(cause: unknown): string {
  const code = codeOf(cause);
  if (code === 'ENOENT') return 'does not exist';
  return `cannot be read: ${code ?? (cause instanceof Error ? cause.message : cause)}`;
}
