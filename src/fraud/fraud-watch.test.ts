import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Account, AccountLimits, LedgerEntry } from '../ports/records.ts';
import { classOf } from './destination-class.ts';
import { type Attempt, FraudWatch, type Judgement, type UnusualCalls } from './fraud-watch.ts';

const MONDAY = Date.UTC(2026, 10, 23);
const AT_3 = MONDAY + 14 * DAY_MS + 3 * HOUR_MS;
const AT_10 = MONDAY + 14 * DAY_MS + 10 * HOUR_MS;
const HOME = '+442079460999';
const IRELAND = '+35312345678';
const PREMIUM = '+449098790000';
const MALDIVES = '+9603001234';

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

function attempt(number: string, account = acme(), call = 'call'): Attempt {
  return { call, account, number, caller: 'reception' };
}

/** So many calls, one every ten seconds, and each over before the next: how many may be made. */
function tried(watch: FraudWatch, number: string, times: number, from: number, account = acme()): number {
  let made = 0;
  for (let n = 0; n < times; n++) {
    if (watch.judge(attempt(number, account), from + n * 10 * SECOND_MS).type !== 'refused') made++;
    watch.over(account.name, 'call');
  }
  return made;
}

/** So many calls at once: how many may be made. */
function begun(watch: FraudWatch, number: string, times: number, at: number): number {
  const calls = Array.from({ length: times }, (_, n) => attempt(number, acme(), `${number} ${n}`));
  return calls.filter((call) => watch.judge(call, at).type !== 'refused').length;
}

function told(judgement: Judgement): readonly UnusualCalls[] {
  return judgement.type === 'usual' || judgement.suspicion === undefined ? [] : [judgement.suspicion];
}

describe('calls to where the account never calls', () => {
  test('in the night are stopped after the first; calls at home go on', () => {
    const watch = office();
    assert.equal(tried(watch, PREMIUM, 200, AT_3), LIMITS.fraudRiskyCallsInQuietHour);
    assert.equal(tried(watch, HOME, 200, AT_3 + 1_800 * SECOND_MS), 200);
    assert.equal(tried(watch, HOME, 200, AT_10), 200);
  });

  test('are held to the night’s limits though somebody calls at home first, until that is a habit', () => {
    const watch = office();
    for (let n = 0; n < 100; n++) watch.learn(answered(HOME, AT_3 - HOUR_MS + n * 10 * SECOND_MS));
    assert.equal(tried(watch, MALDIVES, 20, AT_3), LIMITS.fraudRiskyCallsInQuietHour);
    for (let day = 1; day < 4; day++) watch.learn(answered(HOME, AT_3 + day * DAY_MS));
    assert.equal(tried(watch, MALDIVES, 20, AT_3 + 4 * DAY_MS), LIMITS.fraudRiskyCallsPerHour);
  });

  test('make no habit, of the hour nor of the destination, while they are refused again and again', () => {
    const watch = office();
    const elsewhere = ['+5355512345', '+2203456789', '+6745551234', '+8816123456', '+9921234567'];
    for (const [day, number] of elsewhere.entries()) watch.learn(answered(number, AT_3 + day * DAY_MS));
    for (let day = 0; day < 8; day++) {
      const night = AT_3 + (day + 5) * DAY_MS;
      assert.equal(tried(watch, MALDIVES, 20, night), LIMITS.fraudRiskyCallsInQuietHour, `night ${day}`);
      watch.learn(answered(MALDIVES, night));
    }
  });

  test('by day are slowed to some an hour, and after a day the country is usual', () => {
    const watch = office();
    assert.equal(tried(watch, IRELAND, 50, AT_10), LIMITS.fraudCallsPerHour);
    watch.learn(answered(IRELAND, AT_10));
    assert.equal(tried(watch, IRELAND, 50, AT_10 + HOUR_MS + 50 * 10 * SECOND_MS), LIMITS.fraudCallsPerHour);
    assert.equal(tried(watch, IRELAND, 50, AT_10 + DAY_MS), 50);
  });

  test('are fewer where they are risky, and leave the others their share', () => {
    const watch = office();
    assert.equal(tried(watch, MALDIVES, 50, AT_10), LIMITS.fraudRiskyCallsPerHour);
    const left = LIMITS.fraudCallsPerHour - LIMITS.fraudRiskyCallsPerHour;
    assert.equal(tried(watch, IRELAND, 50, AT_10 + 10 * MINUTE_MS), left);
  });

  test('are few at once, whoever begins them', () => {
    const watch = office();
    assert.equal(begun(watch, PREMIUM, 10, AT_10), LIMITS.fraudRiskyCallsAtOnce);
    assert.equal(begun(watch, IRELAND, 10, AT_10), LIMITS.fraudCallsAtOnce - LIMITS.fraudRiskyCallsAtOnce);
    assert.equal(begun(watch, HOME, 50, AT_10), 50);
    assert.match(watch.list(AT_10)[0]?.why ?? '', /\+353; such calls in progress: 5/);
    watch.over('acme', `${PREMIUM} 0`);
    assert.equal(watch.judge(attempt(PREMIUM), AT_10 + MINUTE_MS).type, 'unusual');
    assert.equal(begun(watch, PREMIUM, 10, AT_10 + DAY_MS + MINUTE_MS), LIMITS.fraudRiskyCallsAtOnce);
  });

  test('are short where they are risky', () => {
    const lengthOf = (number: string, account = acme()) => {
      const judgement = office().judge(attempt(number, account), AT_10);
      return judgement.type === 'usual' ? 'usual' : judgement.lengthMaxMs;
    };
    assert.equal(lengthOf(PREMIUM), LIMITS.fraudRiskyCallMs);
    assert.equal(lengthOf(IRELAND), undefined);
    assert.equal(lengthOf(PREMIUM, acme({ fraud: 'watch' })), undefined);
    assert.equal(lengthOf(HOME), 'usual');
  });

  test('do not become usual by being let through in the night, a minute before midnight and after', () => {
    const watch = office();
    const midnight = MONDAY + 20 * DAY_MS;
    watch.learn(answered(MALDIVES, midnight - MINUTE_MS));
    watch.learn(answered(MALDIVES, midnight + MINUTE_MS));
    assert.equal(tried(watch, MALDIVES, 50, midnight + 2 * MINUTE_MS), LIMITS.fraudRiskyCallsInQuietHour);
    for (let day = 1; day <= 5; day++) watch.learn(answered(MALDIVES, midnight + day * DAY_MS));
    assert.equal(tried(watch, MALDIVES, 50, midnight + 6 * DAY_MS), 50);
  });

  test('are unusual again where nobody called for long, and stay so after one call', () => {
    const watch = office();
    for (let day = 0; day < 6; day++) watch.learn(answered(MALDIVES, MONDAY + day * DAY_MS));
    assert.equal(tried(watch, MALDIVES, 20, AT_10), 20);
    const later = AT_10 + LIMITS.fraudHabitMs;
    watch.learn(answered(MALDIVES, later));
    assert.equal(tried(watch, MALDIVES, 20, later + DAY_MS), LIMITS.fraudRiskyCallsPerHour);
  });

  test('are told once when they begin and once when they are refused, with what was dialled', () => {
    const watch = office();
    const calls = Array.from({ length: 100 }, (_, n) => `+960300${1000 + n}`);
    const suspicions = calls.flatMap((number, n) => told(watch.judge(attempt(number), AT_3 + n * SECOND_MS)));
    assert.deepEqual(
      suspicions.map(({ done, passed, refused }) => [done, passed, refused]),
      [
        ['slowed', 1, 0],
        ['refused', 1, 1],
      ],
    );
    assert.deepEqual(suspicions[1]?.destinations, ['+9603001001', '+9603001000']);
    assert.match(suspicions[1]?.why ?? '', /\+960, nor at this hour/);
  });
});

