// What must be true of everybody who called the node itself, whatever the seed made happen:
//
//   what was acknowledged is there, and the next call follows it · what was refused is not · nothing changes without
//   authority, and no code is good twice · nobody waits in silence · no stranger locks the owner out · no recording is
//   nobody's, or missing
//
// A crash excuses what was not yet acknowledged, and nothing else.

import type { Violation } from '../invariants.ts';
import type { Lived } from './cast.ts';
import { authority, callsFollow, changesStand, codesOnce, type Found, lockOut } from './changes.ts';
import {
  cutShort,
  messagesDeleted,
  messagesHeard,
  messagesKept,
  messagesRefused,
  orphans,
} from './messages.ts';
import { MOBILE, NEW_MOBILE, PIN } from './office.ts';

const RULES: readonly { readonly rule: string; check(lived: Lived): Found }[] = [
  { rule: 'nobody waits in silence, and what is played is there', check: mishaps },
  { rule: 'an acknowledged message is kept, with what was said', check: messagesKept },
  { rule: 'a message that was said not to be kept is not', check: messagesRefused },
  { rule: 'a message goes by whoever heard it and wanted it gone', check: messagesDeleted },
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

function* mishaps({ run }: Lived): Found {
  for (const { at, party, what } of run.plane.mishaps) {
    yield { what: `${party}, ${at - run.world.beginning} ms after the beginning: ${what}` };
  }
}

/** How many of each kind of thing happened: a run in which nothing was acknowledged would prove nothing. */
export function tally({ run, cast }: Lived): Readonly<Record<string, number>> {
  const { people, admin, owner } = cast;
  const acknowledged = people.flatMap((person) => person.acknowledged.map(({ what }) => what));
  const diverts = acknowledged.filter((what) => what.type === 'divert');
  const entered = admin.asked.filter(({ answer }) => answer?.type === 'entered');
  const done = admin.asked.filter(({ answer }) => answer?.type === 'done');
  const heard = (words: string) =>
    people.filter((person) => person.heard.some(({ what }) => what === words)).length;
  return {
    'messages thanked for': acknowledged.filter(({ type }) => type === 'message').length,
    'messages not kept': heard('message-not-kept'),
    'messages deleted': run.store.removed.length,
    'messages heard': owner?.heard.filter(({ what }) => what.startsWith('recording')).length ?? 0,
    'diverts to a known mobile': diverts.filter(({ to }) => to === MOBILE).length,
    'diverts to a new mobile': diverts.filter(({ to }) => to === NEW_MOBILE).length,
    'diverts to the mailbox': diverts.filter(({ to }) => to === 'mailbox').length,
    'diverts taken back': diverts.filter(({ to }) => to === 'plan').length,
    'forwards set': diverts.filter(({ slots, to }) => to !== 'plan' && slots[0] !== 'always').length,
    'mobiles confirmed': done.filter(({ question }) => 'confirmed' in question).length,
    'codes spent': entered.filter(({ question }) => question.type === 'enter' && question.secret !== PIN)
      .length,
    'greetings set': done.filter(({ question }) => question.type === 'set-greeting').length,
    'guessers turned away': heard('use-a-code'),
    crashes: run.host.crashes.length,
  };
}
