// A capture server that we did not write: Kamailio's sipcapture, which is what Homer began with. It reads HEP3 and
// keeps what it read in a text file, a row for each message.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Child } from '../child.ts';
import { freePorts, HOST, type Rig, until } from '../rig.ts';

/** The table of sipcapture, as far as its release in Debian fills it. */
const COLUMNS = [
  ...['date', 'micro_ts', 'method', 'reply_reason', 'ruri', 'ruri_user', 'ruri_domain', 'from_user'],
  ...['from_domain', 'from_tag', 'to_user', 'to_domain', 'to_tag', 'pid_user', 'contact_user', 'auth_user'],
  ...['callid', 'callid_aleg', 'via_1', 'via_1_branch', 'cseq', 'diversion', 'reason', 'content_type'],
  ...['auth', 'user_agent', 'source_ip', 'source_port', 'destination_ip', 'destination_port', 'contact_ip'],
  ...['contact_port', 'originator_ip', 'originator_port', 'expires', 'correlation_id', 'custom_field1'],
  ...['custom_field2', 'custom_field3', 'proto', 'family', 'rtp_stat', 'type', 'node', 'msg'],
] as const;
const NUMBERS = new Set([
  ...[
    'source_port',
    'destination_port',
    'contact_port',
    'originator_port',
    'expires',
    'proto',
    'family',
    'type',
  ],
]);

type Row = Readonly<Record<(typeof COLUMNS)[number], string>>;

export class HepCollector {
  readonly port: number;
  readonly #table: string;
  readonly #child: Child;

  static async start(rig: Rig): Promise<HepCollector> {
    const port = await freePorts();
    const folder = path.join(rig.folder, 'hep');
    const database = path.join(folder, 'database');
    mkdirSync(database, { recursive: true });
    writeFileSync(path.join(database, 'version'), 'table_name(string) table_version(int)\nsip_capture:4\n');
    const table = path.join(database, 'sip_capture');
    writeFileSync(table, `${COLUMNS.map((name) => `${name}(${typeOf(name)},null)`).join(' ')}\n`);
    const template = readFileSync(path.join(import.meta.dirname, 'hep.cfg'), 'utf8');
    const file = path.join(folder, 'kamailio.cfg');
    writeFileSync(file, template.replace('{address}', `${HOST}:${port}`).replace('{database}', database));
    const parameters = [
      ...['-f', file, '-DD', '-E', '-e', '-m', '32', '-M', '4'],
      ...['-w', folder, '-Y', folder, '-P', path.join(folder, 'pid')],
    ];
    // Its files have no column for microseconds, and it says so each time.
    const child = rig.run('hep', 'kamailio', parameters, { noise: /BIGINT not supported/ });
    await child.line(/RINGTHROUGH-RIG ready/, 15_000);
    return new HepCollector(port, table, child);
  }

  private constructor(port: number, table: string, child: Child) {
    this.#child = child;
    this.port = port;
    this.#table = table;
  }

  /** All that it has read, which has to be so many messages of these Call-IDs; and that is its end. */
  async rows(count: number, sipCallIds: ReadonlySet<string>): Promise<readonly Row[]> {
    await until(`${count} messages to be captured`, 10_000, () => {
      const captured = [...this.#child.output.matchAll(/captured (\S+)/g)];
      return captured.filter(([, id = '']) => sipCallIds.has(id)).length >= count || undefined;
    });
    await this.#child.stop();
    const [, ...lines] = readFileSync(this.#table, 'utf8').trimEnd().split('\n');
    return lines.map((line) => {
      const cells = line.split(/(?<!\\):/).map((cell) => cell.replaceAll('\\:', ':'));
      return Object.fromEntries(COLUMNS.map((name, index) => [name, cells[index] ?? ''])) as Row;
    });
  }
}

function typeOf(name: (typeof COLUMNS)[number]): string {
  if (name === 'date') return 'time';
  if (name === 'micro_ts') return 'double';
  return NUMBERS.has(name) ? 'int' : 'string';
}
