import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Server } from './locate.ts';
import { orderServers } from './order.ts';

function server(name: string, priority: number, weight: number): Server {
  return { transport: 'udp', name, port: 5060, addresses: ['192.0.2.1'], priority, weight };
}

/** Numbers in [0, 1) that look random and are the same in each run. */
function* fractions(): Generator<number, never> {
  for (let state = 42; ; state = (state * 48_271) % 2_147_483_647) yield state / 2_147_483_647;
}

describe('the order of servers (RFC 2782)', () => {
  const anyServers = fc
    .array(fc.tuple(fc.nat(3), fc.nat(65_535)), { maxLength: 12 })
    .map((list) => list.map(([priority, weight], index) => server(`s${index}`, priority, weight)));
  const fraction = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));

  test('holds each server once, and no lower priority before a higher', () => {
    fc.assert(
      fc.property(anyServers, fraction, (servers, lots) => {
        const ordered = orderServers(servers, () => lots.next().value);
        assert.deepEqual(new Set(ordered), new Set(servers));
        assert.equal(ordered.length, servers.length);
        const priorities = ordered.map(({ priority }) => priority);
        assert.deepEqual(
          priorities,
          [...priorities].sort((a, b) => a - b),
        );
      }),
    );
  });

  test('lets each come first as often as its weight says', () => {
    const servers = [server('light', 1, 10), server('heavy', 1, 30), server('later', 2, 1_000)];
    const lots = fractions();
    const firsts = new Map<string, number>();
    for (let i = 0; i < 40_000; i++) {
      const name = orderServers(servers, () => lots.next().value)[0]?.name ?? '';
      firsts.set(name, (firsts.get(name) ?? 0) + 1);
    }
    assert.equal(firsts.get('later'), undefined);
    // Of 41 lots, 0 to 10 are the light one's.
    assert.ok(Math.abs((firsts.get('light') ?? 0) - (40_000 * 11) / 41) < 400, String(firsts.get('light')));
  });

  test('shares evenly where nobody has a weight, and rarely begins with weight 0 where somebody has', () => {
    const lots = fractions();
    const count = (servers: readonly Server[]): number => {
      let first = 0;
      for (let i = 0; i < 10_000; i++)
        if (orderServers(servers, () => lots.next().value)[0]?.name === 'a') first++;
      return first;
    };
    assert.ok(Math.abs(count([server('a', 0, 0), server('b', 0, 0)]) - 5_000) < 300);
    const rare = count([server('b', 0, 99), server('a', 0, 0)]);
    assert.ok(rare > 20 && rare < 250, String(rare));
  });
});
