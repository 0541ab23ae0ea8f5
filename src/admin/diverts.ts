// Diverts and forwards as an operator sets them, over the API and the command line: to any number within the account's
// caps, or to one of its mailboxes.

import type { Instant } from '../base/time.ts';
import type { ForwardWhen } from '../ports/desk.ts';
import type { Account, Divert, E164, NumberRecord } from '../ports/records.ts';
import type { StoreWrite } from '../ports/store.ts';
import { divertAllowed } from '../routing/divert-classes.ts';
import { describeDiverts, FORWARD_KEYS, withForward } from '../routing/selfcare.ts';
import type { Audit, Author } from './audit.ts';
import { invalid } from './demands.ts';
import type { Path } from './documents/document.ts';
import { durationMs } from './documents/section.ts';
import type { DivertInput } from './provisioning/schema.ts';

export interface DivertContext {
  readonly account: Account;
  readonly number: E164;
  readonly now: Instant;
  readonly by: string;
  readNumber(text: string, path: Path): E164;
}

/** Throws RingthroughError INVALID_INPUT. */
export function divertAsked(
  asked: DivertInput,
  { account, number, now, by, readNumber }: DivertContext,
): Divert {
  const { to: written, voicemail, until } = asked;
  if ((written === undefined) === (voicemail === undefined)) {
    throw invalid([{ path: ['to'], reason: 'a divert has exactly one of to and voicemail' }]);
  }
  const to = written === undefined ? mailboxOf(account, voicemail ?? '') : readNumber(written, ['to']);
  if (to === number) throw invalid([{ path: ['to'], reason: 'is the number itself' }]);
  const allowed = typeof to === 'string' ? divertAllowed(to, account) : undefined;
  if (allowed?.ok === false) throw invalid([{ path: ['to'], reason: allowed.error }]);
  if (until === undefined) return { to, since: now, by };
  const time = Date.parse(until);
  const ends = Number.isNaN(time) ? now + durationMs(until) : time;
  if (ends <= now) throw invalid([{ path: ['until'], reason: 'has passed already' }]);
  return { to, since: now, until: ends, by };
}

function mailboxOf({ name, mailboxes = [] }: Account, mailbox: string): { readonly mailbox: string } {
  if (mailboxes.some((known) => known.name === mailbox)) return { mailbox };
  throw invalid([{ path: ['voicemail'], reason: `account ${name} has no mailbox "${mailbox}"` }]);
}

/** `when`: which forward; absent: the divert of all calls. `divert`: absent where it is cleared. */
export function withDivert(
  account: Account,
  number: E164,
  divert: Divert | undefined,
  when?: ForwardWhen,
): Account {
  const numbers = account.numbers.map((known): NumberRecord => {
    if (known.number !== number) return known;
    if (when !== undefined) return withForward(known, when, divert);
    const { divert: _, ...others } = known;
    return divert === undefined ? others : { ...others, divert };
  });
  return { ...account, numbers };
}

/** What takes the number from what it was to what it is in `after`: nothing where that is the same. */
export function divertWrites(
  before: NumberRecord,
  after: NumberRecord,
  { account, author, now, audit }: { account: string; author: Author; now: Instant; audit: Audit },
): readonly StoreWrite[] {
  const { number, divert, forwards } = after;
  const diverted: StoreWrite[] = divert === before.divert ? [] : [{ type: 'divert', number, divert }];
  const forwarded: StoreWrite[] =
    forwards === before.forwards ? [] : [{ type: 'forwards', number, forwards }];
  if (diverted.length + forwarded.length === 0) return [];
  return [...diverted, ...forwarded, audit.row(account, author, `${number} ${describeDiverts(after, now)}`)];
}

export const FORWARDS_WHEN = Object.keys(FORWARD_KEYS) as readonly ForwardWhen[];
