// The heap of deadlines against the obvious model of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DeadlineHeap } from './deadline-heap.ts';

describe('the heap of deadlines', () => {
  test('is empty at first, and says so', () => {
    const heap = new DeadlineHeap<{ heapIndex: number }>();
    assert.equal(heap.deadline, undefined);
    assert.equal(heap.due(Number.MAX_SAFE_INTEGER), undefined);
    assert.equal(heap.size, 0);
  });

  test('gives out only what is due', () => {
    const heap = new DeadlineHeap<{ heapIndex: number }>();
    const item = { heapIndex: -1 };
    heap.schedule(item, 10);
    assert.equal(heap.due(9.9), undefined);
    assert.equal(heap.due(10), item);
  });

  test('knows the earliest deadline after any history of setting, moving and removing', () => {
    const step = fc.record({
      item: fc.nat(19),
      at: fc.option(fc.nat(50), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new DeadlineHeap<{ heapIndex: number; id: number }>();
        const items = Array.from({ length: 20 }, (_, id) => ({ heapIndex: -1, id }));
        const model = new Map<number, number>();
        for (const { item, at } of steps) {
          const chosen = items[item];
          assert.ok(chosen);
          heap.schedule(chosen, at);
          if (at === undefined) model.delete(item);
          else model.set(item, at);
          const earliest = model.size === 0 ? undefined : Math.min(...model.values());
          assert.equal(heap.deadline, earliest);
          assert.equal(heap.size, model.size);
          const due = heap.due(25);
          assert.equal(due === undefined, earliest === undefined || earliest > 25);
          if (due !== undefined) assert.equal(model.get(due.id), earliest);
        }
      }),
    );
  });
});
