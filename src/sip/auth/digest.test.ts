// Digest arithmetic against the vectors of RFC 7616 §3.9.1 and RFC 2617 §3.5.

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { algorithmOf, type DigestHashing, digestResponse, ha1 } from './digest.ts';

const hashing: DigestHashing = {
  md5Hex: (text) => createHash('md5').update(text).digest('hex'),
  sha256Hex: (text) => createHash('sha256').update(text).digest('hex'),
  hmacSha256Hex: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
};

const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
const MUFASA = {
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  method: 'GET',
  uri: '/dir/index.html',
  qop: { qop: 'auth', nc: '00000001', cnonce: CNONCE },
} as const;

describe('digest arithmetic', () => {
  for (const [algorithm, expected] of [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const) {
    test(`Mufasa's response in ${algorithm} is the one of RFC 7616`, () => {
      const secret = ha1(hashing, algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
      assert.equal(digestResponse(hashing, { ...MUFASA, algorithm, ha1: secret }), expected);
    });
  }

  test("Mufasa's response of 1999 is the one of RFC 2617", () => {
    const secret = ha1(hashing, 'MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life');
    const response = digestResponse(hashing, {
      algorithm: 'MD5',
      ha1: secret,
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
      method: 'GET',
      uri: '/dir/index.html',
      qop: { qop: 'auth', nc: '00000001', cnonce: '0a4f113b' },
    });
    assert.equal(response, '6629fae49393a05397450978507c4ef1');
  });

  test('without qop neither count nor client nonce is hashed', () => {
    const response = digestResponse(hashing, {
      algorithm: 'MD5',
      ha1: 'a',
      nonce: 'n',
      method: 'REGISTER',
      uri: 'sip:x',
    });
    assert.equal(response, hashing.md5Hex(`a:n:${hashing.md5Hex('REGISTER:sip:x')}`));
  });

  test('a -sess algorithm hashes both nonces into HA1', () => {
    const response = digestResponse(hashing, { ...MUFASA, algorithm: 'SHA-256-sess', ha1: 'a' });
    const session = hashing.sha256Hex(`a:${MUFASA.nonce}:${CNONCE}`);
    assert.equal(response, digestResponse(hashing, { ...MUFASA, algorithm: 'SHA-256', ha1: session }));
  });

  test('an algorithm is known in any case, and none or an empty one means MD5', () => {
    assert.equal(algorithmOf('sha-256'), 'SHA-256');
    assert.equal(algorithmOf('MD5-SESS'), 'MD5-sess');
    assert.equal(algorithmOf(undefined), 'MD5');
    assert.equal(algorithmOf(''), 'MD5');
    assert.equal(algorithmOf('SHA-512-256'), undefined);
  });
});
