import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../../test/simulation/world.ts';
import { present } from '../base/assert.ts';
import type { ProbeEnd } from '../ports/probes.ts';
import { Watcher } from './watcher.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const PASSED = { outcome: 'passed', latencyMs: 12 } as const;
const FAILED = { outcome: 'failed', reason: 'refused' } as const;
const MAIN = { name: 'main', intervalMs: 5_000 };

function started(probes = [MAIN]) {
  const watcher = new Watcher('london', probes, new SeededRandom(1), NOON);
  const next = () => present(watcher.nextDeadline(), 'a deadline');
  return { watcher, next };
}

describe('a watcher', () => {
  test('starts each probe within its interval, and again an interval later, a tenth less at most', () => {
    const { watcher, next } = started();
    assert.ok(next() >= NOON && next() < NOON + 5_000);
    for (let round = 0; round < 50; round++) {
      const at = next();
      assert.deepEqual(watcher.due(at), ['main']);
      watcher.ended('main', PASSED, at + 40);
      assert.ok(next() - at >= 4_500 && next() - at <= 5_000, `${next() - at} ms`);
    }
  });

  test('is not held up by a probe that hangs', () => {
    const { watcher, next } = started([MAIN, { name: 'slow', intervalMs: 5_000 }]);
    let runs = 0;
    for (let at = next(); at < NOON + 60_000; at = next()) {
      for (const name of watcher.due(at)) {
        if (name === 'slow') continue;
        watcher.ended(name, PASSED, at + 10);
        runs += 1;
      }
    }
    assert.ok(runs >= 12, `${runs} runs`);
  });

  test('confirms a failure within a second, and then keeps to the interval', () => {
    const { watcher, next } = started([{ name: 'main', intervalMs: 60_000 }]);
    const first = next();
    watcher.due(first);
    watcher.ended('main', FAILED, first + 3_000);
    assert.equal(next(), first + 4_000);
    watcher.due(next());
    watcher.ended('main', FAILED, first + 7_000);
    assert.ok(next() >= first + 4_000 + 54_000);
  });

  test('says what came of it, with a sequence that rises, over a restart as well', () => {
    const { watcher, next } = started();
    const at = next();
    watcher.due(at);
    const result = watcher.ended('main', PASSED, at + 12.7);
    const ended = Math.floor(at + 12.7);
    assert.deepEqual(result, {
      watcher: 'london',
      probe: 'main',
      at: ended,
      sequence: ended,
      outcome: 'passed',
      latencyMs: 12,
    });
    const again = new Watcher('london', [MAIN], new SeededRandom(2), ended);
    const later = present(again.nextDeadline(), 'a deadline');
    again.due(later);
    assert.ok((again.ended('main', PASSED, later + 5)?.sequence ?? 0) > ended);
  });

  test('warns of what took longer than it may', () => {
    const watcher = new Watcher(
      'london',
      [{ name: 'main', intervalMs: 5_000, slowAfterMs: 100 }],
      new SeededRandom(1),
      NOON,
    );
    let at = NOON;
    const ended = (end: ProbeEnd) => {
      at += 60_000;
      watcher.due(at);
      const { outcome, reason } = watcher.ended('main', end, at) ?? {};
      return { outcome, reason };
    };
    assert.deepEqual(ended({ outcome: 'passed', latencyMs: 100 }), { outcome: 'passed', reason: undefined });
    assert.deepEqual(ended({ outcome: 'passed', latencyMs: 140.5 }), {
      outcome: 'warned',
      reason: 'slow: 140.5 ms, more than 100 ms',
    });
    assert.deepEqual(ended(FAILED), { outcome: 'failed', reason: 'refused' });
  });

  test('says nothing of a probe that does not run', () => {
    const { watcher } = started();
    assert.equal(watcher.ended('main', PASSED, NOON), undefined);
    assert.equal(watcher.ended('other', PASSED, NOON), undefined);
  });
});
