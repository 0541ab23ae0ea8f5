// Calls that somebody else pays for, at the whole core: stopped after a few, while everything usual goes on.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { VOICEMAIL } from '../../test/stories/mailboxes.ts';
import { accountOf, CALLER, dial, inOffice, MOBILE, type Office, ring } from '../../test/stories/office.ts';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../base/time.ts';

const MALDIVES = '+9603001234';
const IRELAND = '+35312345678';
const limits = { destinationsAllowed: ['+'], destinationsDenied: [] };

/** Reception calls there, and is answered. */
function talking(office: Office, number: string) {
  // Without UPDATE nobody refreshes the session, which is another story.
  const caller = office.reception.calls(number, { allow: 'INVITE, ACK, CANCEL, BYE' });
  const callee = office.carrier.answers();
  caller.connected();
  return { caller, callee };
}

/** Reception calls there, is answered, and hangs up. */
function talks(office: Office, number: string): void {
  const { caller, callee } = talking(office, number);
  caller.hangsUp();
  callee.hungUp();
}

/** The caller hears that it may not be, and the carrier hears nothing. */
function refused(office: Office, number: string): void {
  const rung = office.carrier.rung;
  const caller = office.reception.calls(number);
  caller.expect(183);
  assert.equal(office.hears(caller), 'not-allowed');
  office.pass(3 * SECOND_MS);
  caller.expect(403);
  assert.equal(office.carrier.rung, rung);
}

function suspicions(office: Office) {
  return office.stage.events.flatMap((event) => (event.type === 'fraud-suspected' ? [event] : []));
}

describe('a burst of calls to a premium range', () => {
  const story = inOffice({ plan: [ring('reception')], limits });

  story('ends after a few; the ledger says why, and the operator is told', (office) => {
    for (let n = 0; n < LIMITS.fraudRiskyCallsPerHour; n++) talks(office, MALDIVES);
    for (let n = 0; n < 5; n++) refused(office, MALDIVES);
    const why = office.stage.entry.timeline.map(({ text }) => text).join('\n');
    assert.match(why, /does not usually call \+960.* toll fraud/);
    assert.deepEqual(
      suspicions(office).map(({ account, callers, done }) => [account, callers[0], done]),
      [
        ['acme', 'reception', 'slowed'],
        ['acme', 'reception', 'refused'],
      ],
    );
    assert.equal(office.count('fraud_refused'), 5);
  });

  story('leaves the account’s usual calls alone, and emergency calls', (office) => {
    for (let n = 0; n < LIMITS.fraudRiskyCallsPerHour; n++) talks(office, MALDIVES);
    refused(office, MALDIVES);
    for (let n = 0; n < 10; n++) talks(office, CALLER);
    talks(office, '999');
    talks(office, '112');
  });

  story('is over for whoever really calls there an hour later', (office) => {
    for (let n = 0; n < LIMITS.fraudCallsPerHour; n++) talks(office, IRELAND);
    refused(office, IRELAND);
    office.reception.another('192.0.2.10');
    office.pass(HOUR_MS);
    office.reception.registers().expect(200);
    talks(office, IRELAND);
  });
});

describe('a number that is diverted to a premium range', () => {
  const story = inOffice({ plan: [dial(MALDIVES), dial(MOBILE)], limits });

  story('counts like calls of phones, and the plan goes on without that step', (office) => {
    for (let n = 0; n < LIMITS.fraudRiskyCallsPerHour; n++) talks(office, MALDIVES);
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    const way = office.stage.entry.timeline.map(({ text }) => text).join('\n');
    assert.match(way, /\+9603001234 is not dialled now[\s\S]*dialling \+447700900123/);
    caller.hangsUp();
    mobile.hungUp();
  });
});

describe('a number that is diverted to a premium range, of a business with voicemail', () => {
  const account = { ...VOICEMAIL.account, contacts: [{ email: 'owner@example.net' }] };
  const story = inOffice({ divert: { to: MALDIVES, since: 0, by: 'api' }, limits, account });

  story('lets callers leave a message once it looks like toll fraud, and the business is told', (office) => {
    for (let n = 0; n < LIMITS.fraudRiskyCallsPerHour; n++) talks(office, MALDIVES);
    const { rung } = office.carrier;
    const caller = office.call();
    caller.connected();
    assert.equal(office.hears(caller), 'leave-a-message');
    assert.equal(office.carrier.rung, rung);
    const told = office.stage.writes.flatMap((write) => (write.type === 'notice' ? [write.notice] : []));
    assert.deepEqual(
      told.map(({ to, subject }) => [to, /was not diverted: .* toll fraud$/.test(subject)]),
      [['owner@example.net', true]],
    );
    caller.hangsUp();
  });
});

describe('calls to a premium range that go on and on', () => {
  const story = inOffice({ plan: [ring('reception')], limits });

  story('are few at once, and end by themselves, as the ledger said', (office) => {
    const calls = Array.from({ length: LIMITS.fraudRiskyCallsAtOnce }, () => talking(office, MALDIVES));
    refused(office, MALDIVES);
    const usual = talking(office, CALLER);
    office.pass(LIMITS.fraudRiskyCallMs);
    for (const { caller, callee } of calls) {
      caller.hungUp();
      callee.hungUp();
    }
    const last = office.stage.ledger.findLast(({ answeredBy }) => answeredBy === MALDIVES);
    const way = last?.timeline.map(({ text }) => text).join('\n') ?? '';
    assert.match(way, /does not usually call \+960; this call is ended after 20 minutes/);
    usual.caller.hangsUp();
    usual.callee.hungUp();
  });

  story('leave their place when they end', (office) => {
    const first = talking(office, MALDIVES);
    const second = talking(office, MALDIVES);
    refused(office, MALDIVES);
    for (const { caller, callee } of [first, second]) {
      caller.hangsUp();
      callee.hungUp();
    }
    talks(office, MALDIVES);
    assert.equal(office.count('fraud_refused'), 1);
  });
});

describe('after a restart', () => {
  const story = inOffice({ plan: [ring('reception')], limits, registered: ['reception'] });

  story('what was kept of ended calls is still usual', (office) => {
    talks(office, IRELAND);
    const [kept] = office.stage.writes.flatMap((write) => (write.type === 'habits' ? [write.habits] : []));
    assert.deepEqual(kept?.classes[0]?.[0], '+353');
    talks(office, IRELAND);
    const count = office.stage.writes.filter(({ type }) => type === 'habits').length;
    assert.equal(count, 1, 'nothing is written where no day was counted');
    const [[name, days] = ['', undefined]] = kept?.classes ?? [];
    assert.ok(kept !== undefined && days !== undefined);
    const yesterday = { ...days, latestAt: days.latestAt - DAY_MS };
    office.stage.act(() =>
      office.node.start(
        {
          accounts: [accountOf({ plan: [ring('reception')], limits })],
          bindings: [],
          unfinished: [],
          trunkServers: [],
          habits: [{ ...kept, classes: [[name, yesterday]] }],
        },
        office.stage.now,
      ),
    );
    office.reception.registers().expect(200);
    for (let n = 0; n < 2 * LIMITS.fraudCallsPerHour; n++) talks(office, IRELAND);
    assert.equal(office.count('fraud_refused'), 0);
  });
});
