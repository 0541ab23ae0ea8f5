import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, ring } from '../../test/stories/office.ts';

const OTHER = '+447700900456';

describe('calls that the phones could not take', () => {
  const set = { since: 0, by: 'cli' };
  const story = inOffice({
    plan: [ring('reception'), dial(MOBILE)],
    forwards: { busy: { to: OTHER, ...set } },
  });

  story('go where busy ones are forwarded, before the plan goes on', (office) => {
    const caller = office.call();
    office.reception.called().refuses(486);
    const other = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.entry.answeredBy, OTHER);
    caller.hangsUp();
    other.hungUp();
  });

  story('for another reason go on with the plan', (office) => {
    office.reception.dead = true;
    const caller = office.call();
    office.pass(2_000);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.entry.answeredBy, MOBILE);
    caller.hangsUp();
    mobile.hungUp();
  });
});
