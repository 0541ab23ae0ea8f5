// An authority for tests, which gives certificates to nodes, carriers and phones, and makes the mistakes that real
// ones make: expired, for somebody else, by nobody who is trusted.

import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { DAY_MS } from '../src/base/time.ts';
import type { Certificates, TlsMaterial } from '../src/ports/certificates.ts';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
let serial = 0x1000;

export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Wishes {
  readonly validFrom?: number;
  readonly validTo?: number;
  /** `sip:` URIs among the names are SANs as URIs; addresses as addresses; the rest are DNS names. */
  readonly names: readonly string[];
}

export class Authority {
  readonly certificate: string;
  readonly #name: string;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(name: string, certificate: string, keys: webcrypto.CryptoKeyPair) {
    this.#name = name;
    this.certificate = certificate;
    this.#keys = keys;
  }

  static async create(name = 'CN=Test Authority'): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: nextSerial(),
      name,
      ...validity({}),
      signingAlgorithm: ECDSA,
      keys,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(name, certificate.toString('pem'), keys);
  }

  /** One below this one, whose word is good where this one's is and its certificate comes along. */
  async intermediate(name: string, wishes: Omit<Wishes, 'names'> = {}): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: nextSerial(),
      subject: name,
      issuer: this.#name,
      ...validity(wishes),
      signingAlgorithm: ECDSA,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(name, certificate.toString('pem'), keys);
  }

  async issue(wishes: Wishes): Promise<Issued> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: nextSerial(),
      subject: [{ CN: [wishes.names[0] ?? 'nobody'] }],
      issuer: this.#name,
      ...validity(wishes),
      signingAlgorithm: ECDSA,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      extensions:
        wishes.names.length === 0 ? [] : [new SubjectAlternativeNameExtension(wishes.names.map(alternative))],
    });
    const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
    return { certificate: certificate.toString('pem'), key: String(key) };
  }

  /** What a node with this certificate has, that trusts this authority alone. */
  async material(...names: string[]): Promise<TlsMaterial> {
    return this.trusting(await this.issue({ names }));
  }

  trusting(issued: Issued): TlsMaterial {
    const authorities = [this.certificate];
    return { ...issued, clientAuthorities: authorities, serverAuthorities: authorities };
  }
}

/** Certificates that can be changed by the test alone. */
export interface FixedCertificates extends Certificates {
  change(material: TlsMaterial): void;
}

export function fixedCertificates(material: TlsMaterial): FixedCertificates {
  const listeners = new Set<(material: TlsMaterial) => void>();
  let current = material;
  const text = { name: 'test', names: '', subject: '', issuer: '', fingerprint: '' };
  return {
    get current() {
      return current;
    },
    facts: { ...text, validFrom: 0, validTo: Number.MAX_SAFE_INTEGER },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change: (next) => {
      current = next;
      for (const listener of [...listeners]) listener(next);
    },
  };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);
}

function nextSerial(): string {
  serial += 1;
  return serial.toString(16);
}

function validity({ validFrom, validTo }: Pick<Wishes, 'validFrom' | 'validTo'>) {
  const now = Date.now();
  return {
    notBefore: new Date(validFrom ?? now - DAY_MS),
    notAfter: new Date(validTo ?? now + 90 * DAY_MS),
  };
}

function alternative(name: string) {
  if (name.startsWith('sip:')) return { type: 'url', value: name } as const;
  return isIP(name) === 0 ? ({ type: 'dns', value: name } as const) : ({ type: 'ip', value: name } as const);
}
