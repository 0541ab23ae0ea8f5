import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, type Office, ring } from '../../test/stories/office.ts';
import type { Placed, Ringing } from '../../test/stories/party.ts';
import { LIMITS } from '../base/limits.ts';

function over(caller: Placed, callee: Ringing): void {
  caller.hangsUp();
  callee.hungUp();
}

/** The caller hears this, and then gets the status. */
function announced(office: Office, caller: Placed, prompt: string, status: number): void {
  caller.expect(183);
  assert.equal(office.hears(caller), prompt);
  office.pass(3_000);
  caller.expect(status);
}

describe('an account’s cap on calls', () => {
  const story = inOffice({ plan: [ring('reception')], limits: { callsMax: 1 } });

  story('when it is reached the next caller hears that it is busy, and gets 486', (office) => {
    const { caller, callee } = office.talk();
    announced(office, office.call(), 'busy', 486);
    const last = office.stage.entry;
    assert.deepEqual([last.outcome, last.status], ['announced', 486]);
    assert.match(last.reason, /already has its 1 calls/);
    over(caller, callee);
  });

  story('a call that is over makes room at once', (office) => {
    for (let call = 0; call < 3; call++) {
      const { caller, callee } = office.talk();
      over(caller, callee);
    }
  });

  story('emergency calls are free of it (law 7)', (office) => {
    const { caller, callee } = office.talk();
    const urgent = office.reception.calls('999');
    const help = office.carrier.answers();
    urgent.connected();
    over(urgent, help);
    over(caller, callee);
  });
});

describe('an account’s cap on diverted calls', () => {
  const story = inOffice({ plan: [dial(MOBILE)], limits: { divertedCallsMax: 1 } });

  story('when it is reached the next caller is told, and no carrier is asked', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    announced(office, office.call(), 'not-allowed', 403);
    assert.match(office.stage.entry.timeline.map(({ text }) => text).join('\n'), /its 1 diverted calls/);
    assert.equal(office.carrier.rung, 1);
    over(caller, mobile);
    const next = office.call();
    const again = office.carrier.answers();
    next.connected();
    over(next, again);
  });

  story('a diverted leg that failed makes room again', (office) => {
    for (let call = 0; call < 3; call++) {
      const caller = office.call();
      office.carrier.called().refuses(486);
      announced(office, caller, 'busy', 486);
    }
  });

  story('failing over to another carrier is still one diverted call', (office) => {
    const caller = office.call();
    office.carrier.called().refuses(503);
    const mobile = office.second.answers();
    caller.connected();
    over(caller, mobile);
  });

  story('calls that phones make are not diverted', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    const out = office.reception.calls('+447700900456');
    const other = office.carrier.answers();
    out.connected();
    over(out, other);
    over(caller, mobile);
  });
});

describe('destinations that cost too much', () => {
  const story = inOffice({ plan: [dial('+449098790123')] });

  story('are not diverted to: the caller is told, and the ledger says why', (office) => {
    announced(office, office.call(), 'not-allowed', 403);
    assert.match(
      office.stage.entry.timeline.map(({ text }) => text).join('\n'),
      /numbers beginning \+449 are not allowed/,
    );
    assert.equal(office.carrier.rung, 0);
  });

  story('are not called by phones either, nor is what lies outside of the account’s countries', (office) => {
    announced(office, office.reception.calls('09098790123'), 'not-allowed', 403);
    announced(office, office.reception.calls('+15005550006'), 'not-allowed', 403);
    assert.equal(office.carrier.rung, 0);
  });
});

describe('a divert', () => {
  const divert = { to: MOBILE, since: 0, by: 'test' };
  const story = inOffice({ plan: [ring('reception')], divert });
  const tooDear = inOffice({ plan: [ring('reception')], divert: { ...divert, to: '+449098790123' } });
  const ended = inOffice({ plan: [ring('reception')], divert: { ...divert, until: 1 } });

  story('takes every call, and no phone rings', (office) => {
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.match(mobile.header('Diversion') ?? '', /reason=unconditional/);
    assert.equal(office.reception.rung, 0);
    over(caller, mobile);
    assert.equal(office.stage.entry.outcome, 'diverted');
  });

  tooDear('is held to the account’s destinations', (office) => {
    announced(office, office.call(), 'not-allowed', 403);
  });

  ended('that has ended leaves the plan as it was', (office) => {
    const { caller, callee } = office.talk();
    over(caller, callee);
  });
});

describe('an emergency call', () => {
  const story = inOffice({
    plan: [ring('workshop')],
    limits: { destinationsAllowed: [], callsMax: 0 },
    carrier: { callsMax: 0 },
    second: { callsMax: 0 },
  });

  story('goes out as dialled, past every cap and full trunks, and shows who calls (law 7)', (office) => {
    for (const number of ['999', '112']) {
      const caller = office.reception.calls(number, { headers: [['Privacy', 'id']] });
      const help = office.carrier.answers();
      caller.connected();
      assert.equal(help.invite.uri, `sip:${number}@198.51.100.1`);
      assert.match(help.header('From') ?? '', /\+442079460001@/);
      assert.equal(help.header('Privacy'), undefined);
      over(caller, help);
    }
  });

  story('is tried with the next carrier, whatever the first one says of it', (office) => {
    for (const status of [404, 486, 603]) {
      const caller = office.reception.calls('9-9-9');
      const refused = office.carrier.called();
      assert.equal(refused.invite.uri, 'sip:999@198.51.100.1');
      refused.refuses(status);
      const help = office.second.answers();
      caller.connected();
      over(caller, help);
    }
  });

  story('is taken while the node drains', (office) => {
    office.node.drain();
    const other = office.reception.calls(MOBILE);
    assert.equal(other.expect(503).headers.get('Retry-After'), '30');
    const caller = office.reception.calls('999');
    const help = office.carrier.answers();
    caller.connected();
    over(caller, help);
  });

  story('goes over the next carrier whatever the first says', (office) => {
    for (const status of [503, 404, 486, 603]) {
      const caller = office.reception.calls('9-9-9');
      office.carrier.called().refuses(status);
      const help = office.second.answers();
      assert.equal(help.invite.uri, 'sip:999@198.51.100.2');
      caller.connected();
      over(caller, help);
    }
  });

  story('from the outside is no emergency: it is a number that we don’t have', (office) => {
    const caller = office.carrier.calls('999');
    announced(office, caller, 'unknown-number', 404);
  });
});

describe('how many callers of a full account are told so in words', () => {
  const story = inOffice({ plan: [ring('reception')], limits: { callsMax: 0 } });

  story('the others get the bare status', (office) => {
    const told = Array.from({ length: LIMITS.announcementsMax }, () => office.call());
    for (const caller of told) caller.expect(183);
    office.call().expect(486);
    office.pass(3_000);
    for (const caller of told) caller.expect(486);
    const next = office.call();
    next.expect(183);
    office.pass(3_000);
    next.expect(486);
  });

  story('callers of numbers that nobody has are held to the same', (office) => {
    const unknown = () => office.carrier.calls('+442079460555');
    const told = Array.from({ length: LIMITS.announcementsMax }, unknown);
    for (const caller of told) caller.expect(183);
    unknown().expect(404);
    office.pass(3_000);
    for (const caller of told) caller.expect(404);
  });
});
