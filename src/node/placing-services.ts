// Calls to the node itself: to a control number from anywhere, and to codes that only phones can dial. Pure, as
// placing.ts is.

import { LIMITS } from '../base/limits.ts';
import type { CallRoute } from '../calls/route.ts';
import { parseFeatureCode } from '../ivr/feature-codes.ts';
import type { Account, E164, Phone } from '../ports/records.ts';
import type { ControlSettings } from './options.ts';

/** Whose calls those to control numbers are: nobody's yet. */
const CONTROL: Account = {
  name: 'control',
  phones: [],
  numbers: [],
  hours: [],
  limits: {
    callsMax: LIMITS.controlCallsMax,
    divertedCallsMax: 0,
    phonesMax: 0,
    bindingsPerPhoneMax: 0,
    destinationsAllowed: [],
    destinationsDenied: [],
  },
};

export function controlRoute(
  called: E164,
  direction: CallRoute['direction'],
  control: ControlSettings | undefined,
): CallRoute | undefined {
  if (control?.numbers.includes(called) !== true) return undefined;
  return { direction, account: CONTROL, called, steps: [], emergency: false, service: { type: 'control' } };
}

/** `undefined`: what was dialled is no code. */
export function codeRoute(
  dialled: string,
  { account, phone }: { readonly account: Account; readonly phone: Phone },
  control: ControlSettings | undefined,
): CallRoute | undefined {
  const base = { direction: 'internal', account, called: dialled, steps: [], emergency: false } as const;
  const refused = (text: string): CallRoute => ({ ...base, refusal: { verdict: 'not-found', text } });
  if (control !== undefined && dialled === control.controlCode)
    return { ...base, account: CONTROL, service: { type: 'control' } };
  if (control !== undefined && dialled === control.mailboxCode) {
    const own = (account.mailboxes ?? []).filter(({ phones }) => phones.includes(phone.user));
    if (own.length === 0) return refused(`${phone.user} has no mailbox`);
    return { ...base, service: { type: 'mailbox', mailboxes: own.map(({ name }) => name) } };
  }
  const code = parseFeatureCode(dialled);
  if (code === undefined) return undefined;
  if (code === 'unknown') return refused(`${dialled} is no code that is known here`);
  if (account.control?.featureCodes === false) return refused(`account ${account.name} has no feature codes`);
  const number = numberOf(account, phone);
  if (number === undefined)
    return refused(`${phone.user} presents no number, so it is not known which to divert`);
  return { ...base, service: { type: 'feature-code', code, number } };
}

/** The number that a phone's codes are about: the one that it presents, or the only one there is. */
function numberOf({ numbers }: Account, { callerId }: Phone): E164 | undefined {
  return callerId ?? (numbers.length === 1 ? numbers[0]?.number : undefined);
}
