// What is asked on the telephone, done: secrets are tried, routing/selfcare.ts decides, and what it decides is written
// with its row of the audit before anybody hears that it is done.
//
//   dialogue ─▶ node ─▶ DeskQuestion ─▶ answer ─ decide ─▶ one batch: account, audit ─▶ DeskAnswer

import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeskAnswer, DeskQuestion, Refusal } from '../ports/desk.ts';
import type { Random } from '../ports/random.ts';
import type { Account, OneTimeCode, SecretHash } from '../ports/records.ts';
import type { SecretHashing } from '../ports/secret-hashing.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { Directory } from '../routing/directory.ts';
import {
  type Decision,
  decideDivert,
  decideForward,
  decideGreeting,
  decideMobile,
  spendCode,
  withControl,
} from '../routing/selfcare.ts';
import type { Audit, Author } from './audit.ts';
import type { Change, Changes } from './changes.ts';
import {
  type ControlChange,
  type ControlContext,
  controlChange,
  controlOf,
  decideControl,
  pinOf,
} from './control.ts';
import { accountIn } from './demands.ts';

/** `07` and eight digits. */
const CODE = /^(\d{2})\d{8}$/;
const CODE_DIGITS = 8;

export interface SelfcareOptions {
  readonly changes: Changes;
  readonly secrets: SecretHashing;
  readonly clock: Clock;
  readonly random: Random;
  readonly audit: Audit;
}

/** A sheet of one-time codes, told this once. */
export interface NewCodes {
  readonly account: string;
  readonly id: string;
  readonly codes: readonly string[];
}

export class Selfcare {
  readonly #options: SelfcareOptions;
  /** Tried where there is nothing to try, so that how long it takes tells nobody which IDs there are. */
  #decoy: Promise<SecretHash> | undefined;

  constructor(options: SelfcareOptions) {
    this.#options = options;
  }

  /** Never rejects: what went wrong is `refused` with `failed`, and nothing was changed then. */
  async answer(question: DeskQuestion): Promise<DeskAnswer> {
    try {
      return await this.#answer(question);
    } catch (cause) {
      const slowed = cause instanceof RingthroughError && cause.code === 'LIMIT_REACHED';
      return refused(slowed ? 'slowed' : 'failed');
    }
  }

