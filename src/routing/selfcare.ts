// What the owner of an account may change by telephone, decided: the account as it is, what is asked and the time go
// in; the account as it shall be and a sentence about it come out, or why not. Whoever writes accounts does the rest,
// and the simulation decides by the same code.

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { DivertTo, ForwardWhen, Refusal } from '../ports/desk.ts';
import type { RecordingId } from '../ports/recordings.ts';
import {
  type Account,
  type AuditEntry,
  type Control,
  type Divert,
  type E164,
  type Forwards,
  isInForce,
  type Mobile,
  type NumberRecord,
} from '../ports/records.ts';

import type { Directory } from './directory.ts';
import { divertAllowed } from './divert-classes.ts';
import { divertWords } from './plan.ts';

/** Who asks, by which way. */
export interface SelfcareAuthor {
  readonly who: string;
  readonly how: AuditEntry['how'];
}

export interface Decided {
  readonly account: Account;
  /** For the audit: `+442079460000 goes to +447700900123`. */
  readonly what: string;
  /** Of which number, and what it did and does from now on, as the end of a sentence. */
  readonly change?: { readonly number: E164; readonly before: string; readonly after: string };
}

export type Decision = Result<Decided, Refusal>;

export interface DivertAsked {
  readonly number: E164;
  readonly to: DivertTo;
  readonly author: SelfcareAuthor;
  /** Whoever answers there has just agreed. */
  readonly confirmed?: boolean;
}

/** All calls of a number, from now on. What is confirmed in doing so is one of the account's mobiles afterwards. */
export function decideDivert(
  account: Account,
  { number, to, author, confirmed = false }: DivertAsked,
  directory: Directory,
  now: Instant,
): Decision {
  const record = account.numbers.find((one) => one.number === number);
  if (record === undefined) return err('unknown');
  const known = confirmed ? withMobile(account, to, now) : ok(account);
  if (!known.ok) return known;
  const why = whyNotTo(known.value, number, to, author, directory, now);
  if (why !== undefined) return err(why);
  const divert = divertOf(to, author, now);
  if (divert === undefined && record.divert === undefined) return unchanged(known.value, record, now);
  const { divert: _, ...plain } = record;
  const after = divert === undefined ? plain : { ...plain, divert };
  return ok(changed(known.value, record, after, now));
}

/** Calls of a number that its phones could not take. */
export function decideForward(
  account: Account,
  asked: Omit<DivertAsked, 'confirmed'> & { readonly when: ForwardWhen },
  directory: Directory,
  now: Instant,
): Decision {
  const { number, to, author, when } = asked;
  const record = account.numbers.find((one) => one.number === number);
  if (record === undefined) return err('unknown');
  const why = whyNotTo(account, number, to, author, directory, now);
  if (why !== undefined) return err(why);
  const forward = divertOf(to, author, now);
  if (forward === undefined && record.forwards?.[FORWARD_KEYS[when]] === undefined)
    return unchanged(account, record, now);
  const after = withForward(record, when, forward);
  return ok(changed(account, record, after, now));
}

/** Whoever answers the number has agreed to be sent calls. */
export function decideMobile(account: Account, number: E164, now: Instant): Decision {
  const known = withMobile(account, { type: 'number', number }, now);
  if (!known.ok) return known;
  return ok({ account: known.value, what: `${number} is confirmed as one of its mobiles` });
}

/** A code is worth one entry: the account without it. */
export function spendCode(account: Account, index: string): Decision {
  const { control } = account;
  if (!control?.codes.some((code) => code.index === index)) return err('wrong');
  const codes = control.codes.filter((code) => code.index !== index);
  const what = `the one-time code ${index} was used; ${codes.length} are left`;
  return ok({ account: withControl(account, { ...control, codes }), what });
}

export function decideGreeting(
  account: Account,
  mailbox: string,
  recording: RecordingId | undefined,
): Decision {
  const known = account.mailboxes?.find(({ name }) => name === mailbox);
  if (known === undefined) return err('unknown');
  const { greeting: _, ...plain } = known;
  const after = recording === undefined ? plain : { ...plain, greeting: recording };
  const mailboxes = account.mailboxes?.map((one) => (one === known ? after : one)) ?? [];
  const what = `the mailbox ${mailbox} has ${recording === undefined ? 'its first' : 'a new'} greeting`;
  return ok({ account: { ...account, mailboxes }, what });
}

export function withForward(
  record: NumberRecord,
  when: ForwardWhen,
  divert: Divert | undefined,
): NumberRecord {
  const key = FORWARD_KEYS[when];
  const { forwards, ...plain } = record;
  const { [key]: _, ...others } = forwards ?? {};
  const after: Forwards = divert === undefined ? others : { ...others, [key]: divert };
  return Object.keys(after).length === 0 ? plain : { ...plain, forwards: after };
}

