import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import { callerFromTrunk, callerHeaders, diversionHeaders, diversions, wantsPrivacy } from './identity.ts';

type Rows = readonly (readonly [string, string])[];

const invite = (rows: Rows) => new SipRequest('INVITE', 'sip:x@example.com', Headers.of(rows));
const normalise = (text: string) => (/^\+?44\d+$/.test(text) ? `+${text.replace('+', '')}` : undefined);
const DOMAIN = 'voice.example.net';
const ALICE = { id: '+442079460999', displayName: 'Alice', private: false };

describe('who calls, as a carrier says it', () => {
  test('From, when nothing is asserted', () => {
    const caller = callerFromTrunk(invite([['From', '"Alice" <sip:442079460999@c>;tag=1']]), normalise);
    assert.deepEqual(caller, ALICE);
  });

  test('the asserted identity comes before From (RFC 3325 §9)', () => {
    const rows: Rows = [
      ['From', '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'],
      ['P-Asserted-Identity', 'tel:+442079460999, <sip:+442079460000@c>'],
      ['Privacy', 'id'],
    ];
    const caller = callerFromTrunk(invite(rows), normalise);
    assert.deepEqual(caller, { id: '+442079460999', displayName: undefined, private: true });
  });

  test('an assertion that cannot be read is passed over', () => {
    const rows: Rows = [
      ['From', '<sip:+442079460999@c>;tag=1'],
      ['P-Asserted-Identity', '<<>'],
    ];
    assert.equal(callerFromTrunk(invite(rows), normalise).id, '+442079460999');
  });

  test('a number that is none stays as it was written', () => {
    assert.equal(callerFromTrunk(invite([['From', '<sip:bob@c>;tag=1']]), normalise).id, 'bob');
  });

  test('who gives no name at all is anonymous, and private', () => {
    for (const from of ['<sip:carrier.example>;tag=1', 'sip:Anonymous@c;tag=1']) {
      assert.deepEqual(callerFromTrunk(invite([['From', from]]), normalise), {
        id: undefined,
        displayName: undefined,
        private: true,
      });
    }
  });
});

describe('Privacy (RFC 3323 §4.2)', () => {
  const privacy = (value: string) => wantsPrivacy(invite([['Privacy', value]]));

  test('id, user and header ask that the caller is hidden, in any spelling and company', () => {
    for (const value of ['id', 'user', 'header', 'ID', 'header;user;critical', 'session; id'])
      assert.equal(privacy(value), true);
  });

  test('none and session do not', () => {
    for (const value of ['none', 'session', 'critical', '']) assert.equal(privacy(value), false);
    assert.equal(wantsPrivacy(invite([])), false);
  });

  test('an anonymous From asks for it, too', () => {
    assert.equal(wantsPrivacy(invite([['From', '<sip:anonymous@anonymous.invalid>;tag=1']])), true);
    assert.equal(wantsPrivacy(invite([['From', '<sip:alice@example.com>;tag=1']])), false);
  });
});

describe('who calls, as we say it', () => {
  test('a phone sees From, and no assertion: it is outside of the trust domain (RFC 3325 §6)', () => {
    assert.deepEqual(callerHeaders(ALICE, 'phone', DOMAIN, 't'), [
      ['From', 'Alice <sip:+442079460999@voice.example.net>;tag=t'],
    ]);
  });

  test('a carrier is told in P-Asserted-Identity as well', () => {
    assert.deepEqual(callerHeaders(ALICE, 'trunk', DOMAIN, 't'), [
      ['From', 'Alice <sip:+442079460999@voice.example.net>;tag=t'],
      ['P-Asserted-Identity', 'Alice <sip:+442079460999@voice.example.net>'],
    ]);
  });

  test('a private caller is anonymous to phones; a carrier is told, and that it is to keep it', () => {
    const hidden = { ...ALICE, private: true };
    const anonymous = ['From', '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=t'];
    assert.deepEqual(callerHeaders(hidden, 'phone', DOMAIN, 't'), [anonymous]);
    assert.deepEqual(callerHeaders(hidden, 'trunk', DOMAIN, 't'), [
      anonymous,
      ['P-Asserted-Identity', 'Alice <sip:+442079460999@voice.example.net>'],
      ['Privacy', 'id'],
    ]);
  });

  test('of a caller that nobody knows nothing is asserted', () => {
    const nobody = { id: undefined, displayName: undefined, private: true };
    assert.deepEqual(callerHeaders(nobody, 'trunk', DOMAIN, 't'), [
      ['From', '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=t'],
      ['Privacy', 'id'],
    ]);
  });

  test('names and users with characters of their own are quoted and escaped', () => {
    const odd = { id: 'a b@c', displayName: 'Al "the" <ice>', private: false };
    const [[, from] = ['', '']] = callerHeaders(odd, 'phone', DOMAIN, 't');
    assert.equal(from, '"Al \\"the\\" <ice>" <sip:a%20b%40c@voice.example.net>;tag=t');
  });
});

describe('a call that was sent on', () => {
  const NUMBER = '+442079460000';
  const MOBILE = '+447700900123';
  const headers = (rows: Rows, verdict?: 'busy' | 'no-answer' | 'unreachable') =>
    new Map(diversionHeaders(invite(rows), NUMBER, MOBILE, verdict, DOMAIN));

  test('names the number that sent it on, and why (RFC 5806 §4, RFC 4458 §2.1)', () => {
    for (const [verdict, reason, cause] of [
      [undefined, 'unconditional', 302],
      ['busy', 'user-busy', 486],
      ['no-answer', 'no-answer', 408],
      ['unreachable', 'unavailable', 503],
    ] as const) {
      const told = headers([], verdict);
      assert.equal(told.get('Diversion'), `<sip:+442079460000@voice.example.net>;reason=${reason};counter=1`);
      assert.equal(
        told.get('History-Info'),
        `<sip:+442079460000@voice.example.net>;index=1, ` +
          `<sip:+447700900123@voice.example.net;cause=${cause}>;index=1.1`,
      );
    }
  });

  test('earlier diversions are kept below ours, and the history goes on (RFC 7044 §10.3)', () => {
    const rows: Rows = [
      ['Diversion', '<sip:+442079460555@c>;reason=user-busy'],
      ['History-Info', '<sip:+442079460555@c>;index=1'],
      ['History-Info', '<sip:+442079460000@c>;index=1.1'],
    ];
    const told = diversionHeaders(invite(rows), NUMBER, MOBILE, 'busy', DOMAIN);
    assert.deepEqual(
      told.filter(([name]) => name === 'Diversion').map(([, value]) => value.split(';')[0]),
      ['<sip:+442079460000@voice.example.net>', '<sip:+442079460555@c>'],
    );
    assert.match(told.find(([name]) => name === 'History-Info')?.[1] ?? '', /index=1\.1, .*index=1\.1\.1$/);
  });

  test('is counted by its diversions; one from the very number that is called is a loop', () => {
    const sent = invite([
      ['Diversion', '<sip:+442079460555@c>;reason=user-busy, "Office" <sip:+442079460000@c>;reason=away'],
    ]);
    assert.deepEqual(diversions(sent, NUMBER), { count: 2, loop: true });
    assert.deepEqual(diversions(sent, MOBILE), { count: 2, loop: false });
    assert.deepEqual(diversions(invite([['Diversion', 'nonsense<']]), NUMBER), { count: 1, loop: false });
    assert.deepEqual(diversions(invite([]), NUMBER), { count: 0, loop: false });
  });
});
