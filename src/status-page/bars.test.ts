import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../base/time.ts';
import { bars, kindOf, summary } from './bars.ts';
import { Times } from './times.ts';
import type { DayOnPage } from './view.ts';

const times = new Times('UTC', Date.parse('2026-11-26T14:00:00Z'));
const day = (of: Partial<DayOnPage> = {}): DayOnPage => ({
  day: '2026-11-12',
  downMs: 0,
  degradedMs: 0,
  maintenanceMs: 0,
  knownMs: DAY_MS,
  ...of,
});
const drawn = (days: readonly (DayOnPage | undefined)[]): string =>
  bars({ name: 'Calls', state: 'operational', since: 0, days, uptime: {} }, times).text;

describe('the days of a component', () => {
  test('are what was worst in them', () => {
    assert.deepEqual(
      [
        day({ downMs: 1, degradedMs: 9, maintenanceMs: 9 }),
        day({ degradedMs: 1, maintenanceMs: 9 }),
        day({ maintenanceMs: 1 }),
        day(),
        day({ knownMs: 0 }),
        undefined,
      ].map(kindOf),
      ['down', 'degraded', 'maintenance', 'up', 'unknown', 'unknown'],
    );
  });

  test('are one dashed line where all is well, and one for each stretch between gaps', () => {
    assert.match(drawn([day(), day(), day()]), /<path class="u" d="M-0\.375 20H2\.625"\/><\/svg>$/);
    assert.match(drawn([day(), undefined, day()]), /d="M-0\.375 20H0\.625M1\.625 20H2\.625"/);
    assert.match(drawn([undefined, day()]), /<path class="x" d="M0 29v3"\/>/);
  });

  test('with an outage are cut from above, the deeper the longer it was', () => {
    const depthOf = (downMs: number): number =>
      Number(/class="o" d="M0 0v(\d+)"/.exec(drawn([day({ downMs })]))?.[1]);
    const depths = [1, 10 * MINUTE_MS, HOUR_MS, DAY_MS].map(depthOf);
    assert.deepEqual(depths, [12, 14, 16, 32]);
  });

  test('with maintenance have a dot above them, and those that were unreliable are cut: by shape, not by colour', () => {
    assert.match(drawn([day({ maintenanceMs: DAY_MS })]), /<path class="m" d="M0 1v4"\/>/);
    assert.match(drawn([day({ degradedMs: 1 })]), /<path class="w" d="M0 4v8"\/>/);
  });

  test('are told to those who do not see them', () => {
    const bad = [
      day({ downMs: 14 * MINUTE_MS }),
      day({ downMs: MINUTE_MS, day: '2026-11-13' }),
      day({ degradedMs: 1 }),
    ];
    assert.equal(
      summary([...bad, day(), undefined], times),
      '2 days with an outage, the longest on 12 November (14 min), 1 day unreliable, in 4 days that were watched',
    );
    assert.equal(summary([day(), day()], times), 'no outage, in 2 days that were watched');
    assert.equal(summary([undefined], times), 'nothing is known yet');
    assert.match(drawn([day()]), /role="img" aria-label="Calls, day by day: no outage, in 1 day/);
  });
});
