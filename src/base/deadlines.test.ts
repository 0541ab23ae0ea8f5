import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from './deadlines.ts';

test('deadlines come due in order of time, each once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (instants) => {
      const deadlines = new Deadlines<number>();
      instants.forEach((at, index) => {
        deadlines.add(at, index);
      });
      const taken: number[] = [];
      for (let due = deadlines.take(20); due !== undefined; due = deadlines.take(20)) taken.push(due.value);
      const at = taken.map((index) => instants[index] ?? -1);
      assert.deepEqual(
        at,
        instants.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(taken).size, instants.length);
      assert.equal(deadlines.size, 0);
    }),
  );
});

test('a cancelled deadline never comes due, and is not the next one', () => {
  const deadlines = new Deadlines<string>();
  const first = deadlines.add(10, 'first');
  deadlines.add(20, 'second');
  deadlines.cancel(first);
  deadlines.cancel(first);
  assert.equal(deadlines.next(), 20);
  assert.equal(deadlines.take(15), undefined);
  assert.equal(deadlines.take(20)?.value, 'second');
});

test('cancelling most of many leaves the others in order', () => {
  const deadlines = new Deadlines<number>();
  const all = Array.from({ length: 1000 }, (_, index) => deadlines.add((index * 7919) % 1000, index));
  for (const deadline of all) if (deadline.value % 10 !== 0) deadlines.cancel(deadline);
  assert.equal(deadlines.size, 100);
  let last = -1;
  let count = 0;
  for (let due = deadlines.take(2000); due !== undefined; due = deadlines.take(2000)) {
    assert.ok(due.at >= last);
    last = due.at;
    count++;
  }
  assert.equal(count, 100);
});
