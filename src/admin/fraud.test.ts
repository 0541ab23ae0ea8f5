// An operator lets an account call for a time where it does not usually call, and forgets what was held against it.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { NOON, Stage } from '../../test/admin-stage.ts';
import { DAY_MS, HOUR_MS } from '../base/time.ts';

let stage = new Stage();
beforeEach(async () => {
  stage = new Stage();
  await stage.provisioned();
});

describe('an allowance', () => {
  test('is for a day, or for as long as was said, and the node is told', async () => {
    const allowance = { account: 'acme', prefix: '+4479', by: 'cli' };
    const day = { ...allowance, until: NOON + DAY_MS };
    const hours = { ...allowance, until: NOON + 2 * HOUR_MS };
    assert.deepEqual(await stage.admin.allowUnusual('acme', '+4479', {}, 'cli'), day);
    assert.deepEqual(await stage.admin.allowUnusual('acme', '+4479', { for: '2h' }, 'cli'), hours);
    assert.deepEqual(stage.admin.fraud().allowed, [day, hours]);
  });

  const refused: readonly (readonly [prefix: string, length: string, reason: RegExp])[] = [
    ['+960', '2h', /prefix.*outside the destinations that the account may call/],
    ['+449', '2h', /prefix.*not allowed for the account/],
    ['44', '2h', /must be \+ and the first digits/],
    ['+44', '8d', /7d at most; what is to last is destinationsUsual/],
    ['+44', 'a while', /expected a time with its unit/],
  ];
  for (const [prefix, length, reason] of refused) {
    test(`of ${prefix} for ${length} is refused`, async () => {
      const message = { code: 'INVALID_INPUT', message: reason };
      await assert.rejects(stage.admin.allowUnusual('acme', prefix, { for: length }, 'cli'), message);
      assert.deepEqual(stage.admin.fraud().allowed, []);
    });
  }

  test('of an account that is not there is NOT_FOUND, and one too many LIMIT_REACHED', async () => {
    await assert.rejects(stage.admin.allowUnusual('bond', '+44', {}, 'cli'), { code: 'NOT_FOUND' });
    for (const prefix of ['+441', '+442']) await stage.admin.allowUnusual('acme', prefix, {}, 'cli');
    await assert.rejects(stage.admin.allowUnusual('acme', '+443', {}, 'cli'), { code: 'LIMIT_REACHED' });
  });
});

test('taking back what was not allowed, and forgetting what is not held against anybody, is NOT_FOUND', async () => {
  await stage.admin.disallowUnusual('acme', '+960');
  await assert.rejects(stage.admin.disallowUnusual('acme', '+353'), { code: 'NOT_FOUND' });
  await stage.admin.clearUnusual('acme');
  await assert.rejects(stage.admin.clearUnusual('bond'), { code: 'NOT_FOUND' });
});
