import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Instant, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import { type Load, RUNGS } from '../../ports/shield.ts';
import { Ladder, type RungChange } from './ladder.ts';

const INTERVAL_MS = 250;
const QUIET: Load = {
  waitMs: 2,
  patientWaitMs: 0,
  overflowed: 0,
  patientOverflowed: 0,
  lateMs: 1,
  known: 500,
  strangers: 100,
};
const BUSY: Load = { ...QUIET, waitMs: 240 };
const BETWEEN: Load = { ...QUIET, waitMs: 60 };

/** A ladder that is told the same load for a while. */
function climb() {
  const ladder = new Ladder();
  const told: string[] = [];
  let now: Instant = 0;
  const note = (changes: readonly RungChange[]) => {
    for (const { rung, engaged } of changes) told.push(`${now} ${engaged ? '+' : '-'}${rung}`);
  };
  return {
    ladder,
    told,
    under(load: Load, forMs: number) {
      for (const end = now + forMs; now < end; now += INTERVAL_MS) note(ladder.pressed(load, now));
      return ladder.engaged.map(({ rung }) => rung);
    },
    unheard(forMs: number) {
      now += forMs;
      note(ladder.expire(now));
    },
  };
}

describe('the brown-out ladder', () => {
  test('engages OPTIONS when known packets wait for a second, and nothing sooner', () => {
    const { under } = climb();
    assert.deepEqual(under(BUSY, SECOND_MS), []);
    assert.deepEqual(under(BUSY, INTERVAL_MS), ['options']);
  });

  test('goes on to the next rung only where the pressure does, in the stated order', () => {
    const { under } = climb();
    assert.deepEqual(under(BUSY, 1.5 * SECOND_MS), ['options']);
    assert.deepEqual(under(BETWEEN, 20 * SECOND_MS), ['options']);
    assert.deepEqual(under(BUSY, 7 * SECOND_MS), [...RUNGS]);
  });

  test('does nothing for a stall of a moment, however long it was', () => {
    const { under } = climb();
    under(QUIET, 5 * SECOND_MS);
    assert.deepEqual(under({ ...QUIET, waitMs: 3_000, lateMs: 3_000 }, INTERVAL_MS), []);
    assert.deepEqual(under(QUIET, SECOND_MS), []);
  });

  test('is not for floods: shedding customers would win nothing back', () => {
    const { under } = climb();
    assert.deepEqual(under({ ...BUSY, strangers: 9 * BUSY.known }, 10 * SECOND_MS), []);
    under(BUSY, 3 * SECOND_MS);
    assert.deepEqual(under({ ...BUSY, strangers: 9 * BUSY.known }, 15 * SECOND_MS), []);
  });

  test('does not shed calls because of what waits behind calls', () => {
    const { under } = climb();
    const stormy: Load = { ...QUIET, patientWaitMs: 900, patientOverflowed: 3 };
    assert.deepEqual(under(stormy, 20 * SECOND_MS), ['options', 'presence', 'registrations']);
    under(BUSY, 3 * SECOND_MS);
    assert.deepEqual(under(stormy, 20 * SECOND_MS), ['options', 'presence', 'registrations']);
  });

  test('does not mind that what can wait does wait, for less than it takes to be sent again', () => {
    const { under } = climb();
    assert.deepEqual(under({ ...QUIET, patientWaitMs: 300 }, 20 * SECOND_MS), []);
  });

  test('releases the last rung first, each after five quiet seconds', () => {
    const { under, told } = climb();
    under(BUSY, 3.5 * SECOND_MS);
    under(QUIET, 16 * SECOND_MS);
    assert.deepEqual(told, [
      '1000 +options',
      '2000 +presence',
      '3000 +registrations',
      '8500 -registrations',
      '13750 -presence',
      '19000 -options',
    ]);
  });

  test('waits twice as long before it releases a rung that had to come back', () => {
    const { under, told } = climb();
    for (let n = 0; n < 3; n++) {
      under(BUSY, 1.5 * SECOND_MS);
      under(QUIET, 25 * SECOND_MS);
    }
    const lasted = told.map((line) => Number(line.split(' ')[0]));
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = lasted;
    assert.deepEqual([b - a, d - c, f - e], [5_500, 10_500, 20_500]);
  });

  test('releases a rung when its time is up, even where nobody tells it of the load', () => {
    const { ladder, under, unheard, told } = climb();
    under(BUSY, 7 * SECOND_MS);
    unheard(31 * SECOND_MS);
    assert.equal(told.at(-1)?.split(' ')[1], '-inbound-invites');
    unheard(10 * MINUTE_MS);
    assert.deepEqual(ladder.engaged, []);
    assert.equal(ladder.nextDeadline(), undefined);
  });

  test('has a rung whose time was up prove itself again', () => {
    const { under, told } = climb();
    under(BUSY, 40 * SECOND_MS);
    const inbound = told.filter((line) => line.endsWith('inbound-invites'));
    assert.deepEqual(inbound, ['6000 +inbound-invites', '36000 -inbound-invites', '37250 +inbound-invites']);
  });

  test('does not flap at the edge of what the node can do', () => {
    const { ladder, under, told } = climb();
    for (let n = 0; n < 30 * 60 * 4; n++) under(ladder.has('options') ? QUIET : BUSY, INTERVAL_MS);
    const times = told.filter((line) => line.endsWith('+options')).length;
    assert.ok(times <= 10, `engaged ${times} times in half an hour`);
  });

  test('forgets that it had to come back once that is long ago', () => {
    const { under, told } = climb();
    for (let n = 0; n < 2; n++) {
      under(BUSY, 1.5 * SECOND_MS);
      under(QUIET, 10 * MINUTE_MS);
    }
    const [a = 0, b = 0, c = 0, d = 0] = told.map((line) => Number(line.split(' ')[0]));
    assert.deepEqual([b - a, d - c], [5_500, 5_500]);
  });

  test('says why', () => {
    const ladder = new Ladder();
    const reasonFor = (load: Load) => {
      for (let now = 0; now < SECOND_MS; now += INTERVAL_MS) ladder.pressed(load, now);
      return ladder.pressed(load, SECOND_MS)[0]?.reason;
    };
    assert.equal(reasonFor({ ...QUIET, overflowed: 12 }), '12 known packets found no place');
    assert.equal(ladder.engaged[0]?.reason, '12 known packets found no place');
  });
});

describe('whatever the load is', () => {
  const load = fc.constantFrom(QUIET, BUSY, BETWEEN, { ...BUSY, strangers: 1e6 }, { ...QUIET, lateMs: 150 });
  const spells = fc.array(fc.tuple(load, fc.integer({ min: 1, max: 120 })), { maxLength: 40 });

  test('rungs are engaged from the first on, and each has an end that comes by itself', () => {
    fc.assert(
      fc.property(spells, (drawn) => {
        const { ladder, under, unheard } = climb();
        for (const [each, intervals] of drawn) {
          const engaged = under(each, intervals * INTERVAL_MS);
          assert.deepEqual(engaged, RUNGS.slice(0, engaged.length));
          const ends = ladder.engaged.map(({ until }) => until);
          assert.deepEqual(
            ends,
            [...ends].sort((a, b) => b - a),
          );
        }
        unheard(10 * MINUTE_MS + SECOND_MS);
        assert.deepEqual(ladder.engaged, []);
      }),
    );
  });
});
