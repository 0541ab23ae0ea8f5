// The node's certificate as its files have it now. Whoever renews it (an ACME client, a person) may write in place,
// rename over, or swap a symbolic link; so the files are read every few seconds and compared, which sees each of
// these and needs no watch that a rename could leave behind. SIGHUP looks at once.
//
// A pair that does not fit together is refused and told, and the one before stays. While somebody writes there may
// be half of one for a moment: a timed look says nothing before it has seen the same mistake twice.

import { RingthroughError } from '../../base/errors.ts';
import { counted } from '../../base/names.ts';
import { err, type Result } from '../../base/result.ts';
import { DAY_MS, SECOND_MS } from '../../base/time.ts';
import type { CertificateFacts, Certificates, TlsMaterial } from '../../ports/certificates.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import {
  type CertificateFiles,
  type CertificateTexts,
  checkTexts,
  type LoadedCertificates,
  readTexts,
} from './read.ts';

export interface CertificateOptions {
  readonly files: CertificateFiles;
  readonly clock: Clock;
  readonly log: Log;
  /** How often the files are looked at. */
  readonly lookMs?: number;
}

const LOOK_MS = 10 * SECOND_MS;
/** A certificate that has less than this left is warned of, once a day. */
export const EXPIRY_WARNING_MS = 21 * DAY_MS;

/** Reads and checks the files, and keeps looking at them until closed. Throws CERTIFICATE_INVALID. */
export async function openCertificates(options: CertificateOptions): Promise<FileCertificates> {
  const texts = await readTexts(options.files);
  const loaded = texts.ok ? checkTexts(texts.value, options.files) : texts;
  if (!texts.ok || !loaded.ok) {
    throw new RingthroughError('CERTIFICATE_INVALID', loaded.ok ? '' : loaded.error);
  }
  return new FileCertificates(options, texts.value, loaded.value);
}

export class FileCertificates implements Certificates {
  readonly #options: CertificateOptions;
  readonly #listeners = new Set<(material: TlsMaterial) => void>();
  readonly #timer: NodeJS.Timeout;
  #loaded: LoadedCertificates;
  /** What the last look saw, good or bad. */
  #seen: string;
  #mistake: string | undefined;
  #warnAt: number;
  #looking: Promise<void> | undefined;

  constructor(options: CertificateOptions, texts: CertificateTexts, loaded: LoadedCertificates) {
    this.#options = options;
    this.#loaded = loaded;
    this.#seen = JSON.stringify(texts);
    this.#warnAt = options.clock.now();
    this.#warnOfExpiry();
    this.#timer = setInterval(() => void this.#look(false), options.lookMs ?? LOOK_MS);
  }

  get current(): TlsMaterial {
    return this.#loaded.material;
  }

  get facts(): CertificateFacts {
    return this.#loaded.facts;
  }

  onChange(listener: (material: TlsMaterial) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks at the files now, and says what came of it. */
  async reload(): Promise<void> {
    await this.#looking;
    await this.#look(true);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #look(asked: boolean): Promise<void> {
    // A disk that hangs must not pile up looks.
    this.#looking ??= this.#readAgain(asked).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #readAgain(asked: boolean): Promise<void> {
    const { files, log } = this.#options;
    this.#warnOfExpiry();
    const texts = await readTexts(files);
    const seen = JSON.stringify(texts.ok ? texts.value : texts.error);
    if (seen === this.#seen && this.#mistake === undefined) {
      if (asked) log.info('the certificate has not changed', { certificate: files.certificate });
      return;
    }
    const again = seen === this.#seen;
    this.#seen = seen;
    const loaded = this.#acceptable(texts);
    if (loaded.ok) {
      this.#mistake = undefined;
      this.#adopt(loaded.value);
    } else if (asked || (again && this.#mistake !== loaded.error)) {
      this.#mistake = loaded.error;
      log.error('a changed certificate is refused; the one before stays in use', { reason: loaded.error });
    } else if (!again) {
      this.#mistake = '';
    }
  }

  #acceptable(texts: Result<CertificateTexts, string>): Result<LoadedCertificates, string> {
    const { files, clock } = this.#options;
    const loaded = texts.ok ? checkTexts(texts.value, files) : texts;
    if (!loaded.ok) return loaded;
    const { validTo } = loaded.value.facts;
    const isWorse = validTo <= clock.now() && validTo < this.facts.validTo;
    return isWorse ? err(`${files.certificate} expired on ${dayOf(validTo)}`) : loaded;
  }

  #adopt(loaded: LoadedCertificates): void {
    const { log, clock } = this.#options;
    this.#loaded = loaded;
    const { name, names, fingerprint, validTo } = loaded.facts;
    log.info('the certificate was loaded; connections that are open go on', {
      certificate: name,
      names,
      validTo: dayOf(validTo),
      fingerprint,
    });
    this.#warnAt = clock.now();
    this.#warnOfExpiry();
    for (const listener of [...this.#listeners]) listener(loaded.material);
  }

  /** At the start and then daily, as long as there is reason. */
  #warnOfExpiry(): void {
    const { log, clock } = this.#options;
    const now = clock.now();
    if (now < this.#warnAt) return;
    const { name, validFrom, validTo } = this.facts;
    const leftMs = validTo - now;
    if (leftMs >= EXPIRY_WARNING_MS && validFrom <= now) {
      this.#warnAt = Math.min(validTo - EXPIRY_WARNING_MS, now + DAY_MS);
      return;
    }
    this.#warnAt = now + DAY_MS;
    const facts = { certificate: name, validFrom: dayOf(validFrom), validTo: dayOf(validTo) };
    if (leftMs <= 0) {
      log.error('the certificate has expired: phones and carriers refuse TLS; renew it', facts);
    } else if (validFrom > now) {
      log.error('the certificate is not valid yet: phones and carriers refuse TLS; see the clock', facts);
    } else {
      const days = Math.floor(leftMs / DAY_MS);
      log.warn(`the certificate expires in ${counted(days, 'day')}; renew it`, facts);
    }
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ').concat(' UTC');
}
