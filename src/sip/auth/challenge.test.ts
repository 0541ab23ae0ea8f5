// Challenges and credentials as peers write them, right and wrong.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type DigestChallenge,
  type DigestCredentials,
  formatChallenge,
  formatCredentials,
  parseChallenge,
  parseCredentials,
} from './challenge.ts';

const text = fc.string({ maxLength: 20 });
const token = fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/);

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}

describe('challenges', () => {
  test("a carrier's challenge is read with any case, spacing and order", () => {
    const challenge = parseChallenge(
      'digest  NONCE="abc" ,algorithm=md5,Realm="x, \\"y\\"",,qop="auth,auth-int" , stale=TRUE',
    );
    assert.deepEqual(challenge, {
      ok: true,
      value: { realm: 'x, "y"', nonce: 'abc', stale: true, qop: ['auth', 'auth-int'], algorithm: 'md5' },
    });
  });

  test('another scheme is named in the error', () => {
    assert.deepEqual(parseChallenge('Bearer realm="x"'), {
      ok: false,
      error: 'scheme Bearer instead of Digest',
    });
    assert.equal(parseChallenge('').ok, false);
  });

  for (const [title, value] of [
    ['without a nonce', 'Digest realm="x"'],
    ['with a parameter given twice', 'Digest realm="x", nonce="a", nonce="b"'],
    ['with an open quote', 'Digest realm="x, nonce="a"'],
    ['with a name alone', 'Digest realm="x", nonce="a", stale'],
    ['with no parameters', 'Digest'],
    ['with too many parameters', `Digest ${Array.from({ length: 40 }, (_, i) => `p${i}=1`).join(',')}`],
  ] as const) {
    test(`a challenge ${title} is malformed`, () => assert.equal(parseChallenge(value).ok, false));
  }

  test('what is formatted is read back, whatever the realm and the nonce contain', () => {
    const challenges: fc.Arbitrary<DigestChallenge> = fc
      .record({
        realm: text,
        nonce: text,
        opaque: fc.option(text, { nil: undefined }),
        algorithm: fc.option(token, { nil: undefined }),
        stale: fc.boolean(),
        qop: fc.constantFrom([], ['auth'], ['auth', 'auth-int']),
      })
      .map((challenge) => defined(challenge) as DigestChallenge);
    fc.assert(
      fc.property(challenges, (challenge) => {
        assert.deepEqual(parseChallenge(formatChallenge(challenge)), { ok: true, value: challenge });
      }),
    );
  });
});

describe('credentials', () => {
  test("an old phone's credentials, with quoted qop and an empty algorithm, are read", () => {
    const credentials = parseCredentials(
      'Digest username="reception",realm="r",nonce="n",uri="sip:r",response="0",' +
        'algorithm=,qop="auth",nc=00000001,cnonce="c"',
    );
    assert.ok(credentials.ok);
    assert.equal(credentials.value.algorithm, '');
    assert.equal(credentials.value.qop, 'auth');
  });

  test('what is formatted is read back', () => {
    const optional = fc.option(text, { nil: undefined });
    const credentials: fc.Arbitrary<DigestCredentials> = fc
      .record({
        username: text,
        realm: text,
        nonce: text,
        uri: text,
        response: text,
        cnonce: optional,
        opaque: optional,
        algorithm: fc.option(token, { nil: undefined }),
        qop: fc.option(token, { nil: undefined }),
        nc: fc.option(token, { nil: undefined }),
      })
      .map((value) => defined(value) as DigestCredentials);
    fc.assert(
      fc.property(credentials, (value) => {
        assert.deepEqual(parseCredentials(formatCredentials(value)), { ok: true, value });
      }),
    );
  });

  test('no text makes the parser throw or take long', () => {
    fc.assert(fc.property(fc.string(), (value) => void parseCredentials(`Digest ${value}`)));
    assert.equal(parseCredentials(`Digest a="${'\\'.repeat(30_000)}`).ok, false);
    assert.equal(parseCredentials(`Digest ${' '.repeat(30_000)}!`).ok, false);
  });
});
