// Changes to what customers have, one after another: read what is stored, work out what shall be, store it, and
// only then tell the node. A change that waits for the disk holds up the next one, never a question.

import { type ErrorCode, type Mistake, RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { letGo } from '../mailboxes/owned.ts';
import type { NodeControl } from '../node/views.ts';
import type { RecordingId, Recordings } from '../ports/recordings.ts';
import type { Account } from '../ports/records.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { Directory } from '../routing/directory.ts';
import { formatMistake } from './documents/document.ts';
import { tellingWrites } from './telling.ts';

/** What a change does, and what whoever asked for it is told. */
export interface Change<T> {
  readonly writes: readonly StoreWrite[];
  /** Accounts as they are afterwards, for those that the change touches; `undefined` for a removed one. */
  readonly after: ReadonlyMap<string, Account | undefined>;
  readonly told: T;
}

export class Changes {
  readonly #store: Pick<Store, 'accounts' | 'write'>;
  readonly #node: Pick<NodeControl, 'directoryChanged'>;
  readonly #recordings: Pick<Recordings, 'erase'>;
  /** What is stored, once it was asked for: nobody else writes accounts, so it need not be asked for again. */
  #directory: Promise<Directory> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor({
    store,
    node,
    recordings,
  }: {
    readonly store: Pick<Store, 'accounts' | 'write'>;
    readonly node: Pick<NodeControl, 'directoryChanged'>;
    readonly recordings: Pick<Recordings, 'erase'>;
  }) {
    this.#store = store;
    this.#node = node;
    this.#recordings = recordings;
  }

  directory(): Promise<Directory> {
    this.#directory ??= this.#load();
    return this.#directory;
  }

  /** `decide` sees what all changes before it have made, and may throw. Nothing to write: nothing happens. */
  make<T>(decide: (stored: Directory) => Change<T> | Promise<Change<T>>): Promise<T> {
    const made = this.#last.then(async () => this.#perform(await decide(await this.directory())));
    this.#last = made.catch(() => {});
    return made;
  }

  async #perform<T>({ writes, after, told }: Change<T>): Promise<T> {
    if (writes.length === 0) return told;
    const before = new Map((await this.directory()).accounts.map((account) => [account.name, account]));
    const accounts = new Map(before);
    for (const [name, account] of after) {
      if (account === undefined) accounts.delete(name);
      else accounts.set(name, account);
    }
    if (accounts.size > LIMITS.accountsMax) {
      throw new RingthroughError('LIMIT_REACHED', `a node has at most ${LIMITS.accountsMax} accounts`);
    }
    const telling = tellingWrites(
      writes,
      (name) => before.get(name),
      (name) => accounts.get(name),
    );
    await this.#store.write([...writes, ...telling]);
    const directory = new Directory([...accounts.values()]);
    this.#directory = Promise.resolve(directory);
    this.#node.directoryChanged(directory.accounts);
    const changed = [...after.keys()];
    this.#erase(
      letGo(
        changed.map((name) => before.get(name)),
        changed.map((name) => accounts.get(name)),
      ),
    );
    return told;
  }

  /** Greetings and sounds that no row names any more. One that stays is found again at the next start. */
  #erase(recordings: readonly RecordingId[]): void {
    for (const recording of recordings) this.#recordings.erase(recording).catch(() => undefined);
  }

  async #load(): Promise<Directory> {
    try {
      return new Directory(await this.#store.accounts());
    } catch (cause) {
      this.#directory = undefined;
      throw cause;
    }
  }
}

/** `what` has these mistakes: one of them in full, more as a list beside the message. */
export function mistaken(code: ErrorCode, what: string, mistakes: readonly Mistake[]): RingthroughError {
  const [first, ...more] = mistakes.map(formatMistake);
  const message =
    more.length === 0 ? `${what}: ${first}` : `${what} has ${mistakes.length} mistakes; the first: ${first}`;
  return new RingthroughError(code, message, { mistakes: mistakes.slice(0, LIMITS.mistakesMax) });
}
