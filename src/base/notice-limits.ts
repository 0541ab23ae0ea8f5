// The bounds of what is sent to people, and of text messages that come in. Everybody reads them as LIMITS (limits.ts).
// Each says what happens at the limit.

import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.ts';

export const NOTICE_LIMITS = {
  /** Notices that wait on the node. More: the newest is given up, which the log and the account's audit tell. */
  noticesMax: 50_000,
  /** Of these, of one account. More: those for one recipient become one that lists them. */
  noticesOfAccountMax: 200,
  /**
   * Notices of one account that are delivered within an hour, by e-mail and as text messages; messages of mailboxes
   * have an allowance of their own, so that a flood of them hides nothing else. More: they wait until the hour is
   * over, and come as one that lists them.
   */
  emailsPerHourMax: 30,
  textsPerHourMax: 10,
  /** Lines of such a list. More: they are counted. */
  noticeListLinesMax: 20,
  /** Deliveries under way: of one channel, and to one recipient. More: they wait for those. */
  deliveriesMax: 4,
  deliveriesOfRecipientMax: 1,
  /** Time for one delivery. Longer: it failed, and is tried again. */
  deliveryMs: 2 * MINUTE_MS,
  /** After a failed delivery until the next: at first, and doubled each time to the second; more or less by half. */
  deliveryRetryMinMs: MINUTE_MS,
  deliveryRetryMaxMs: 6 * HOUR_MS,
  /** The same of a whole server that cannot be used: one delivery tries it, and all others wait for that. */
  serverRetryMaxMs: 10 * MINUTE_MS,
  /** How long a notice is tried. Longer: it is given up, which the log, the audit and the other contacts are told. */
  noticeLifetimeMs: 3 * DAY_MS,
  /** How long a node that is stopped waits for deliveries under way. Longer: they come again at the next start. */
  deliveriesFarewellMs: 5 * SECOND_MS,
  /** Characters of what a server said that are kept. More: cut off. */
  serverWordsMax: 300,
  /** Bytes of an answer of a carrier's API that are read. More: passed over. */
  apiAnswerBytesMax: 65_536,
  /** Characters of one text message, which three parts carry. More: cut off. */
  textCharactersMax: 459,

  /** Bytes of a carrier's request that brings a text message. More: 413. */
  textRequestBytesMax: 65_536,
  /** How far a signed time may be from ours. More: 401. */
  textSkewMs: 5 * MINUTE_MS,
  /** Ids of text messages that are remembered, so that none counts twice. More: the oldest is forgotten. */
  textsRememberedMax: 10_000,
  /** Codes that are tried for one account by text message: at once, and an hour. More: they are not looked at. */
  textCodesBurst: 30,
  textCodesPerHour: 60,
  /** Answers to one telephone that changed nothing: at once, and an hour. More: none. */
  textAnswersBurst: 5,
  textAnswersPerHour: 10,
  /** Places in the tables of both. They never grow: who falls on one place shares it. */
  textSlots: 4_096,
  /** Waiting notices in one answer of the API. More: the rest is only counted. */
  noticesListedMax: 1_000,
} as const;
