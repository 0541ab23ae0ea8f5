// `trace`: SIP messages as they come and go, as a ladder, as JSON, or as a capture file of what is kept.

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { traceLine } from '../../admin/wire.ts';
import { RingthroughError } from '../../base/errors.ts';
import { counted } from '../../base/names.ts';
import { codeOf } from '../client.ts';
import type { CliContext } from '../context.ts';
import { Ladder } from '../ladder.ts';
import { openSession, read, type Session, withApi } from '../session.ts';
import { pastTime } from '../times.ts';

interface TraceOptions {
  readonly number?: string;
  readonly phone?: string;
  readonly call?: string;
  readonly sipCallId?: string;
  readonly since?: string;
  readonly pcap?: string;
  readonly raw?: boolean;
}

type Query = Readonly<Record<string, string | undefined>>;

/** Of a window whose width nobody knows. */
const COLUMNS_DEFAULT = 120;

export function addTrace(program: Command, context: CliContext): void {
  const trace = withApi(
    program
      .command('trace')
      .description('show SIP messages as they come and go, as a ladder, until Ctrl-C')
      .summary('show SIP messages as they come and go')
      .option('--number <number>', 'only calls that involve this number')
      .option('--phone <user>', 'only this phone: its registrations and its calls')
      .option('--call <id>', 'only this call, also when it has ended; the id is in ledger and call list')
      .option('--sip-call-id <id>', 'only the call with this SIP Call-ID')
      .option('--since <time>', 'begin with what is kept since then: 10m, 09:30')
      .option('--pcap <file>', 'write what is kept to a capture file for Wireshark instead')
      .option('-v, --raw', 'print whole messages'),
  );
  trace.action(async ({ number, phone, call, sipCallId, since, pcap, raw = false }: TraceOptions) => {
    const session = openSession(trace, context);
    const from = since === undefined ? undefined : pastTime(since, context.now());
    const query = { number, phone, call, sipCallId, since: from };
    if (pcap === undefined) await follow(session, query, raw);
    else await capture(session, query, pcap);
  });
}

async function follow({ client, context, json }: Session, query: Query, raw: boolean): Promise<void> {
  const stop = new AbortController();
  const deafen = context.onSignal(() => stop.abort());
  const columns = () => context.columns() ?? COLUMNS_DEFAULT;
  const ladder = new Ladder({ columns, colour: context.colour, raw });
  try {
    for await (const line of client.lines('GET', '/v1/trace', { query, signal: stop.signal })) {
      context.out(json ? `${JSON.stringify(line)}\n` : ladder.lines(read(line, traceLine)));
    }
  } finally {
    deafen();
  }
}

async function capture({ client, context, json }: Session, query: Query, file: string): Promise<void> {
  const bytes = await client.bytes('GET', '/v1/trace.pcap', { query });
  const messages = recordsOf(bytes);
  if (messages === 0) {
    throw new RingthroughError('NOT_FOUND', 'no such messages are kept; trace them while they come');
  }
  try {
    // Who called whom is nobody else's business.
    await writeFile(file, bytes, { mode: 0o600 });
  } catch (cause) {
    const reason = codeOf(cause) ?? String(cause);
    throw new RingthroughError('INVALID_INPUT', `${file} cannot be written: ${reason}`, { cause });
  }
  const words = `${counted(messages, 'message')} written to ${file}`;
  context.out(json ? `${JSON.stringify({ file, messages })}\n` : `${words}\n`);
}

/** Records of a capture file: 24 bytes before all, 16 before each, which tell its length. */
function recordsOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let records = 0;
  for (let at = 24; at + 16 <= bytes.length; at += 16 + view.getUint32(at + 8, true)) records++;
  return records;
}
