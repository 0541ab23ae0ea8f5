import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listed } from '../base/names.ts';
import type { ShownState } from '../ports/status.ts';
import { headline } from './words.ts';

const of = (...states: readonly (readonly [string, ShownState])[]) =>
  states.map(([name, state]) => ({ name, state }));

describe('the headline', () => {
  test('says in a sentence what works and what does not', () => {
    const well = of(['Incoming calls', 'operational'], ['Website', 'operational']);
    assert.equal(headline('operational', well, 'now'), 'All services are working');
    const one = of(['Incoming calls', 'partial-outage'], ['Website', 'operational']);
    assert.equal(headline('partial-outage', one, 'now'), 'Incoming calls are failing for some customers');
    const single = of(['Website', 'major-outage'], ['Incoming calls', 'degraded']);
    assert.equal(headline('major-outage', single, 'now'), 'Website is not working');
    const two = of(['Website', 'degraded'], ['API', 'degraded'], ['Incoming calls', 'operational']);
    assert.equal(headline('degraded', two, 'now'), 'Website and API are unreliable');
  });

  test('counts services where there are many, and says when it is all of them', () => {
    const many = of(
      ['A', 'major-outage'],
      ['B', 'major-outage'],
      ['C', 'major-outage'],
      ['D', 'operational'],
    );
    assert.equal(headline('major-outage', many, 'now'), '3 of 4 services are not working');
    assert.equal(headline('major-outage', many.slice(0, 3), 'now'), 'None of our services is working');
  });

  test('speaks of the past where nobody knows whether it is still so', () => {
    const well = of(['Incoming calls', 'operational']);
    assert.equal(headline('operational', well, 'then'), 'All services were working');
    assert.equal(
      headline('maintenance', of(['API', 'maintenance']), 'then'),
      'API was in planned maintenance',
    );
  });

  test('never says that something works of which nothing is known', () => {
    assert.equal(headline('unknown', [], 'now'), 'Nothing is watched yet');
    const silent = of(['Website', 'unknown'], ['API', 'unknown']);
    assert.match(headline('unknown', silent, 'now'), /^We can’t tell/);
    const some = of(['SMS', 'unknown'], ['A', 'operational']);
    assert.equal(headline('unknown', some, 'now'), 'We can’t tell whether SMS works');
    assert.equal(headline('unknown', some, 'then'), 'We couldn’t tell whether SMS worked');
    const calls = of(['Calls', 'unknown'], ['A', 'operational']);
    assert.equal(headline('unknown', calls, 'now'), 'We can’t tell whether Calls work');
  });
});

test('names are listed as people list them', () => {
  assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed), ['', 'a', 'a and b', 'a, b and c']);
});
