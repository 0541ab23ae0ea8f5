// What people are told, in words: a subject and plain text for e-mail, one short line for a text message. What happened
// comes first, then what to do. Whoever calls writes the notices in the same batch as what they tell of.
//
//   event + account ─▶ one Notice for each e-mail and telephone that is to hear of it

import { LIMITS } from '../base/limits.ts';
import { printable } from '../base/printable.ts';
import type { Instant } from '../base/time.ts';
import type { Maintenance } from '../ports/incidents.ts';
import type { Account, AuditEntry, Mailbox, Notice, VoicemailMessage } from '../ports/records.ts';
import { shownCaller, shownClock, shownDays, shownLength, shownNumber, shownTime } from './words.ts';

/** The account as far as notices need it. */
export type Owner = Pick<Account, 'name' | 'hours' | 'contacts'>;

/** When, and unguessable ids for the notices. */
export interface Circumstances {
  readonly at: Instant;
  readonly newId: () => string;
}

/** What somebody changed on an account, at one stroke. */
export interface AccountChange extends Pick<AuditEntry, 'who' | 'how'> {
  /** Sentences without their full stops: `+442079460000 goes to +447700900123`. */
  readonly what: readonly string[];
  /** What that takes the place of, where that can be said so. */
  readonly before: readonly string[];
}

const HOW: Readonly<Record<AuditEntry['how'], string>> = {
  api: 'over the API',
  cli: 'on the command line',
  telephone: 'by telephone',
  'feature-code': 'with a code dialled on a phone',
  sms: 'by text message',
  node: 'by itself',
};

/** One for each e-mail of the mailbox, with the recording. */
export function voicemailNotices(
  owner: Owner,
  mailbox: Mailbox,
  message: VoicemailMessage,
  { at, newId }: Circumstances,
): readonly Notice[] {
  const caller = shownCaller(message.caller);
  const length = shownLength(message.lengthMs);
  const text = lines([
    `${caller} left a message of ${length} for ${shownNumber(message.called)}.`,
    '',
    `When:    ${shownTime(message.at, owner)}`,
    `From:    ${caller}`,
    `To:      ${shownNumber(message.called)}, mailbox ${mailbox.name}`,
    `Length:  ${length}`,
    '',
    `The recording is attached. It stays in the mailbox for ${shownDays(mailbox.retentionMs)}, unless it is deleted there.`,
  ]);
  return mailbox.email.map((to) => ({
    ...unsent(newId(), owner, at),
    channel: 'email',
    to,
    subject: `Voicemail from ${caller}, ${length}`,
    text,
    recording: message.recording,
  }));
}

/** To every contact of the account; whoever calls adds those of before, so that nobody is taken off in silence. */
export function changeNotices(
  owner: Owner,
  { what, before, who, how }: AccountChange,
  circumstances: Circumstances,
): readonly Notice[] {
  const { at } = circumstances;
  const changed = what.map(printable);
  const [first = 'something was changed', ...more] = changed;
  const subject = more.length === 0 ? first : `${first}, and ${more.length} more changes`;
  const by = `${printable(who)}, ${HOW[how]}`;
  const was = before.length === 0 ? '' : ` (before: ${before.join('; ')})`;
  return toContacts(owner, circumstances, {
    subject: `${owner.name}: ${subject}`,
    text: lines([
      `On account ${owner.name} something was changed:`,
      '',
      ...listed('Now:', changed),
      ...listed('Before:', before),
      '',
      `When:    ${shownTime(at, owner)}`,
      `Who:     ${by}`,
      '',
      'If this was neither you nor one of yours: change it back at once, then have the PIN of your account',
      'changed, and tell your telephone provider. It holds until it is changed back.',
    ]),
    short: `${owner.name}: ${subject}${was}. ${shownClock(at, owner)}, by ${by}. Not you? Tell your provider.`,
  });
}

