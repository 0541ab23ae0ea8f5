import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { nodeHashing } from './node-hashing.ts';

describe('hashing', () => {
  test('MD5 gives the digests of RFC 1321 §A.5', () => {
    assert.equal(nodeHashing.md5Hex(''), 'd41d8cd98f00b204e9800998ecf8427e');
    assert.equal(nodeHashing.md5Hex('message digest'), 'f96b697d7cb7938d525a2f31aaf161d0');
  });

  test('SHA-256 gives the digest of FIPS 180-4 for "abc"', () => {
    assert.equal(
      nodeHashing.sha256Hex('abc'),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  test('HMAC-SHA-256 gives the digest of RFC 4231 §4.3', () => {
    assert.equal(
      nodeHashing.hmacSha256Hex(utf8('Jefe'), 'what do ya want for nothing?'),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test('text is hashed as UTF-8', () => {
    assert.equal(nodeHashing.md5Hex('Jürgen'), nodeHashing.md5Hex(Buffer.from('Jürgen', 'utf8').toString()));
    assert.notEqual(nodeHashing.md5Hex('ü'), nodeHashing.md5Hex('u'));
  });
});
