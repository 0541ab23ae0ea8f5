// What changes between the accounts as they are stored and as they shall be, told for people; and the writes
// that make it so. No difference, no write: the same file twice changes nothing.

import { isDeepStrictEqual } from 'node:util';
import { DAY_MS } from '../../base/time.ts';
import type {
  Account,
  AccountLimits,
  Contact,
  Control,
  E164,
  Hours,
  Mailbox,
  Menu,
  NumberRecord,
  Phone,
} from '../../ports/records.ts';
import type { StoreWrite } from '../../ports/store.ts';
import type { Directory } from '../../routing/directory.ts';
import { formatDuration } from '../documents/section.ts';
import type { ProvisionChange } from '../views.ts';
import { describePlan } from './describe-plan.ts';
import { formatSpan } from './hours.ts';

/** Of one account; `before` is absent for a new one. Order among phones and numbers means nothing. */
export function differences(before: Account | undefined, after: Account): readonly ProvisionChange[] {
  const change = (kind: ProvisionChange['kind'], subject: string, text: string) => {
    return { kind, account: after.name, subject, text };
  };
  const limits = before === undefined ? '' : limitChanges(before.limits, after.limits);
  return [
    ...(before === undefined ? [change('added', 'account', describeLimits(after.limits))] : []),
    ...(limits === '' ? [] : [change('changed', 'limits', limits)]),
    ...compare(before?.hours ?? [], after.hours, HOURS, change),
    ...compare(before?.phones ?? [], after.phones, PHONES, change),
    ...compare(before?.numbers ?? [], after.numbers, NUMBERS, change),
    ...compare(before?.mailboxes ?? [], after.mailboxes ?? [], MAILBOXES, change),
    ...compare(before?.menus ?? [], after.menus ?? [], MENUS, change),
    ...compare(controlOf(before), controlOf(after), CONTROL, change),
    ...compare(before?.contacts ?? [], after.contacts ?? [], CONTACTS, change),
    ...(before === undefined || before.language === after.language
      ? []
      : [change('changed', 'language', fieldChange('language', before.language, after.language))]),
  ];
}

/** How one kind of record is told apart and told about. */
interface Kind<T> {
  readonly subject: (record: T) => string;
  readonly describe: (record: T) => string;
  /** What is new about it; empty where nothing is. */
  readonly changes: (before: T, after: T) => string;
}

const HOURS: Kind<Hours> = {
  subject: ({ name }) => `hours ${name}`,
  describe: describeHours,
  changes: (before, after) => (isDeepStrictEqual(before, after) ? '' : describeHours(after)),
};

const PHONES: Kind<Phone> = {
  subject: ({ user }) => `phone ${user}`,
  describe: ({ callerId }) => (callerId === undefined ? '' : `caller ID ${callerId}`),
  changes: (before, after) =>
    [
      isDeepStrictEqual(before.secret, after.secret) ? '' : 'new password',
      fieldChange('display name', before.displayName, after.displayName),
      fieldChange('caller ID', before.callerId, after.callerId),
    ]
      .filter(Boolean)
      .join(', '),
};

const NUMBERS: Kind<NumberRecord> = {
  subject: ({ number }) => `number ${number}`,
  describe: ({ plan }) => describePlan(plan),
  changes: (before, after) => (isDeepStrictEqual(before.plan, after.plan) ? '' : describePlan(after.plan)),
};

const MAILBOXES: Kind<Mailbox> = {
  subject: ({ name }) => `mailbox ${name}`,
  describe: describeMailbox,
  changes: (before, after) => {
    const same = isDeepStrictEqual({ ...before, pin: '' }, { ...after, pin: '' });
    return [newPin(before.pin, after.pin), same ? '' : describeMailbox(after)].filter(Boolean).join(', ');
  },
};

const MENUS: Kind<Menu> = {
  subject: ({ name }) => `menu ${name}`,
  describe: describeMenu,
  changes: (before, after) => (isDeepStrictEqual(before, after) ? '' : describeMenu(after)),
};

const CONTROL: Kind<Control> = {
  subject: () => 'control',
  describe: describeControl,
  changes: (before, after) => {
    const same = isDeepStrictEqual({ ...before, pin: '' }, { ...after, pin: '' });
    return [newPin(before.pin, after.pin), same ? '' : describeControl(after)].filter(Boolean).join(', ');
  },
};

const CONTACTS: Kind<Contact> = {
  subject: ({ email, sms }) => `contact ${email ?? sms ?? ''}`,
  describe: () => '',
  changes: () => '',
};