describe('what an account’s settings say', () => {
  test('watch refuses nothing and tells; block refuses all that is unusual', () => {
    const watch = office();
    assert.equal(tried(watch, MALDIVES, 50, AT_3, acme({ fraud: 'watch' })), 50);
    const [suspicion] = told(office().judge(attempt(MALDIVES, acme({ fraud: 'watch' })), AT_3));
    assert.equal(suspicion?.done, 'watched');
    assert.equal(tried(office(), MALDIVES, 50, AT_10, acme({ fraud: 'block' })), 0);
    assert.equal(tried(office(), HOME, 50, AT_10, acme({ fraud: 'block' })), 50);
  });

  test('destinationsUsual go on from the first call, at any hour', () => {
    assert.equal(tried(new FraudWatch(), MALDIVES, 50, AT_3, acme({ destinationsUsual: ['+960'] })), 50);
  });
});

describe('what an operator says', () => {
  const allowance = { account: 'acme', prefix: '+960', until: AT_3 + DAY_MS, by: 'cli' };

  test('lets an account call there at once, another one not, and not for longer than it says', () => {
    const watch = office();
    assert.equal(tried(watch, MALDIVES, 5, AT_3), LIMITS.fraudRiskyCallsInQuietHour);
    assert.ok(watch.allow(allowance, AT_3));
    assert.equal(tried(watch, MALDIVES, 50, AT_3 + MINUTE_MS), 50);
    assert.equal(tried(watch, PREMIUM, 50, AT_3 + MINUTE_MS), 0);
    const other = { ...acme(), name: 'bond' };
    assert.equal(tried(watch, MALDIVES, 50, AT_3 + MINUTE_MS, other), LIMITS.fraudRiskyCallsPerHour);
    assert.equal(tried(watch, MALDIVES, 50, AT_3 + DAY_MS), LIMITS.fraudRiskyCallsInQuietHour);
    assert.deepEqual(watch.allowed(AT_3 + DAY_MS), []);
  });

  test('may be taken back, and said again for another time', () => {
    const watch = office();
    watch.allow(allowance, AT_3);
    watch.allow({ ...allowance, until: AT_3 + HOUR_MS }, AT_3);
    assert.deepEqual(
      watch.allowed(AT_3).map(({ until }) => until),
      [AT_3 + HOUR_MS],
    );
    assert.ok(watch.disallow('acme', '+960', AT_3));
    assert.ok(!watch.disallow('acme', '+960', AT_3));
    assert.equal(tried(watch, MALDIVES, 5, AT_3), LIMITS.fraudRiskyCallsInQuietHour);
  });

  test('is kept of so many destinations, and refused beyond', () => {
    const watch = new FraudWatch();
    for (let n = 0; n < LIMITS.fraudAllowancesMax; n++) watch.allow({ ...allowance, account: `${n}` }, AT_3);
    assert.ok(!watch.allow(allowance, AT_3));
    assert.ok(watch.allow({ ...allowance, account: '7', until: AT_10 }, AT_3));
    assert.ok(watch.allow({ ...allowance, until: AT_10 + 2 * DAY_MS }, AT_3 + DAY_MS));
  });

  test('forgets what was held against an account, but no call that is in progress', () => {
    const watch = office();
    begun(watch, MALDIVES, 5, AT_10);
    assert.deepEqual(
      watch.list(AT_10).map(({ account, callers, passed, refused, inProgress }) => {
        return [account, callers, passed, refused, inProgress];
      }),
      [['acme', ['reception'], 2, 3, 2]],
    );
    assert.ok(watch.clear('acme', AT_10));
    assert.deepEqual(watch.list(AT_10), []);
    assert.ok(!watch.clear('acme', AT_10));
    assert.equal(begun(watch, MALDIVES, 5, AT_10), 0);
    for (const call of ['0', '1']) watch.over('acme', `${MALDIVES} ${call}`);
    assert.equal(tried(watch, MALDIVES, 5, AT_10), LIMITS.fraudRiskyCallsPerHour);
  });

  test('is told for a day, and then it is forgotten', () => {
    const watch = office();
    tried(watch, MALDIVES, 5, AT_10);
    assert.equal(watch.list(AT_10 + LIMITS.fraudMemoryMs).length, 1);
    const before = watch.size;
    assert.deepEqual(watch.list(AT_10 + LIMITS.fraudMemoryMs + HOUR_MS), []);
    assert.equal(watch.size, before - 1);
  });
});

