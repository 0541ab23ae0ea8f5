// What the command line does with certificate files, which needs no node: makes a pair to begin with, and tells
// what one says.

import { hostname, networkInterfaces } from 'node:os';
import { createSystemRandom } from '../adapters/system-random/system-random.ts';
import { createSelfSigned, type PairPaths, writePair } from '../adapters/tls-files/create.ts';
import { readFacts } from '../adapters/tls-files/read.ts';
import { RingthroughError } from '../base/errors.ts';
import { hex } from '../base/ids.ts';
import { DAY_MS, HOUR_MS, type Instant } from '../base/time.ts';
import type { CertificateFacts } from '../ports/certificates.ts';
import { familyOf, isHostName } from './config/addresses.ts';

export interface NewCertificate {
  /** Host names and IP literals; this machine's, where there are none. Its addresses are always among them. */
  readonly names: readonly string[];
  readonly folder: string;
  readonly days: number;
  readonly force: boolean;
  readonly now: Instant;
}

export interface MadeCertificate {
  readonly paths: PairPaths;
  readonly facts: CertificateFacts;
}

/** A clock that is a little behind ours must not find it to be of the future. */
const CLOCKS_DIFFER_MS = HOUR_MS;

/** Throws INVALID_INPUT and CONFLICT. */
export async function makeCertificate(wanted: NewCertificate): Promise<MadeCertificate> {
  for (const name of wanted.names) {
    if (familyOf(name) === undefined && !isHostName(name)) {
      throw new RingthroughError(
        'INVALID_INPUT',
        `"${name}" is not a name; expected such as voice.example.net`,
      );
    }
  }
  const [first = hostname(), ...others] = wanted.names;
  const names = [...new Set([first, ...others, ...ownAddresses()])] as const;
  const pair = await createSelfSigned({
    names: [first, ...names.filter((name) => name !== first)],
    validFrom: wanted.now - CLOCKS_DIFFER_MS,
    validTo: wanted.now + wanted.days * DAY_MS,
    // Positive, and not the same as that of any other (RFC 5280 §4.1.2.2).
    serialNumber: `1${hex(createSystemRandom().bytes(15))}`,
  });
  const paths = await writePair(wanted.folder, pair, { force: wanted.force });
  return { paths, facts: await certificateFacts(paths.certificate) };
}

/** Throws CERTIFICATE_INVALID. */
export async function certificateFacts(file: string): Promise<CertificateFacts> {
  const facts = await readFacts(file);
  if (facts.ok) return facts.value;
  throw new RingthroughError('CERTIFICATE_INVALID', facts.error);
}

function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.map(({ address }) => address).filter((address) => !address.startsWith('fe80:'));
}
