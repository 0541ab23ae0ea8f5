import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { present } from '../base/assert.ts';
import { DigestServer } from '../sip/auth/server.ts';
import { createResponse } from '../sip/message/compose.ts';
import type { SipRequest, SipResponse } from '../sip/message/message.ts';
import { Registration } from './registration.ts';

const CONTACT = 'sip:acme@192.0.2.1:5060';
const md5Hex = (text: string): string => createHash('md5').update(text).digest('hex');
const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const hashing = {
  md5Hex,
  sha256Hex,
  hmacSha256Hex: (key: Uint8Array, text: string): string =>
    createHmac('sha256', key).update(text).digest('hex'),
};

function newRegistration(password?: string): Registration {
  let drawn = 0;
  return new Registration({
    registrar: 'sip.carrier-a.example',
    expiresMs: 600_000,
    user: 'acme',
    password,
    userAgent: 'Ringthrough',
    hashing,
    random: {
      bytes: (count) => {
        drawn += 1;
        return new Uint8Array(count).fill(drawn);
      },
      fraction: () => 0.5,
    },
  });
}

function answer(
  request: SipRequest,
  status: number,
  ...headers: readonly (readonly [string, string])[]
): SipResponse {
  return createResponse(request, status, { toTag: 'carrier', headers });
}

function registerDue(registration: Registration, now: number): SipRequest {
  return present(registration.expire(CONTACT, now), 'a REGISTER');
}

