// Who changed what, when and how: each change of an account writes a row of it in the same batch, so that nothing is
// changed without it and nothing is told that did not happen.

import { hex } from '../base/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Random } from '../ports/random.ts';
import type { AuditEntry } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { ProvisionChange } from './views.ts';

/** Who changes something, by which way. */
export type Author = Pick<AuditEntry, 'who' | 'how'>;

const ID_BYTES = 16;

export class Audit {
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** `what`: a sentence for people, without its full stop. */
  row(account: string, author: Author, what: string): StoreWrite {
    const entry = {
      id: this.newId(),
      at: this.#clock.now(),
      account,
      what,
      who: author.who,
      how: author.how,
    };
    return { type: 'audit', entry };
  }

  /** Of a new account one row, of one that was there a row for each change. */
  rows(changes: readonly ProvisionChange[], author: Author): readonly StoreWrite[] {
    const added = new Set(
      changes.flatMap(({ kind, subject, account }) => {
        return kind === 'added' && subject === 'account' ? [account] : [];
      }),
    );
    return changes.flatMap(({ kind, account, subject, text }) => {
      if (added.has(account) && subject !== 'account') return [];
      return [this.row(account, author, `${subject} ${kind}${text === '' ? '' : `: ${text}`}`)];
    });
  }

  newId(): string {
    return hex(this.#random.bytes(ID_BYTES));
  }
}

/** The surface that somebody came over: `cli` where our command line says so, else `api`. */
export function authorBy(by: string): Author {
  return by === 'cli' ? { who: 'cli', how: 'cli' } : { who: by, how: 'api' };
}
