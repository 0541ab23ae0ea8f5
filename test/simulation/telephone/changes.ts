// What callers change, judged: what was acknowledged stands and is followed by the next call, nothing changes without
// authority, no code is good twice, and no stranger's guesses keep the owner out.

import type { Instant } from '../../../src/base/time.ts';
import type { Author, DivertTo } from '../../../src/ports/desk.ts';
import type { Divert, NumberRecord } from '../../../src/ports/records.ts';
import type { Reaction } from '../reactions.ts';
import type { Lived, Probe } from './cast.ts';
import type { Slot } from './errand.ts';
import { CODES, CONTROL_ID, MAILBOX_PIN, NUMBERS, PIN } from './office.ts';
import type { Person } from './person.ts';
import type { Asked } from './simulated-admin.ts';

export type Found = Iterable<{ readonly what: string }>;

const SLOTS: readonly Slot[] = ['always', 'unreachable', 'no-answer', 'busy'];

/** A change of where a number leads, as the one who writes accounts was asked for it. */
interface Change {
  readonly who: string;
  readonly to: string;
  readonly at: Instant;
  /** Absent: it was not heard of any more. */
  readonly doneAt: Instant | undefined;
}

function changesOf({ cast }: Lived, number: string, slot: Slot): readonly Change[] {
  return cast.admin.asked.flatMap(({ question, at, answer, answeredAt: doneAt }): readonly Change[] => {
    if (!('number' in question) || question.number !== number || answer?.type === 'refused') return [];
    if (question.type === 'operator')
      return slot === 'always' ? [{ who: 'operator', to: question.to ?? 'plan', at, doneAt }] : [];
    const about = question.type === 'divert' ? 'always' : question.when;
    if (about !== slot) return [];
    return [{ who: question.author.who, to: nameOf(question.to), at, doneAt }];
  });
}

function nameOf(to: DivertTo): string {
  return to.type === 'number' ? to.number : to.type;
}

export function* changesStand(lived: Lived): Found {
  for (const number of NUMBERS) for (const slot of SLOTS) yield* standsIn(lived, number, slot);
}

function* standsIn(lived: Lived, number: string, slot: Slot): Found {
  const { run, cast } = lived;
  const changes = changesOf(lived, number, slot);
  const certain = changes.filter((change) => change.doneAt !== undefined);
  for (const person of cast.people) {
    for (const { what, at } of person.acknowledged) {
      if (what.type !== 'divert' || what.number !== number || !what.slots.includes(slot)) continue;
      const made = certain.some(({ who, to, doneAt = at }) => {
        return who === whoIs(person) && to === what.to && doneAt <= at;
      });
      if (!made) yield { what: `${person.caller} was told that ${number} goes to ${what.to} (${slot})` };
    }
  }
  const superseded = ({ doneAt }: Change) =>
    doneAt !== undefined && certain.some((later) => later.at > doneAt);
  const lost = (change: Change) => change.doneAt === undefined && isLate(change, certain);
  const may = changes.filter((change) => !superseded(change) && !lost(change));
  const divert = divertIn(run.store.accounts.get('acme')?.numbers, number, slot);
  const stands = toOf(divert);
  const by = divert?.by;
  const isUnchanged = certain.length === 0 && divert === undefined;
  const fits = may.some(({ to, who }) => to === stands && (by === undefined || by === who));
  if (isUnchanged || fits) return;
  const allowed = may.map(({ to, who }) => `${to} by ${who}`).join(' or ') || 'its plan';
  yield { what: `${number} (${slot}) goes to ${stands} by ${by ?? 'nobody'}, and should to ${allowed}` };
}

/** Who was cut off by a crash: what they asked for came before everything that was asked for after the restart. */
function isLate({ at }: Change, certain: readonly Change[]): boolean {
  return certain.some((later) => later.at > at + CUT_OFF_MS);
}
const CUT_OFF_MS = 20_000;

function divertIn(numbers: readonly NumberRecord[] = [], number: string, slot: Slot): Divert | undefined {
  const record = numbers.find((one) => one.number === number);
  if (slot === 'always') return record?.divert;
  return record?.forwards?.[slot === 'no-answer' ? 'noAnswer' : slot];
}

function toOf(divert: Divert | undefined): string {
  if (divert === undefined) return 'plan';
  return typeof divert.to === 'string' ? divert.to : 'mailbox';
}

export function* callsFollow({ run, cast }: Lived): Found {
  const numbers = run.store.accounts.get('acme')?.numbers;
  const { weather, reactions } = run.scenario;
  const { reception } = reactions;
  for (const probe of cast.probes) {
    const to = toOf(divertIn(numbers, probe.number, 'always'));
    const slot = slotAfter(reception);
    const forward = slot === undefined ? undefined : divertIn(numbers, probe.number, slot);
    if (leads(probe, to, forward)) continue;
    // Where nothing is heard of it in time a phone counts as unreachable, which is another forward.
    if (weather.lossRate > 0 && leads(probe, to, divertIn(numbers, probe.number, 'unreachable'))) continue;
    const told = `rang ${probe.rang.join(', ') || 'nobody'} and heard ${probe.heard.join(', ') || 'nothing'}`;
    const then = forward === undefined ? '' : `, then to ${toOf(forward)}`;
    yield { what: `${probe.number} leads to ${to}${then}, but a call ${told}` };
  }
}

/** What becomes of calls that the reception does not take. */
function slotAfter(reception: Reaction | undefined): Slot | undefined {
  if (reception?.type === 'ring') return 'no-answer';
  return reception?.type === 'reject' ? 'busy' : undefined;
}