describe('registering with a carrier', () => {
  test('the first REGISTER is due at once and asks for the configured time', () => {
    const registration = newRegistration();
    const request = registerDue(registration, 1_000);
    assert.equal(request.uri, 'sip:sip.carrier-a.example');
    assert.equal(request.to?.uri, 'sip:acme@sip.carrier-a.example');
    assert.equal(request.contacts[0]?.uri, CONTACT);
    assert.equal(request.headers.get('Expires'), '600');
    assert.equal(registration.state, 'trying');
  });

  test('while a REGISTER is under way no other is sent', () => {
    const registration = newRegistration();
    registerDue(registration, 0);
    assert.equal(registration.nextDeadline(), undefined);
    assert.equal(registration.expire(CONTACT, 30_000), undefined);
  });

  test('the carrier grants 60 s: asked again after 80 to 90 % of them, same Call-ID, higher CSeq', () => {
    const registration = newRegistration();
    const first = registerDue(registration, 0);
    registration.answered(first, answer(first, 200, ['Contact', `<${CONTACT}>;expires=60`]), 100);
    assert.equal(registration.state, 'registered');
    assert.equal(registration.until, 60_100);
    const due = present(registration.nextDeadline(), 'a deadline');
    assert.ok(due >= 48_100 && due <= 54_100, `due at ${due}`);
    const second = registerDue(registration, due);
    assert.equal(second.callId, first.callId);
    assert.equal(second.cseq?.number, 2);
  });

  test('the time granted to a rewritten contact, in Expires, or by silence', () => {
    for (const [headers, until] of [
      [[['Contact', '<sip:acme@198.51.100.9:1024>;expires=120, <sip:other@192.0.2.9>;expires=5']], 120_000],
      [[['Expires', '90']], 90_000],
      [[], 600_000],
    ] as const) {
      const registration = newRegistration();
      const request = registerDue(registration, 0);
      registration.answered(request, answer(request, 200, ...headers), 0);
      assert.equal(registration.until, until);
    }
  });

  test('a 200 that lists other contacts only is a failure', () => {
    const registration = newRegistration();
    const request = registerDue(registration, 0);
    registration.answered(request, answer(request, 200, ['Contact', '<sip:other@192.0.2.9>;expires=60']), 0);
    assert.equal(registration.state, 'failed');
    assert.match(registration.reason, /did not keep our contact/);
  });

  test('a challenge is answered with credentials that the carrier accepts, and remembered for the refresh', () => {
    const server = new DigestServer({
      realm: 'carrier',
      key: new Uint8Array(32),
      hashing,
      acceptMd5: true,
      nonceLifetimeMs: 300_000,
      noncesMax: 10,
    });
    const secret = { md5Ha1: md5Hex('acme:carrier:s3cret'), sha256Ha1: sha256Hex('acme:carrier:s3cret') };
    const verdict = (request: SipRequest, now: number): string =>
      server.verify(request, 'Authorization', () => secret, now).type;
    const registration = newRegistration('s3cret');
    const bare = registerDue(registration, 0);
    const challenge = answer(
      bare,
      401,
      ...server.challenges(0, false).map((row) => ['WWW-Authenticate', row] as const),
    );
    const authorised = present(registration.answered(bare, challenge, 10), 'the REGISTER with credentials');
    assert.equal(authorised.cseq?.number, 2);
    assert.equal(verdict(authorised, 20), 'accepted');
    registration.answered(authorised, answer(authorised, 200, ['Expires', '60']), 30);
    const refresh = registerDue(registration, 60_000);
    assert.equal(refresh.cseq?.number, 3);
    assert.equal(verdict(refresh, 60_000), 'accepted');
  });

  test('a refused password is not tried again at once', () => {
    const registration = newRegistration('wrong');
    const bare = registerDue(registration, 0);
    const challenge = [
      'WWW-Authenticate',
      'Digest realm="carrier", nonce="n1", qop="auth", algorithm=MD5',
    ] as const;
    const authorised = present(registration.answered(bare, answer(bare, 401, challenge), 0), 'credentials');
    assert.equal(registration.answered(authorised, answer(authorised, 401, challenge), 0), undefined);
    assert.equal(registration.state, 'failed');
    assert.match(registration.reason, /refuses the credentials/);
    assert.ok(present(registration.nextDeadline(), 'a deadline') > 0);
  });

  test('a carrier that challenges without end is left alone after three rounds', () => {
    const registration = newRegistration('s3cret');
    let request: SipRequest | undefined = registerDue(registration, 0);
    let rounds = 0;
    while (request !== undefined) {
      const row = `Digest realm="r${rounds}", nonce="n${rounds}", qop="auth", algorithm=MD5`;
      request = registration.answered(request, answer(request, 401, ['WWW-Authenticate', row]), 0);
      rounds += 1;
    }
    assert.equal(rounds, 4);
    assert.equal(registration.state, 'failed');
  });

  test('a challenge without credentials configured says so', () => {
    const registration = newRegistration();
    const request = registerDue(registration, 0);
    const challenge = ['WWW-Authenticate', 'Digest realm="carrier", nonce="n"'] as const;
    assert.equal(registration.answered(request, answer(request, 401, challenge), 0), undefined);
    assert.match(registration.reason, /none are configured/);
  });

  test('423: asked again at once for what the carrier wants', () => {
    const registration = newRegistration();
    const brief = registerDue(registration, 0);
    const again = present(
      registration.answered(brief, answer(brief, 423, ['Min-Expires', '1800']), 0),
      'again',
    );
    assert.equal(again.headers.get('Expires'), '1800');
    assert.equal(again.contacts[0]?.uri, CONTACT);
    assert.equal(again.cseq?.number, 2);
  });

  test('423 without a usable Min-Expires is a failure, not a loop', () => {
    for (const min of [undefined, '10', '9999999']) {
      const registration = newRegistration();
      const request = registerDue(registration, 0);
      const rows = min === undefined ? [] : [['Min-Expires', min] as const];
      assert.equal(registration.answered(request, answer(request, 423, ...rows), 0), undefined);
      assert.equal(registration.state, 'failed');
    }
  });

  test('failures are retried ever later, jittered, within two minutes', () => {
    const registration = newRegistration();
    let now = 0;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      registerDue(registration, now);
      registration.failed('no answer', now);
      const due = present(registration.nextDeadline(), 'a deadline');
      waits.push(due - now);
      now = due;
    }
    assert.deepEqual(waits, [3_750, 7_500, 15_000, 30_000, 60_000, 90_000, 90_000, 90_000]);
  });

  test('503 with Retry-After: not before', () => {
    const registration = newRegistration();
    const request = registerDue(registration, 0);
    registration.answered(request, answer(request, 503, ['Retry-After', '40']), 0);
    assert.equal(registration.nextDeadline(), 40_000);
  });

  test('a failed refresh leaves the registration good until it runs out', () => {
    const registration = newRegistration();
    const first = registerDue(registration, 0);
    registration.answered(first, answer(first, 200, ['Expires', '60']), 0);
    registerDue(registration, 55_000);
    registration.failed('no answer', 57_000);
    assert.equal(registration.state, 'registered');
    assert.equal(registration.nextDeadline(), 60_000);
    registration.expire(CONTACT, 60_000);
    assert.equal(registration.state, 'failed');
    assert.match(registration.reason, /ran out: no answer/);
  });

  test('leaving gives the registration back, with credentials where asked, and ends there', () => {
    const registration = newRegistration('s3cret');
    const first = registerDue(registration, 0);
    registration.answered(first, answer(first, 200, ['Expires', '60']), 0);
    const leave = present(registration.leave(CONTACT), 'the last REGISTER');
    assert.equal(leave.headers.get('Expires'), '0');
    const challenge = [
      'WWW-Authenticate',
      'Digest realm="carrier", nonce="n", qop="auth", algorithm=MD5',
    ] as const;
    const authorised = present(registration.answered(leave, answer(leave, 401, challenge), 0), 'credentials');
    assert.equal(authorised.headers.get('Expires'), '0');
    assert.equal(registration.answered(authorised, answer(authorised, 200), 0), undefined);
    assert.equal(registration.until, undefined);
    assert.equal(registration.nextDeadline(), undefined);
  });

  test('leaving without being registered sends nothing', () => {
    assert.equal(newRegistration().leave(CONTACT), undefined);
  });
});
