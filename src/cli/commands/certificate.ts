// `certificate create` and `certificate show`: TLS without a tool beside it. They work on files of this machine and
// ask no node.

import type { Command } from 'commander';
import { RingthroughError } from '../../base/errors.ts';
import { DAY_MS } from '../../base/time.ts';
import type { CertificateFacts } from '../../ports/certificates.ts';
import { certificateDomains } from '../../sip/certificate/identity.ts';
import type { CliContext } from '../context.ts';
import { paint } from '../table.ts';
import { formatRelative, formatTime } from '../times.ts';

const DAYS = 365;
const DAYS_MAX = 3_650;
const EXPIRES_SOON_MS = 21 * DAY_MS;

interface CreateOptions {
  readonly name?: readonly string[];
  readonly out: string;
  readonly days: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function addCertificates(program: Command, context: CliContext): void {
  const certificate = program.command('certificate').description('make and read certificates for TLS');
  certificate
    .command('create')
    .description('make a self-signed certificate and its key, to try TLS with')
    .option('--name <names...>', "what it speaks for, sip.domain first; else this machine's name")
    .option('--out <folder>', 'where certificate.pem and key.pem are put', './tls')
    .option('--days <count>', 'how long it is good for', String(DAYS))
    .option('--force', 'replace what is there')
    .option('--json', 'print it for programs')
    .action(async ({ name = [], out, days, force = false, json }: CreateOptions) => {
      const wanted = { names: name, folder: out, days: daysOf(days), force, now: context.now() };
      const { paths, facts } = await context.certificates.make(wanted);
      if (json === true) return context.out(`${JSON.stringify({ paths, ...viewOf(facts) }, null, 2)}\n`);
      context.out(
        `${shown(facts, context)}\n` +
          'Phones and carriers trust it only where they are told to, or verify nothing. In the configuration:\n\n' +
          `tls: { certificate: ${paths.certificate}, key: ${paths.key} }\n`,
      );
    });
  certificate
    .command('show')
    .description('tell what a certificate says: names, expiry, fingerprint')
    .argument('<file>', 'in PEM form; of several in it, the first')
    .option('--json', 'print it for programs')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const facts = await context.certificates.read(file);
      context.out(json === true ? `${JSON.stringify(viewOf(facts), null, 2)}\n` : shown(facts, context));
    });
}

function daysOf(written: string): number {
  const days = /^\d{1,4}$/.test(written) ? Number(written) : 0;
  if (days >= 1 && days <= DAYS_MAX) return days;
  throw new RingthroughError('INVALID_INPUT', `--days must be a whole number from 1 to ${DAYS_MAX}`);
}

function viewOf({ name, names, validFrom, validTo, ...facts }: CertificateFacts) {
  return {
    file: name,
    ...facts,
    names,
    domains: certificateDomains(names),
    validFrom: new Date(validFrom).toISOString(),
    validTo: new Date(validTo).toISOString(),
  };
}

function shown(facts: CertificateFacts, { now, colour }: CliContext): string {
  const at = now();
  const leftMs = facts.validTo - at;
  const until = `${formatTime(facts.validTo)} (${formatRelative(facts.validTo, at)})`;
  const domains = certificateDomains(facts.names);
  const rows = [
    ['file', facts.name],
    ['subject', facts.subject],
    ['issuer', facts.issuer === facts.subject ? 'itself (self-signed)' : facts.issuer],
    ['speaks for', domains.length === 0 ? paint('nobody', 'red', colour) : domains.join(', ')],
    ['valid from', formatTime(facts.validFrom)],
    ['valid to', leftMs > EXPIRES_SOON_MS ? until : paint(until, leftMs > 0 ? 'yellow' : 'red', colour)],
    ['SHA-256', facts.fingerprint],
  ];
  return rows.map(([what = '', value = '']) => `${what.padEnd(10)}  ${value}\n`).join('');
}
