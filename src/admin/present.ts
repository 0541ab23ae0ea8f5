// From records to what surfaces show (views.ts).

import type { Instant } from '../base/time.ts';
import type { DivertedView, PhoneView } from '../node/views.ts';
import { type Account, type Control, type Divert, isInForce, type NumberRecord } from '../ports/records.ts';
import { hoursInputOf } from './provisioning/compile.ts';
import { describePlan } from './provisioning/describe-plan.ts';
import { planInputOf } from './provisioning/plan.ts';
import { telephoneInputOf } from './provisioning/telephone.ts';
import type { AccountView, ControlView, DivertView, NumberView, PhoneDetails } from './views.ts';

/** `registered`: what the node says about the phones; one that it does not know yet has no bindings. */
export function accountView(
  account: Account,
  registered: readonly PhoneView[],
  diverted: DivertedView,
  now: Instant,
): AccountView {
  return {
    name: account.name,
    phones: phoneDetails(account, registered),
    numbers: account.numbers.map((number) => numberView(account, number, now)),
    hours: account.hours.map(hoursInputOf),
    limits: account.limits,
    diverted,
    ...telephoneView(account),
  };
}

/** Hashes of PINs and codes stay behind. */
function telephoneView(
  account: Account,
): Pick<AccountView, 'mailboxes' | 'menus' | 'sounds' | 'control' | 'contacts' | 'language'> {
  const { mailboxes, sounds, control } = account;
  const { control: _, mailboxes: inputs = [], ...others } = telephoneInputOf(account);
  const views = inputs.map((input) => {
    const known = mailboxes?.find(({ name }) => name === input.name);
    return { ...input, pinSet: known?.pin !== undefined, ownGreeting: known?.greeting !== undefined };
  });
  return {
    ...(others as Pick<AccountView, 'menus' | 'contacts' | 'language'>),
    ...(mailboxes && { mailboxes: views }),
    ...(sounds && { sounds: sounds.map(({ recording: _, ...sound }) => sound) }),
    ...(control && { control: controlView(control) }),
  };
}

function controlView({ id, pin, mobiles, codes, featureCodes }: Control): ControlView {
  return { id, pinSet: pin !== undefined, mobiles, codesLeft: codes.length, featureCodes };
}

export function phoneDetails(account: Account, registered: readonly PhoneView[]): readonly PhoneDetails[] {
  const known = new Map(registered.map((phone) => [phone.user, phone]));
  return account.phones.map(({ user, displayName, callerId }) => {
    const { bindings = [], messages } = known.get(user) ?? {};
    return {
      account: account.name,
      user,
      ...(displayName === undefined ? {} : { displayName }),
      ...(callerId === undefined ? {} : { callerId }),
      bindings,
      ...(messages && { messages }),
    };
  });
}

export function numberView(account: Account, record: NumberRecord, now: Instant): NumberView {
  const { number, plan, divert, forwards = {} } = record;
  const forwarded = {
    ...inForce('unreachable', forwards.unreachable, now),
    ...inForce('noAnswer', forwards.noAnswer, now),
    ...inForce('busy', forwards.busy, now),
  };
  return {
    account: account.name,
    number,
    plan: planInputOf(plan),
    planText: describePlan(plan),
    ...inForce('divert', divert, now),
    ...(Object.keys(forwarded).length === 0 ? {} : { forwards: forwarded }),
  };
}

function inForce<Key extends string>(
  key: Key,
  divert: Divert | undefined,
  now: Instant,
): { readonly [Name in Key]?: DivertView } {
  if (!isInForce(divert, now)) return {};
  return { [key]: divertView(divert) } as { readonly [Name in Key]?: DivertView };
}

function divertView({ to, since, until, by }: Divert): DivertView {
  const target = typeof to === 'string' ? { to } : { voicemail: to.mailbox };
  return { ...target, since, ...(until === undefined ? {} : { until }), by };
}
