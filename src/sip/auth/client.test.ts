// A DigestClient at a carrier's server, which is played by hand-written challenges.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { createResponse } from '../message/compose.ts';
import { Headers } from '../message/headers.ts';
import { SipRequest, type SipResponse } from '../message/message.ts';
import { parseCredentials } from './challenge.ts';
import { DigestClient } from './client.ts';
import type { DigestHashing } from './digest.ts';

const hashing: DigestHashing = {
  md5Hex: (text) => createHash('md5').update(text).digest('hex'),
  sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
  hmacSha256Hex: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
};

function newClient(): DigestClient {
  return new DigestClient({ user: 'ringthrough', password: 'secret', hashing, newCnonce: () => 'c' });
}

const REGISTER = new SipRequest(
  'REGISTER',
  'sip:carrier.example',
  Headers.of([
    ['From', '<sip:ringthrough@carrier.example>;tag=1'],
    ['To', '<sip:ringthrough@carrier.example>'],
    ['Call-ID', 'c1'],
    ['CSeq', '1 REGISTER'],
  ]),
);

function authorised(client: DigestClient, request: SipRequest, response: SipResponse): SipRequest {
  const result = client.authorise(request, response);
  assert.ok(result.ok, result.ok ? '' : result.error);
  return result.value;
}

function answer(request: SipRequest, status: 401 | 407, values: readonly string[]): SipResponse {
  const name = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
  return createResponse(request, status, { headers: values.map((value) => [name, value] as const) });
}

describe('a trunk answers challenges', () => {
  test('a 407 is answered in Proxy-Authorization, beside the credentials for another realm', () => {
    const client = newClient();
    const request = REGISTER;
    const first = authorised(
      client,
      request,
      answer(request, 407, ['Digest realm="outer", nonce="a", qop="auth"']),
    );
    const second = authorised(
      client,
      first,
      answer(first, 407, ['Digest realm="inner", nonce="b", opaque="o"']),
    );
    const realms = second.headers.all('Proxy-Authorization').map((value) => {
      const credentials = parseCredentials(value);
      return credentials.ok ? [credentials.value.realm, credentials.value.opaque] : [];
    });
    assert.deepEqual(realms, [
      ['outer', undefined],
      ['inner', 'o'],
    ]);
    assert.equal(second.cseq?.number, 3);
  });

  test('a nonce that had worked may be refused once without stale, a new one may not', () => {
    const client = newClient();
    const request = REGISTER;
    authorised(client, request, answer(request, 401, ['Digest realm="r", nonce="a", qop="auth"']));
    const refresh = client.preauthorise(request);
    assert.match(refresh.headers.get('Authorization') ?? '', /nc=00000002/);
    const again = authorised(
      client,
      refresh,
      answer(refresh, 401, ['Digest realm="r", nonce="b", qop="auth"']),
    );
    assert.match(again.headers.get('Authorization') ?? '', /nonce="b".*nc=00000001/);
    assert.equal(
      client.authorise(again, answer(again, 401, ['Digest realm="r", nonce="c", qop="auth"'])).ok,
      false,
    );
  });

  test('a server that calls each of its nonces stale is given up', () => {
    const client = newClient();
    let request = REGISTER;
    for (const nonce of ['a', 'b', 'c']) {
      request = authorised(
        client,
        request,
        answer(request, 401, [`Digest realm="r", nonce="${nonce}", stale=true`]),
      );
    }
    const result = client.authorise(
      request,
      answer(request, 401, ['Digest realm="r", nonce="d", stale=true']),
    );
    assert.deepEqual(result, { ok: false, error: 'realm "r" calls every nonce of its own stale' });
  });

  test('what cannot be answered is said in words', () => {
    const request = REGISTER;
    for (const [values, missing] of [
      [[], 'no challenge'],
      [['Basic realm="r"'], 'scheme Basic instead of Digest'],
      [['Digest realm="r", nonce="a", algorithm=SHA-512-256'], 'algorithm SHA-512-256'],
      [['Digest realm="r", nonce="a", qop="auth-int"'], 'qop auth-int'],
    ] as const) {
      assert.deepEqual(newClient().authorise(request, answer(request, 401, values)), {
        ok: false,
        error: `the server asks for what we cannot answer: ${missing}`,
      });
    }
  });

  test('of several challenges the strongest that we know is answered', () => {
    const request = REGISTER;
    const values = ['SHA-512-256', 'MD5', 'SHA-256-sess', 'MD5-sess'].map(
      (algorithm) => `Digest realm="r", nonce="a", algorithm=${algorithm}, qop="auth"`,
    );
    const again = authorised(newClient(), request, answer(request, 401, values));
    assert.equal(again.headers.all('Authorization').length, 1);
    assert.match(again.headers.get('Authorization') ?? '', /algorithm=SHA-256-sess/);
  });
});
