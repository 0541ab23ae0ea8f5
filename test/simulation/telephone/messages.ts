// What callers leave, judged: what was acknowledged is kept with what was said, what was said not to be kept is not,
// nothing goes but by whoever heard it and wanted it gone, and no recording is nobody's, or missing.

import type { Instant } from '../../../src/base/time.ts';
import { orphansAmong } from '../../../src/mailboxes/owned.ts';
import type { VoicemailMessage } from '../../../src/ports/records.ts';
import type { Lived } from './cast.ts';
import type { Found } from './changes.ts';
import type { Person } from './person.ts';

/** There now, or there until somebody deleted it. */
function wasKept({ run }: Lived, { caller }: Person): boolean {
  const all = [...run.store.messages.values(), ...run.store.removed.map(({ message }) => message)];
  return all.some((message) => message.caller === caller);
}

export function* messagesKept(lived: Lived): Found {
  const { run, cast } = lived;
  for (const person of cast.people) {
    const isTold = person.acknowledged.some(({ what }) => what.type === 'message');
    if (isTold && !wasKept(lived, person)) yield { what: `the message of ${person.caller} is gone` };
  }
  for (const { id, recording, caller } of run.store.messages.values()) {
    const kept = run.store.recordings.durable.get(recording);
    if (kept === undefined) yield { what: `the recording of message ${id} of ${caller} is gone` };
    else if (kept.speechMs === 0) yield { what: `nothing is said in message ${id} of ${caller}` };
  }
}

export function* messagesRefused(lived: Lived): Found {
  for (const person of lived.cast.people) {
    const isRefused = person.heard.some(({ what }) => what === 'message-not-kept');
    if (isRefused && wasKept(lived, person)) yield { what: `${person.caller} was told the contrary` };
  }
}

export function* messagesDeleted({ run, cast }: Lived): Found {
  for (const { message, at } of run.store.removed) {
    if (!cast.people.some((person) => deletes(person, message, at)))
      yield { what: `message ${message.id} of ${message.caller} went by nobody's wish` };
  }
}

function deletes(
  { errand: { want }, heard }: Person,
  { recording }: VoicemailMessage,
  before: Instant,
): boolean {
  if (want.type !== 'listen' || want.does !== 'delete') return false;
  return heard.some(({ what, at }) => what === `recording ${recording}` && at < before);
}

/** Speech that is safely more than what counts as a message. */
const SAID_MS = 1_500;
/** Whoever says nothing for longer after the beep is not heard any more. */
const QUICK_MS = 3_000;
/** The BYE of whoever hangs up may get lost, and the disk be slow. */
const SETTLED_MS = 20_000;

export function* cutShort(lived: Lived): Found {
  for (const person of lived.cast.people) {
    const { caller, errand, spokeMs } = person;
    const leaves = errand.want.type === 'leave-message' || errand.want.type === 'menu';
    const isQuick = errand.reactsMs[1] < QUICK_MS;
    if (!leaves || errand.hurries || !isQuick || spokeMs < SAID_MS) continue;
    if (wasKept(lived, person) || isTroubled(lived, person)) continue;
    yield { what: `${caller} spoke for ${spokeMs} ms, and nothing was kept` };
  }
}

/** The node died, or the disk was full, while this was said or about to be kept. */
function isTroubled({ run }: Lived, { answeredAt, conversation }: Person): boolean {
  const until = (conversation.overAt ?? run.world.now) + SETTLED_MS;
  if (run.host.crashes.some((at) => at >= answeredAt && at <= until)) return true;
  return run.scenario.faults.some((fault) => {
    if (fault.type !== 'disk-full') return false;
    const from = run.world.beginning + fault.atMs;
    return from <= until && from + fault.forMs >= answeredAt;
  });
}

export function* messagesHeard({ run, cast }: Lived): Found {
  const heard = new Set(cast.owner?.heard.map(({ what }) => what));
  for (const { id, recording, caller } of run.store.messages.values()) {
    if (!heard.has(`recording ${recording}`)) yield { what: `message ${id} of ${caller} was not heard` };
  }
}

export function* orphans({ run }: Lived): Found {
  const { recordings, accounts, messages, notices } = run.store;
  const rows = {
    accounts: [...accounts.values()],
    messages: [...messages.values()],
    notices: [...notices.values()],
  };
  for (const id of orphansAmong([...recordings.durable.keys()], rows))
    yield { what: `${id}, said by ${recordings.durable.get(id)?.by}` };
  for (const { greeting } of rows.accounts.flatMap(({ mailboxes = [] }) => mailboxes)) {
    if (greeting !== undefined && !recordings.durable.has(greeting))
      yield { what: `the greeting ${greeting} is gone` };
  }
}
