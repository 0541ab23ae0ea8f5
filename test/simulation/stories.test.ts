import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../../src/base/assert.ts';
import type { LedgerEntry } from '../../src/ports/records.ts';
import type { IncomingCall } from './incoming-call.ts';
import { violations } from './invariants.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import type { Run } from './play.ts';
import { asFlows } from './scenario.ts';
import { acme, answers, CALLER, call, MOBILE, NUMBER, phone, tell, trunk } from './story.ts';

const WORKSHOP_RINGS = { workshop: { type: 'ring', ringMs: 50 } } as const;
const MOBILE_ANSWERS = { 'carrier-a': answers(2_000), 'carrier-b': answers(2_000) } as const;

function theCall(run: Run): OutgoingCall {
  return present(run.attempts[0], 'the attempt').call;
}

function theRow(run: Run): LedgerEntry {
  const rows = [...run.store.ledger.values()].filter((row) => row.caller === CALLER);
  assert.equal(rows.length, 1);
  return present(rows[0], 'the row');
}

function callsAt(run: Run, name: string): readonly IncomingCall[] {
  const peer = [...run.phones, ...run.carriers].find(({ options }) => options.name === name);
  return present(peer, name).incoming;
}

/** From the caller's INVITE to the one that reached `name`. */
function reachedAfterMs(run: Run, name: string): number {
  return present(callsAt(run, name)[0], `a call at ${name}`).startedAt - theCall(run).startedAt;
}

function assertWell(run: Run): void {
  assert.deepEqual(violations(run), [], run.trace.ladder('calls'));
}

