import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../base/time.ts';
import { createSystemClock } from './system-clock.ts';

function fakeTime() {
  const time = { wall: 1_700_000_000_000, monotonic: 0 };
  const clock = createSystemClock({
    wallMs: () => Math.floor(time.wall),
    monotonicMs: () => time.monotonic,
  });
  const pass = (milliseconds: number) => {
    time.wall += milliseconds;
    time.monotonic += milliseconds;
  };
  return { time, clock, pass };
}

describe('the system clock', () => {
  test('counts fractions of milliseconds between the ticks of the wall clock', () => {
    const { clock, pass } = fakeTime();
    const before = clock.now();
    pass(0.25);
    assert.equal(clock.now() - before, 0.25);
  });

  test('takes the time that the machine slept at once', () => {
    const { time, clock, pass } = fakeTime();
    const before = clock.now();
    time.wall += HOUR_MS;
    pass(10);
    assert.equal(clock.now() - before, HOUR_MS + 10);
  });

  test('tells how far it is ahead of a wall clock that was set back', () => {
    const { time, clock, pass } = fakeTime();
    pass(10);
    assert.equal(clock.aheadMs(), 0);
    time.wall -= HOUR_MS;
    assert.ok(Math.abs(clock.aheadMs() - HOUR_MS) < 10);
    time.wall += HOUR_MS;
    assert.equal(clock.aheadMs(), 0);
  });

  test('goes on counting when the wall clock is set back', () => {
    const { time, clock, pass } = fakeTime();
    const before = clock.now();
    time.wall -= HOUR_MS;
    pass(1000);
    const elapsed = clock.now() - before;
    assert.ok(elapsed > 999 && elapsed < 1000, `${elapsed}`);
  });

  test('agrees with the wall clock again some time after a small step back', () => {
    const { time, clock, pass } = fakeTime();
    clock.now();
    time.wall -= 500;
    for (let minute = 0; minute < 60; minute++) {
      pass(MINUTE_MS);
      clock.now();
    }
    assert.ok(clock.now() - time.wall <= 1);
  });

  test('does not drift when asked very often', () => {
    const { time, clock, pass } = fakeTime();
    for (let reading = 0; reading < 10_000; reading++) {
      pass(0.01);
      clock.now();
    }
    assert.ok(Math.abs(clock.now() - time.wall) <= 1.001);
  });

  test('never runs backward, whatever the wall clock does', () => {
    const step = fc.record({
      jump: fc.double({ min: -DAY_MS, max: DAY_MS, noNaN: true }),
      elapsed: fc.double({ min: 0, max: MINUTE_MS, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { time, clock, pass } = fakeTime();
        let before = clock.now();
        for (const { jump, elapsed } of steps) {
          time.wall += jump;
          pass(elapsed);
          const now = clock.now();
          assert.ok(now >= before);
          before = now;
        }
      }),
    );
  });

  test('tells the time of this machine', () => {
    const now = createSystemClock().now();
    assert.ok(Math.abs(now - Date.now()) < 1000);
  });
});
