// What must be true of everybody who called the node itself, whatever the seed made happen:
//
//   what was acknowledged is there, and the next call follows it · nothing changes without authority, and no code is
//   good twice · nobody waits in silence · no stranger locks the owner out · no recording is nobody's, or missing
//
// A crash excuses what was not yet acknowledged, and nothing else.

import type { Instant } from '../../../src/base/time.ts';
import type { Divert } from '../../../src/ports/records.ts';
import type { Violation } from '../invariants.ts';
import type { Lived, Probe } from './cast.ts';
import { CODES, CONTROL_ID, MOBILE, NUMBERS, PIN } from './office.ts';
import type { Person } from './person.ts';
import type { Asked } from './simulated-admin.ts';

type Found = Iterable<Omit<Violation, 'rule'>>;

const RULES: readonly { readonly rule: string; check(lived: Lived): Found }[] = [
  { rule: 'nobody waits in silence, and what is played is there', check: mishaps },
  { rule: 'an acknowledged message is kept, with what was said', check: messagesKept },
  { rule: 'what was said before a hang-up is kept', check: cutShort },
  { rule: 'the owner hears every message', check: messagesHeard },
  { rule: 'the last acknowledged change of a number stands', check: changesStand },
  { rule: 'the next call goes where the number leads', check: callsFollow },
  { rule: 'nothing is changed without authority', check: authority },
  { rule: 'a one-time code opens once', check: codesOnce },
  { rule: 'the owner gets in, whatever strangers guess', check: lockOut },
  { rule: 'no recording is nobody’s', check: orphans },
];

export function telephoneViolations(lived: Lived): readonly Violation[] {
  return RULES.flatMap(({ rule, check }) => [...check(lived)].map((found) => ({ rule, ...found })));
}

function* mishaps({ run, cast }: Lived): Found {
  for (const { at, party, what } of run.plane.mishaps) {
    // Two listen at once, and one of them deletes what the other is about to hear.
    if (mayDelete(cast) && what.startsWith('the recording')) continue;
    yield { what: `${party}, ${at - run.world.beginning} ms after the beginning: ${what}` };
  }
}

// ── messages ──

function mayDelete({ people }: Lived['cast']): boolean {
  return people.some(({ errand: { want } }) => want.type === 'listen' && want.does === 'delete');
}

function* messagesKept({ run, cast }: Lived): Found {
  const messages = [...run.store.messages.values()];
  for (const person of cast.people) {
    if (!person.acknowledged.some(({ what }) => what.type === 'message')) continue;
    const mine = messages.filter(({ caller }) => caller === person.caller);
    if (mine.length === 0 && !mayDelete(cast)) yield { what: `the message of ${person.caller} is gone` };
  }
  for (const { id, recording, caller } of messages) {
    const kept = run.store.recordings.durable.get(recording);
    if (kept === undefined) yield { what: `the recording of message ${id} of ${caller} is gone` };
    else if (kept.speechMs === 0) yield { what: `nothing is said in message ${id} of ${caller}` };
  }
}

/** Speech that is safely more than what counts as a message. */
const SAID_MS = 1_500;
/** Whoever says nothing for longer after the beep is not heard any more. */
const QUICK_MS = 3_000;

function* cutShort({ run, cast }: Lived): Found {
  if (run.host.crashes.length > 0 || run.scenario.faults.some(({ type }) => type === 'disk-full')) return;
  const callers = new Set([...run.store.messages.values()].map(({ caller }) => caller));
  for (const { caller, errand, spokeMs } of cast.people) {
    const leaves = errand.want.type === 'leave-message' || errand.want.type === 'menu';
    const isQuick = errand.reactsMs[1] < QUICK_MS;
    if (!leaves || errand.hurries || !isQuick || spokeMs < SAID_MS || mayDelete(cast) || callers.has(caller))
      continue;
    yield { what: `${caller} spoke for ${spokeMs} ms, and nothing was kept` };
  }
}

