// Which connections a transport must keep when strangers fill its places, and when they stay too long.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, type Office, ring } from '../../test/stories/office.ts';
import type { Phone } from '../../test/stories/phone.ts';

const story = inOffice({ plan: [ring('attic'), dial(MOBILE)], registered: [] });

function isKept(office: Office, { flow }: Phone): boolean {
  return office.node.knows(flow);
}

describe('a connection is kept', () => {
  story('while a phone is registered over it, and not for a wrong password', (office) => {
    const { attic } = office;
    attic.registersUnchallenged([]).expect(401);
    assert.equal(isKept(office, attic), false);
    attic.registers().expect(200);
    assert.equal(isKept(office, attic), true);
    attic.registers([['Expires', '0']]).expect(200);
    assert.equal(isKept(office, attic), false);
  });

  story('as the one that the phone has, not as its port', (office) => {
    const { attic } = office;
    attic.registers().expect(200);
    assert.equal(office.node.knows({ ...attic.flow, connectionId: 'another' }), false);
  });

  story('while it carries a call of a phone that is not registered, from its first ring on', (office) => {
    const { attic } = office;
    const caller = attic.calls(MOBILE);
    assert.equal(isKept(office, attic), true);
    const callee = office.carrier.answers();
    caller.connected();
    assert.equal(isKept(office, attic), true);
    callee.hangsUp();
    caller.hungUp();
    assert.equal(isKept(office, attic), false);
  });

  story('while it carries an emergency call (law 7)', (office) => {
    const caller = office.attic.calls('999');
    assert.equal(isKept(office, office.attic), true);
    const help = office.carrier.answers();
    caller.connected();
    assert.equal(isKept(office, office.attic), true);
    caller.hangsUp();
    help.hungUp();
  });

  story('for a call, though its phone unregisters meanwhile', (office) => {
    const { attic } = office;
    attic.registers().expect(200);
    const caller = office.call();
    const callee = attic.answers();
    caller.connected();
    attic.registers([['Expires', '0']]).expect(200);
    assert.equal(isKept(office, attic), true);
    caller.hangsUp();
    callee.hungUp();
    assert.equal(isKept(office, attic), false);
  });

  story('where a carrier is, which its address tells', (office) => {
    assert.equal(office.node.knows(office.carrier.flow), true);
  });
});
