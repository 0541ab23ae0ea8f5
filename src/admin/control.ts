// How an account is run by telephone, changed by its operator: its PIN, and which mobiles calls may be sent to. A PIN
// passes the same checks as one in a provisioning file.

import { z } from 'zod';
import { RingthroughError } from '../base/errors.ts';
import type { Instant } from '../base/time.ts';
import type { Account, Control, E164, SecretHash } from '../ports/records.ts';
import type { SecretHashing } from '../ports/secret-hashing.ts';
import { type Decided, decideMobile, withControl } from '../routing/selfcare.ts';
import { existing, invalid } from './demands.ts';
import type { Path } from './documents/document.ts';
import { section } from './documents/section.ts';
import { pinFault } from './provisioning/pin.ts';
import { controlPin, phoneNumber } from './provisioning/schema.ts';

export const controlChange = z
  .discriminatedUnion(
    'do',
    [
      section({ do: z.literal('set-pin'), pin: controlPin }),
      section({ do: z.literal('clear-pin') }),
      section({ do: z.literal('confirm-mobile'), number: phoneNumber }),
      section({ do: z.literal('remove-mobile'), number: phoneNumber }),
    ],
    { error: 'expected do: set-pin, clear-pin, confirm-mobile or remove-mobile' },
  )
  .meta({ id: 'ControlChange' });
export type ControlChange = z.infer<typeof controlChange>;

/** Throws CONFLICT where the account is not run by telephone. */
export function controlOf({ name, control }: Account): Control {
  if (control !== undefined) return control;
  throw new RingthroughError('CONFLICT', `account "${name}" has no control; give it one first`);
}

/** The PIN of a change as it is kept. It takes a while, so it is made before anything is decided. */
export async function pinOf(
  change: ControlChange,
  account: Account,
  secrets: SecretHashing,
): Promise<SecretHash | undefined> {
  if (change.do !== 'set-pin') return undefined;
  const numbers = account.numbers.map(({ number }) => number);
  const fault = pinFault(change.pin, { id: controlOf(account).id, numbers });
  if (fault !== undefined) throw invalid([{ path: ['pin'], reason: fault }]);
  return secrets.hash(change.pin);
}

/** Throws CONFLICT, NOT_FOUND (a mobile that it does not have), INVALID_INPUT. */
export function decideControl(
  account: Account,
  change: ControlChange,
  { pin, now, readNumber }: ControlContext,
): Pick<Decided, 'account' | 'what'> {
  const control = controlOf(account);
  switch (change.do) {
    case 'set-pin':
      if (pin === undefined) return { account, what: '' };
      return { account: withControl(account, { ...control, pin }), what: 'the control PIN was changed' };
    case 'clear-pin': {
      const { pin: _, ...others } = control;
      return { account: withControl(account, others), what: 'the control PIN was removed' };
    }
    case 'confirm-mobile': {
      const decided = decideMobile(account, readNumber(change.number, ['number']), now);
      if (decided.ok) return decided.value;
      const full = decided.error === 'full';
      const reason = full
        ? 'is one mobile too many'
        : 'is outside the destinations that the account may call';
      throw invalid([{ path: ['number'], reason }]);
    }
    case 'remove-mobile': {
      const number = readNumber(change.number, ['number']);
      const known = control.mobiles.find((mobile) => mobile.number === number);
      existing(known, `mobile ${number} of account "${account.name}"`);
      const mobiles = control.mobiles.filter((mobile) => mobile !== known);
      const what = `${number} is none of its mobiles any more`;
      return { account: withControl(account, { ...control, mobiles }), what };
    }
  }
}

export interface ControlContext {
  readonly pin: SecretHash | undefined;
  readonly now: Instant;
  readNumber(text: string, path: Path): E164;
}
