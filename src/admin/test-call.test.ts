// How a test call is told: its own caller's steps and the node's, and nobody else's.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { NodeEvent } from '../node/views.ts';
import { followTestCall } from './test-call.ts';
import type { TestCallStep } from './views.ts';

const NUMBER = '+442079460000';
const OTHER = '+442079460999';

let listeners = new Set<(event: NodeEvent) => void>();
beforeEach(() => {
  listeners = new Set();
});

/** A node that places the test call as `test-1`. */
const node = {
  subscribe: (listener: (event: NodeEvent) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  startTestCall: () => 'test-1',
};

function tell(event: NodeEvent): void {
  for (const listener of listeners) listener(event);
}

function lived(testCallId: string, text: string, end?: { readonly passed: boolean }): void {
  const entry = { at: 1, what: 'step', text };
  tell({ type: 'test-call', testCallId, entry, final: end !== undefined, passed: end?.passed ?? false });
}

function started(callId: string, called: string): void {
  tell({ type: 'call-started', callId, called, caller: '+447700900123', at: 1 });
}

function noted(callId: string, called: string, text: string): void {
  tell({ type: 'timeline', callId, called, entry: { at: 1, what: 'step', text } });
}

/** All steps to the end, a line each. */
async function listen(steps: AsyncIterable<TestCallStep>): Promise<readonly string[]> {
  const heard: string[] = [];
  for await (const { source, text, final, passed, callId } of steps) {
    heard.push([source, text, callId, final ? `passed ${passed}` : undefined].filter(Boolean).join('|'));
  }
  return heard;
}

describe('following a test call', () => {
  test('tells what its caller lives and what the node does, until its end, and of no other call', async () => {
    const heard = listen(followTestCall(node, NUMBER, undefined));
    lived('test-1', 'called');
    started('c0', OTHER);
    noted('c0', OTHER, 'of somebody else');
    started('c1', NUMBER);
    noted('c1', NUMBER, 'rang reception');
    started('c2', NUMBER);
    noted('c2', NUMBER, 'of a later caller');
    lived('test-7', 'of another test');
    lived('test-1', 'heard audio');
    lived('test-1', 'ended', { passed: true });
    lived('test-1', 'after the end');
    assert.deepEqual(await heard, [
      'caller|called',
      'node|rang reception|c1',
      'caller|heard audio',
      'caller|ended|passed true',
    ]);
    assert.equal(listeners.size, 0);
  });

  test('tells what happened before the node had even named the call', async () => {
    const eager = {
      ...node,
      startTestCall: () => {
        lived('test-1', 'called');
        started('c1', NUMBER);
        noted('c1', NUMBER, 'rang reception');
        lived('test-1', 'refused', { passed: false });
        return 'test-1';
      },
    };
    const heard = await listen(followTestCall(eager, NUMBER, undefined));
    assert.deepEqual(heard, ['caller|called', 'node|rang reception|c1', 'caller|refused|passed false']);
  });

  test('ends when whoever asked has gone', async () => {
    const gone = new AbortController();
    const heard = listen(followTestCall(node, NUMBER, gone.signal));
    lived('test-1', 'called');
    gone.abort();
    assert.ok((await heard).length <= 1);
    assert.equal(listeners.size, 0);
  });

  test('places no call for somebody who has gone already', async () => {
    const refusing = { ...node, startTestCall: () => assert.fail('it was placed') };
    assert.deepEqual(await listen(followTestCall(refusing, NUMBER, AbortSignal.abort())), []);
  });

  test('leaves steps out for a reader who is slow, but never the last', async () => {
    const heard = listen(followTestCall(node, NUMBER, undefined));
    for (let step = 0; step < 5 * LIMITS.timelineEntriesMax; step++) lived('test-1', `step ${step}`);
    lived('test-1', 'ended', { passed: true });
    const told = await heard;
    assert.equal(told.at(-1), 'caller|ended|passed true');
    assert.ok(told.length <= 2 * LIMITS.timelineEntriesMax + 1);
  });

  test('throws before its first step where the call cannot be placed, and listens no longer', async () => {
    const draining = {
      ...node,
      startTestCall: () => {
        throw new RingthroughError('DRAINING', 'the node is shutting down');
      },
    };
    await assert.rejects(listen(followTestCall(draining, NUMBER, undefined)), { code: 'DRAINING' });
    assert.equal(listeners.size, 0);
  });
});
