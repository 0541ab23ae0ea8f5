import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../base/limits.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import { Abusers, type Evidence } from './abusers.ts';

const NOON = Date.UTC(2026, 10, 24, 12);

function guess(address: string, user: string, slowed = false): Evidence {
  return { address, proof: { type: 'guess', user, slowed } };
}

/** One user after another, until it is found. */
function found(abusers: Abusers, address: string, now: number) {
  for (let n = 0; n < 1_000; n++) {
    const abuser = abusers.record(guess(address, `user${n}`), false, now);
    if (abuser !== undefined) return abuser;
  }
  return undefined;
}

describe('who is found to be an abuser', () => {
  test('is refused for longer each time, up to the limit, and for a short time again after a good day', () => {
    const abusers = new Abusers();
    let now = NOON;
    const minutes: number[] = [];
    for (let n = 0; n < 6; n++) {
      const { until = 0 } = found(abusers, '192.0.2.1', now) ?? {};
      minutes.push((until - now) / MINUTE_MS);
      now = until + 1;
    }
    assert.deepEqual(minutes, [1, 5, 30, 60, 60, 60]);
    now += DAY_MS + MINUTE_MS;
    assert.equal(found(abusers, '192.0.2.1', now)?.until, now + MINUTE_MS);
  });

  test('is nobody who is wrong for ever with one password, and tries again every few seconds', () => {
    const abusers = new Abusers();
    for (let at = 0; at < DAY_MS; at += 3 * SECOND_MS)
      assert.equal(abusers.record(guess('192.0.2.1', 'reception', at > 60_000), false, NOON + at), undefined);
  });

  test('is who does not wait as it is told', () => {
    const abusers = new Abusers();
    let tries = 0;
    while (
      abusers.record(guess('192.0.2.1', 'reception', tries > 5), false, NOON + tries * 100) === undefined
    )
      tries++;
    assert.ok(tries >= LIMITS.abuseGuessesMax && tries < 1.2 * LIMITS.abuseGuessesMax, `${tries}`);
  });

  test('is a customer’s whole IPv6 network, and is pardoned by any of its addresses', () => {
    const abusers = new Abusers();
    const addresses = Array.from({ length: 100 }, (_, n) => `2001:db8:1:2::${n}`);
    const one = addresses.find((address, n) => abusers.record(guess(address, `user${n}`), false, NOON));
    assert.ok(one);
    assert.ok(abusers.pardon('2001:db8:1:2::ffff'));
    assert.deepEqual(abusers.list(NOON), []);
  });

  test('is told once in an hour where phones are at home', () => {
    const abusers = new Abusers();
    abusers.letIn('192.0.2.1', NOON);
    const told = Array.from({ length: 5_000 }, (_, n) =>
      abusers.record(guess('192.0.2.1', `user${n}`), false, NOON + n * 100),
    ).filter((abuser) => abuser !== undefined);
    assert.equal(told.length, 1);
    assert.equal(told[0]?.until, undefined);
  });
});

describe('whatever is guessed, from wherever', () => {
  const step = fc.record({
    host: fc.integer({ min: 0, max: 5 }),
    user: fc.integer({ min: 0, max: 60 }),
    slowed: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: 20_000 }),
  });

  test('no source is refused where somebody was let in, each refusal ends within an hour, and the list with it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const abusers = new Abusers();
        abusers.letIn('192.0.2.0', NOON);
        let now = NOON;
        for (const { host, user, slowed, afterMs } of steps) {
          now += afterMs;
          const evidence = guess(`192.0.2.${host}`, `user${user}`, slowed);
          const { until } = abusers.record(evidence, host === 1, now) ?? {};
          if (until === undefined) continue;
          assert.ok(host > 1);
          assert.ok(until - now <= LIMITS.refusedSourceMaxMs);
        }
        assert.deepEqual(abusers.list(now + LIMITS.refusedSourceMaxMs + 1), []);
      }),
      { numRuns: 50 },
    );
  });

  test('no more is remembered than the limits say', () => {
    const abusers = new Abusers();
    for (let n = 0; n < LIMITS.abuseSuspectsMax + 5_000; n++) {
      const address = `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
      for (let user = 0; user < (n % 2 === 0 ? 1 : LIMITS.abuseUsersMax); user++)
        abusers.record(guess(address, `user${user}`), false, NOON);
    }
    assert.ok(abusers.size <= LIMITS.abuseSuspectsMax + LIMITS.abusersMax, `${abusers.size}`);
  });
});