describe('destinations are alike', () => {
  const table: readonly (readonly [number: string, name: string, risk?: string])[] = [
    [HOME, '+44'],
    ['+447400123456', '+44'],
    [PREMIUM, '+44 premium', 'dear'],
    ['+447012345678', '+44 personal', 'dear'],
    ['+881612345678', '+881', 'range'],
    ['+18765550100', '+1876', 'range'],
    ['+12125550100', '+1'],
    ['+19002345678', '+1900 premium', 'dear'],
    ['+37167000000', '+371'],
    ['+37190000000', '+371 premium', 'dear'],
    ['+37100000000', '+371 unassigned', 'unassigned'],
    ['+9991234567', '+999 unassigned', 'unassigned'],
  ];
  for (const [number, name, risk] of table) {
    test(`${number}: ${name}`, () => {
      const kind = classOf(number);
      assert.deepEqual([kind.name, kind.risk], [name, risk]);
    });
  }

  test('at home nothing is unusual but what is dear, wherever home is', () => {
    const jamaica = { ...acme(), numbers: [{ number: '+18765550199', plan: { steps: [] } }] };
    assert.equal(tried(new FraudWatch(), '+18765550100', 50, AT_3, jamaica), 50);
    assert.equal(tried(new FraudWatch(), '+12125550100', 50, AT_3, jamaica), LIMITS.fraudCallsPerHour);
    assert.equal(tried(new FraudWatch(), '+442079', 50, AT_3), 50);
    assert.equal(tried(new FraudWatch(), PREMIUM, 50, AT_3), LIMITS.fraudRiskyCallsPerHour);
  });
});

describe('whatever is called', () => {
  const call = fc.record({
    number: fc.constantFrom(HOME, IRELAND, PREMIUM, MALDIVES, '+12125550100'),
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
          const isMade = watch.judge(attempt(number), now).type !== 'refused';
          assert.ok(number !== HOME || isMade);
          watch.over('acme', 'call');
          if (isMade && isAnswered) watch.learn(answered(number, now));
          if (isMade && number === PREMIUM && now - MONDAY < DAY_MS) premium.push(now);
        }
        for (const at of premium)
          assert.ok(
            premium.filter((each) => each >= at && each < at + HOUR_MS).length <=
              LIMITS.fraudRiskyCallsPerHour,
          );
      }),
      { numRuns: 100 },
    );
  });

  test('no more accounts are remembered than the limit says', () => {
    const watch = new FraudWatch();
    for (let n = 0; n < LIMITS.fraudAccountsMax + 100; n++) {
      watch.learn({ ...answered(HOME, MONDAY), account: `account${n}` });
      watch.judge(attempt(MALDIVES, { ...acme(), name: `account${n}` }), MONDAY);
    }
    assert.equal(watch.size, 2 * LIMITS.fraudAccountsMax);
  });
});
