// What customers have, indexed for the questions that a call asks: whose phone is this, whose number is
// that? Built anew on every change (changes are rare, questions are not) and never altered.

import type { Account, E164, Mailbox, NumberRecord, Phone } from '../ports/records.ts';

export class Directory {
  readonly accounts: readonly Account[];
  readonly #phones = new Map<string, { readonly account: Account; readonly phone: Phone }>();
  readonly #numbers = new Map<E164, { readonly account: Account; readonly number: NumberRecord }>();
  readonly #byName = new Map<string, Account>();
  readonly #byControlId = new Map<string, Account>();
  /** By the users whose lamps tell of them. */
  readonly #mailboxes = new Map<string, readonly Mailbox[]>();

  constructor(accounts: readonly Account[]) {
    this.accounts = accounts;
    for (const account of accounts) {
      this.#byName.set(account.name, account);
      if (account.control !== undefined) this.#byControlId.set(account.control.id, account);
      for (const phone of account.phones) this.#phones.set(phone.user, { account, phone });
      for (const mailbox of account.mailboxes ?? [])
        for (const user of mailbox.phones)
          this.#mailboxes.set(user, [...(this.#mailboxes.get(user) ?? []), mailbox]);
      for (const number of account.numbers) this.#numbers.set(number.number, { account, number });
    }
  }

  account(name: string): Account | undefined {
    return this.#byName.get(name);
  }

  /** The account that names itself so on the telephone. */
  controlled(id: string): Account | undefined {
    return this.#byControlId.get(id);
  }

  phone(user: string): { readonly account: Account; readonly phone: Phone } | undefined {
    return this.#phones.get(user);
  }

  /** Those that this phone's lamp tells of. */
  mailboxesOf(user: string): readonly Mailbox[] {
    return this.#mailboxes.get(user) ?? [];
  }

  /** Users of phones whose lamps tell of a mailbox. */
  usersWithLamps(): Iterable<string> {
    return this.#mailboxes.keys();
  }

  number(number: E164): { readonly account: Account; readonly number: NumberRecord } | undefined {
    return this.#numbers.get(number);
  }
}

/** Users who are in the first one and not in the second, and those who have another password there. */
export function changedPhones(before: Directory, after: Directory) {
  const removed = new Set<string>();
  const withNewPassword = new Set<string>();
  for (const { user, secret } of before.accounts.flatMap(({ phones }) => phones)) {
    const phone = after.phone(user)?.phone;
    if (phone === undefined) removed.add(user);
    else if (phone.secret.sha256Ha1 !== secret.sha256Ha1) withNewPassword.add(user);
  }
  return { removed, withNewPassword };
}
