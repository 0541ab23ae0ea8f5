// A rehearsal of a plan told as it happens, one line for each thing that is tried and a last one with what came of all.

import { LIMITS } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { NodeControl, NodeEvent, RehearsalAsked, RehearsalTold } from '../node/views.ts';
import type { Account, E164 } from '../ports/records.ts';
import type { AdminOptions } from './options.ts';

export interface RehearsalRequest {
  /** As people write it. */
  readonly number: string;
  /** Outside telephones are rung. */
  readonly dial?: boolean;
  /** Whose hours it is walked by; absent: now. */
  readonly at?: Instant;
}

interface Rehearsed extends RehearsalRequest {
  readonly number: E164;
  readonly owner: Pick<Account, 'name'>;
  readonly by: string;
}

/** What earlier rehearsals have heard of goes along, so that it is not forgotten. */
export async function* rehearsePlan(
  { number, owner, by, dial = false, at }: Rehearsed,
  { node, store, prompts }: Pick<AdminOptions, 'node' | 'store' | 'prompts'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RehearsalLine, void, undefined> {
  const last = (await store.rehearsals(owner.name)).find((one) => one.number === number);
  const asked = { number, dial, by, prompts, heard: last?.heard ?? [], ...(at === undefined ? {} : { at }) };
  yield* followRehearsal(node, asked, signal);
}

export type RehearsalLine = { readonly time: Instant } & RehearsalTold;

/** Ends after the line of type `end`, or at once when `signal` aborts: the rehearsal goes on to its end then. */
export async function* followRehearsal(
  node: Pick<NodeControl, 'subscribe' | 'startRehearsal'>,
  asked: RehearsalAsked,
  signal: AbortSignal | undefined,
): AsyncGenerator<RehearsalLine, void, undefined> {
  if (signal?.aborted === true) return;
  const waiting: (NodeEvent & { readonly type: 'rehearsal' })[] = [];
  let wake = () => {};
  let isStopped = false;
  const unsubscribe = node.subscribe((event) => {
    if (event.type !== 'rehearsal') return;
    if (waiting.length < LIMITS.rehearsalLinesWaitingMax || event.news.type === 'end') waiting.push(event);
    wake();
  });
  const stop = () => {
    isStopped = true;
    wake();
  };
  signal?.addEventListener('abort', stop);
  try {
    const id = node.startRehearsal(asked);
    while (!isStopped) {
      const event = waiting.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (event.rehearsalId !== id) continue;
      yield { time: event.at, ...event.news };
      if (event.news.type === 'end') return;
    }
  } finally {
    unsubscribe();
    signal?.removeEventListener('abort', stop);
  }
}
