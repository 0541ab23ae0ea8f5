// Changes to a part of an account, as changes to the whole: the account is put into the words of a provisioning
// file, the part is replaced there, and the whole is compiled again. So a change by API passes every check that
// a file passes, and no check is written twice.

import { RingthroughError } from '../../base/errors.ts';
import type { Account, E164 } from '../../ports/records.ts';
import type { Path } from '../documents/document.ts';
import { accountInputOf } from './compile.ts';
import type { AccountInput, NumberInput, PhoneInput } from './schema.ts';

export interface Edit {
  readonly input: AccountInput;
  /** Where the edited part stands in it: a mistake in there is a mistake of whoever edits. */
  readonly path: Path;
}

/** Replaces the phone of that user, or adds it. */
export function withPhone(account: Account, phone: PhoneInput): Edit {
  const input = accountInputOf(account);
  const { list, index } = replaced(input.phones ?? [], phone, ({ user }) => user === phone.user);
  return { input: { ...input, phones: list }, path: ['phones', index] };
}

/** Throws CONFLICT while a plan rings it. */
export function withoutPhone(account: Account, user: string): Edit {
  const rings = account.numbers.find(({ plan }) =>
    plan.steps.some((step) => step.type === 'ring' && step.phones.includes(user)),
  );
  if (rings !== undefined) {
    throw new RingthroughError(
      'CONFLICT',
      `the plan of ${rings.number} rings ${user}; change the plan first`,
    );
  }
  const input = accountInputOf(account);
  return { input: { ...input, phones: input.phones?.filter((phone) => phone.user !== user) }, path: [] };
}

/** Replaces the number, or adds it. `e164` is how it reads. */
export function withNumber(account: Account, number: NumberInput, e164: E164): Edit {
  const input = accountInputOf(account);
  const { list, index } = replaced(input.numbers ?? [], number, (known) => known.number === e164);
  return { input: { ...input, numbers: list }, path: ['numbers', index] };
}

/** Throws CONFLICT while a phone presents it. */
export function withoutNumber(account: Account, number: E164): Edit {
  const presents = account.phones.find(({ callerId }) => callerId === number);
  if (presents !== undefined) {
    const message = `phone ${presents.user} presents ${number} as its caller ID; change that first`;
    throw new RingthroughError('CONFLICT', message);
  }
  const input = accountInputOf(account);
  return {
    input: { ...input, numbers: input.numbers?.filter((known) => known.number !== number) },
    path: [],
  };
}

function replaced<T>(list: readonly T[], item: T, isIt: (known: T) => boolean): { list: T[]; index: number } {
  const known = list.findIndex(isIt);
  return known === -1
    ? { list: [...list, item], index: list.length }
    : { list: list.with(known, item), index: known };
}
