import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Trouble } from './trouble.ts';

describe('trouble', () => {
  test('is told when it begins and when it is over, and its reason is the newest', () => {
    const told: string[] = [];
    const trouble = new Trouble(
      (reason) => told.push(`begins: ${reason}`),
      () => told.push('is over'),
    );
    for (const reason of [undefined, 'disk full', 'disk gone']) trouble.now(reason);
    assert.equal(trouble.reason, 'disk gone');
    for (const reason of [undefined, undefined, 'again']) trouble.now(reason);
    assert.deepEqual(told, ['begins: disk full', 'is over', 'begins: again']);
  });
});