function controlOf(account: Account | undefined): readonly Control[] {
  return account?.control === undefined ? [] : [account.control];
}

function newPin(before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  return after === undefined ? 'no PIN any more' : 'new PIN';
}

function describeMailbox({ messagesMax, messageMaxMs, retentionMs, email, phones }: Mailbox): string {
  const length = formatDuration(messageMaxMs);
  const people = [...phones, ...email].join(', ');
  const told = people === '' ? '' : `, told to ${people}`;
  return `${messagesMax} messages of ${length}, kept for ${retentionMs / DAY_MS} d${told}`;
}

function describeMenu({ greeting, choices, otherwise }: Menu): string {
  const keys = choices.map(({ key, steps }) => `${key} ${describePlan({ steps })}`);
  const rest = otherwise.length === 0 ? [] : [`otherwise ${describePlan({ steps: otherwise })}`];
  return [`says "${greeting}"`, ...keys, ...rest].join('; ');
}

function describeControl({ id, pin, mobiles, featureCodes }: Control): string {
  const numbers = mobiles.map(({ number }) => number).join(', ') || 'none';
  const codes = featureCodes ? '' : ', no feature codes';
  return `ID ${id}, ${pin === undefined ? 'no PIN' : 'a PIN'}, mobiles: ${numbers}${codes}`;
}

function compare<T>(
  before: readonly T[],
  after: readonly T[],
  kind: Kind<T>,
  change: (kind: ProvisionChange['kind'], subject: string, text: string) => ProvisionChange,
): readonly ProvisionChange[] {
  const old = new Map(before.map((record) => [kind.subject(record), record]));
  const found: ProvisionChange[] = [];
  for (const record of after) {
    const subject = kind.subject(record);
    const known = old.get(subject);
    old.delete(subject);
    const text = known === undefined ? kind.describe(record) : kind.changes(known, record);
    if (known === undefined) found.push(change('added', subject, text));
    else if (text !== '') found.push(change('changed', subject, text));
  }
  return [...found, ...[...old.keys()].map((subject) => change('removed', subject, ''))];
}

function describeHours({ zone, open, holidays }: Hours): string {
  const closed = holidays.length === 0 ? '' : `, closed on ${holidays.length} holidays`;
  return `open ${open.map(formatSpan).join(', ') || 'never'} (${zone})${closed}`;
}

function describeLimits(limits: AccountLimits): string {
  const { callsMax, divertedCallsMax, divertedMinutesPerMonth: minutes, destinationsAllowed } = limits;
  const destinations = destinationsAllowed.join(', ') || 'nobody';
  const most = minutes === undefined ? '' : ` for ${minutes} minutes a month at most`;
  return `${callsMax} calls at once, ${divertedCallsMax} of them diverted${most}; may call ${destinations}`;
}

function limitChanges(before: AccountLimits, after: AccountLimits): string {
  const names = new Set(Object.keys({ ...before, ...after }) as (keyof AccountLimits)[]);
  return [...names]
    .map((name) => fieldChange(name, listed(before[name]), listed(after[name])))
    .filter(Boolean)
    .join(', ');
}

function listed(limit: AccountLimits[keyof AccountLimits]): string | undefined {
  return typeof limit === 'object' ? limit.join(' ') || undefined : limit?.toString();
}

function fieldChange(name: string, before: string | undefined, after: string | undefined): string {
  return before === after ? '' : `${name} ${before ?? 'none'} → ${after ?? 'none'}`;
}

/**
 * One batch that takes the store from what it has to these accounts. Phones and numbers that move from one of
 * them to another are let go of first, so that at no moment of the batch two accounts have the same one.
 */
export function writesFor(accounts: readonly Account[], stored: Directory): readonly StoreWrite[] {
  const letting = accounts.flatMap((after) => {
    const before = stored.account(after.name);
    return before === undefined ? [] : lettingGo(before, after);
  });
  return [...letting, ...accounts.map((account) => ({ type: 'account', account }) as const)];
}

function lettingGo(before: Account, after: Account): readonly StoreWrite[] {
  const users = new Set(after.phones.map(({ user }) => user));
  const kept = new Set<E164>(after.numbers.map(({ number }) => number));
  const phones = before.phones.filter(({ user }) => users.has(user));
  const numbers = before.numbers.filter(({ number }) => kept.has(number));
  const whole = phones.length === before.phones.length && numbers.length === before.numbers.length;
  return whole ? [] : [{ type: 'account', account: { ...before, phones, numbers } }];
}
