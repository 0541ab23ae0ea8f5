import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LedgerEntry, LegStatistics, TimelineEntry } from '../ports/records.ts';
import { reachingOf, setUpMsOf } from './reaching.ts';
import { blockedOf, mosOf, Sampler } from './sampler.ts';

const NONE = { admitted: 0, dropped: 0, admittedBytes: 0, droppedBytes: 0 };
const LANES = { emergency: NONE, carrier: NONE, known: NONE, refused: NONE, newcomer: NONE };

function heard(what: string, at: number): TimelineEntry {
  return { at, what, text: what };
}

function attempt(changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const parties = { account: 'acme', called: '+442079460000', caller: '+447700900123' };
  const when = { startedAt: 1_000, endedAt: 31_000 };
  return { id: 'a', direction: 'in', ...parties, ...when, reason: '', timeline: [], legs: [], ...changes };
}

function leg(changes: Partial<LegStatistics> = {}): LegStatistics {
  const counts = { packetsReceived: 1_000, packetsSent: 1_000, packetsLost: 0, jitterMs: 1 };
  return { leg: 'phone', ...counts, strangersDropped: 0, heardAudio: true, ...changes };
}

describe('which attempts reached their number', () => {
  const RANG = [heard('arrived', 1_000), heard('rings', 1_180)];
  const stories: readonly [string, Partial<LedgerEntry>, ReturnType<typeof reachingOf>][] = [
    ['answered by a phone', { outcome: 'answered' }, 'reached'],
    ['diverted to a mobile', { outcome: 'diverted' }, 'reached'],
    ['taken by voicemail', { outcome: 'voicemail' }, 'reached'],
    ['led through a menu', { outcome: 'announced', timeline: [heard('attended', 1_100)] }, 'reached'],
    ['told that nobody can be reached', { outcome: 'announced', status: 480 }, 'not-reached'],
    ['given up while it rang', { outcome: 'abandoned', timeline: RANG }, 'reached'],
    ['given up after half a minute of nothing', { outcome: 'abandoned' }, 'not-reached'],
    ['given up at once', { outcome: 'abandoned', endedAt: 2_000 }, 'not-counted'],
    ['refused by a node with too much to do', { outcome: 'refused', status: 503 }, 'not-reached'],
    ['refused for want of such a number', { outcome: 'refused', status: 404 }, 'not-counted'],
    ['lost', { outcome: 'lost' }, 'not-reached'],
    ['a call out', { outcome: 'answered', direction: 'out' }, 'not-counted'],
  ];
  for (const [story, changes, expected] of stories) {
    test(`${story}: ${expected}`, () => assert.equal(reachingOf(attempt(changes)), expected));
  }

  test('set-up time ends when the caller first hears of somebody', () => {
    assert.equal(setUpMsOf(attempt({ timeline: RANG })), 180);
    assert.equal(setUpMsOf(attempt()), undefined);
  });
});

describe('a node samples itself', () => {
  test('calls as they end, phones as they are, packets as they were blocked since the step before', () => {
    const sampler = new Sampler();
    sampler.take({ phonesRegistered: 0, packetsBlocked: 1_000 }, 0);
    sampler.ended(attempt({ outcome: 'answered', timeline: [heard('rings', 1_200)], legs: [leg()] }));
    sampler.ended(attempt({ outcome: 'answered', timeline: [heard('rings', 1_400)] }));
    sampler.ended(attempt({ outcome: 'announced', status: 480 }));
    const taken = sampler.take({ phonesRegistered: 7, packetsBlocked: 1_250 }, 10_000);
    const sums = Object.fromEntries(taken.map(({ series, count, sum }) => [series, [count, sum]]));
    const { 'audio.mos': mos, ...others } = sums;
    assert.deepEqual(others, {
      'calls.offered': [1, 3],
      'calls.reached': [1, 2],
      'calls.setup_ms': [2, 600],
      'phones.registered': [1, 7],
      'packets.blocked': [1, 250],
    });
    assert.equal(mos?.[0], 1);
    assert.ok(taken.every(({ at }) => at === 10_000));
  });

  test('a quiet step has zeroes where it looked and saw none, and nothing where there was nothing to measure', () => {
    const sampler = new Sampler();
    sampler.take({ phonesRegistered: 1, packetsBlocked: 0 }, 0);
    const names = sampler
      .take({ phonesRegistered: 1, packetsBlocked: 0 }, 10_000)
      .map(({ series }) => series);
    assert.deepEqual(names, ['calls.offered', 'calls.reached', 'phones.registered', 'packets.blocked']);
  });

  test('what was blocked before the first look is nobody knows when; a kernel that begins anew counts from nothing', () => {
    const sampler = new Sampler();
    const blocked = (packetsBlocked: number) =>
      sampler
        .take({ phonesRegistered: 0, packetsBlocked }, 0)
        .find(({ series }) => series === 'packets.blocked')?.sum;
    assert.deepEqual([blocked(500), blocked(520), blocked(30)], [undefined, 20, 30]);
  });

  test('audio is as good as its worse direction, and a second of it is the least that tells', () => {
    const good = mosOf([leg(), leg()]) ?? 0;
    const poor = mosOf([leg(), leg({ packetsLost: 200 })]) ?? 0;
    assert.ok(good > 4.3 && poor < good - 0.5, `${good}, ${poor}`);
    assert.equal(mosOf([leg({ packetsReceived: 49 })]), undefined);
    assert.equal(mosOf([]), undefined);
  });

  test('blocked are packets of every lane, in the node and in the kernel', () => {
    const node = {
      ...LANES,
      newcomer: { ...NONE, admitted: 5, dropped: 10 },
      known: { ...NONE, dropped: 1 },
    };
    const kernel = { ...LANES, refused: { ...NONE, dropped: 100 } };
    assert.equal(blockedOf({ node }), 11);
    assert.equal(blockedOf({ node, kernel }), 111);
  });
});
