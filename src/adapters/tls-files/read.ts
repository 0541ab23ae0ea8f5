// The node's certificate and key from their files, checked as far as can be before anybody connects: a mistake
// is told in words that say which file, what is wrong with it, and what to do.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates } from 'node:tls';
import { messageOf } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import {
  type CertificateFacts,
  clientOptions,
  serverOptions,
  type TlsMaterial,
} from '../../ports/certificates.ts';

export interface CertificateFiles {
  /** PEM: the node's certificate, then its intermediates. */
  readonly certificate: string;
  readonly key: string;
  /** PEM files of authorities, beside those of the system. */
  readonly authorities: readonly string[];
}

export interface CertificateTexts {
  readonly certificate: string;
  readonly key: string;
  readonly authorities: readonly string[];
}

export interface LoadedCertificates {
  readonly material: TlsMaterial;
  readonly facts: CertificateFacts;
}

/** The error names the file that cannot be read, and why. */
export async function readTexts(files: CertificateFiles): Promise<Result<CertificateTexts, string>> {
  const paths = [files.certificate, files.key, ...files.authorities];
  const read = await Promise.all(paths.map(readText));
  const texts: string[] = [];
  for (const each of read) {
    if (!each.ok) return each;
    texts.push(each.value);
  }
  const [certificate = '', key = '', ...authorities] = texts;
  return ok({ certificate, key, authorities });
}

/** What the texts mean together. Whether they are still valid is not looked at. */
export function checkTexts(
  texts: CertificateTexts,
  files: CertificateFiles,
): Result<LoadedCertificates, string> {
  const leaf = readCertificate(texts.certificate, files.certificate);
  if (!leaf.ok) return leaf;
  const key = readKey(texts.key, files.key);
  if (!key.ok) return key;
  if (!leaf.value.checkPrivateKey(key.value)) {
    return err(
      `${files.key} is not the key of the first certificate in ${files.certificate}; take both from the same order`,
    );
  }
  for (const [index, text] of texts.authorities.entries()) {
    const authority = readCertificate(text, files.authorities[index] ?? '');
    if (!authority.ok) return authority;
  }
  const material = materialOf(texts);
  try {
    createSecureContext(serverOptions(material, 'ask'));
    createSecureContext(clientOptions(material));
  } catch (error) {
    return err(`${files.certificate} cannot be used: ${messageOf(error)}`);
  }
  return ok({ material, facts: factsOf(leaf.value, files.certificate) });
}

/** What a certificate says of itself; the error says why it cannot be read. */
export async function readFacts(path: string): Promise<Result<CertificateFacts, string>> {
  const text = await readText(path);
  const certificate = text.ok ? readCertificate(text.value, path) : text;
  return certificate.ok ? ok(factsOf(certificate.value, path)) : certificate;
}

/**
 * Servers are believed on the word of the system's authorities and of the operator's own. Clients on that of the
 * operator's own where there are any: that is whom trunks are told apart by, and a listener that asks for
 * certificates sends the names of all that it would take, which for the system's are hundreds.
 */
function materialOf({ certificate, key, authorities }: CertificateTexts): TlsMaterial {
  const own = authorities.flatMap(certificatesIn);
  const system = [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  return {
    certificate,
    key,
    clientAuthorities: own.length > 0 ? own : system,
    serverAuthorities: [...own, ...system],
  };
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesIn(text: string): readonly string[] {
  return text.match(PEM_CERTIFICATE) ?? [];
}

function readCertificate(text: string, path: string): Result<X509Certificate, string> {
  const [first] = certificatesIn(text);
  if (first === undefined) {
    return err(`${path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
  }
  try {
    return ok(new X509Certificate(first));
  } catch (error) {
    return err(`${path} holds a certificate that cannot be read: ${messageOf(error)}`);
  }
}

function readKey(text: string, path: string): Result<KeyObject, string> {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)) {
    return err(
      `${path} is locked with a passphrase, and nobody is there to type it; ` +
        `unlock it with: openssl pkey -in ${path} -out unlocked.pem`,
    );
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return err(`${path} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)`);
  }
  try {
    return ok(createPrivateKey(text));
  } catch (error) {
    return err(`${path} holds a private key that cannot be read: ${messageOf(error)}`);
  }
}

function factsOf(certificate: X509Certificate, name: string): CertificateFacts {
  return {
    name,
    names: certificate.subjectAltName ?? '',
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    fingerprint: certificate.fingerprint256,
    validFrom: certificate.validFromDate.getTime(),
    validTo: certificate.validToDate.getTime(),
  };
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}

async function readText(path: string): Promise<Result<string, string>> {
  try {
    const text = await readFile(path, 'utf8');
    return text.length > LIMITS.certificateFileBytesMax ? err(`${path} is too large to be it`) : ok(text);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
    if (code === 'ENOENT') return err(`${path} does not exist`);
    if (code === 'EACCES') return err(`${path} may not be read by this user`);
    return err(`${path} cannot be read (${code})`);
  }
}