describe('a business number', () => {
  test('both phones ring, the first to answer has the caller, the other stops ringing', () => {
    const run = tell({});
    assertWell(run);
    assert.equal(theCall(run).finalStatus, 200);
    assert.equal(callsAt(run, 'reception')[0]?.finalStatus, 200);
    assert.equal(callsAt(run, 'workshop')[0]?.finalStatus, 487);
    assert.deepEqual([theRow(run).outcome, theRow(run).answeredBy], ['answered', 'reception']);
  });

  test('two phones answer in the same instant: one has the caller, the other is hung up at once', () => {
    const run = tell({ reactions: { reception: answers(2_000), workshop: answers(2_000) } });
    assertWell(run);
    const [first, second] = [...callsAt(run, 'reception'), ...callsAt(run, 'workshop')].sort(
      (a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0),
    );
    assert.equal(first?.conversation?.ending, 'hung up there');
    const loserTalkedMs = (second?.endedAt ?? 0) - (second?.answeredAt ?? 0);
    assert.ok(loserTalkedMs < 100, `the loser was on the line for ${loserTalkedMs} ms`);
  });

  test('phones that died unnoticed cost two seconds, then the mobile rings', () => {
    const died = (of: string) =>
      ({ type: 'death', of, atMs: 9_900, how: 'vanished', backMs: undefined }) as const;
    const run = tell({ reactions: MOBILE_ANSWERS, faults: [died('reception'), died('workshop')] });
    assertWell(run);
    const afterMs = reachedAfterMs(run, 'carrier-a');
    assert.ok(afterMs >= 2_000 && afterMs < 2_100, `${afterMs} ms`);
    assert.deepEqual([theRow(run).outcome, theRow(run).answeredBy], ['diverted', MOBILE]);
  });

  describe('with a phone that has two flows', () => {
    const flows = asFlows('reception', [
      phone('reception', { transport: 'tcp' }),
      phone('reception', { name: 'reception-b', address: '192.0.2.21' }),
    ]);
    const story = {
      accounts: [acme([{ type: 'ring', phones: ['reception'], order: 'together', forMs: 20_000 }])],
      phones: flows,
      reactions: { reception: answers(2_000), 'reception-b': answers(2_000) },
    } as const;
    const rungOver = (run: Run) => flows.filter(({ name }) => callsAt(run, name).length > 0);

    test('rings it once', () => {
      const run = tell(story);
      assertWell(run);
      assert.equal(theCall(run).finalStatus, 200);
      assert.equal(rungOver(run).length, 1);
    });

    for (const how of ['vanished', 'killed'] as const) {
      test(`and one that ${how}: the other one rings within 2 s`, () => {
        for (const victim of ['reception', 'reception-b']) {
          const death = { type: 'death', of: victim, atMs: 9_900, how, backMs: undefined } as const;
          const run = tell({ ...story, faults: [death] });
          assertWell(run);
          const [living] = rungOver(run);
          assert.notEqual(living?.name, victim);
          assert.ok(reachedAfterMs(run, living?.name ?? '') <= 2_100);
          assert.equal(theRow(run).answeredBy, 'reception');
        }
      });
    }

    test('whose network to one is cut in the middle of the call, and comes back', () => {
      const cut = (from: string) => ({ type: 'partition', from, atMs: 15_000, forMs: 25_000 }) as const;
      const run = tell({ ...story, faults: [cut('reception')] });
      assertWell(run);
      assert.equal(theRow(run).outcome, 'answered');
    });
  });

  test('phones that are known to be dead cost nothing', () => {
    const died = (of: string) =>
      ({ type: 'death', of, atMs: 5_000, how: 'vanished', backMs: undefined }) as const;
    const run = tell({
      calls: [call({ atMs: 36_000 })],
      reactions: MOBILE_ANSWERS,
      faults: [died('reception'), died('workshop')],
    });
    assertWell(run);
    assert.ok(reachedAfterMs(run, 'carrier-a') < 50, `${reachedAfterMs(run, 'carrier-a')} ms`);
  });

  test('a phone on TCP that was killed costs nothing: its connection is gone', () => {
    const run = tell({
      phones: [phone('reception', { transport: 'tcp' })],
      reactions: MOBILE_ANSWERS,
      faults: [{ type: 'death', of: 'reception', atMs: 9_900, how: 'killed', backMs: undefined }],
    });
    assertWell(run);
    assert.ok(reachedAfterMs(run, 'carrier-a') < 50, `${reachedAfterMs(run, 'carrier-a')} ms`);
  });

  test('a phone that dies ringing: the others go on, and the mobile rings when the step is over', () => {
    const run = tell({
      reactions: {
        ...MOBILE_ANSWERS,
        ...WORKSHOP_RINGS,
        reception: { type: 'die', ringMs: 50, dieMs: 3_000, how: 'vanished' },
      },
    });
    assertWell(run);
    const afterMs = reachedAfterMs(run, 'carrier-a');
    assert.ok(afterMs >= 20_000 && afterMs < 20_200, `${afterMs} ms`);
    assert.equal(theRow(run).outcome, 'diverted');
  });

  test('503 from the first carrier: the second carries the call', () => {
    const run = tell({
      accounts: [acme([{ type: 'dial', number: MOBILE, forMs: 30_000 }])],
      reactions: {
        'carrier-a': { type: 'reject', ringMs: 10_000, rejectMs: 0, status: 503 },
        'carrier-b': answers(1_000),
      },
      faults: [{ type: 'overload', of: 'carrier-a', atMs: 10_001, forMs: 60_000 }],
    });
    assertWell(run);
    assert.ok(reachedAfterMs(run, 'carrier-b') < 100, `${reachedAfterMs(run, 'carrier-b')} ms`);
    assert.equal(theRow(run).outcome, 'diverted');
  });

  test('a dead carrier costs two seconds at the first call, and nothing once it is known', () => {
    const run = tell({
      accounts: [acme([{ type: 'dial', number: MOBILE, forMs: 30_000 }])],
      trunks: [trunk('carrier-a'), trunk('carrier-b')],
      calls: [call({ by: 'carrier-b' }), call({ by: 'carrier-b', caller: '+447700900998', atMs: 60_000 })],
      faults: [{ type: 'death', of: 'carrier-a', atMs: 9_900, how: 'vanished', backMs: undefined }],
    });
    assertWell(run);
    const [first, second] = callsAt(run, 'carrier-b');
    const [one, two] = run.attempts.map((attempt) => attempt.call.startedAt);
    const waits = [(first?.startedAt ?? 0) - (one ?? 0), (second?.startedAt ?? 0) - (two ?? 0)];
    assert.ok((waits[0] ?? 0) >= 2_000 && (waits[0] ?? 0) < 2_100, `first ${waits[0]} ms`);
    assert.ok((waits[1] ?? 0) < 50, `second ${waits[1]} ms`);
  });

  test('everybody is busy: the caller hears why before the line is closed', () => {
    const busy = { type: 'reject', ringMs: 50, rejectMs: 500, status: 486 } as const;
    const run = tell({
      reactions: { reception: busy, workshop: busy, 'carrier-a': busy, 'carrier-b': busy },
    });
    assertWell(run);
    assert.deepEqual(
      theCall(run).party.heard.map(({ what }) => what),
      ['prompt busy'],
    );
    assert.deepEqual([theCall(run).finalStatus, theRow(run).outcome], [486, 'announced']);
  });

  test('a divert that is set sends the next call straight to the mobile', () => {
    const run = tell({ faults: [{ type: 'divert', number: NUMBER, to: MOBILE, atMs: 5_000 }] });
    assertWell(run);
    assert.equal(callsAt(run, 'reception').length, 0);
    assert.equal(theRow(run).outcome, 'diverted');
  });
});

