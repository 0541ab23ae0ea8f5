import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, type Office, ring } from '../../test/stories/office.ts';
import { SECOND_MS } from '../base/time.ts';

describe('a browser', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)], registered: [] });
  const registered = (office: Office) => {
    const browser = office.reception.another('192.0.2.30', 5060, 'ws');
    browser.registers().expect(200);
    office.pass(SECOND_MS);
    return browser;
  };

  story(
    'is answered, asked and called on its connection, wherever its Contact leads (RFC 7118 §5)',
    (office) => {
      const browser = registered(office);
      assert.equal(
        office.node.phones().find(({ user }) => user === 'reception')?.bindings[0]?.reachability,
        'reachable',
      );
      const caller = office.call();
      const phone = browser.answers();
      caller.connected();
      assert.match(phone.header('Via') ?? '', /^SIP\/2\.0\/WS /);
      assert.match(phone.header('Contact') ?? '', /;transport=ws>$/);
      assert.match(phone.invite.uri, /\.invalid;transport=ws$/);
      phone.hangsUp();
      caller.hungUp();
    },
  );

  story('that cannot take plain RTP leaves nobody in silence: the mobile rings at once', (office) => {
    const browser = registered(office);
    const caller = office.call();
    browser.called().refuses(488);
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    caller.hangsUp();
    mobile.hungUp();
  });

  story('whose page is closed is not tried any more, and has no other address', (office) => {
    const browser = registered(office);
    office.stage.act(() => office.node.flowClosed(browser.flow, office.stage.now));
    browser.unreachable = 'the connection is gone';
    const caller = office.call();
    const mobile = office.carrier.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    assert.equal(browser.rung, 0);
    caller.hangsUp();
    mobile.hungUp();
  });
});
