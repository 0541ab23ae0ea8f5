// The event package of message waiting (RFC 3842): which mailbox has how many messages, for the lamp of a phone.
//
//   Messages-Waiting: yes
//   Message-Account: sip:*97@voice.example.net
//   Voice-Message: 2/8 (0/0)          new/old, and urgent ones, which we do not have

import { utf8 } from '../base/bytes.ts';

export const MESSAGE_SUMMARY = 'message-summary';
export const SUMMARY_TYPE = 'application/simple-message-summary';

export interface Waiting {
  /** Not heard yet. */
  readonly fresh: number;
  readonly saved: number;
}

/** `account`: the URI that the phone calls to listen. */
export function formatSummary({ fresh, saved }: Waiting, account?: string): string {
  const rows = [
    `Messages-Waiting: ${fresh > 0 ? 'yes' : 'no'}`,
    ...(account === undefined ? [] : [`Message-Account: ${account}`]),
    `Voice-Message: ${fresh}/${saved} (0/0)`,
  ];
  return rows.map((row) => `${row}\r\n`).join('');
}

export function summaryBody(summary: string): Uint8Array {
  return utf8(summary);
}