describe('races', () => {
  test('a 200 that crosses the CANCEL is acknowledged and hung up', () => {
    const run = tell({
      calls: [call({ patienceMs: 5_000 })],
      reactions: {
        ...WORKSHOP_RINGS,
        reception: {
          type: 'answer-on-cancel',
          ringMs: 50,
          talk: { hangUpMs: undefined, holdMs: undefined, resumeMs: undefined },
        },
      },
    });
    assertWell(run);
    assert.deepEqual([theCall(run).finalStatus, theRow(run).outcome], [487, 'abandoned']);
    const reception = present(callsAt(run, 'reception')[0], 'the call at reception');
    assert.equal(reception.conversation?.ending, 'hung up there');
    assert.ok(present(reception.endedAt, 'its end') - present(reception.answeredAt, 'its answer') < 100);
  });

  test('both sides put each other on hold at once: 491 settles it, and both hear again', () => {
    const talk = { hangUpMs: 40_000, holdMs: 3_000, resumeMs: 9_000 };
    const run = tell({
      calls: [call({ talk })],
      reactions: {
        ...WORKSHOP_RINGS,
        reception: {
          type: 'answer',
          ringMs: 50,
          early: false,
          answerMs: 1_000,
          talk: { ...talk, hangUpMs: undefined },
        },
      },
    });
    assertWell(run);
    assert.notEqual(theCall(run).party.heard.at(-1)?.what, 'silence');
  });

  test('the caller and the phone hang up in the same instant', () => {
    const talk = { hangUpMs: 5_000, holdMs: undefined, resumeMs: undefined };
    const run = tell({
      calls: [call({ talk: { ...talk, hangUpMs: 4_990 } })],
      reactions: {
        ...WORKSHOP_RINGS,
        reception: { type: 'answer', ringMs: 50, early: false, answerMs: 1_000, talk },
      },
    });
    assertWell(run);
    assert.equal(theRow(run).outcome, 'answered');
  });

  test('a session of ninety seconds is refreshed for as long as the call lasts', () => {
    const run = tell({
      calls: [
        call({ sessionExpiresS: 90, talk: { hangUpMs: 300_000, holdMs: undefined, resumeMs: undefined } }),
      ],
    });
    assertWell(run);
    assert.equal(theCall(run).conversation?.ending, 'hung up here');
  });
});

describe('a node that crashes', () => {
  test('a call that it cut off while it rang is in the ledger as lost', () => {
    const run = tell({
      calls: [call({ patienceMs: 20_000 })],
      reactions: { ...WORKSHOP_RINGS, reception: { type: 'ring', ringMs: 50 } },
      faults: [{ type: 'node-crash', atMs: 20_000, downMs: 1_000 }],
    });
    assertWell(run);
    assert.equal(theRow(run).outcome, 'lost');
  });

  test('a call that it cut off in the middle was answered, and the ledger says how it ended', () => {
    const patient = { hangUpMs: 60_000, holdMs: undefined, resumeMs: undefined };
    const run = tell({
      reactions: { ...WORKSHOP_RINGS, reception: answers(2_000, patient) },
      faults: [{ type: 'node-crash', atMs: 20_000, downMs: 1_000 }],
    });
    assertWell(run);
    assert.equal(theRow(run).outcome, 'answered');
    assert.match(theRow(run).reason, /the node stopped in the middle of it/);
  });

  test('half a second after its restart it rings phones that never registered again', () => {
    const run = tell({
      calls: [call({ atMs: 11_500 })],
      faults: [{ type: 'node-crash', atMs: 10_000, downMs: 1_000 }],
    });
    assertWell(run);
    assert.equal(theRow(run).answeredBy, 'reception');
    assert.equal(run.phones[0]?.registrations, run.phones[1]?.registrations);
  });

  test('an INVITE sent while it was down rings when it is up again', () => {
    const run = tell({
      calls: [call({ atMs: 10_200 })],
      faults: [{ type: 'node-crash', atMs: 10_000, downMs: 3_000 }],
    });
    assert.equal(theCall(run).noFinal, 'port unreachable', 'ICMP tells the carrier at once');
    const silent = tell({
      weather: { lossRate: 0, duplicateRate: 0, latencyMs: [5, 5], lateRate: 0, icmpRate: 0 },
      calls: [call({ atMs: 10_200 })],
      faults: [{ type: 'node-crash', atMs: 10_000, downMs: 3_000 }],
    });
    assertWell(silent);
    assert.equal(theCall(silent).finalStatus, 200);
  });

  test('a full disk stops no call', () => {
    const run = tell({ faults: [{ type: 'disk-full', atMs: 9_000, forMs: 60_000 }] });
    assertWell(run);
    assert.equal(theCall(run).finalStatus, 200);
  });
});
