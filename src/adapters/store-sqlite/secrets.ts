// Secrets at rest: AES-256-GCM under the node's key, so that a copy of the database alone lets nobody register, make
// calls, or try all PINs against their hashes. Whose it is is authenticated with it: a sealed secret that is moved to
// another row does not open.
//
//   | version 1 B | nonce 12 B | encrypted | tag 16 B |
//
//   of a phone: MD5 HA1 16 B, SHA-256 HA1 32 B      of an account: its mailboxes and its control, as JSON

import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { RingthroughError } from '../../base/errors.ts';
import type { Control, Mailbox, PhoneSecret } from '../../ports/records.ts';

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MD5_BYTES = 16;

/** What an account has PINs and codes in. */
export interface Telephone {
  readonly mailboxes?: readonly Mailbox[];
  readonly control?: Control;
}

export class Secrets {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(user: string, secret: PhoneSecret): Uint8Array {
    const plain = Buffer.from(secret.md5Ha1 + secret.sha256Ha1, 'hex');
    return this.#seal(plain, ofPhone(user, secret.realm));
  }

  /** Throws KEY_INVALID where it was not sealed so: the database was tampered with, or is damaged. */
  open(user: string, realm: string, sealed: Uint8Array): PhoneSecret {
    const plain = this.#open(sealed, ofPhone(user, realm), `the secret of phone ${user}`, 'phone');
    return {
      realm,
      md5Ha1: plain.toString('hex', 0, MD5_BYTES),
      sha256Ha1: plain.toString('hex', MD5_BYTES),
    };
  }

  sealTelephone(account: string, telephone: Telephone): Uint8Array {
    return this.#seal(Buffer.from(JSON.stringify(telephone)), ofAccount(account));
  }

  /** Throws KEY_INVALID as `open` does. */
  openTelephone(account: string, sealed: Uint8Array): Telephone {
    const what = `what account ${account} has of mailboxes and PINs`;
    const plain = this.#open(sealed, ofAccount(account), what, 'account');
    return JSON.parse(plain.toString()) as Telephone;
  }

  /** Tells one key from another and says nothing about it. */
  fingerprint(): Uint8Array {
    return createHmac('sha256', this.#key).update('ringthrough: which key is this?').digest();
  }

  fits(fingerprint: Uint8Array): boolean {
    const own = this.fingerprint();
    return fingerprint.length === own.length && timingSafeEqual(own, fingerprint);
  }

  #seal(plain: Uint8Array, whose: Uint8Array): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(whose);
    return Buffer.concat([
      Uint8Array.of(VERSION),
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  #open(sealed: Uint8Array, whose: Uint8Array, what: string, kind: 'phone' | 'account'): Buffer {
    try {
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(whose).setAuthTag(sealed.subarray(-TAG_BYTES));
      const encrypted = sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]);
    } catch (cause) {
      const advice = `restore the data folder from its backup, or provision the ${kind} again`;
      throw new RingthroughError('KEY_INVALID', `${what} does not open; ${advice}`, { cause });
    }
  }
}

function ofPhone(user: string, realm: string): Uint8Array {
  return Buffer.from(JSON.stringify(['phone secret', VERSION, user, realm]));
}

function ofAccount(name: string): Uint8Array {
  return Buffer.from(JSON.stringify(['account telephone', VERSION, name]));
}
