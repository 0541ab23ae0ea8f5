import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CALLER, dial, inOffice, MOBILE, NUMBER, Office, ring } from '../../test/stories/office.ts';
import { COUNTED } from '../../test/stories/relay.ts';
import { BEGINNING } from '../../test/stories/stage.ts';
import { LIMITS } from '../base/limits.ts';
import type { LedgerEntry } from '../ports/records.ts';

describe('the ledger', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('has a row when an attempt begins, when it is answered, and when it is over', (office) => {
    const caller = office.call();
    const begun = office.stage.entry;
    assert.deepEqual(
      { ...begun, id: '', timeline: [] },
      {
        id: '',
        direction: 'in',
        account: 'acme',
        called: NUMBER,
        caller: CALLER,
        startedAt: office.stage.now,
        reason: 'in progress',
        timeline: [],
        legs: [],
      },
    );
    office.pass(1_000);
    const phone = office.reception.rings();
    caller.expect(180);
    office.pass(1_000);
    phone.answers();
    caller.connected();
    phone.acknowledged();
    const answered = office.stage.entry;
    assert.equal(answered.id, begun.id);
    assert.equal(answered.answeredAt, begun.startedAt + 2_000);
    assert.equal(answered.answeredBy, 'reception');
    assert.equal(answered.outcome, undefined);
    office.pass(60_000);
    phone.hangsUp();
    caller.hungUp();
    const { id, outcome, endedAt, reason, status, legs } = office.stage.entry;
    assert.deepEqual(
      { id, outcome, endedAt, reason, status },
      {
        id: begun.id,
        outcome: 'answered',
        endedAt: begun.startedAt + 62_000,
        reason: 'reception hung up',
        status: undefined,
      },
    );
    assert.equal(office.stage.ledger.length, 3);
    const { packetsReceived, packetsSent, packetsLost, jitterMs, strangersDropped, heardAudio } = COUNTED;
    const counted = { packetsReceived, packetsSent, packetsLost, jitterMs, strangersDropped, heardAudio };
    assert.deepEqual(legs, [
      { leg: 'the caller', ...counted },
      { leg: 'reception', ...counted },
    ]);
  });

  story('tells what happened and why, in order', (office) => {
    const caller = office.call();
    office.pass(40);
    const phone = office.reception.rings();
    caller.expect(180);
    phone.refuses(486);
    const mobile = office.carrier.rings();
    caller.expect(180);
    mobile.answers();
    caller.connected();
    mobile.acknowledged();
    caller.hangsUp();
    mobile.hungUp();
    assert.deepEqual(
      office.stage.entry.timeline.map(({ what, text }) => `${what}: ${text}`),
      [
        `arrived: ${CALLER} calls ${NUMBER}`,
        'ringing-phone: ringing reception',
        'rings: reception rings, 180 after 40 ms',
        'failed: reception 486 Busy Here: is busy',
        `dialling: dialling ${MOBILE} over carrier-a`,
        `rings: ${MOBILE} over carrier-a rings, 180 after 0 ms`,
        `answered: ${MOBILE} over carrier-a answered, 40 ms after the call came in`,
        'ended: the caller hung up',
      ],
    );
    assert.equal(office.stage.entry.answeredBy, MOBILE);
  });

  story('is told to whoever listens, as it happens', (office) => {
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
    const told = office.stage.events.map(({ type }) => type).filter((type) => type !== 'reachability');
    const calls = told.slice(told.indexOf('timeline'));
    assert.deepEqual(calls, [
      ...['timeline', 'call-started', 'leg', 'timeline', 'leg'],
      ...['timeline', 'timeline', 'call-ended'],
    ]);
  });

  story('is written after 5 s even when the relay gives no statistics', (office) => {
    const { caller, callee } = office.talk();
    office.stage.relay.dead = true;
    caller.hangsUp();
    callee.hungUp();
    office.pass(4_999);
    assert.equal(office.stage.entry.outcome, undefined);
    office.pass(1);
    assert.equal(office.stage.entry.outcome, 'answered');
    assert.deepEqual(office.stage.entry.legs, []);
  });

  story('does not wait for the store: a call goes on while it is slow', (office) => {
    office.stage.storeHeld = true;
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
    assert.equal(office.stage.ledger.length, 3);
    office.stage.storeAnswers();
  });

  story('keeps so many entries of a call’s timeline, and says when it leaves some out', (office) => {
    const { caller, callee } = office.talk();
    for (let hold = 0; hold < LIMITS.timelineEntriesMax; hold++) {
      const direction = hold % 2 === 0 ? 'inactive' : 'sendrecv';
      const sent = caller.tells('UPDATE', { sdp: caller.session({ direction, version: hold + 2 }) });
      callee.takes('UPDATE').reply(200, { sdp: callee.session({ version: hold + 2 }) });
      sent.expect(200);
    }
    caller.hangsUp();
    callee.hungUp();
    const { timeline } = office.stage.entry;
    assert.equal(timeline.length, LIMITS.timelineEntriesMax);
    assert.match(timeline.at(-1)?.text ?? '', /further entries are left out/);
  });
});

