import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isWorse, SHOWN_STATES, STATES, worst } from './status.ts';

describe('The order of states', () => {
  test('has the worst of them stand for all', () => {
    assert.equal(worst(['operational', 'major-outage', 'unknown']), 'major-outage');
    assert.equal(worst([]), undefined);
    assert.ok(isWorse('unknown', 'degraded') && !isWorse('operational', 'operational'));
  });

  test('is one for what probes say and what is shown; maintenance hides neither silence nor an outage', () => {
    const shown = SHOWN_STATES.filter((state) => state !== 'maintenance');
    assert.deepEqual(shown, STATES);
    assert.ok(isWorse('maintenance', 'degraded') && isWorse('unknown', 'maintenance'));
  });
});
