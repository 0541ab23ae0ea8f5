import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { watchClock } from './clock-watch.ts';

describe('a machine whose clock is set back', () => {
  test('is told of once, and once more when it is over', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const told: string[] = [];
    const say = (level: string) => (_: string, fields?: object) => {
      told.push(`${level} ${JSON.stringify(fields ?? {})}`);
    };
    let aheadMs = 900;
    const end = watchClock({ aheadMs: () => aheadMs }, { warn: say('warn'), info: say('info') });
    t.mock.timers.tick(MINUTE_MS);
    assert.deepEqual(told, []);
    aheadMs = HOUR_MS;
    t.mock.timers.tick(3 * MINUTE_MS);
    assert.deepEqual(told, ['warn {"aheadSeconds":3600}']);
    aheadMs = 0;
    t.mock.timers.tick(3 * MINUTE_MS);
    assert.deepEqual(told, ['warn {"aheadSeconds":3600}', 'info {}']);
    end();
    aheadMs = HOUR_MS;
    t.mock.timers.tick(3 * MINUTE_MS);
    assert.equal(told.length, 2);
  });
});
