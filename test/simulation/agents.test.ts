import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import { Carrier } from './carrier.ts';
import { MediaPlane } from './media.ts';
import { Network } from './network.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import { type Reaction, talk } from './reactions.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';

const LINGER = { hangUpMs: undefined, holdMs: undefined, resumeMs: undefined };
const answer: Reaction = { type: 'answer', ringMs: 100, early: false, answerMs: 2_000, talk: LINGER };

/** Carrier a calls carrier b straight, with no node between: the peers themselves under test. */
function call(reaction: Reaction, lossRate = 0): { world: World; caller: OutgoingCall; b: Carrier } {
  const world = new World(7);
  const weather = {
    lossRate,
    duplicateRate: lossRate,
    latencyMs: [5, 30],
    lateRate: lossRate,
    icmpRate: 1,
  } as const;
  const network = new Network(world, new Trace(world), weather);
  const plane = new MediaPlane(world);
  const options = { transport: 'udp', reaction: () => reaction } as const;
  const node = { address: '203.0.113.2', port: 5060 };
  const a = new Carrier(network, plane, { ...options, name: 'a', address: '203.0.113.1', node });
  const b = new Carrier(network, plane, { ...options, name: 'b', address: node.address, node });
  const caller = a.present('+442079460000', '+447700900001', { offers: true });
  return { world, caller, b };
}

describe('simulated user agents', () => {
  test('a call rings, is answered, held, resumed and hung up, in any weather', () => {
    for (const lossRate of [0, 0.2]) {
      const { world, caller, b } = call(answer, lossRate);
      world.runUntil(world.now + 20_000);
      const mine = present(caller.conversation, 'the call');
      const theirs = present(b.incoming[0]?.conversation, 'the call');
      assert.ok(mine.party.talking && theirs.party.talking);
      talk(mine, { hangUpMs: 60_000, holdMs: 1_000, resumeMs: 20_000 });
      world.runUntil(world.now + 15_000);
      assert.deepEqual([mine.party.talking, theirs.party.talking], [true, false], 'held');
      world.runUntil(world.now + 20_000);
      assert.deepEqual([mine.party.talking, theirs.party.talking], [true, true], 'resumed');
      world.runUntil(world.now + 90_000);
      assert.equal(mine.ending, 'hung up here');
      assert.equal(theirs.ending, 'hung up there');
      assert.equal(caller.agent.transactions + b.agent.transactions, 0);
    }
  });

  test('the caller gives up while it rings: 487', () => {
    const { world, caller } = call({ type: 'ring', ringMs: 50 });
    world.after(3_000, () => caller.giveUp());
    world.runUntil(world.now + 5_000);
    assert.equal(caller.finalStatus, 487);
    assert.ok(caller.over);
  });

  test('a 200 that crosses the CANCEL is acknowledged and hung up', () => {
    const { world, caller, b } = call({ type: 'answer-on-cancel', ringMs: 50, talk: LINGER });
    world.after(3_000, () => caller.giveUp());
    world.runUntil(world.now + 5_000);
    assert.equal(caller.finalStatus, 200);
    assert.equal(caller.conversation, undefined);
    assert.equal(b.incoming[0]?.conversation?.ending, 'hung up there');
  });

  test('busy is busy, and silence ends with Timer B', () => {
    const busy = call({ type: 'reject', ringMs: 10, rejectMs: 500, status: 486 });
    busy.world.runUntil(busy.world.now + 2_000);
    assert.equal(busy.caller.finalStatus, 486);
    const silent = call({ type: 'die', ringMs: 5_000, dieMs: 1, how: 'vanished' });
    silent.b.agent.host.vanish();
    silent.world.runUntil(silent.world.now + 33_000);
    assert.equal(silent.caller.noFinal, 'timeout');
  });
});
