// argon2id as PINs need it: the right secret and no other, off this thread, and few at once.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../../base/limits.ts';
import { Argon2 } from './argon2.ts';

describe('PINs by argon2id', () => {
  test('are known again, and others are not', async () => {
    const argon2 = new Argon2();
    const kept = await argon2.hash('48213905');
    assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal(await argon2.verify(kept, '48213905'), true);
    assert.equal(await argon2.verify(kept, '48213906'), false);
  });

  test('hash differently each time, so that equal PINs cannot be seen', async () => {
    const argon2 = new Argon2();
    assert.notEqual(await argon2.hash('48213905'), await argon2.hash('48213905'));
  });

  test('beyond those that may wait are refused, and the others all done', async () => {
    const argon2 = new Argon2();
    const kept = await argon2.hash('48213905');
    const most = LIMITS.secretHashesAtOnce + LIMITS.secretHashesWaitingMax;
    const results = await Promise.allSettled(
      Array.from({ length: most + 3 }, () => argon2.verify(kept, '48213905')),
    );
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    assert.deepEqual(refused, ['LIMIT_REACHED', 'LIMIT_REACHED', 'LIMIT_REACHED']);
    assert.equal(await argon2.verify(kept, '48213905'), true);
  });
});
