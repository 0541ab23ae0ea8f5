// What people and machines do when a call reaches them, and while they talk: the closed list of ways in which
// a simulated phone or carrier behaves, well or badly.

import { assertNever } from '../../src/base/assert.ts';
import type { Conversation } from './conversation.ts';
import type { IncomingCall } from './incoming-call.ts';

export type Reaction =
  /** Rings, perhaps with early media, and answers. */
  | {
      readonly type: 'answer';
      readonly ringMs: number;
      readonly early: boolean;
      readonly answerMs: number;
      readonly talk: Talk;
    }
  | { readonly type: 'reject'; readonly ringMs: number; readonly rejectMs: number; readonly status: number }
  /** Rings until it is cancelled. */
  | { readonly type: 'ring'; readonly ringMs: number }
  /** 100 Trying, and never another word. */
  | { readonly type: 'stuck' }
  /** Not a word. */
  | { readonly type: 'ignore' }
  /** Rings, and dies ringing. */
  | {
      readonly type: 'die';
      readonly ringMs: number;
      readonly dieMs: number;
      readonly how: 'killed' | 'vanished';
    }
  /** Is picked up in the instant that the CANCEL arrives: its 200 crosses it. */
  | { readonly type: 'answer-on-cancel'; readonly ringMs: number; readonly talk: Talk };

/** Instants count from the answer; what is undefined does not happen. */
export interface Talk {
  readonly hangUpMs: number | undefined;
  readonly holdMs: number | undefined;
  readonly resumeMs: number | undefined;
}

export function react(call: IncomingCall, reaction: Reaction): void {
  const { agent } = call;
  const after = (delayMs: number, action: () => void): void => {
    agent.world.after(delayMs, () => {
      if (call.waiting) action();
    });
  };
  if ('talk' in reaction) call.onAnswered = (conversation) => talk(conversation, reaction.talk);
  switch (reaction.type) {
    case 'answer':
      after(reaction.ringMs, () => call.progress(reaction.early ? 183 : 180));
      after(reaction.ringMs + reaction.answerMs, () => call.answer());
      break;
    case 'reject':
      after(reaction.ringMs, () => call.progress(180));
      after(reaction.ringMs + reaction.rejectMs, () => call.reject(reaction.status));
      break;
    case 'ring':
      after(reaction.ringMs, () => call.progress(180));
      break;
    case 'stuck':
      call.progress(100);
      break;
    case 'ignore':
      break;
    case 'die':
      after(reaction.ringMs, () => call.progress(180));
      after(reaction.ringMs + reaction.dieMs, () => agent.die(reaction.how));
      break;
    case 'answer-on-cancel':
      after(reaction.ringMs, () => call.progress(180));
      call.onCancel = () => call.answer();
      break;
    default:
      assertNever(reaction);
  }
}

export function talk(conversation: Conversation, manner: Talk): void {
  const { world } = conversation.agent;
  const after = (delayMs: number | undefined, action: () => void): void => {
    if (delayMs === undefined) return;
    world.after(delayMs, () => {
      if (!conversation.over) action();
    });
  };
  after(manner.holdMs, () => conversation.hold());
  after(manner.resumeMs, () => conversation.resume());
  after(manner.hangUpMs, () => conversation.hangUp());
}
