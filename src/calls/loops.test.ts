// Calls that come back: a number diverted to where its calls come back from, by way of a carrier that drops every
// header that would tell. The number of legs stays small, and the caller hears that nobody can be reached.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { dial, inOffice, MOBILE, NUMBER, ring } from '../../test/stories/office.ts';
import type { Placed } from '../../test/stories/party.ts';
import { LIMITS } from '../base/limits.ts';

const alone = { second: { outbound: false }, limits: { divertedCallsMax: 100, callsMax: 100 } };
const story = inOffice({ plan: [dial(MOBILE)], registered: [], ...alone });

describe('a number diverted to where its calls come back from', () => {
  for (const [who, from, legs] of [
    ['whom the carrier names', undefined, LIMITS.sameDivertsMax],
    ['without a name', '<sip:anonymous@anonymous.invalid>', LIMITS.sameDivertsOfAnonymousMax],
  ] as const) {
    story(`by a caller ${who} ends after ${legs} legs, and everybody hears an announcement`, (office) => {
      const call = (): Placed => office.call(from === undefined ? {} : { from });
      const calls = [call()];
      const dialled = Array.from({ length: legs }, () => {
        const leg = office.carrier.rings();
        // What we send to the mobile comes back as a call to the number.
        calls.push(call());
        return leg;
      });
      assert.equal(office.carrier.rung, legs);
      for (const [index, caller] of calls.reverse().entries()) {
        if (index > 0) caller.expect(180);
        caller.expect(183);
        office.pass(3_000);
        caller.expect(480);
        dialled.pop()?.refuses(480);
      }
      const refused = office.stage.ledger.flatMap(({ endedAt, timeline }) => (endedAt ? timeline : []));
      assert.equal(refused.filter(({ text }) => text.includes('looks like a loop')).length, 1);
    });
  }

  story('is not one when the same caller calls twice, nor when others call', (office) => {
    const callers = [
      office.call(),
      office.call(),
      office.call({ from: '<sip:+442079460777@carrier-a.example>' }),
    ];
    for (const caller of callers) {
      const mobile = office.carrier.answers();
      caller.connected();
      caller.hangsUp();
      mobile.hungUp();
    }
    // What is answered is no loop, so there is room again.
    const again = office.call();
    office.carrier.called().refuses(486);
    again.expect(183);
    office.pass(10_000);
    again.expect(486);
  });
});

describe('how widely a call may fork (RFC 5393)', () => {
  const office = inOffice({ plan: [ring('reception', 'workshop'), dial(MOBILE)], ...alone });

  office('with no breadth left it gets 440', ({ carrier, reception }) => {
    carrier.calls(NUMBER, { headers: [['Max-Breadth', '0']] }).expect(440);
    assert.equal(reception.rung, 0);
  });

  office('two phones share what the call was given', (each) => {
    const caller = each.call({ headers: [['Max-Breadth', '7']] });
    const phones = [each.reception, each.workshop].map((phone) => phone.called());
    assert.deepEqual(
      phones.map((phone) => phone.header('Max-Breadth')),
      ['3', '3'],
    );
    for (const phone of phones) phone.refuses(486);
    const mobile = each.carrier.called();
    assert.equal(mobile.header('Max-Breadth'), '7');
    mobile.refuses(486);
    caller.expect(183);
    each.pass(10_000);
    caller.expect(486);
  });

  office('of more phones than branches only the first ring, and the ledger says so', (each) => {
    const caller = each.call({ headers: [['Max-Breadth', '1']] });
    const phone = each.reception.answers();
    caller.connected();
    assert.equal(each.workshop.rung, 0);
    caller.hangsUp();
    phone.hungUp();
    assert.match(
      each.stage.entry.timeline.map(({ text }) => text).join('\n'),
      /workshop is one branch too many/,
    );
  });

  office('and without a word there is room for sixty', (each) => {
    const caller = each.call();
    assert.equal(each.reception.called().header('Max-Breadth'), '30');
    each.workshop.called();
    caller.cancels();
    caller.expect(487);
  });
});
