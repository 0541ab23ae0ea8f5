// One attempt's record: the timeline as it grows, and the ledger entry that it amounts to. The entry is
// written three times: when the attempt begins, when it is answered, and when it is over; so whatever
// happens in between, the ledger knows of it (law 1).

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { isDiverted } from '../caps/diverted-calls.ts';
import type { LedgerEntry, LegStatistics, Outcome, TimelineEntry } from '../ports/records.ts';
import { divertWords } from '../routing/plan.ts';
import type { Caller } from './identity.ts';
import type { Leg } from './leg.ts';
import type { CallRoute } from './route.ts';

/** The closed set of what a timeline tells. */
export type What =
  | 'arrived'
  | 'diverted'
  | 'left-out'
  | 'ringing-phone'
  | 'unusual'
  | 'dialling'
  | 'rings'
  | 'early-media'
  | 'failed'
  | 'no-answer'
  | 'answered'
  | 'heard'
  | 'held'
  | 'resumed'
  | 'silent'
  | 'announcement'
  | 'attended'
  | 'told'
  | 'refused'
  | 'ended';

/** How an attempt ended. `text` is the reason, for people. */
export interface Ending {
  readonly outcome: Outcome;
  readonly text: string;
  /** Final status given to the caller, where it got one. */
  readonly status?: number;
}

export interface RecordStart {
  readonly id: string;
  readonly direction: LedgerEntry['direction'];
  readonly account: string;
  readonly called: string;
  readonly caller: string;
}

export class CallRecord {
  readonly start: RecordStart;
  readonly startedAt: Instant;
  answeredAt: Instant | undefined;
  answeredBy: string | undefined;
  endedAt: Instant | undefined;
  ending: Ending | undefined;
  readonly #tell: (entry: TimelineEntry) => void;
  readonly #timeline: TimelineEntry[] = [];

  constructor(start: RecordStart, now: Instant, tell: (entry: TimelineEntry) => void) {
    this.start = start;
    this.startedAt = now;
    this.#tell = tell;
  }

  note(now: Instant, what: What, text: string): void {
    const room = LIMITS.timelineEntriesMax - this.#timeline.length;
    if (room <= 0) return;
    const entry = { at: now, what, text: room === 1 ? `${text} (further entries are left out)` : text };
    this.#timeline.push(entry);
    this.#tell(entry);
  }

  answered(now: Instant, by: string): void {
    this.answeredAt = now;
    this.answeredBy = by;
  }

  ended(now: Instant, ending: Ending): void {
    this.endedAt = now;
    this.ending = ending;
  }

  entry(legs: readonly LegStatistics[]): LedgerEntry {
    const { ending } = this;
    return {
      ...this.start,
      startedAt: this.startedAt,
      ...(this.answeredAt === undefined ? {} : { answeredAt: this.answeredAt }),
      ...(this.endedAt === undefined ? {} : { endedAt: this.endedAt }),
      ...(this.answeredBy === undefined ? {} : { answeredBy: this.answeredBy }),
      ...(ending === undefined ? {} : { outcome: ending.outcome }),
      ...(ending?.status === undefined ? {} : { status: ending.status }),
      reason: ending?.text ?? 'in progress',
      timeline: [...this.#timeline],
      legs,
    };
  }
}

/** An attempt that a crash cut off: nobody ended it, so nobody knows more than this. */
export function cutOff(entry: LedgerEntry, now: Instant): LedgerEntry {
  const answered = entry.answeredAt !== undefined;
  const text = 'the node stopped in the middle of it';
  return {
    ...entry,
    endedAt: now,
    outcome: answered ? answerOf(entry) : 'lost',
    reason: answered ? `answered; ${text}` : text,
    timeline: [...entry.timeline, { at: now, what: 'ended', text }],
  };
}

function answerOf(entry: LedgerEntry): Outcome {
  const { answeredBy = '' } = entry;
  if (/^voicemail /.test(answeredBy)) return 'voicemail';
  if (/ /.test(answeredBy)) return 'announced';
  return isDiverted(entry) ? 'diverted' : 'answered';
}

/** The record of a call that begins now. `tell` hears each entry of its timeline. */
export function recordOf(
  id: string,
  route: CallRoute,
  caller: Caller,
  now: Instant,
  tell: (entry: TimelineEntry) => void,
): CallRecord {
  const { direction, account, called } = route;
  return new CallRecord(
    { id, direction, account: account.name, called, caller: caller.id ?? 'anonymous' },
    now,
    tell,
  );
}

/** What the relay counted on a leg; nothing where nothing came or went. */
export function statisticsOf({ words, media }: Pick<Leg, 'words' | 'media'>): readonly LegStatistics[] {
  const { statistics } = media;
  if (statistics === undefined || (statistics.packetsReceived === 0 && statistics.packetsSent === 0))
    return [];
  const { packetsReceived, packetsSent, packetsLost, jitterMs, strangersDropped, heardAudio } = statistics;
  return [{ leg: words, packetsReceived, packetsSent, packetsLost, jitterMs, strangersDropped, heardAudio }];
}

/** Who calls whom, and whether the number is diverted. */
export function noteArrival(record: CallRecord, { route, caller }: Arrival, now: Instant): void {
  record.note(now, 'arrived', `${caller.id ?? 'an anonymous caller'} calls ${route.called}`);
  if (route.divert === undefined) return;
  const { to, by, since } = route.divert;
  const day = new Date(since).toISOString().slice(0, 16).replace('T', ' ');
  record.note(now, 'diverted', `every call goes to ${divertWords(to)}: diverted by ${by} on ${day} UTC`);
}

interface Arrival {
  readonly route: CallRoute;
  readonly caller: Caller;
}
