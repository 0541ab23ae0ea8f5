// Certificates for interop tests: an authority of the test's own, and files that other programs read.

import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Authority, type Issued } from '../authority.ts';

export type { Issued } from '../authority.ts';

export interface Files {
  readonly certificate: string;
  readonly key: string;
}

/** In a folder of their own below `folder`. */
export function writeIssued(folder: string, { certificate, key }: Issued): Files {
  const own = mkdtempSync(path.join(folder, 'tls-'));
  const files = { certificate: path.join(own, 'certificate.pem'), key: path.join(own, 'key.pem') };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key, { mode: 0o600 });
  return files;
}

/** An authority, and the file that says to trust it. */
export interface Trust {
  readonly authority: Authority;
  readonly ca: string;
}

export async function authorityIn(folder: string): Promise<Trust> {
  const authority = await Authority.create();
  const ca = path.join(mkdtempSync(path.join(folder, 'ca-')), 'ca.pem');
  writeFileSync(ca, authority.certificate);
  return { authority, ca };
}
