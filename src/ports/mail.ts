// E-mail out: one plain message with at most one file, to one recipient. Whoever sends again after a doubt gives the
// same id, so that a duplicate is known as one.

import type { Delivered } from './delivery.ts';

export interface Mail {
  /** Unique and stable: the left part of its Message-ID (RFC 5322 §3.6.4). */
  readonly id: string;
  /** When what it tells of happened; milliseconds since 1970. */
  readonly at: number;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly file?: { readonly name: string; readonly type: string; readonly bytes: Uint8Array };
}

export interface MailSender {
  /** Never rejects. */
  send(mail: Mail): Promise<Delivered>;
  /** Ends its connections; what is under way then fails. */
  close(): void;
}
