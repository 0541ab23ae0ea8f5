// What a dialogue on the telephone asks of those who keep the records, and what they answer. The node itself answers
// what is about messages; what changes an account goes out as an effect to the one who writes accounts, and is
// durable when `done` comes back.
//
//   dialogue ─ask─▶ node ─▶ ask effect ─▶ Admin (check, decide, write) ─▶ node.answered ─▶ dialogue

import type { Instant } from '../base/time.ts';
import type { RecordingId } from './recordings.ts';
import type { E164, VoicemailMessage } from './records.ts';

/** Where calls to a number shall go: to a number, to a mailbox, or where its plan says. */
export type DivertTo =
  | { readonly type: 'number'; readonly number: E164 }
  | { readonly type: 'mailbox'; readonly mailbox: string }
  | { readonly type: 'plan' };

/** When a forward takes effect (3GPP TS 22.030 Annex B: 62, 61, 67). */
export type ForwardWhen = 'unreachable' | 'no-answer' | 'busy';

/** Who changes something and how, for the audit log and for people. */
export interface Author {
  /** `telephone +447700900123`, `phone reception`. */
  readonly who: string;
  readonly how: 'telephone' | 'feature-code' | 'sms';
}

/** Who types a secret. */
export interface Guesser {
  /** As presented; absent: anonymous. */
  readonly caller: string | undefined;
  /** The network knows that it is them: a phone, by its digest. */
  readonly isProven: boolean;
}

/** Asked of the one who writes accounts. */
export type DeskQuestion =
  /** Whether this is the PIN, or an unspent one-time code, of the account of this control id. A code is spent by it. */
  | {
      readonly type: 'enter';
      readonly control: string;
      readonly secret: string;
      readonly guesser: Guesser;
      readonly author: Author;
      /** What a code is spent for, in one batch with it: it opens nothing else. Refused, it is not spent. */
      readonly divert?: { readonly number: E164; readonly to: DivertTo };
    }
  | {
      readonly type: 'open-mailbox';
      readonly account: string;
      readonly mailbox: string;
      readonly pin: string;
      readonly guesser: Guesser;
    }
  | {
      readonly type: 'divert';
      readonly account: string;
      readonly number: E164;
      readonly to: DivertTo;
      readonly author: Author;
      /** Whoever answers at `to` has just agreed: it is one of the account's mobiles from now on. */
      readonly confirmed?: boolean;
    }
  /** Whoever answers the mobile has said that calls to it arrive. */
  | {
      readonly type: 'confirmed';
      readonly account: string;
      readonly mobile: E164;
      readonly author: Author;
    }
  | {
      readonly type: 'forward';
      readonly account: string;
      readonly number: E164;
      readonly when: ForwardWhen;
      readonly to: DivertTo;
      readonly author: Author;
    }
  /** A new control PIN. `too-easy` where it is one that is guessed first. */
  | {
      readonly type: 'set-pin';
      readonly account: string;
      readonly pin: string;
      readonly author: Author;
    }
  | {
      readonly type: 'set-greeting';
      readonly account: string;
      readonly mailbox: string;
      readonly recording: RecordingId | undefined;
      readonly author: Author;
    };

/** Asked of the node itself. */
export type NodeQuestion =
  | { readonly type: 'messages'; readonly account: string; readonly mailbox: string }
  | { readonly type: 'keep-message'; readonly message: VoicemailMessage }
  | { readonly type: 'message-heard'; readonly id: string; readonly at: Instant }
  | { readonly type: 'delete-message'; readonly id: string }
  /** Rings the mobile and asks whoever answers; where they agree, the number is diverted there. */
  | {
      readonly type: 'confirm-mobile';
      readonly account: string;
      readonly number: E164;
      readonly mobile: E164;
      readonly author: Author;
      /** Rings only after so long: the one who asks has to hang up first. */
      readonly delayMs: number;
    };

export type Question = DeskQuestion | NodeQuestion;

/** Why not. `slowed`: too many wrong ones came before, so that this one was not looked at. */
export type Refusal =
  | 'wrong'
  | 'slowed'
  | 'not-allowed'
  | 'not-confirmed'
  | 'loop'
  | 'unknown'
  | 'full'
  | 'too-easy'
  | 'busy'
  | 'no-answer'
  | 'declined'
  | 'failed';

export type Answer =
  | { readonly type: 'done' }
  | { readonly type: 'entered'; readonly account: string }
  | { readonly type: 'messages'; readonly messages: readonly VoicemailMessage[] }
  | { readonly type: 'refused'; readonly why: Refusal };

export type DeskAnswer = Exclude<Answer, { readonly type: 'messages' }>;

/** What may still be taken: by the mailbox, and by its account. */
export interface MessageRoom {
  readonly messages: number;
  /** Infinite where the account has no such limit. */
  readonly lengthMs: number;
}