export const FORWARD_KEYS: Readonly<Record<ForwardWhen, keyof Forwards>> = {
  unreachable: 'unreachable',
  'no-answer': 'noAnswer',
  busy: 'busy',
};

export function withControl(account: Account, control: Control): Account {
  return { ...account, control };
}

/**
 * True where calls that are sent from the number to the other one come back to it: over diverts and forwards of this
 * node's numbers, and over steps of their plans. What lies beyond a carrier is only noticed by the calls themselves.
 */
export function comesBack(from: E164, to: E164, directory: Directory, now: Instant): boolean {
  const seen = new Set<E164>();
  const next: E164[] = [to];
  for (let number = next.pop(); number !== undefined; number = next.pop()) {
    if (number === from || seen.size >= LIMITS.divertsFollowedMax) return true;
    if (seen.has(number)) continue;
    const record = directory.number(number)?.number;
    if (record === undefined) continue;
    seen.add(number);
    next.push(...leadsTo(record, now));
  }
  return false;
}

function leadsTo({ divert, forwards = {}, plan }: NumberRecord, now: Instant): readonly E164[] {
  const targets = (one: Divert | undefined) =>
    isInForce(one, now) && typeof one.to === 'string' ? [one.to] : [];
  if (isInForce(divert, now)) return targets(divert);
  const dialled = plan.steps.flatMap((step) => (step.type === 'dial' ? [step.number] : []));
  return [...dialled, ...Object.values(forwards).flatMap(targets)];
}

function whyNotTo(
  account: Account,
  number: E164,
  to: DivertTo,
  author: SelfcareAuthor,
  directory: Directory,
  now: Instant,
): Refusal | undefined {
  switch (to.type) {
    case 'plan':
      return undefined;
    case 'mailbox':
      return account.mailboxes?.some(({ name }) => name === to.mailbox) ? undefined : 'unknown';
    case 'number': {
      if (!divertAllowed(to.number, account).ok) return 'not-allowed';
      if (comesBack(number, to.number, directory, now)) return 'loop';
      // A phone of the account has proved who it is, and may call there as well.
      if (author.how === 'feature-code') return undefined;
      const mobile = account.control?.mobiles.find((one) => one.number === to.number);
      return mobile?.confirmedAt === undefined ? 'not-confirmed' : undefined;
    }
  }
}

function divertOf(to: DivertTo, { who }: SelfcareAuthor, now: Instant): Divert | undefined {
  switch (to.type) {
    case 'plan':
      return undefined;
    case 'mailbox':
      return { to: { mailbox: to.mailbox }, since: now, by: who };
    case 'number':
      return { to: to.number, since: now, by: who };
  }
}

function withMobile(account: Account, to: DivertTo, now: Instant): Result<Account, Refusal> {
  const { control } = account;
  if (to.type !== 'number' || control === undefined) return err('unknown');
  if (!divertAllowed(to.number, account).ok) return err('not-allowed');
  const known = control.mobiles.some(({ number }) => number === to.number);
  if (!known && control.mobiles.length >= LIMITS.mobilesMax) return err('full');
  const confirmed = (mobile: Mobile) => {
    return mobile.number === to.number ? { ...mobile, confirmedAt: now } : mobile;
  };
  const mobiles = known
    ? control.mobiles.map(confirmed)
    : [...control.mobiles, { number: to.number, confirmedAt: now }];
  return ok(withControl(account, { ...control, mobiles }));
}

/** The same account: there was nothing to end, so that nobody need be told of it. */
function unchanged(account: Account, record: NumberRecord, now: Instant): Decision {
  return ok({ account, what: `${record.number} ${describeDiverts(record, now)}` });
}

function changed(account: Account, before: NumberRecord, after: NumberRecord, now: Instant): Decided {
  const { number } = before;
  const numbers = account.numbers.map((record) => (record.number === number ? after : record));
  const does = describeDiverts(after, now);
  return {
    account: { ...account, numbers },
    what: `${number} ${does}`,
    change: { number, before: describeDiverts(before, now), after: does },
  };
}

/** What a number does apart from its plan, as the end of a sentence: `goes to +447700900123`. */
export function describeDiverts({ divert, forwards = {} }: NumberRecord, now: Instant): string {
  if (isInForce(divert, now)) return `goes to ${divertWords(divert.to)}`;
  const { unreachable, noAnswer, busy } = forwards;
  const when = [
    ...(isInForce(unreachable, now) ? [`to ${divertWords(unreachable.to)} when nobody can be reached`] : []),
    ...(isInForce(noAnswer, now) ? [`to ${divertWords(noAnswer.to)} when nobody answers`] : []),
    ...(isInForce(busy, now) ? [`to ${divertWords(busy.to)} when it is busy`] : []),
  ];
  return ['goes where its plan says', ...when].join(', ');
}
