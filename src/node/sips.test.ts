import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { Carrier, dial, inOffice, MOBILE, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import { DOMAIN } from '../../test/stories/stage.ts';

const SIPS_RECEPTION = `sips:reception@${DOMAIN}`;

/** A second telephone of each, over TLS. */
function overTls(office: Office) {
  const desk = office.reception.another('192.0.2.20', 5061, 'tls');
  const caller = office.workshop.another('192.0.2.21', 5061, 'tls');
  return { desk, caller };
}

describe('sips (RFC 3261 §26.2.2, RFC 5630)', () => {
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)] });

  story('a call to sips rings only what is registered over TLS, with sips in both dialogs', (office) => {
    const { desk, caller } = overTls(office);
    desk.registersSips().expect(200);
    office.pass(1_000);
    const placed = caller.callsUri(SIPS_RECEPTION);
    const answered = desk.answers();
    assert.equal(answered.invite.uri, 'sips:reception@192.0.2.20:5061');
    assert.equal(answered.invite.headers.get('Contact'), '<sips:ringthrough@203.0.113.7:5060>');
    assert.match(answered.invite.headers.get('Via') ?? '', /^SIP\/2\.0\/TLS /);
    const ok = placed.connected();
    assert.equal(ok.headers.get('Contact'), '<sips:ringthrough@203.0.113.7:5060>');
    assert.equal(office.reception.rung, 0);
    placed.hangsUp();
    answered.hungUp();
  });

  story('a phone that is registered over TLS with sip rings too, and is spoken to in sip', (office) => {
    const { desk, caller } = overTls(office);
    desk.registers().expect(200);
    office.pass(1_000);
    const placed = caller.callsUri(SIPS_RECEPTION);
    const answered = desk.answers();
    assert.equal(answered.invite.headers.get('Contact'), '<sip:ringthrough@203.0.113.7:5060;transport=tls>');
    placed.connected();
    placed.hangsUp();
    answered.hungUp();
  });

  story('a call to sips never goes out over UDP: the caller hears that nobody can be reached', (office) => {
    const { caller } = overTls(office);
    const placed = caller.callsUri(SIPS_RECEPTION);
    placed.expect(183);
    office.hears(placed);
    office.pass(3_000);
    placed.expect(480);
    assert.deepEqual([office.reception.rung, office.carrier.rung], [0, 0]);
    const texts = office.stage.entry.timeline.map(({ text }) => text);
    assert.ok(texts.includes('reception is not registered over TLS, as sips asks'), texts.join('\n'));
  });

  story('a number over trunks says that none of them is over TLS', (office) => {
    const { caller } = overTls(office);
    const placed = caller.callsUri(`sips:${MOBILE}@${DOMAIN}`);
    placed.expect(183);
    office.hears(placed);
    office.pass(3_000);
    placed.expect(480);
    const texts = office.stage.entry.timeline.map(({ text }) => text);
    assert.ok(texts.includes(`no trunk can carry ${MOBILE} now over TLS, as sips asks`), texts.join('\n'));
  });

  story('an emergency call takes the way that there is', (office) => {
    const { caller } = overTls(office);
    const placed = caller.callsUri(`sips:999@${DOMAIN}`);
    const answered = office.carrier.answers();
    placed.connected();
    placed.hangsUp();
    answered.hungUp();
  });

  story(
    'over UDP or TCP it is refused before anybody asks who calls, with the warning of RFC 5630',
    (office) => {
      for (const phone of [office.reception, office.attic]) {
        const refused = phone.invites(SIPS_RECEPTION).expect(480);
        assert.equal(refused.reason, 'SIPS Needs TLS');
        assert.equal(refused.headers.get('Warning'), `380 ${DOMAIN} "SIPS Not Allowed"`);
      }
    },
  );

  story('a sips contact is bound only where the Request-URI is sips too (RFC 5630 §5.2)', (office) => {
    const { desk } = overTls(office);
    const refused = desk.registersSips(`sip:${DOMAIN}`).expect(400);
    assert.equal(refused.reason, 'SIPS Contact Needs SIPS In Request-URI And Path');
    desk.registersSips().expect(200);
  });
});

describe('carriers over TLS', () => {
  const DOMAIN_A = 'sip.carrier-a.example';
  const carrier = {
    target: { host: '198.51.100.1', port: 5060, transport: 'tls' },
    tls: { domain: DOMAIN_A, verify: true, clientDomains: [] },
  } as const;
  const story = inOffice({ plan: [dial(MOBILE)], carrier });
  const ringing = inOffice({ plan: [ring('reception')], carrier });

  story('are called over a connection that must be theirs by certificate', (office) => {
    const domains = new Set<string | undefined>();
    const received = office.carrier.received.bind(office.carrier);
    office.carrier.received = (bytes, flow) => {
      domains.add(flow.domain);
      received(bytes, flow);
    };
    const caller = office.second.calls(NUMBER);
    const mobile = office.carrier.answers();
    assert.equal(mobile.invite.uri, `sip:${MOBILE}@198.51.100.1:5060;transport=tls`);
    assert.match(mobile.invite.headers.get('Via') ?? '', /^SIP\/2\.0\/TLS .*;alias$/);
    assert.match(mobile.invite.headers.get('Contact') ?? '', /;transport=tls>$/);
    caller.connected();
    caller.hangsUp();
    mobile.hungUp();
    assert.deepEqual([...domains], [DOMAIN_A]);
  });

  story('whose certificate speaks for another are passed over at once, and the ledger says why', (office) => {
    const why = `the certificate of 198.51.100.1:5060 speaks for other.example, not for ${DOMAIN_A}`;
    office.carrier.unreachable = why;
    const caller = office.second.calls(NUMBER);
    const mobile = office.second.answers();
    caller.connected();
    assert.equal(office.stage.now, office.stage.entry.startedAt);
    assert.ok(office.stage.entry.timeline.some(({ text }) => text.includes(why)));
    caller.hangsUp();
    mobile.hungUp();
  });

  ringing('bring calls from wherever their certificate comes', (office) => {
    const sbc = new Carrier(office.stage, {
      name: 'sbc',
      address: { address: '198.51.100.77', port: 5061 },
      transport: 'tls',
    });
    sbc.calls(NUMBER).expect(401);
    sbc.flow = { ...sbc.flow, peerDomains: [DOMAIN_A] };
    const caller = sbc.calls(NUMBER);
    const phone = office.reception.answers();
    caller.connected();
    caller.hangsUp();
    phone.hungUp();
  });
});
