// RFC 3665 §2 as stories: a phone and the registrar, message by message. Its registrar speaks of one contact with
// `expires`; ours does so for each contact that it keeps.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { SipResponse } from '../../../src/sip/message/message.ts';
import { ladder } from '../../stories/ladder.ts';
import { inOffice, type Office, ring } from '../../stories/office.ts';
import type { Sent } from '../../stories/said.ts';
import { DOMAIN } from '../../stories/stage.ts';

const story = inOffice({ plan: [ring('reception')], registered: [] });
const CHALLENGED = ['REGISTER →', '← 401', 'REGISTER →'];

function callIdOf({ request }: Sent): { readonly callId: string } {
  return { callId: request.callId ?? '' };
}

function contactsIn(ok: SipResponse): readonly string[] {
  return ok.contacts.map(({ uri, parameters }) => `${uri} for ${parameters.get('expires')} s`);
}

function bindings(office: Office): readonly string[] {
  const phone = office.node.phones().find(({ user }) => user === 'reception');
  return phone?.bindings.map(({ contact }) => contact) ?? [];
}

describe('RFC 3665 §2.1 Successful New Registration', () => {
  story('the phone is challenged, proves itself, and its contact is bound', (office) => {
    const register = office.reception.registers([['Expires', '600']]);
    const ok = register.expect(200);
    assert.deepEqual(ladder(office.stage, callIdOf(register)), [...CHALLENGED, '← 200']);
    assert.deepEqual(contactsIn(ok), ['sip:reception@192.0.2.10:5060 for 600 s']);
    assert.match(ok.headers.get('Via') ?? '', /;received=192\.0\.2\.10/);
    assert.equal(ok.cseq?.number, register.request.cseq?.number);
  });

  story('the challenge names our realm, asks for auth, and offers the stronger algorithm first', (office) => {
    const first = office.reception.registersUnchallenged([]);
    const challenges = first.expect(401).headers.all('WWW-Authenticate');
    assert.deepEqual(
      challenges.map((value) => /algorithm=([\w-]+)/.exec(value)?.[1]),
      ['SHA-256', 'MD5'],
    );
    for (const value of challenges) {
      assert.match(value, new RegExp(`^Digest realm="${DOMAIN}"`));
      assert.match(value, /qop="auth"/);
    }
  });
});

describe('RFC 3665 §2.2 Update of Contact List', () => {
  story('a second contact is added to the first, and the 200 lists both', (office) => {
    office.reception.registers().expect(200);
    const ok = office.reception.registers([['Expires', '300']], '<sip:reception@192.0.2.99>').expect(200);
    assert.deepEqual(contactsIn(ok).toSorted(), [
      'sip:reception@192.0.2.10:5060 for 600 s',
      'sip:reception@192.0.2.99 for 300 s',
    ]);
  });

  story('the same contact again is an update of its time, not a second binding', (office) => {
    office.reception.registers([['Expires', '600']]).expect(200);
    office.pass(100_000);
    const ok = office.reception.registers([['Expires', '300']]).expect(200);
    assert.deepEqual(contactsIn(ok), ['sip:reception@192.0.2.10:5060 for 300 s']);
  });
});

describe('RFC 3665 §2.3 Request for Current Contact List', () => {
  story('a REGISTER without Contact changes nothing, and is told what is bound', (office) => {
    office.reception.registers([['Expires', '600']]).expect(200);
    office.pass(60_000);
    const ok = office.reception.asksForBindings().expect(200);
    assert.deepEqual(contactsIn(ok), ['sip:reception@192.0.2.10:5060 for 540 s']);
  });
});

describe('RFC 3665 §2.4 Cancellation of Registration', () => {
  story('Contact: * with Expires: 0 forgets every contact, and the 200 lists none', (office) => {
    office.reception.registers().expect(200);
    office.reception.registers([['Expires', '600']], '<sip:reception@192.0.2.99>').expect(200);
    const ok = office.reception.registers([['Expires', '0']], '*').expect(200);
    assert.deepEqual([contactsIn(ok), bindings(office)], [[], []]);
  });

  story('a contact with expires=0 is the only one that goes', (office) => {
    office.reception.registers().expect(200);
    office.reception.registers([['Expires', '600']], '<sip:reception@192.0.2.99>').expect(200);
    office.reception.registers([], '<sip:reception@192.0.2.10:5060>;expires=0').expect(200);
    assert.deepEqual(bindings(office), ['sip:reception@192.0.2.99']);
  });
});

describe('RFC 3665 §2.5 Unsuccessful Registration', () => {
  story('wrong credentials are challenged once more, and bind nothing', (office) => {
    const thief = office.thief('reception');
    const register = thief.registers();
    register.expect(401);
    assert.deepEqual(ladder(office.stage, callIdOf(register)), [...CHALLENGED, '← 401']);
    assert.deepEqual(bindings(office), []);
  });
});

describe('registrations over a lossy network', () => {
  story('a lost 200 is sent again when the REGISTER comes again; the contact is bound once', (office) => {
    office.reception.misses('SIP/2.0 200');
    const register = office.reception.registers();
    register.expectNothing();
    office.pass(500);
    office.reception.repeats(register);
    register.expect(200);
    assert.deepEqual(ladder(office.stage, callIdOf(register)), [
      ...CHALLENGED,
      '← 200',
      'REGISTER →',
      '← 200',
    ]);
    assert.equal(office.stage.writes.filter(({ type }) => type === 'bindings').length, 1);
  });
});
