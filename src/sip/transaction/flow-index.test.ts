// The index of flows keeps exactly what is there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flow } from '../../base/net.ts';
import { FlowIndex, type FlowPlace } from './flow-index.ts';
import { TCP, UDP } from './testing.ts';

class User {
  flow: Flow;
  flowPlace: FlowPlace | undefined;

  constructor(flow: Flow) {
    this.flow = flow;
  }
}

describe('the index of flows', () => {
  test('finds all that use an equal flow', () => {
    const index = new FlowIndex<User>();
    const [first, second, other] = [new User(TCP), new User({ ...TCP }), new User(UDP)];
    for (const user of [first, second, other]) index.put(user);
    assert.deepEqual([...index.over({ ...TCP })], [first, second]);
    assert.deepEqual([...index.over({ ...TCP, connectionId: 'c2' })], []);
    assert.equal(index.size, 2);
  });

  test('follows a user to another flow', () => {
    const index = new FlowIndex<User>();
    const user = new User(TCP);
    index.put(user);
    user.flow = UDP;
    index.put(user);
    assert.deepEqual([...index.over(TCP)], []);
    assert.deepEqual([...index.over(UDP)], [user]);
  });

  test('is empty when all have left', () => {
    const index = new FlowIndex<User>();
    const users = [new User(TCP), new User(TCP), new User(UDP)];
    for (const user of users) index.put(user);
    for (const user of users) index.remove(user);
    for (const user of users) index.remove(user);
    assert.equal(index.size, 0);
    assert.deepEqual([...index.over(TCP)], []);
  });

  test('keeps others when one leaves', () => {
    const index = new FlowIndex<User>();
    const [first, second] = [new User(TCP), new User(TCP)];
    index.put(first);
    index.put(second);
    index.remove(first);
    assert.deepEqual([...index.over(TCP)], [second]);
    assert.equal(index.size, 1);
  });
});
