// Structured logs by pino, to stderr: one JSON object a line for machines, one readable line on a terminal.
//
//   {"level":"warn","time":"2026-11-24T09:30:00.000Z","msg":"trunk is down","trunk":"carrier-a"}
//   09:30:00.000 warn  trunk is down  trunk=carrier-a
//
// What arrives in fields was partly written by strangers (a User-Agent, a URI), so nothing of it reaches a
// terminal raw. Writing never blocks: a reader that stands still costs log lines, never calls.

import pino from 'pino';
import { LIMITS } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log, LogFields } from '../../ports/log.ts';

export interface LogOptions {
  readonly clock: Clock;
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Readable lines instead of JSON; what stderr is unless given. */
  readonly pretty?: boolean;
  /** Where lines go, each with its line end; stderr unless given. */
  readonly write?: (line: string) => void;
}

export function createLog(options: LogOptions): Log {
  const pretty = options.pretty ?? process.stderr.isTTY === true;
  const write = options.write ?? writerToStderr();
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: pretty ? (line: string) => write(prettyLine(line)) : write },
  );
  return {
    debug: (message, fields) => logger.debug(redacted(fields), message),
    info: (message, fields) => logger.info(redacted(fields), message),
    warn: (message, fields) => logger.warn(redacted(fields), message),
    error: (message, fields) => logger.error(redacted(fields), message),
  };
}

function writerToStderr(): (line: string) => void {
  const destination = pino.destination({ dest: 2, sync: false, maxLength: LIMITS.logQueueBytesMax });
  return (line) => destination.write(line);
}

/** Callers never log a secret; should one slip, its name gives it away here. */
const SECRET = /password|secret|token|authorization|credential|ha1|nonce|apikey|cookie/i;

function redacted(fields: LogFields = {}): LogFields {
  const shown: Record<string, LogFields[string]> = {};
  for (const [name, value] of Object.entries(fields)) shown[name] = SECRET.test(name) ? '[redacted]' : value;
  return shown;
}

const COLOURS: Readonly<Record<string, string>> = { warn: '\x1b[33m', error: '\x1b[31m', debug: '\x1b[2m' };
const RESET = '\x1b[0m';

function prettyLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const words = Object.entries(fields).map(([name, value]) => `${name}=${quoted(value)}`);
  const clock = String(time).slice(11, 23);
  const head = `${clock} ${String(level).padEnd(5)} ${printable(String(msg))}`;
  const line = words.length === 0 ? head : `${head}  ${words.join(' ')}`;
  const colour = COLOURS[String(level)];
  return colour === undefined ? `${line}\n` : `${colour}${line}${RESET}\n`;
}

function quoted(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:+@/[\]<>;-]+$/.test(value)) return value;
  return printable(JSON.stringify(value));
}
