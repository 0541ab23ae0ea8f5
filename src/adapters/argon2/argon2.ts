// PINs and codes by argon2id (RFC 9106), on libuv's threads. The parameters are the second choice of that RFC's §4 as
// OWASP has scaled it down for servers: 19 MiB, two passes, one lane. That is some 28 ms of one core, which a caller
// does not notice, and 19 MiB for each of those that are made at once, so few are.
//
// A PIN of six digits is guessed from its hash within hours whatever these numbers are; against whoever steals the
// database it is the encryption of the row that protects it (store-sqlite/secrets.ts).

import { hash, verify } from '@node-rs/argon2';
import { RingthroughError } from '../../base/errors.ts';
import { LIMITS } from '../../base/limits.ts';
import type { SecretHashing } from '../../ports/secret-hashing.ts';

const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export class Argon2 implements SecretHashing {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  hash(secret: string): Promise<string> {
    return this.#inTurn(() => hash(secret, PARAMETERS));
  }

  verify(known: string, secret: string): Promise<boolean> {
    return this.#inTurn(() => verify(known, secret));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < LIMITS.secretHashesAtOnce) this.#running += 1;
    else {
      if (this.#waiting.length >= LIMITS.secretHashesWaitingMax) {
        throw new RingthroughError(
          'LIMIT_REACHED',
          'too many PINs are being checked at once; try again in a minute',
        );
      }
      // Whoever is done hands its turn on.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
