// What somebody wants who calls the node itself, and how they go about it: plain data, so that a failing seed can be
// printed and read.

import type { ForwardWhen } from '../../../src/ports/desk.ts';

/** Which number, and where its calls shall go. */
export interface Wish {
  /** Of the account's numbers, as they are told at the control number: 0 is the first. */
  readonly number: number;
  readonly to: 'known mobile' | 'new mobile' | 'mailbox' | 'plan';
}

/** What leads somewhere: all calls of a number, or those that its phones could not take. */
export type Slot = 'always' | ForwardWhen;

/** What a feature code is about (3GPP TS 22.030 Annex B). */
export const SERVICES = {
  '21': ['always'],
  '61': ['no-answer'],
  '62': ['unreachable'],
  '67': ['busy'],
  '002': ['always', 'unreachable', 'no-answer', 'busy'],
  '004': ['unreachable', 'no-answer', 'busy'],
} as const satisfies Readonly<Record<string, readonly Slot[]>>;
export type Service = keyof typeof SERVICES;

export type Want =
  | { readonly type: 'leave-message'; readonly says: 'words' | 'nothing' | 'noise'; readonly forMs: number }
  /** `secrets`: what is typed at each try. */
  | { readonly type: 'divert'; readonly secrets: readonly string[]; readonly wish: Wish }
  /** The owner's mailbox, from one of its phones. */
  | { readonly type: 'listen'; readonly pin: string; readonly does: 'save' | 'delete' | 'next' | 'greeting' }
  /** What was dialled says it all: which calls (`21`, `61` …), and where they shall go; undefined: no further. */
  | { readonly type: 'feature-code'; readonly service: Service; readonly to: string | undefined }
  | { readonly type: 'menu'; readonly key: string | undefined; readonly forMs: number }
  /** A mobile that is asked whether it wants the calls. */
  | { readonly type: 'consent'; readonly key: '1' | '2' | undefined }
  /** A child, or a pocket. */
  | { readonly type: 'any-keys' };

export interface Errand {
  readonly want: Want;
  /** As events in the stream (RFC 4733), as INFO requests, or both, as badly set-up telephones do. */
  readonly keys: 'media' | 'info' | 'both';
  /** Knows the way by heart, and types all of it at once. */
  readonly hurries: boolean;
  readonly reactsMs: readonly [min: number, max: number];
  readonly gapMs: readonly [min: number, max: number];
  /** After the answer; whatever is going on. */
  readonly hangsUpMs: number;
}