  #answer(question: DeskQuestion): Promise<DeskAnswer> {
    const now = this.#options.clock.now();
    switch (question.type) {
      case 'enter':
        return this.#enter(question);
      case 'open-mailbox':
        return this.#openMailbox(question);
      case 'divert':
        return this.#decide(question, (account, stored) => decideDivert(account, question, stored, now));
      case 'confirmed':
        return this.#decide(question, (account) => decideMobile(account, question.mobile, now));
      case 'forward':
        return this.#decide(question, (account, stored) => decideForward(account, question, stored, now));
      case 'set-pin':
        return this.#setPin(question);
      case 'set-greeting':
        return this.#decide(question, (account) => {
          return decideGreeting(account, question.mailbox, question.recording);
        });
    }
  }

  /** Ten codes of which each opens the account once. Those before them are worth nothing any more. */
  async makeCodes(name: string, author: Author): Promise<NewCodes> {
    const { changes, secrets, audit } = this.#options;
    const codes = Array.from({ length: LIMITS.oneTimeCodes }, (_, index) => this.#newCode(index));
    const kept: OneTimeCode[] = [];
    for (const code of codes) kept.push({ index: code.slice(0, 2), hash: await secrets.hash(code) });
    return changes.make((stored) => {
      const account = accountIn(stored, name);
      const control = controlOf(account);
      const after = withControl(account, { ...control, codes: kept });
      const what = `${codes.length} new one-time codes were made, and those before them are void`;
      const writes: readonly StoreWrite[] = [
        { type: 'account', account: after },
        audit.row(name, author, what),
      ];
      return { writes, after: new Map([[name, after]]), told: { account: name, id: control.id, codes } };
    });
  }

  /** Diverts to a mobile that is removed stay as they are. */
  async changeControl(
    name: string,
    change: ControlChange,
    author: Author,
    readNumber: ControlContext['readNumber'],
  ): Promise<Account> {
    const { changes, secrets, audit, clock } = this.#options;
    const pin = await pinOf(change, accountIn(await changes.directory(), name), secrets);
    return changes.make((stored) => {
      const context = { pin, now: clock.now(), readNumber };
      const { account, what } = decideControl(accountIn(stored, name), change, context);
      const writes: readonly StoreWrite[] = [{ type: 'account', account }, audit.row(name, author, what)];
      return { writes, after: new Map([[name, account]]), told: account };
    });
  }

  async #enter(question: DeskQuestion & { type: 'enter' }): Promise<DeskAnswer> {
    const { changes, audit } = this.#options;
    const { control, secret, author, divert } = question;
    const account = (await changes.directory()).controlled(control);
    const index = CODE.exec(secret)?.[1];
    const code = account?.control?.codes.find((one) => one.index === index);
    // Tried as a code and as a PIN, whether there is one or not: what takes longer would tell which IDs there are.
    const isCode = index !== undefined && (await this.#fits(code?.hash, secret));
    if (code !== undefined && account !== undefined && isCode) {
      return changes.make((stored): Change<DeskAnswer> => {
        const now = accountIn(stored, account.name);
        // Somebody else may have spent it, or a new sheet have been made, since it was looked at.
        const still = now.control?.codes.some(({ hash }) => hash === code.hash) ?? false;
        const decided = still ? spendCode(now, code.index) : undefined;
        if (decided === undefined || !decided.ok) return unchanged(refused('wrong'));
        const { account: spent, what } = decided.value;
        const asked = divert && decideDivert(spent, { ...divert, author }, stored, this.#options.clock.now());
        if (asked?.ok === false) return unchanged(refused(asked.error));
        const after = asked?.value.account ?? spent;
        const writes: readonly StoreWrite[] = [
          { type: 'account', account: after },
          audit.row(after.name, author, what),
          ...(asked === undefined ? [] : [audit.row(after.name, author, asked.value.what)]),
        ];
        return {
          writes,
          after: new Map([[after.name, after]]),
          told: { type: 'entered', account: after.name },
        };
      });
    }
    if (divert !== undefined) return refused('wrong');
    const fits = await this.#fits(account?.control?.pin, secret);
    return account !== undefined && fits ? { type: 'entered', account: account.name } : refused('wrong');
  }

  /** As an operator sets it, by the same checks. */
  async #setPin({ account, pin, author }: DeskQuestion & { type: 'set-pin' }): Promise<DeskAnswer> {
    const change = controlChange.safeParse({ do: 'set-pin', pin });
    if (!change.success) return refused('too-easy');
    try {
      await this.changeControl(account, change.data, author, () => '');
      return { type: 'done' };
    } catch (cause) {
      if (cause instanceof RingthroughError && cause.code === 'INVALID_INPUT') return refused('too-easy');
      throw cause;
    }
  }

  async #openMailbox({
    account,
    mailbox,
    pin,
  }: DeskQuestion & { type: 'open-mailbox' }): Promise<DeskAnswer> {
    const owner = (await this.#options.changes.directory()).account(account);
    const known = owner?.mailboxes?.find(({ name }) => name === mailbox);
    return (await this.#fits(known?.pin, pin)) ? { type: 'done' } : refused('wrong');
  }

  #decide(
    { account: name, author }: { readonly account: string; readonly author: Author },
    decide: (account: Account, stored: Directory) => Decision,
  ): Promise<DeskAnswer> {
    return this.#options.changes.make((stored): Change<DeskAnswer> => {
      const account = stored.account(name);
      const decided = account === undefined ? undefined : decide(account, stored);
      if (decided === undefined) return unchanged(refused('unknown'));
      if (!decided.ok) return unchanged(refused(decided.error));
      const { account: after, what } = decided.value;
      if (after === account) return unchanged({ type: 'done' });
      const writes: readonly StoreWrite[] = [
        { type: 'account', account: after },
        this.#options.audit.row(name, author, what),
      ];
      return { writes, after: new Map([[name, after]]), told: { type: 'done' } };
    });
  }

  async #fits(hash: SecretHash | undefined, secret: string): Promise<boolean> {
    const { secrets } = this.#options;
    this.#decoy ??= secrets.hash('0');
    const fits = await secrets.verify(hash ?? (await this.#decoy), secret);
    return fits && hash !== undefined;
  }

  /** `index` and eight digits, each as likely as any other. */
  #newCode(index: number): string {
    let digits = '';
    while (digits.length < CODE_DIGITS) {
      for (const byte of this.#options.random.bytes(CODE_DIGITS)) if (byte < 250) digits += byte % 10;
    }
    return `${String(index).padStart(2, '0')}${digits.slice(0, CODE_DIGITS)}`;
  }
}

function refused(why: Refusal): DeskAnswer {
  return { type: 'refused', why };
}

function unchanged(told: DeskAnswer): Change<DeskAnswer> {
  return { writes: [], after: new Map(), told };
}