function* messagesHeard({ run, cast }: Lived): Found {
  const heard = new Set(cast.owner?.heard.map(({ what }) => what));
  for (const { id, recording, caller } of run.store.messages.values()) {
    if (!heard.has(`recording ${recording}`)) yield { what: `message ${id} of ${caller} was not heard` };
  }
}

// ── changes ──

/** A change of a number, as the one who writes accounts was asked for it. */
interface Change {
  readonly who: string;
  readonly to: string;
  readonly at: Instant;
  /** Absent: it was not heard of any more. */
  readonly doneAt: Instant | undefined;
}

function changesOf({ cast }: Lived, number: string): readonly Change[] {
  return cast.admin.asked.flatMap((asked): readonly Change[] => {
    const { question, at, answer, answeredAt: doneAt } = asked;
    if (!('number' in question) || question.number !== number || answer?.type === 'refused') return [];
    if (question.type === 'operator') return [{ who: 'operator', to: question.to ?? 'plan', at, doneAt }];
    if (question.type !== 'divert') return [];
    const { to, author } = question;
    return [{ who: author.who, to: to.type === 'number' ? to.number : to.type, at, doneAt }];
  });
}

function* changesStand(lived: Lived): Found {
  const { run, cast } = lived;
  for (const number of NUMBERS) {
    const changes = changesOf(lived, number);
    const certain = changes.filter((change) => change.doneAt !== undefined);
    for (const person of cast.people) {
      for (const { what, at } of person.acknowledged) {
        if (what.type !== 'divert' || what.number !== number) continue;
        const made = certain.find(({ who, to, doneAt = at }) => {
          return who === whoIs(person) && to === what.to && doneAt <= at;
        });
        if (made === undefined) yield { what: `${person.caller} was told that ${number} goes to ${what.to}` };
      }
    }
    const superseded = ({ doneAt }: Change) =>
      doneAt !== undefined && certain.some((later) => later.at > doneAt);
    const lost = (change: Change) => change.doneAt === undefined && isLate(change, certain);
    const may = changes.filter((change) => !superseded(change) && !lost(change));
    const record = run.store.accounts.get('acme')?.numbers.find((one) => one.number === number);
    const stands = toOf(record?.divert);
    const by = record?.divert?.by;
    const isUnchanged = certain.length === 0 && record?.divert === undefined;
    const fits = may.some(({ to, who }) => to === stands && (by === undefined || by === who));
    if (!isUnchanged && !fits) {
      const allowed = may.map(({ to, who }) => `${to} by ${who}`).join(' or ') || 'its plan';
      yield { what: `${number} goes to ${stands} by ${by ?? 'nobody'}, and should to ${allowed}` };
    }
  }
}

/** Who was cut off by a crash: what they asked for came before everything that was asked for after the restart. */
function isLate({ at }: Change, certain: readonly Change[]): boolean {
  return certain.some((later) => later.at > at + CUT_OFF_MS);
}
const CUT_OFF_MS = 20_000;

function toOf(divert: Divert | undefined): string {
  if (divert === undefined) return 'plan';
  return typeof divert.to === 'string' ? divert.to : 'mailbox';
}

function* callsFollow({ run, cast }: Lived): Found {
  for (const probe of cast.probes) {
    const record = run.store.accounts.get('acme')?.numbers.find(({ number }) => number === probe.number);
    const to = toOf(record?.divert);
    if (!leads(probe, to)) {
      const told = `rang ${probe.rang.join(', ') || 'nobody'} and heard ${probe.heard.join(', ') || 'nothing'}`;
      yield { what: `${probe.number} leads to ${to}, but a call ${told}` };
    }
  }
}

