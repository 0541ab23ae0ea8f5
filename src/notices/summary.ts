// Many notices for one recipient as one that lists them: what comes instead of a flood. Recordings are not attached to
// it; they are in the mailbox.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Notice } from '../ports/records.ts';
import { shownTime } from './words.ts';

/** One that takes the place of others, in one write. */
export interface Merge {
  readonly into: Notice;
  readonly replaced: readonly Notice[];
}

/** Those for each recipient, over each channel, put together; who gets one only is left out. */
export function mergesOf(notices: readonly Notice[], now: Instant, newId: () => string): readonly Merge[] {
  const groups = Map.groupBy(notices, ({ channel, to }) => `${channel} ${to}`);
  return [...groups.values()].flatMap((replaced) => {
    const sorted = replaced.toSorted((a, b) => a.at - b.at);
    const newest = sorted.at(-1);
    return newest === undefined || sorted.length < 2
      ? []
      : [{ into: listing(sorted, newest, now, newId()), replaced }];
  });
}

function listing(sorted: readonly Notice[], newest: Notice, dueAt: Instant, id: string): Notice {
  const { account, channel, to, at } = newest;
  const subject = `${sorted.length} messages about account ${account}`;
  const text =
    channel === 'sms'
      ? `${subject}. The latest: ${newest.text}`
      : [
          `There was more to tell of account ${account} than is sent one by one:`,
          '',
          ...sorted.slice(-LIMITS.noticeListLinesMax).map(listed),
          ...(sorted.length > LIMITS.noticeListLinesMax
            ? ['', `and ${sorted.length - LIMITS.noticeListLinesMax} earlier ones.`]
            : []),
          '',
          'Recordings are in the mailbox.',
          '',
        ].join('\n');
  return { id, account, at, channel, to, subject, text, attempts: 0, dueAt };
}

function listed({ at, subject }: Notice): string {
  return `  ${shownTime(at, { hours: [] })}  ${subject}`;
}
