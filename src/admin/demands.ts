// What every use-case demands of what it is asked: that it is written rightly, and that what it names exists. All of
// these throw RingthroughError, INVALID_INPUT or NOT_FOUND.

import type { z } from 'zod';
import { present } from '../base/assert.ts';
import { RingthroughError } from '../base/errors.ts';
import type { Account, E164, NumberRecord } from '../ports/records.ts';
import type { Directory } from '../routing/directory.ts';
import { mistaken } from './changes.ts';
import { check, type Finding, formatPath } from './documents/document.ts';

export function accountIn(directory: Directory, name: string): Account {
  return existing(directory.account(name), `account "${name}"`);
}

export function ownerOfPhone(directory: Directory, user: string): Account {
  return existing(directory.phone(user), `phone "${user}"`).account;
}

export function ownerOfNumber(directory: Directory, number: E164): Account {
  return existing(directory.number(number), `number ${number} on this node`).account;
}

export function existing<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new RingthroughError('NOT_FOUND', `there is no ${what}`);
  return found;
}

export function validated<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const checked = check(input, schema);
  if (!checked.ok) throw invalid(checked.error);
  return checked.value;
}

export function invalid(findings: readonly Finding[]): RingthroughError {
  return mistaken('INVALID_INPUT', 'the request', findings.map(mistakeOf));
}

export function mistakeOf({ path, reason }: Finding) {
  return { path: formatPath(path), reason };
}

/** Of a number that the account is known to own. */
export function recordOf(account: Account, e164: E164): NumberRecord {
  return present(
    account.numbers.find(({ number }) => number === e164),
    `number ${e164}`,
  );
}

export function mustFit(limit: number, max: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return;
  throw invalid([{ path: ['limit'], reason: `expected a whole number from 1 to ${max}` }]);
}
