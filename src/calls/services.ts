// What the node itself may be asked on the telephone, and which dialogue (ivr/) answers it: a step of a plan that ends
// in one, or a number or code that is the node's own.

import type { Instant } from '../base/time.ts';
import type { Dialogue, DialogueEnd, Line } from '../ivr/dialogue.ts';
import { autoAttendant } from '../ivr/dialogues/auto-attendant.ts';
import { controlNumber } from '../ivr/dialogues/control.ts';
import { featureCode } from '../ivr/dialogues/feature-code.ts';
import { leaveMessage } from '../ivr/dialogues/leave-message.ts';
import { mailboxOwner } from '../ivr/dialogues/mailbox.ts';
import type { Author, Guesser } from '../ports/desk.ts';
import type { Prompt, Sound } from '../ports/media.ts';
import type { Account, E164, Mailbox } from '../ports/records.ts';
import { destinationAllowed } from '../routing/destinations.ts';
import type { CallStart, DialogueStep, Service } from './route.ts';
import type { Surroundings } from './surroundings.ts';

export interface Attended {
  readonly dialogue: Dialogue<DialogueEnd>;
  /** Who answers, for the ledger: `voicemail reception`. */
  readonly words: string;
}

type Asked = Service | DialogueStep;

/** `undefined`: there is no such mailbox or menu any more. */
export function attended(
  asked: Asked,
  start: CallStart,
  around: Surroundings,
  line: Line,
  now: Instant,
): Attended | undefined {
  const { account } = start.route;
  switch (asked.type) {
    case 'voicemail':
      return voicemail(asked.mailbox, start, around, line, now);
    case 'menu': {
      const found = account.menus?.find(({ name }) => name === asked.menu);
      if (found === undefined) return undefined;
      const greeting = [soundNamed(account, found.greeting)];
      return { dialogue: autoAttendant(line, found, greeting), words: `menu ${found.name}` };
    }
    case 'control':
      return { dialogue: controlNumber(line, controlDesk(start, around, now)), words: 'the control number' };
    case 'mailbox':
      return listening(asked.mailboxes, start, around, line, now);
    case 'feature-code': {
      const desk = { desk: controlDesk(start, around, now), account: account.name, number: asked.number };
      return { dialogue: featureCode(line, asked.code, desk), words: `feature code ${asked.code.code}` };
    }
  }
}

/** A sound of the account's own, else a prompt of the node's. */
export function soundNamed(
  { sounds = [], language }: Pick<Account, 'sounds' | 'language'>,
  name: string,
): Sound {
  const own = sounds.find((sound) => sound.name === name);
  const prompt = (name: string): Prompt => ({
    type: 'prompt',
    name,
    ...(language !== undefined && { language }),
  });
  if (own === undefined) return prompt(name);
  return { type: 'recording', recording: own.recording, otherwise: prompt('recording-lost') };
}

function voicemail(
  name: string,
  { route, caller }: CallStart,
  { records }: Surroundings,
  line: Line,
  now: Instant,
): Attended | undefined {
  const { account, called } = route;
  const mailbox = mailboxOf(account, name);
  if (mailbox === undefined) return undefined;
  const room = records.messageRoom(account, mailbox);
  const from = caller.private ? 'anonymous' : (caller.id ?? 'anonymous');
  const leaving = { account: account.name, mailbox, room, called, caller: from, now };
  return { dialogue: leaveMessage(line, leaving), words: `voicemail ${name}` };
}

/** Where something new waits is listened to first. */
function listening(
  names: readonly string[],
  start: CallStart,
  { records }: Surroundings,
  line: Line,
  now: Instant,
): Attended | undefined {
  const { account } = start.route;
  const found = names.flatMap((name) => mailboxOf(account, name) ?? []);
  const hasNew = ({ name }: Mailbox) => records.newMessagesIn(account.name, name) > 0;
  const [mailbox, ...others] = [...found.filter(hasNew), ...found.filter((one) => !hasNew(one))];
  if (mailbox === undefined) return undefined;
  const zone = account.hours[0]?.zone;
  const owner = {
    account: account.name,
    mailbox,
    others,
    country: records.country,
    ...(zone === undefined ? {} : { zone }),
    now,
    author: authorOf(start),
    guesser: guesserOf(start),
    mayCall: (number: E164) => destinationAllowed(number, account.limits).ok,
  };
  return { dialogue: mailboxOwner(line, owner), words: `mailbox ${mailbox.name}` };
}

function mailboxOf({ mailboxes = [] }: Account, name: string) {
  return mailboxes.find((mailbox) => mailbox.name === name);
}

function controlDesk(start: CallStart, { records }: Surroundings, now: Instant) {
  const { id } = start.caller;
  return {
    account: (name: string) => records.account(name),
    numberOf: (typed: string) => records.numberOf(typed),
    country: records.country,
    author: authorOf(start),
    guesser: guesserOf(start),
    caller: id?.startsWith('+') === true ? id : undefined,
    now,
  };
}

function authorOf({ callerKind, callerName, caller, route }: CallStart): Author {
  const how = route.service?.type === 'feature-code' ? 'feature-code' : 'telephone';
  if (callerKind === 'phone') return { who: `phone ${callerName}`, how };
  return { who: `telephone ${caller.id ?? 'anonymous'}`, how };
}

function guesserOf({ callerKind, callerName, caller }: CallStart): Guesser {
  const isProven = callerKind === 'phone';
  return { caller: isProven ? callerName : caller.id, isProven };
}
