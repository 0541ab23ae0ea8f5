// A test call told as it happens: what the test caller itself lives, and between it what the node does with the
// call and why. The node's side begins when the call has gone out through a trunk and comes in again.

import { LIMITS } from '../base/limits.ts';
import type { NodeControl, NodeEvent } from '../node/views.ts';
import type { E164 } from '../ports/records.ts';
import type { TestCallStep } from './views.ts';

/** Steps kept for a reader who is slow. More: they are left out, the last one excepted. */
const WAITING_MAX = 2 * LIMITS.timelineEntriesMax;

/** Ends after the final step, or at once when `signal` aborts: the call goes on to its own end then. */
export async function* followTestCall(
  node: Pick<NodeControl, 'subscribe' | 'startTestCall'>,
  number: E164,
  signal: AbortSignal | undefined,
): AsyncGenerator<TestCallStep, void, undefined> {
  if (signal?.aborted === true) return;
  const story = new Story(number);
  const unsubscribe = node.subscribe((event) => story.tell(event));
  const stop = () => story.end();
  signal?.addEventListener('abort', stop);
  try {
    story.testCallId = node.startTestCall(number);
    for (let step = await story.next(); step !== undefined; step = await story.next()) yield step;
  } finally {
    unsubscribe();
    signal?.removeEventListener('abort', stop);
  }
}

/** Picks the call's own events out of the node's, and keeps them until they are asked for. */
class Story {
  /** Known once the call was placed; its first events may come before. */
  testCallId: string | undefined;
  readonly #number: E164;
  #callId: string | undefined;
  readonly #waiting: NodeEvent[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(number: E164) {
    this.#number = number;
  }

  tell(event: NodeEvent): void {
    if (!this.#isOurs(event)) return;
    const final = event.type === 'test-call' && event.final;
    if (this.#waiting.length < WAITING_MAX || final) this.#waiting.push(event);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<TestCallStep | undefined> {
    while (!this.#ended) {
      const event = this.#waiting.shift();
      const step = event === undefined ? undefined : this.#stepOf(event);
      if (step?.final === true) this.#ended = true;
      if (step !== undefined) return step;
      if (event === undefined) await this.#more();
    }
    return undefined;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /**
   * The first call to the number that comes in after the test call went out is taken for it: nothing that
   * survives a carrier marks a call as ours. Somebody else's call in the same second is told instead, at worst.
   */
  #isOurs(event: NodeEvent): boolean {
    if (event.type === 'test-call') return event.testCallId === (this.testCallId ?? event.testCallId);
    if (event.type === 'call-started' && event.called === this.#number) this.#callId ??= event.callId;
    return event.type === 'timeline' && event.callId === this.#callId;
  }

  #stepOf(event: NodeEvent): TestCallStep | undefined {
    if (event.type === 'timeline') {
      return { ...event.entry, source: 'node', final: false, callId: event.callId };
    }
    if (event.type !== 'test-call' || event.testCallId !== this.testCallId) return undefined;
    const { entry, final, passed } = event;
    return { ...entry, source: 'caller', final, ...(final ? { passed } : {}) };
  }
}
