import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import { DOMAIN } from '../../test/stories/stage.ts';
import { present } from '../base/assert.ts';
import { RUNGS } from '../ports/shield.ts';
import type { RehearsalReport } from '../shield/brownout/rehearsal.ts';
import { parseRule } from '../shield/brownout/rule.ts';

const story = inOffice({ plan: [ring('reception'), dial(MOBILE)], registered: ['reception'] });

function rehearse(office: Office, text: string): RehearsalReport {
  const rule = parseRule(text);
  assert.ok(rule.ok);
  const rehearsing = office.node.rehearse(rule.value, false, office.stage.now);
  while (!rehearsing.step(100));
  return rehearsing.report();
}

describe('good traffic', () => {
  story('is told by whom it was: phones by their account, carriers by their name', (office) => {
    office.reception.registers().expect(200);
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
    const out = office.reception.calls(MOBILE);
    const mobile = office.carrier.answers();
    out.connected();
    out.hangsUp();
    mobile.hungUp();
    const { accounts } = rehearse(office, 'registrations');
    assert.deepEqual(accounts, [{ name: 'acme', requests: 3, touched: 1 }]);
    assert.deepEqual(rehearse(office, 'outbound-invites').worst, [
      { name: 'reception', account: 'acme', client: 'unknown', requests: 3, touched: 1 },
    ]);
    assert.deepEqual(rehearse(office, 'inbound-invites').carriers, [
      { name: 'carrier-a', requests: 1, touched: 1 },
    ]);
  });

  story('is a newcomer, too, once its digest was right', (office) => {
    assert.equal(rehearse(office, 'refuse:192.0.2.0/24').touched, 1);
    office.workshop.registers().expect(200);
    assert.equal(rehearse(office, 'refuse:192.0.2.11').touched, 1);
    office.workshop.registers().expect(200);
    assert.equal(rehearse(office, 'refuse:192.0.2.11').touched, 1, 'it is known by now');
  });

  story('is not what strangers ask, nor what was challenged, nor a wrong password', (office) => {
    const { requests } = rehearse(office, 'options');
    office.stranger().invites(`sip:${NUMBER}@${DOMAIN}`).expect(401);
    office.thief('reception').guesses();
    office.workshop.registersUnchallenged([]).expect(401);
    assert.equal(rehearse(office, 'options').requests, requests);
  });

  story('names the make of a phone, and no more of it', (office) => {
    for (const [agent, make] of [
      ['Yealink SIP-T46U 108.86.0.20', 'Yealink'],
      ['Grandstream GXP2170 1.0.11.16', 'Grandstream'],
      ['snomD785/10.1.46.16', 'snomD'],
      ['', 'unknown'],
    ] as const) {
      office.reception.registers([['User-Agent', agent]]).expect(200);
      assert.ok(
        rehearse(office, 'registrations').clients.some(({ name }) => name === make),
        make,
      );
    }
  });

  story('has emergency calls in it, which no rule touches', (office) => {
    const caller = office.reception.calls('999');
    const help = office.carrier.answers();
    caller.connected();
    office.reception.registers().expect(200);
    const report = rehearse(office, 'registrations');
    assert.deepEqual([report.emergencies, report.touched], [2, 0]);
    for (const rung of RUNGS) assert.equal(rehearse(office, rung).emergenciesTouched, 0);
    caller.hangsUp();
    help.hungUp();
  });

  story('does not change what the node does', (office) => {
    const before = office.node.gauges();
    for (const rule of [...RUNGS, 'attack', 'refuse:192.0.2.0/24']) rehearse(office, rule);
    assert.deepEqual(office.node.gauges(), before);
    assert.equal(present(before['goodRequests'], 'a gauge of it'), 1);
  });
});
