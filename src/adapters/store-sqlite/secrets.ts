// Phones' secrets at rest: AES-256-GCM under the node's key, so that a copy of the database alone lets nobody
// register or make calls. The user and realm are authenticated with it: a sealed secret moved to another
// phone's row does not open.
//
//   | version 1 B | nonce 12 B | MD5 HA1 16 B, SHA-256 HA1 32 B, encrypted | tag 16 B |

import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { RingthroughError } from '../../base/errors.ts';
import type { PhoneSecret } from '../../ports/records.ts';

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MD5_BYTES = 16;

export class Secrets {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(user: string, secret: PhoneSecret): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce).setAAD(boundTo(user, secret.realm));
    const plain = Buffer.from(secret.md5Ha1 + secret.sha256Ha1, 'hex');
    return Buffer.concat([
      Uint8Array.of(VERSION),
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /** Throws KEY_INVALID where it was not sealed so: the database was tampered with, or is damaged. */
  open(user: string, realm: string, sealed: Uint8Array): PhoneSecret {
    try {
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(boundTo(user, realm)).setAuthTag(sealed.subarray(-TAG_BYTES));
      const encrypted = sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES);
      const plain = Buffer.concat([decipher.update(encrypted), decipher.final()]);
      return {
        realm,
        md5Ha1: plain.toString('hex', 0, MD5_BYTES),
        sha256Ha1: plain.toString('hex', MD5_BYTES),
      };
    } catch (cause) {
      const advice = 'restore the data folder from its backup, or provision the phone again';
      throw new RingthroughError('KEY_INVALID', `the secret of phone ${user} does not open; ${advice}`, {
        cause,
      });
    }
  }

  /** Tells one key from another and says nothing about it. */
  fingerprint(): Uint8Array {
    return createHmac('sha256', this.#key).update('ringthrough: which key is this?').digest();
  }

  fits(fingerprint: Uint8Array): boolean {
    const own = this.fingerprint();
    return fingerprint.length === own.length && timingSafeEqual(own, fingerprint);
  }
}

function boundTo(user: string, realm: string): Uint8Array {
  return Buffer.from(JSON.stringify(['phone secret', VERSION, user, realm]));
}
