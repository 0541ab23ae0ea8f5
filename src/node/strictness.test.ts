import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { inOffice, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import { DOMAIN, NODE } from '../../test/stories/stage.ts';
import { utf8 } from '../base/bytes.ts';

const plan = { plan: [ring('reception')] };
const lenient = inOffice(plan);
const strict = inOffice({
  ...plan,
  node: { listeners: [{ transport: 'udp', local: NODE, advertised: NODE, strict: true }] },
});

/** As an exchange from before RFC 3261 calls, but for the number. */
function callsAsOf2543(office: Office, method = 'INVITE', cseqMethod = method): void {
  const rows = [
    `${method} sip:${NUMBER}@${DOMAIN} SIP/2.0`,
    'Via: SIP/2.0/UDP 198.51.100.1:5060',
    'From: <sip:+442079460999@carrier-a.example>',
    `To: <sip:${NUMBER}@${DOMAIN}>`,
    'Call-ID: 77@198.51.100.1',
    `CSeq: 1 ${cseqMethod}`,
    'Contact: <sip:198.51.100.1>',
  ];
  office.stage.send(office.carrier.flow, utf8(`${rows.join('\r\n')}\r\n\r\n`));
}

/** What the carrier was answered since then. */
function heard(office: Office, from = 0): readonly string[] {
  return office.stage.wire
    .slice(from)
    .filter(({ peer, heading }) => peer === 'carrier-a' && heading === 'from-node')
    .map(({ bytes }) => new TextDecoder().decode(bytes).split('\r\n')[0] ?? '')
    .filter((line) => line.startsWith('SIP/2.0'));
}

describe('an INVITE from before RFC 3261', () => {
  lenient('rings at a lenient listener, is told from its repetitions, and can be cancelled', (office) => {
    office.carrier.dead = true;
    const from = office.stage.wire.length;
    callsAsOf2543(office);
    callsAsOf2543(office);
    assert.equal(office.reception.rung, 1);
    const phone = office.reception.rings();
    callsAsOf2543(office, 'CANCEL');
    assert.deepEqual(
      [...new Set(heard(office, from))],
      ['SIP/2.0 100 Trying', 'SIP/2.0 180 Ringing', 'SIP/2.0 200 OK', 'SIP/2.0 487 Request Terminated'],
    );
    phone.withdrawn();
    callsAsOf2543(office, 'ACK');
    const before = office.stage.wire.length;
    office.pass(32_000);
    assert.deepEqual(heard(office, before), [], 'the ACK was taken for what it is');
  });

  strict('is answered 400 by a strict one, and rings nobody', (office) => {
    office.carrier.dead = true;
    const from = office.stage.wire.length;
    callsAsOf2543(office);
    assert.deepEqual(heard(office, from), ['SIP/2.0 400 Branch Without Magic Cookie']);
    assert.equal(office.reception.rung, 0);
  });

  strict('of today rings at a strict one as well', (office) => {
    const { caller, callee } = office.talk();
    caller.hangsUp();
    callee.hungUp();
  });
});
