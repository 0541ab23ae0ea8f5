import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, type Office, ring, type Setting } from '../../test/stories/office.ts';
import type { Placed } from '../../test/stories/party.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import type { Menu } from '../ports/records.ts';

const PATIENCE_MS = 3_500;

const MAIN: Menu = {
  name: 'main',
  greeting: 'welcome',
  choices: [
    { key: '1', steps: [ring('workshop'), dial(MOBILE)] },
    { key: '2', steps: [{ type: 'menu', menu: 'more' }] },
    { key: '3', steps: [{ type: 'announcement', prompt: 'closed' }] },
  ],
  otherwise: [ring('reception')],
};
const MORE: Menu = {
  name: 'more',
  greeting: 'more',
  choices: [{ key: '9', steps: [{ type: 'menu', menu: 'main' }] }],
  otherwise: [],
};
const SETTING: Setting = { plan: [{ type: 'menu', menu: 'main' }], account: { menus: [MAIN, MORE] } };

function reachesMenu(office: Office): Placed {
  const caller = office.call();
  caller.connected();
  assert.equal(office.hears(caller), 'welcome');
  return caller;
}

describe('a menu', () => {
  const story = inOffice(SETTING);

  story('sends the caller where a key leads, who hears ringing meanwhile, and connects', (office) => {
    const caller = reachesMenu(office);
    office.presses(caller, '1');
    const workshop = office.workshop.called();
    assert.match(office.hears(caller) ?? '', /425 Hz/);
    workshop.rings();
    workshop.answers();
    workshop.acknowledged();
    office.assertTalking(caller, workshop);
    caller.hangsUp();
    workshop.hungUp();
    const { outcome, answeredBy } = office.stage.entry;
    assert.deepEqual([outcome, answeredBy], ['answered', 'workshop']);
  });

  story('goes on through the steps of a key, as a plan does', (office) => {
    const caller = reachesMenu(office);
    office.presses(caller, '1');
    office.workshop.called().refuses(486);
    const mobile = office.carrier.called();
    mobile.answers();
    office.assertTalking(caller, mobile);
    mobile.hangsUp();
    caller.hungUp();
    assert.equal(office.stage.entry.outcome, 'diverted');
  });

  story('takes a key by INFO from a phone that has no other way', (office) => {
    const caller = reachesMenu(office);
    const body = { type: 'application/dtmf-relay', text: 'Signal=1\r\nDuration=160\r\n' };
    caller.tells('INFO', { body }).expect(200);
    const workshop = office.workshop.answers();
    caller.hangsUp();
    workshop.hungUp();
  });

  story('tells a caller who presses what means nothing, and rings reception in the end', (office) => {
    const caller = reachesMenu(office);
    for (const _ of [1, 2]) {
      office.presses(caller, '7');
      assert.equal(office.hears(caller), 'not-a-choice');
      office.pass(PROMPT_MS);
      assert.equal(office.hears(caller), 'welcome');
    }
    office.presses(caller, '7');
    const reception = office.reception.answers();
    caller.hangsUp();
    reception.hungUp();
  });

  story('asks again when nothing is pressed, and goes on after three times', (office) => {
    const caller = reachesMenu(office);
    office.pass(3 * (PROMPT_MS + PATIENCE_MS));
    const reception = office.reception.answers();
    caller.hangsUp();
    reception.hungUp();
  });

  story('leads to another menu and back, but not for ever', (office) => {
    const caller = reachesMenu(office);
    for (let round = 0; round < 9; round++) {
      office.presses(caller, '2');
      assert.equal(office.hears(caller), 'more');
      office.presses(caller, '9');
      assert.equal(office.hears(caller), 'welcome');
    }
    office.presses(caller, '2');
    office.presses(caller, '9');
    assert.equal(office.hears(caller), 'unavailable');
    office.pass(PROMPT_MS);
    caller.hungUp();
  });

  story('ends with an announcement and a BYE, since the caller has been answered', (office) => {
    const caller = reachesMenu(office);
    office.presses(caller, '3');
    assert.equal(office.hears(caller), 'closed');
    office.pass(PROMPT_MS);
    caller.hungUp();
    assert.equal(office.stage.entry.outcome, 'announced');
  });

  story('that the caller leaves is in the ledger', (office) => {
    const caller = reachesMenu(office);
    caller.hangsUp();
    const { outcome, reason } = office.stage.entry;
    assert.deepEqual([outcome, reason], ['announced', 'the caller hung up in the menu "main"']);
  });

  story('that the caller leaves while somebody is rung stops the ringing', (office) => {
    const caller = reachesMenu(office);
    office.presses(caller, '1');
    const workshop = office.workshop.called();
    workshop.rings();
    caller.hangsUp();
    workshop.withdrawn();
    workshop.acknowledged();
    assert.equal(office.stage.entry.outcome, 'abandoned');
  });
});