/** Aligned beneath each other, the label before the first; as many as fit a list. */
function listed(label: string, items: readonly string[]): readonly string[] {
  const shown = items.slice(0, LIMITS.noticeListLinesMax);
  const rest = items.length - shown.length;
  return [
    ...shown.map((item, index) => `${(index === 0 ? label : '').padEnd(9)}${item}`),
    ...(rest === 0 ? [] : [`${' '.repeat(9)}and ${rest} more`]),
  ];
}

/** Something that the account has a limit for was more than that. `what`: a sentence, without its full stop. */
export function capNotices(
  owner: Owner,
  { what, instead, remedy }: { readonly what: string; readonly instead: string; readonly remedy: string },
  circumstances: Circumstances,
): readonly Notice[] {
  return toContacts(owner, circumstances, {
    subject: what,
    text: lines([
      `${what}.`,
      '',
      `What happens now:  ${instead}.`,
      `What you can do:   ${remedy}.`,
      `When:              ${shownTime(circumstances.at, owner)}`,
      `Account:           ${owner.name}`,
    ]),
    short: `${what}. ${instead}. ${remedy}.`,
  });
}

/** To every contact that has an e-mail address: text messages cost, and this can be read in time. */
export function maintenanceNotices(
  owner: Owner,
  { title, text, components, from, until }: Maintenance,
  circumstances: Circumstances,
): readonly Notice[] {
  const contacts = (owner.contacts ?? []).flatMap(({ email }) => (email === undefined ? [] : [{ email }]));
  const begins = shownTime(from, owner);
  return toContacts({ ...owner, contacts }, circumstances, {
    subject: `Maintenance on ${begins}: ${title}`,
    text: lines([
      ...(text === '' ? [`${title}.`] : [text]),
      '',
      `From:     ${begins}`,
      `To:       ${shownTime(until, owner)}`,
      ...listed('What:', components),
      '',
      'This is a reminder of work that your telephone provider has announced.',
    ]),
    short: '',
  });
}

/** To every contact but the one that could not be reached. Its id follows from the other's: it is told once. */
export function undeliveredNotices(owner: Owner, lost: Notice, why: string, at: Instant): readonly Notice[] {
  if (isAboutDelivery(lost)) return [];
  const others = (owner.contacts ?? []).filter(({ email, sms }) => lost.to !== email && lost.to !== sms);
  let count = 0;
  const newId = () => `${UNDELIVERED}${count++}-${lost.id}`;
  const kind = lost.channel === 'email' ? 'e-mail' : 'text message';
  return toContacts(
    { ...owner, contacts: others },
    { at, newId },
    {
      subject: `A message to ${lost.to} could not be delivered`,
      text: lines([
        `This ${kind} to ${lost.to} could not be delivered:`,
        '',
        `  ${lost.subject}`,
        '',
        `Why:     ${why}`,
        `When:    ${shownTime(lost.at, owner)}`,
        `Account: ${owner.name}`,
        '',
        'Please have the address corrected. The message follows.',
        '',
        ...lost.text.split('\n').map((line) => `> ${line}`),
      ]),
      short: `A ${kind} to ${lost.to} could not be delivered: ${lost.subject}`,
    },
  );
}

const UNDELIVERED = 'undelivered-';

/** Those never cause another one. */
function isAboutDelivery({ id }: Notice): boolean {
  return id.startsWith(UNDELIVERED);
}

function toContacts(
  owner: Owner,
  { at, newId }: Circumstances,
  words: { readonly subject: string; readonly text: string; readonly short: string },
): readonly Notice[] {
  const { subject, text, short } = words;
  return (owner.contacts ?? []).flatMap(({ email, sms }) => [
    ...(email === undefined
      ? []
      : [{ ...unsent(newId(), owner, at), channel: 'email' as const, to: email, subject, text }]),
    ...(sms === undefined
      ? []
      : [{ ...unsent(newId(), owner, at), channel: 'sms' as const, to: sms, subject, text: short }]),
  ]);
}

function unsent(id: string, { name }: Pick<Owner, 'name'>, at: Instant) {
  return { id, account: name, at, attempts: 0, dueAt: at };
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
