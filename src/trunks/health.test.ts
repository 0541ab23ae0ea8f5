import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EndpointHealth, PROBING } from './health.ts';

const middling = { bytes: (count: number) => new Uint8Array(count), fraction: () => 0.5 };

describe('the health of a carrier endpoint', () => {
  test('the first success makes an unknown endpoint up', () => {
    const health = new EndpointHealth(middling);
    health.succeeded('answered', 1_000);
    assert.equal(health.state, 'up');
    assert.equal(health.since, 1_000);
    assert.equal(health.reason, 'answered');
  });

  test('one failure while up changes nothing but is confirmed soon', () => {
    const health = new EndpointHealth(middling);
    health.succeeded('answered', 0);
    assert.equal(health.failed('silence', 10), PROBING.confirmMs);
    assert.equal(health.state, 'up');
    assert.equal(health.reason, 'answered');
  });

  test('two failures in a row make it down, with the reason of the second', () => {
    const health = new EndpointHealth(middling);
    health.succeeded('answered', 0);
    health.failed('silence', 10);
    health.failed('refused', 20);
    assert.equal(health.state, 'down');
    assert.equal(health.since, 20);
    assert.equal(health.reason, 'refused');
  });

  test('failures with a success between them do not add up', () => {
    const health = new EndpointHealth(middling);
    health.succeeded('answered', 0);
    for (let i = 0; i < 10; i++) {
      health.failed('silence', i);
      health.succeeded('answered', i);
    }
    assert.equal(health.state, 'up');
  });

  test('coming back takes two successes in a row, the second soon after the first', () => {
    const health = new EndpointHealth(middling);
    health.failed('silence', 0);
    health.failed('silence', 1);
    assert.equal(health.succeeded('answered', 2), PROBING.confirmMs);
    assert.equal(health.state, 'down');
    health.succeeded('answered', 3);
    assert.equal(health.state, 'up');
  });

  test('a dead endpoint is asked ever more rarely, but at least once a minute', () => {
    const health = new EndpointHealth({ ...middling, fraction: () => 1 });
    health.failed('silence', 0);
    const waits = Array.from({ length: 8 }, () => health.failed('silence', 0));
    assert.deepEqual(waits, [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000]);
  });
});
