// What waits to be told to people, for an operator: what was tried, why it failed, and when it is tried again; and a
// real message, sent now, which shows whether the configuration is right.

import type { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { Channel, Waiting } from '../notices/outbox.ts';
import type { Delivered } from '../ports/delivery.ts';
import type { E164 } from '../ports/records.ts';
import { existing, invalid, mustFit, validated } from './demands.ts';
import { section } from './documents/section.ts';
import { emailAddress, phoneNumber } from './provisioning/schema.ts';

/** Whoever delivers. */
export interface NoticeDesk {
  waiting(): readonly Waiting[];
  /** How many are tried now: this one, or all. */
  retry(id?: string): number;
  test(
    channel: Channel,
    to: string,
    words: { readonly subject: string; readonly text: string },
  ): Promise<Delivered>;
}

export interface NoticeView {
  readonly id: string;
  readonly account: string;
  readonly channel: Channel;
  readonly to: string;
  readonly subject: string;
  readonly at: Instant;
  readonly attempts: number;
  /** `held`: its account has had as many as it may within the hour, and gets a list of the rest after it. */
  readonly state: 'waiting' | 'under-way' | 'held';
  readonly nextAt: Instant;
  readonly lastError?: string;
}

export interface NoticePage {
  readonly waiting: number;
  readonly notices: readonly NoticeView[];
}

/** What a server said to a message that was sent to try it. */
export interface NoticeTest {
  readonly channel: Channel;
  readonly to: string;
  readonly delivered: boolean;
  readonly answer: string;
}

export const noticeTestInput = section({ email: emailAddress.optional(), sms: phoneNumber.optional() }).meta({
  id: 'NoticeTestBody',
});
export type NoticeTestInput = z.infer<typeof noticeTestInput>;

export interface NoticesOptions {
  readonly desk: NoticeDesk;
  readonly realm: string;
  readonly readNumber: (text: string) => E164;
}

const LISTED = 100;

export class Notices {
  readonly #options: NoticesOptions;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** What is tried first comes first. */
  async list(account?: string, limit: number = LISTED): Promise<NoticePage> {
    mustFit(limit, LIMITS.noticesListedMax);
    const waiting = this.#options.desk.waiting().filter(({ notice }) => {
      return notice.account === (account ?? notice.account);
    });
    return { waiting: waiting.length, notices: waiting.slice(0, limit).map(viewOf) };
  }

  /** NOT_FOUND where that one does not wait. */
  async retry(id?: string): Promise<{ readonly tried: number }> {
    const { desk } = this.#options;
    if (id !== undefined) {
      existing(
        desk.waiting().find(({ notice }) => notice.id === id),
        `notice ${id} that waits`,
      );
    }
    return { tried: desk.retry(id) };
  }

  /** Sends a real one, once. */
  async test(input: NoticeTestInput): Promise<NoticeTest> {
    const { email, sms } = validated(noticeTestInput, input);
    const { desk, realm, readNumber } = this.#options;
    if ((email === undefined) === (sms === undefined)) {
      throw invalid([{ path: [], reason: 'needs exactly one of email and sms' }]);
    }
    const channel = email === undefined ? 'sms' : 'email';
    const to = email ?? readNumber(sms ?? '');
    const text = `This is a test: the telephone system of ${realm} can tell you what happens on your account.`;
    const delivered = await desk.test(channel, to, { subject: `Test of ${realm}`, text });
    const answer = delivered.ok ? delivered.value : delivered.error.reason;
    return { channel, to, delivered: delivered.ok, answer };
  }
}

function viewOf({ notice, state }: Waiting): NoticeView {
  const { id, account, channel, to, subject, at, attempts, dueAt, lastError } = notice;
  return {
    id,
    account,
    channel,
    to,
    subject,
    at,
    attempts,
    state: state === 'under-way' || state === 'held' ? state : 'waiting',
    nextAt: dueAt,
    ...(lastError !== undefined && { lastError }),
  };
}
