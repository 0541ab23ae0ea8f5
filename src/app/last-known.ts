// What the store has for the status page, as it was last told: days, graphs, incidents. A store that fails, or a disk
// that answers no more, must not keep the page from showing an outage that the probes see; states never come from
// there.

import { messageOf } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Log } from '../ports/log.ts';
import { Trouble } from './trouble.ts';

export class LastKnown<Told> {
  readonly #read: (now: Instant) => Promise<Told>;
  #last: Told | undefined;
  #reading: Promise<void> | undefined;
  readonly #trouble: Trouble;

  constructor(read: (now: Instant) => Promise<Told>, log: Log) {
    this.#read = read;
    this.#trouble = new Trouble(
      (reason) =>
        log.error('the status page shows states alone as they are now: its records cannot be read', {
          reason,
        }),
      () => log.info('the records of the status page can be read again'),
    );
  }

  /** One reading at a time. Rejects where there is nothing yet that was known before. */
  async at(now: Instant): Promise<Told> {
    this.#reading ??= this.#renew(now).finally(() => {
      this.#reading = undefined;
    });
    await this.#orLater(this.#reading);
    if (this.#last === undefined) throw new Error(this.#trouble.reason);
    return this.#last;
  }

  async #renew(now: Instant): Promise<void> {
    try {
      this.#last = await this.#read(now);
      this.#trouble.now(undefined);
    } catch (error) {
      this.#trouble.now(messageOf(error));
    }
  }

  #orLater(reading: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#trouble.now('the store does not answer');
        resolve();
      }, LIMITS.pageReadMs);
      void reading.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
