import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { nodeVerifying, openSigning } from './ed25519.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'signing-'));
});
afterEach(() => rm(folder, { recursive: true }));

const keyFile = () => path.join(folder, 'watch.key');

describe('signatures', () => {
  test('are those of RFC 8032 §7.1, test 1', () => {
    const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
    const signature = Buffer.from(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      'hex',
    );
    const [key, signed] = [publicKey.toString('base64url'), signature.toString('base64url')];
    assert.ok(nodeVerifying.verify(key, '', signed));
    assert.ok(!nodeVerifying.verify(key, 'x', signed));
  });

  test('are made with a key that is kept, and which only its owner can read', async () => {
    const signing = await openSigning(keyFile());
    assert.equal((await stat(keyFile())).mode & 0o777, 0o600);
    const again = await openSigning(keyFile());
    assert.equal(again.publicKey, signing.publicKey);
    assert.match(signing.publicKey, /^[A-Za-z0-9_-]{43}$/);
    assert.ok(again.verify(signing.publicKey, 'Grüße', signing.sign('Grüße')));
    await rm(keyFile());
    const other = await openSigning(keyFile());
    assert.ok(!other.verify(other.publicKey, 'Grüße', signing.sign('Grüße')));
  });

  test('that are none, by keys that are none, are wrong and nothing worse', async () => {
    const { publicKey, sign, verify } = await openSigning(keyFile());
    for (const key of ['', 'A', publicKey.slice(1), `${publicKey}AAAA`, '!'.repeat(43)]) {
      assert.equal(verify(key, 'text', sign('text')), false, key);
    }
    for (const signature of ['', 'A', sign('text').slice(4)]) {
      assert.equal(verify(publicKey, 'text', signature), false, signature);
    }
    assert.equal(verify(Buffer.alloc(32, 0xff).toString('base64url'), 'text', sign('text')), false);
  });

  test('a key that is damaged, or cannot be kept, stops the start and says so', async () => {
    await writeFile(keyFile(), 'no key');
    await assert.rejects(openSigning(keyFile()), { code: 'KEY_INVALID', message: /delete it/ });
    await assert.rejects(openSigning(path.join(folder, 'gone', 'watch.key')), { code: 'DATA_FOLDER' });
  });
});
