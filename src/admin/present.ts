// From records to what surfaces show (views.ts).

import type { Instant } from '../base/time.ts';
import type { PhoneView } from '../node/views.ts';
import type { Account, Divert, NumberRecord } from '../ports/records.ts';
import { hoursInputOf } from './provisioning/compile.ts';
import { describePlan } from './provisioning/describe-plan.ts';
import { planInputOf } from './provisioning/plan.ts';
import type { AccountView, DivertView, NumberView, PhoneDetails } from './views.ts';

/** `registered`: what the node says about the phones; one that it does not know yet has no bindings. */
export function accountView(account: Account, registered: readonly PhoneView[], now: Instant): AccountView {
  return {
    name: account.name,
    phones: phoneDetails(account, registered),
    numbers: account.numbers.map((number) => numberView(account, number, now)),
    hours: account.hours.map(hoursInputOf),
    limits: account.limits,
  };
}

export function phoneDetails(account: Account, registered: readonly PhoneView[]): readonly PhoneDetails[] {
  const bindings = new Map(registered.map((phone) => [phone.user, phone.bindings]));
  return account.phones.map(({ user, displayName, callerId }) => ({
    account: account.name,
    user,
    ...(displayName === undefined ? {} : { displayName }),
    ...(callerId === undefined ? {} : { callerId }),
    bindings: bindings.get(user) ?? [],
  }));
}

export function numberView(account: Account, record: NumberRecord, now: Instant): NumberView {
  const { number, plan, divert } = record;
  const inForce = divert !== undefined && (divert.until === undefined || now < divert.until);
  return {
    account: account.name,
    number,
    plan: planInputOf(plan),
    planText: describePlan(plan),
    ...(inForce ? { divert: divertView(divert) } : {}),
  };
}

function divertView({ to, since, until, by }: Divert): DivertView {
  const target = typeof to === 'string' ? { to } : { voicemail: to.mailbox };
  return { ...target, since, ...(until === undefined ? {} : { until }), by };
}
