import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Account, AccountLimits, LedgerEntry } from '../ports/records.ts';
import { classOf } from './destination-class.ts';
import { FraudWatch } from './fraud-watch.ts';

const MONDAY = Date.UTC(2026, 10, 23);
const AT_3 = MONDAY + 14 * DAY_MS + 3 * HOUR_MS;
const AT_10 = MONDAY + 14 * DAY_MS + 10 * HOUR_MS;
const HOME = '+442079460999';
const IRELAND = '+35312345678';
const PREMIUM = '+449098790000';
const LATVIA = '+37167000000';

function acme(limits: Partial<AccountLimits> = {}): Account {
  return {
    name: 'acme',
    phones: [],
    numbers: [{ number: '+442079460000', plan: { steps: [] } }],
    hours: [],
    limits: {
      callsMax: 10,
      divertedCallsMax: 4,
      phonesMax: 10,
      bindingsPerPhoneMax: 5,
      destinationsAllowed: ['+'],
      destinationsDenied: [],
      ...limits,
    },
  };
}

function answered(number: string, at: number): LedgerEntry {
  const legs = { timeline: [], legs: [], reason: 'answered', caller: 'reception' };
  return {
    id: `${at}`,
    direction: 'out',
    account: 'acme',
    called: number,
    startedAt: at,
    answeredAt: at,
    endedAt: at,
    answeredBy: number,
    ...legs,
  };
}

/** Two weeks of an office that calls at home from 8 to 17. */
function office(): FraudWatch {
  const watch = new FraudWatch();
  for (let day = 0; day < 14; day++)
    for (let hour = 8; hour < 17; hour++) watch.learn(answered(HOME, MONDAY + day * DAY_MS + hour * HOUR_MS));
  return watch;
}

/** So many calls, one every ten seconds: how many may be made. */
function tried(watch: FraudWatch, number: string, times: number, from: number, account = acme()): number {
  let made = 0;
  for (let n = 0; n < times; n++)
    if (watch.judge(account, number, 'reception', from + n * 10 * SECOND_MS).refusal === undefined) made++;
  return made;
}

describe('calls to where the account never calls', () => {
  test('in the night are stopped after the first; calls at home go on', () => {
    const watch = office();
    assert.equal(tried(watch, PREMIUM, 200, AT_3), LIMITS.fraudCallsInQuietHour);
    assert.equal(tried(watch, HOME, 200, AT_3 + 1_800 * SECOND_MS), 200);
    assert.equal(tried(watch, HOME, 200, AT_10), 200);
  });

  test('by day are slowed to a few an hour, and after a day the country is usual', () => {
    const watch = office();
    assert.equal(tried(watch, IRELAND, 20, AT_10), LIMITS.fraudCallsPerHour);
    watch.learn(answered(IRELAND, AT_10));
    assert.equal(tried(watch, IRELAND, 20, AT_10 + HOUR_MS + 20 * 10 * SECOND_MS), LIMITS.fraudCallsPerHour);
    assert.equal(tried(watch, IRELAND, 20, AT_10 + DAY_MS), 20);
  });

  test('do not become usual by being let through in the night, a minute before midnight and after', () => {
    const watch = office();
    const midnight = MONDAY + 20 * DAY_MS;
    watch.learn(answered(LATVIA, midnight - MINUTE_MS));
    watch.learn(answered(LATVIA, midnight + MINUTE_MS));
    assert.equal(tried(watch, LATVIA, 50, midnight + 2 * MINUTE_MS), LIMITS.fraudCallsInQuietHour);
    for (let day = 1; day <= 5; day++) watch.learn(answered(LATVIA, midnight + day * DAY_MS));
    assert.equal(tried(watch, LATVIA, 50, midnight + 6 * DAY_MS), 50);
  });

  test('are told once when they begin and once when they are refused, with what was dialled', () => {
    const watch = office();
    const told = Array.from({ length: 100 }, (_, n) =>
      watch.judge(acme(), `+3716700${1000 + n}`, 'workshop', AT_3 + n * SECOND_MS),
    ).flatMap(({ suspicion }) => (suspicion === undefined ? [] : [suspicion]));
    assert.deepEqual(
      told.map(({ done, calls, refused }) => [done, calls, refused]),
      [
        ['slowed', 1, 0],
        ['refused', 1, 1],
      ],
    );
    assert.deepEqual(told[1]?.destinations, ['+37167001001', '+37167001000']);
    assert.match(told[1]?.why ?? '', /\+371, nor at this hour/);
  });
});

describe('what an account’s settings say', () => {
  test('watch refuses nothing and tells; block refuses all that is unusual', () => {
    const watch = office();
    assert.equal(tried(watch, LATVIA, 50, AT_3, acme({ fraud: 'watch' })), 50);
    assert.equal(office().judge(acme({ fraud: 'watch' }), LATVIA, 'x', AT_3).suspicion?.done, 'watched');
    assert.equal(tried(office(), LATVIA, 50, AT_10, acme({ fraud: 'block' })), 0);
    assert.equal(tried(office(), HOME, 50, AT_10, acme({ fraud: 'block' })), 50);
  });

  test('destinationsUsual go on from the first call, at any hour', () => {
    assert.equal(tried(new FraudWatch(), LATVIA, 50, AT_3, acme({ destinationsUsual: ['+371'] })), 50);
  });
});

test('destinations are alike by country, apart from what is dear or risky', () => {
  assert.deepEqual(classOf(HOME), { name: '+44', risky: false });
  assert.deepEqual(classOf('+447700900123'), { name: '+44', risky: false });
  assert.deepEqual(classOf(PREMIUM), { name: '+44 premium', risky: true });
  assert.deepEqual(classOf('+881612345678'), { name: '+881', risky: true });
  assert.deepEqual(classOf('+18765550100'), { name: '+1876', risky: true });
  assert.deepEqual(classOf('+12125550100'), { name: '+1', risky: false });
});

describe('whatever is called', () => {
  const call = fc.record({
    number: fc.constantFrom(HOME, IRELAND, PREMIUM, LATVIA, '+12125550100'),
    afterMs: fc.integer({ min: 0, max: HOUR_MS }),
    isAnswered: fc.boolean(),
  });

  test('home is never refused, and no more unusual calls go out in any hour than the limit', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 200 }), (calls) => {
        const watch = new FraudWatch();
        let now = MONDAY;
        const premium: number[] = [];
        for (const { number, afterMs, isAnswered } of calls) {
          now += afterMs / 4;
          const { refusal } = watch.judge(acme(), number, 'reception', now);
          assert.ok(number !== HOME || refusal === undefined);
          if (refusal === undefined && isAnswered) watch.learn(answered(number, now));
          if (refusal === undefined && number === PREMIUM && now - MONDAY < DAY_MS) premium.push(now);
        }
        for (const at of premium)
          assert.ok(
            premium.filter((each) => each >= at && each < at + HOUR_MS).length <= LIMITS.fraudCallsPerHour,
          );
      }),
      { numRuns: 100 },
    );
  });

  test('no more accounts are remembered than the limit says', () => {
    const watch = new FraudWatch();
    for (let n = 0; n < LIMITS.fraudAccountsMax + 100; n++) {
      watch.learn({ ...answered(HOME, MONDAY), account: `account${n}` });
      watch.judge({ ...acme(), name: `account${n}` }, LATVIA, 'x', MONDAY);
    }
    assert.equal(watch.size, 2 * LIMITS.fraudAccountsMax);
  });
});
