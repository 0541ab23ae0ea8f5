// Makes a self-signed certificate, to try TLS with before there is a real one: the names that SIP wants
// (RFC 5922 §7.1), good for servers and clients alike. RSA, because every desk phone can read that.
//
// The key is never readable to others, not even for the moment between writing it and saying so, and neither
// file is ever there in part: each is written beside its place and renamed.

import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { access, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { messageOf, RingthroughError } from '../../base/errors.ts';
import { makeFolders } from '../../base/folders.ts';
import type { Instant } from '../../base/time.ts';

export interface SelfSignedOptions {
  /** Host names and IP literals, the first of which is the subject. */
  readonly names: readonly [string, ...string[]];
  readonly validFrom: Instant;
  readonly validTo: Instant;
  /** Positive, as hexadecimal digits. */
  readonly serialNumber: string;
}

/** Both as PEM texts. */
export async function createSelfSigned(
  options: SelfSignedOptions,
): Promise<{ readonly certificate: string; readonly key: string }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: options.serialNumber,
    name: [{ CN: [options.names[0]] }],
    notBefore: new Date(options.validFrom),
    notAfter: new Date(options.validTo),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(options.names.flatMap(alternativeNamesOf)),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { certificate: `${certificate.toString('pem')}\n`, key: String(key) };
}

function alternativeNamesOf(name: string): { type: 'ip' | 'dns' | 'url'; value: string }[] {
  if (isIP(name) !== 0) return [{ type: 'ip', value: name }];
  return [
    { type: 'dns', value: name },
    { type: 'url', value: `sip:${name}` },
  ];
}

const CERTIFICATE_FILE = 'certificate.pem';
const KEY_FILE = 'key.pem';

export interface PairPaths {
  readonly certificate: string;
  readonly key: string;
}

/** Writes both into the folder, which is made where it is missing. Throws CONFLICT where one is there already. */
export async function writePair(
  folder: string,
  pair: { readonly certificate: string; readonly key: string },
  options: { readonly force: boolean },
): Promise<PairPaths> {
  const paths = { certificate: path.join(folder, CERTIFICATE_FILE), key: path.join(folder, KEY_FILE) };
  for (const each of Object.values(paths)) {
    if (!options.force && (await exists(each))) {
      throw new RingthroughError(
        'CONFLICT',
        `${each} is there already; give another folder with --out, or --force to replace it`,
      );
    }
  }
  try {
    makeFolders(folder, (one) => mkdirSync(one, { mode: 0o700 }));
    await replace(paths.key, pair.key, 0o600);
    await replace(paths.certificate, pair.certificate, 0o644);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new RingthroughError('INVALID_INPUT', `${folder} cannot be written to: ${reason}`, { cause });
  }
  return paths;
}

async function replace(file: string, text: string, mode: number): Promise<void> {
  const beside = `${file}.new`;
  // What an earlier attempt left behind may have another mode.
  await rm(beside, { force: true });
  await writeFile(beside, text, { mode, flag: 'wx' });
  await rename(beside, file);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