function leads({ number, rang, heard }: Probe, to: string, forward: Divert | undefined): boolean {
  const [first = ''] = heard;
  const isVoicemail = first === 'leave-a-message' || first.startsWith('recording');
  if (to === 'mailbox') return isVoicemail && rang.length === 0;
  if (to !== 'plan') return rang.some((user) => user.endsWith(to.slice(1)));
  if (number !== NUMBERS[0]) return first === 'welcome';
  if (forward !== undefined)
    return rang[0] === 'reception' && rang.some((user) => user.endsWith(toOf(forward).slice(1)));
  return rang[0] === 'reception' || isVoicemail;
}

// ── authority ──

function whoIs({ caller, conversation }: Person): string {
  const { name } = conversation.agent.options;
  return name.startsWith('carrier') ? `telephone ${caller}` : `phone ${name}`;
}

/** Whoever changes something was let in before, or dialled a code on a phone whose digest proves it. */
export function* authority({ cast }: Lived): Found {
  const { asked } = cast.admin;
  const mayDial = new Set(
    cast.people.filter(({ errand: { want } }) => want.type === 'feature-code').map(whoIs),
  );
  for (const { question, at } of asked) {
    if (question.type === 'operator' || question.type === 'enter' || question.type === 'open-mailbox')
      continue;
    const { author } = question;
    const isMailbox = question.type === 'set-greeting';
    const may =
      author.how === 'feature-code'
        ? mayDial.has(author.who)
        : asked.some((entry) => (isMailbox ? opensMailbox(entry, at) : letsIn(entry, author, at)));
    if (!may) yield { what: `${question.type} by ${author.who}` };
  }
  for (const { question, answer } of asked) {
    if (question.type === 'enter' && answer?.type === 'entered' && !isRight(question.secret))
      yield { what: `${question.author.who} was let in with ${question.secret}` };
    if (question.type === 'open-mailbox' && answer?.type === 'done' && question.pin !== MAILBOX_PIN)
      yield { what: `the mailbox was opened with ${question.pin}` };
  }
  for (const { question, at } of asked) {
    if (question.type !== 'divert' || question.confirmed !== true) continue;
    const mobile = nameOf(question.to).slice(1);
    const agreed = cast.people.some(({ caller, typed }) => {
      return caller.startsWith('mobile') && caller.endsWith(mobile) && saysYes(typed, at);
    });
    if (!agreed) yield { what: `${mobile} did not agree to be sent calls` };
  }
  for (const person of cast.people) {
    const { want } = person.errand;
    const isLetIn = person.heard.some(({ what }) => INSIDE.has(what));
    if (want.type === 'listen' && want.pin !== MAILBOX_PIN && isLetIn)
      yield { what: `${person.caller} was let in to the mailbox with ${want.pin}` };
  }
}

function saysYes(typed: Person['typed'], before: Instant): boolean {
  return typed.some(({ keys, at }) => keys === '1' && at <= before);
}

/** Nobody hears these who was not let in. */
const INSIDE: ReadonlySet<string> = new Set([
  'you-have',
  'no-messages',
  'message-choices',
  'mailbox-choices',
]);

function letsIn({ question, answer, answeredAt }: Asked, { who }: Author, before: Instant): boolean {
  if (question.type !== 'enter' || answer?.type !== 'entered') return false;
  return question.author.who === who && (answeredAt ?? before) <= before;
}

function opensMailbox({ question, answer, answeredAt }: Asked, before: Instant): boolean {
  return question.type === 'open-mailbox' && answer?.type === 'done' && (answeredAt ?? before) <= before;
}

function isRight(secret: string): boolean {
  return secret === PIN || CODES.some((code) => code === secret);
}

export function* codesOnce({ run, cast }: Lived): Found {
  for (const code of CODES) {
    const entries = entriesWith(cast.admin.asked, code).filter(({ answer }) => answer?.type === 'entered');
    if (entries.length > 1) yield { what: `${code} was good ${entries.length} times` };
    const { codes = [] } = run.store.accounts.get('acme')?.control ?? {};
    const isLeft = codes.some(({ index }) => code.startsWith(index));
    if (entries.length > 0 && isLeft) yield { what: `${code} was used, and is still good` };
  }
}

function entriesWith(asked: readonly Asked[], secret: string): readonly Asked[] {
  return asked.filter(({ question }) => question.type === 'enter' && question.secret === secret);
}

export function* lockOut({ cast }: Lived): Found {
  for (const { question, answer, at } of cast.admin.asked) {
    if (question.type !== 'enter' || question.control !== CONTROL_ID || answer?.type !== 'refused') continue;
    const { secret } = question;
    const before = entriesWith(cast.admin.asked, secret).filter((earlier) => earlier.at < at);
    const isGood = secret === PIN || (isRight(secret) && before.length === 0);
    if (isGood && answer.why === 'wrong')
      yield { what: `${question.author.who} was told that ${secret} is wrong` };
  }
  const wrongOf = (who: string) =>
    cast.people
      .filter((person) => whoIs(person) === who)
      .flatMap(({ errand: { want } }) => (want.type === 'divert' ? want.secrets : []))
      .filter((secret) => !isRight(secret)).length;
  for (const person of cast.people) {
    const { want } = person.errand;
    if (want.type !== 'divert' || !person.heard.some(({ what }) => what === 'use-a-code')) continue;
    const isProven = whoIs(person).startsWith('phone') && wrongOf(whoIs(person)) < OWN_WRONG_MAX;
    const hasCode = want.secrets.every((secret) => CODES.some((code) => code === secret));
    if (isProven || hasCode) yield { what: `${person.caller} was not listened to` };
  }
}

/** Of one caller's in an hour. */
const OWN_WRONG_MAX = 5;
