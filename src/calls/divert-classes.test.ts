import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { inOffice, MOBILE } from '../../test/stories/office.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';

describe('a divert to a kind of number that the account does not divert to', () => {
  const divert = { to: MOBILE, since: 0, by: 'api' };
  const story = inOffice({ divert, limits: { divertClasses: ['national'] } });

  story('is not dialled, though it was set when it was allowed', (office) => {
    const caller = office.call();
    assert.equal(office.carrier.rung, 0);
    caller.expect(183);
    assert.equal(office.hears(caller), 'not-allowed');
    office.pass(PROMPT_MS);
    caller.expect(403);
    const { timeline } = office.stage.entry;
    assert.ok(
      timeline.some(({ text }) => text === `${MOBILE} is a mobile, to which the account does not divert`),
    );
  });
});
