import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  CALLER,
  dial,
  inOffice,
  MOBILE,
  NUMBER,
  type Office,
  ring,
  SECOND_NUMBER,
} from '../../test/stories/office.ts';
import type { Placed, Ringing } from '../../test/stories/party.ts';

const PRIVATE = [
  ['P-Asserted-Identity', `<sip:${CALLER}@carrier-a.example>`],
  ['Privacy', 'id'],
] as const;
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';

function told(leg: Ringing, name: string): string | undefined {
  return leg.header(name)?.replace(/;tag=.*/, '');
}

function over(caller: Placed, callee: Ringing): void {
  caller.hangsUp();
  callee.hungUp();
}

describe('a call from a carrier', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('shows its number to the phone, and asserts nothing there (RFC 3325 §6)', (office) => {
    const { caller, callee } = office.talk({ from: `"Bob" <sip:${CALLER}@carrier-a.example>` });
    assert.equal(told(callee, 'From'), `Bob <sip:${CALLER}@voice.example.net>`);
    assert.equal(callee.header('P-Asserted-Identity'), undefined);
    assert.equal(told(callee, 'To'), '<sip:reception@voice.example.net>');
    over(caller, callee);
  });

  story('that is private is anonymous to the phone, and the ledger knows it (RFC 3323)', (office) => {
    const { caller, callee } = office.talk({ from: ANONYMOUS, headers: PRIVATE });
    assert.equal(told(callee, 'From'), ANONYMOUS);
    assert.equal(callee.header('P-Asserted-Identity'), undefined);
    over(caller, callee);
    assert.equal(office.stage.entry.caller, CALLER);
  });

  story('that is diverted tells the next carrier who calls, and who sent it on (RFC 5806)', (office) => {
    const caller = office.call();
    office.reception.called().refuses(486);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(told(mobile, 'From'), `<sip:${CALLER}@voice.example.net>`);
    assert.equal(mobile.header('P-Asserted-Identity'), `<sip:${CALLER}@voice.example.net>`);
    assert.equal(mobile.header('Diversion'), `<sip:${NUMBER}@voice.example.net>;reason=user-busy;counter=1`);
    assert.match(mobile.header('History-Info') ?? '', /\+447700900123@.*cause=486>;index=1\.1$/);
    over(caller, mobile);
  });

  story('that is private stays private on the way to the mobile', (office) => {
    const caller = office.call({ from: ANONYMOUS, headers: PRIVATE });
    office.reception.called().refuses(480);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(told(mobile, 'From'), ANONYMOUS);
    assert.equal(mobile.header('Privacy'), 'id');
    assert.equal(mobile.header('P-Asserted-Identity'), `<sip:${CALLER}@voice.example.net>`);
    over(caller, mobile);
  });

  story('that this number has diverted already is a loop: 482 (RFC 5806 §7)', (office) => {
    const caller = office.call({ headers: [['Diversion', `<sip:${NUMBER}@carrier-a.example>;reason=away`]] });
    caller.expect(482);
    assert.equal(office.reception.rung, 0);
  });

  story('that others have diverted more than five times is one in the making: 482', (office) => {
    const diverted = (times: number) =>
      Array.from({ length: times }, (_, n) => ['Diversion', `<sip:+44207946010${n}@c>;reason=away`] as const);
    office.call({ headers: diverted(6) }).expect(482);
    const { caller, callee } = office.talk({ headers: diverted(5) });
    over(caller, callee);
  });
});

describe('a call from a phone', () => {
  const story = inOffice({ plan: [ring('workshop'), dial(MOBILE)] });

  function callsOut(office: Office, headers: readonly (readonly [string, string])[] = [], from?: string) {
    const caller = office.reception.calls(MOBILE, { headers, ...(from === undefined ? {} : { from }) });
    const mobile = office.carrier.answers();
    caller.connected();
    return { caller, mobile };
  }

  story('out shows its caller id, whatever its From says', (office) => {
    const { caller, mobile } = callsOut(office, [], '"Queen" <sip:+442079469999@palace.example>');
    assert.equal(told(mobile, 'From'), `Reception <sip:${SECOND_NUMBER}@voice.example.net>`);
    assert.equal(mobile.header('P-Asserted-Identity'), `Reception <sip:${SECOND_NUMBER}@voice.example.net>`);
    assert.equal(mobile.header('Diversion'), undefined);
    over(caller, mobile);
    const { direction, called, caller: who } = office.stage.entry;
    assert.deepEqual({ direction, called, who }, { direction: 'out', called: MOBILE, who: SECOND_NUMBER });
  });

  story('out without a caller id of its own shows its account’s first number', (office) => {
    const caller = office.workshop.calls(MOBILE);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(told(mobile, 'From'), `<sip:${NUMBER}@voice.example.net>`);
    over(caller, mobile);
  });

  story('out that asks for privacy is anonymous; only the carrier is told', (office) => {
    const { caller, mobile } = callsOut(office, [['Privacy', 'id']]);
    assert.equal(told(mobile, 'From'), ANONYMOUS);
    assert.equal(mobile.header('Privacy'), 'id');
    over(caller, mobile);
  });

  story('out with an anonymous From asks for privacy as well (RFC 3323 §4.1)', (office) => {
    const { caller, mobile } = callsOut(office, [], ANONYMOUS);
    assert.equal(told(mobile, 'From'), ANONYMOUS);
    assert.equal(mobile.header('Privacy'), 'id');
    over(caller, mobile);
  });

  story('to another phone of the account shows its user', (office) => {
    const caller = office.reception.calls('attic');
    const attic = office.attic.answers();
    caller.connected();
    assert.equal(told(attic, 'From'), 'Reception <sip:reception@voice.example.net>');
    assert.equal(office.stage.entry.direction, 'internal');
    over(caller, attic);
  });

  story('to a number of the account goes through its plan', (office) => {
    const caller = office.reception.calls('02079460000');
    const workshop = office.workshop.answers();
    caller.connected();
    over(caller, workshop);
    const { direction, called } = office.stage.entry;
    assert.deepEqual({ direction, called }, { direction: 'internal', called: NUMBER });
  });

  story('that its plan carries on to a mobile shows its number there, never its user', (office) => {
    const caller = office.reception.calls(NUMBER);
    office.workshop.called().refuses(486);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(told(mobile, 'From'), `Reception <sip:${SECOND_NUMBER}@voice.example.net>`);
    assert.match(mobile.header('Diversion') ?? '', /\+442079460000.*user-busy/);
    over(caller, mobile);
  });

  story('in a URI of the tel scheme is as good (RFC 3966)', (office) => {
    const caller = office.reception.callsUri('tel:+44-7700-900123');
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.entry.called, MOBILE);
    over(caller, mobile);
  });

  story('to a number that nobody could have says so, and gets 404', (office) => {
    const caller = office.reception.calls('12');
    caller.expect(183);
    assert.equal(office.hears(caller), 'unknown-number');
    office.pass(3_000);
    caller.expect(404);
  });

  story('to nobody gets 484', (office) => {
    office.reception.callsUri('sip:voice.example.net').expect(484);
  });

  story('out that the far end refuses gets the far end’s own status, without words of ours', (office) => {
    for (const status of [486, 404, 480, 603]) {
      const caller = office.reception.calls(MOBILE);
      const mobile = office.carrier.rings();
      caller.expect(180);
      mobile.refuses(status);
      caller.expect(status);
    }
  });
});