function leads({ number, rang, heard }: Probe, to: string): boolean {
  const [first = ''] = heard;
  const isVoicemail = first === 'leave-a-message' || first.startsWith('recording');
  if (to === 'mailbox') return isVoicemail && rang.length === 0;
  if (to !== 'plan') return rang.some((user) => user.endsWith(to.slice(1)));
  return number === NUMBERS[0] ? rang[0] === 'reception' || isVoicemail : first === 'welcome';
}

// ── authority ──

function whoIs({ caller, conversation }: Person): string {
  const { name } = conversation.agent.options;
  return name.startsWith('carrier') ? `telephone ${caller}` : `phone ${name}`;
}

function* authority({ cast }: Lived): Found {
  const rightful = new Set(
    cast.people
      .filter(({ errand: { want } }) => {
        if (want.type === 'divert') return want.secrets.some((secret) => isRight(secret));
        return want.type === 'feature-code' || want.type === 'listen';
      })
      .map(whoIs),
  );
  for (const { question } of cast.admin.asked) {
    if (question.type === 'operator' || question.type === 'enter' || question.type === 'open-mailbox')
      continue;
    if (!rightful.has(question.author.who)) yield { what: `${question.type} by ${question.author.who}` };
  }
  for (const { question, answer } of cast.admin.asked) {
    if (question.type !== 'enter' || answer?.type !== 'entered') continue;
    if (!isRight(question.secret))
      yield { what: `${question.author.who} was let in with ${question.secret}` };
  }
}

function isRight(secret: string): boolean {
  return secret === PIN || CODES.some((code) => code === secret);
}

function* codesOnce({ run, cast }: Lived): Found {
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

function* lockOut({ cast }: Lived): Found {
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
      .filter((person) => whoIs(person) === who && person.errand.want.type === 'divert')
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

// ── recordings ──

/** What a crash left, and greetings that were replaced, are swept up when nobody waits. */
function* orphans({ run, cast }: Lived): Found {
  const { store, host } = run;
  const greetings = [...store.accounts.values()].flatMap(({ mailboxes = [] }) =>
    mailboxes.flatMap(({ greeting }) => greeting ?? []),
  );
  const replaced = cast.admin.asked.flatMap(({ question }) =>
    question.type === 'set-greeting' ? (question.recording ?? []) : [],
  );
  const known = new Set([
    ...replaced,
    ...[...store.messages.values()].map(({ recording }) => recording),
    ...greetings,
  ]);
  const lastCrash = host.crashes.at(-1) ?? 0;
  for (const [id, { by, at }] of store.recordings.durable) {
    if (!known.has(id) && at > lastCrash) yield { what: `${id}, said by ${by}` };
  }
  for (const id of greetings) {
    if (!store.recordings.durable.has(id)) yield { what: `the greeting ${id} is gone` };
  }
}

/** How many of each kind of thing happened: a run in which nothing was acknowledged would prove nothing. */
export function tally({ run, cast }: Lived): Readonly<Record<string, number>> {
  const acknowledged = cast.people.flatMap((person) => person.acknowledged.map(({ what }) => what));
  const entered = cast.admin.asked.filter(({ answer }) => answer?.type === 'entered');
  return {
    messages: acknowledged.filter(({ type }) => type === 'message').length,
    diverts: acknowledged.filter(({ type }) => type === 'divert').length,
    'new mobiles': cast.admin.asked.filter(
      ({ question, answer }) => 'confirmed' in question && answer?.type === 'done',
    ).length,
    'to known mobile': acknowledged.filter((what) => what.type === 'divert' && what.to === MOBILE).length,
    'codes spent': entered.filter(({ question }) => question.type === 'enter' && question.secret !== PIN)
      .length,
    greetings: cast.admin.asked.filter(
      ({ question, answer }) => question.type === 'set-greeting' && answer?.type === 'done',
    ).length,
    heard: cast.owner?.heard.filter(({ what }) => what.startsWith('recording')).length ?? 0,
    crashes: run.host.crashes.length,
    refused: cast.people.filter(({ heard }) => heard.some(({ what }) => what === 'use-a-code')).length,
  };
}
