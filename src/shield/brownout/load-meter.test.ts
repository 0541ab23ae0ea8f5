import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LoadMeter } from './load-meter.ts';

const NONE = { emergency: 0, ongoing: 0, known: 0, patient: 0, newcomer: 0 };

describe('a load meter', () => {
  test('tells within which time 99 of 100 were read, to a quarter', () => {
    const meter = new LoadMeter();
    for (let n = 0; n < 985; n++) meter.waited(0.4);
    for (let n = 0; n < 15; n++) meter.waited(200);
    const { waitMs } = meter.take(NONE, 0, 0);
    assert.ok(waitMs >= 200 && waitMs <= 250, `${waitMs}`);
  });

  test('is not impressed by the slowest one of a hundred', () => {
    const meter = new LoadMeter();
    for (let n = 0; n < 995; n++) meter.waited(0.4);
    for (let n = 0; n < 5; n++) meter.waited(60_000);
    assert.equal(meter.take(NONE, 0, 0).waitMs, 1);
  });

  test('begins anew with each interval', () => {
    const meter = new LoadMeter();
    meter.waited(500);
    meter.arrived('known', true);
    meter.take({ ...NONE, emergency: 2, known: 5, patient: 1 }, 0, 3);
    assert.deepEqual(meter.take({ ...NONE, emergency: 3, known: 6, patient: 4 }, 8, 0), {
      waitMs: 0,
      patientWaitMs: 8,
      overflowed: 2,
      patientOverflowed: 3,
      lateMs: 0,
      known: 0,
      strangers: 0,
    });
  });

  test('counts what was not let in as strangers, whosever it is', () => {
    const meter = new LoadMeter();
    for (const lane of ['emergency', 'carrier', 'known', 'newcomer', 'refused'] as const) {
      meter.arrived(lane, true);
      meter.arrived(lane, false);
    }
    const { known, strangers } = meter.take(NONE, 0, 0);
    assert.deepEqual([known, strangers], [3, 7]);
  });
});