describe('calls that are refused before they begin', () => {
  const story = inOffice({ plan: [ring('reception')] });

  const told = ({ stage }: Office): string => {
    const { called, caller, outcome, status, reason } = stage.entry;
    return `${caller} → ${called}: ${outcome}, ${status}, ${reason}`;
  };

  story('for their content are in the ledger all the same (law 1)', (office) => {
    office.call({ body: { type: 'text/plain', text: 'hello' } }).expect(415);
    assert.equal(
      told(office),
      `${CALLER} → ${NUMBER}: refused, 415, the call came with content that is no session description`,
    );
    office.call({ offer: { codecs: [] }, body: { type: 'application/sdp', text: 'v=0\r\n' } }).expect(400);
    assert.match(told(office), /: refused, 400, Bad Session Description$/);
  });

  story('because they are a loop, too', (office) => {
    const diverted = [['Diversion', `<sip:${NUMBER}@carrier-a.example>;reason=unconditional`]] as const;
    office.call({ headers: diverted }).expect(482);
    assert.match(told(office), /: refused, 482, the call was already diverted from \+442079460000$/);
  });

  story('because the node is shutting down, too', (office) => {
    office.node.drain();
    office.call().expect(503);
    assert.match(told(office), /: refused, 503, the node is shutting down$/);
  });

  story('for too short a session are not: the caller comes again at once with a longer one', (office) => {
    office
      .call({
        headers: [
          ['Supported', 'timer'],
          ['Session-Expires', '30'],
        ],
      })
      .expect(422);
    assert.deepEqual(office.stage.ledger, []);
  });

  story('are written so often in a second, and no more', (office) => {
    for (let call = 0; call < 60; call++)
      office.call({ body: { type: 'text/plain', text: `${call}` } }).expect(415);
    assert.equal(office.stage.ledger.length, LIMITS.refusalRowsPerSecondMax);
    office.pass(1_000);
    office.call({ body: { type: 'text/plain', text: 'again' } }).expect(415);
    assert.equal(office.stage.ledger.length, LIMITS.refusalRowsPerSecondMax + 1);
  });

  story('by somebody whom nobody knows are not: a stranger writes nothing', (office) => {
    office.stranger().invites(`sip:${NUMBER}@voice.example.net`).expect(401);
    assert.deepEqual(office.stage.ledger, []);
  });
});

describe('attempts that a crash cut off', () => {
  const cut: LedgerEntry = {
    id: 'cut',
    direction: 'in',
    account: 'acme',
    called: NUMBER,
    caller: CALLER,
    startedAt: BEGINNING - 60_000,
    reason: 'in progress',
    timeline: [],
    legs: [],
  };
  const answeredAt = BEGINNING - 50_000;

  function written(entry: LedgerEntry): LedgerEntry {
    const office = new Office({ unfinished: [entry], registered: [] });
    office.close();
    return office.stage.entry;
  }

  test('before an answer are lost, and the ledger says so (law 1)', () => {
    const { outcome, reason, endedAt, timeline } = written(cut);
    assert.deepEqual([outcome, reason], ['lost', 'the node stopped in the middle of it']);
    assert.equal(endedAt, BEGINNING);
    assert.equal(timeline.at(-1)?.what, 'ended');
  });

  test('after an answer were answered, or diverted when it came from outside', () => {
    const { outcome, reason } = written({ ...cut, answeredAt, answeredBy: 'reception' });
    assert.deepEqual([outcome, reason], ['answered', 'answered; the node stopped in the middle of it']);
    assert.equal(written({ ...cut, answeredAt, answeredBy: MOBILE }).outcome, 'diverted');
    assert.equal(written({ ...cut, direction: 'out', answeredAt, answeredBy: MOBILE }).outcome, 'answered');
    const own = written({ ...cut, direction: 'internal', answeredAt, answeredBy: MOBILE });
    assert.equal(own.outcome, 'diverted', 'also when a phone of ours had called the number');
  });
});
