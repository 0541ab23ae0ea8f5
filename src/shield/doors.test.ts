import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, MINUTE_MS } from '../base/time.ts';
import type { Door } from '../ports/records.ts';
import { Doors } from './doors.ts';

const PORTS = { from: 31_000, to: 31_099 };
const NOON = Date.UTC(2026, 10, 24, 12);

function doorsOf(max = 50, kept: readonly Door[] = []) {
  let drawn = 0;
  // A different place each time, in no order.
  const doors = new Doors({ ports: PORTS, max, fraction: () => (drawn++ * 0.617) % 1 });
  return { doors, lost: doors.restore(kept, NOON) };
}

function taken<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  assert.ok(result.ok, `refused: ${JSON.stringify(result)}`);
  return result.value;
}

const nobody = () => false;

describe('doors', () => {
  test('an account gets one port, from the range, and no second one', () => {
    const { doors } = doorsOf();
    const [door] = taken(doors.open('acme', undefined, 'opened by cli', NOON));
    assert.ok(door !== undefined && door.port >= PORTS.from && door.port <= PORTS.to);
    assert.deepEqual(doors.at(door.port), door);
    assert.deepEqual(doors.open('acme', undefined, 'again', NOON), { ok: false, error: 'has-one' });
  });

  test('a move opens a door of the other side, and leaves the old one open for its grace time', () => {
    const { doors } = doorsOf();
    const [first] = taken(doors.open('acme', 'acme.example', 'opened', NOON));
    const [second, old] = taken(doors.move('acme', HOUR_MS, 'it leaked', NOON));
    assert.notEqual(second?.port, first?.port);
    assert.deepEqual([first?.side, second?.side], ['a', 'b']);
    assert.equal(second?.name, 'acme.example');
    assert.deepEqual(old, { ...first, state: 'grace', why: 'it leaked', until: NOON + HOUR_MS });
    assert.deepEqual(doors.of('acme'), [second, old]);
    assert.deepEqual(doors.expire(NOON + HOUR_MS - 1, nobody), []);
    const [closed] = doors.expire(NOON + HOUR_MS, nobody);
    assert.deepEqual([closed?.port, closed?.state], [first?.port, 'closed']);
    assert.deepEqual(doors.of('acme'), [second]);
    assert.equal(doors.nextDeadline(), undefined);
  });

  test('an old door that phones still use stays beyond its time, until they are gone', () => {
    const { doors } = doorsOf();
    taken(doors.open('acme', undefined, 'opened', NOON));
    taken(doors.move('acme', HOUR_MS, 'moved', NOON));
    const over = NOON + HOUR_MS;
    assert.deepEqual(
      doors.expire(over, () => true),
      [],
    );
    assert.equal(doors.nextDeadline(), over + LIMITS.doorLookMs);
    assert.equal(doors.expire(over + LIMITS.doorLookMs, nobody).length, 1);
  });

  test('while the old door is in grace there is no other move; when it is closed there is', () => {
    const { doors } = doorsOf();
    taken(doors.open('acme', undefined, 'opened', NOON));
    const [current] = taken(doors.move('acme', HOUR_MS, 'moved', NOON));
    const before = doors.of('acme');
    assert.deepEqual(doors.move('acme', HOUR_MS, 'again', NOON), { ok: false, error: 'in-grace' });
    assert.deepEqual(doors.of('acme'), before, 'nothing has changed by what was refused');
    assert.equal(taken(doors.closeOld('acme', 'closed by cli', NOON))[0]?.state, 'closed');
    assert.deepEqual(doors.of('acme'), [current]);
    assert.equal(taken(doors.move('acme', HOUR_MS, 'again', NOON)).length, 2);
  });

  test('closing gives phones the grace time, or none where that is asked for', () => {
    const { doors } = doorsOf();
    taken(doors.open('acme', undefined, 'opened', NOON));
    assert.equal(taken(doors.close('acme', HOUR_MS, 'closed by cli', NOON))[0]?.state, 'grace');
    assert.equal(taken(doors.close('acme', 0, 'closed by cli', NOON))[0]?.state, 'closed');
    assert.deepEqual(doors.close('acme', 0, 'closed by cli', NOON), { ok: false, error: 'none' });
    assert.equal(doors.size, 0);
  });

  test('a closed port is nobody else’s while it rests, and where no other is left the one that rested longest is', () => {
    const { doors } = doorsOf(1_000);
    const first = taken(doors.open('acme', undefined, 'opened', NOON))[0];
    taken(doors.close('acme', 0, 'closed', NOON));
    const others = Array.from({ length: 99 }, (_, index) => {
      return taken(doors.open(`account-${index}`, undefined, 'opened', NOON + MINUTE_MS))[0]?.port;
    });
    assert.equal(new Set(others).size, 99, 'each has a port of its own');
    assert.ok(!others.includes(first?.port), 'the port that rests is none of these');
    assert.equal(taken(doors.open('late', undefined, 'opened', NOON + MINUTE_MS))[0]?.port, first?.port);
    assert.deepEqual(doors.open('too-late', undefined, 'opened', NOON), { ok: false, error: 'full' });
  });

  test('no more doors than may be, those in grace counted; a refused move leaves the door as it was', () => {
    const { doors } = doorsOf(2);
    const [acme] = taken(doors.open('acme', undefined, 'opened', NOON));
    taken(doors.open('bond', undefined, 'opened', NOON));
    assert.deepEqual(doors.open('carl', undefined, 'opened', NOON), { ok: false, error: 'full' });
    assert.deepEqual(doors.move('acme', HOUR_MS, 'moved', NOON), { ok: false, error: 'full' });
    assert.deepEqual(doors.of('acme'), [acme]);
    assert.equal(doors.size, 2);
  });

  test('a restart finds its doors again, and closes those outside of a range that was changed', () => {
    const door = {
      account: 'acme',
      port: 31_007,
      side: 'a',
      state: 'open',
      openedAt: 5,
      why: 'opened',
    } as const;
    const grace = { ...door, port: 31_008, side: 'b', state: 'grace', until: NOON + 5 } as const;
    const outside = { ...door, account: 'bond', port: 40_000 };
    const { doors, lost } = doorsOf(50, [door, grace, outside]);
    assert.deepEqual(doors.of('acme'), [door, grace]);
    assert.deepEqual(
      lost.map(({ account, state }) => [account, state]),
      [['bond', 'closed']],
    );
    assert.equal(doors.nextDeadline(), NOON + 5);
  });

  test('a port that cannot be opened is replaced by another one of the account', () => {
    const { doors } = doorsOf();
    const [first] = taken(doors.open('acme', 'acme.example', 'opened', NOON));
    assert.ok(first !== undefined);
    const [closed, second] = taken(doors.replace(first.port, 'in use', NOON));
    assert.deepEqual([closed?.state, second?.state, second?.name], ['closed', 'open', 'acme.example']);
    assert.notEqual(second?.port, first.port);
  });
});
