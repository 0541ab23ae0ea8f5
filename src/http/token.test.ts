import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createSystemRandom } from '../adapters/system-random/system-random.ts';
import { loadOrCreateToken, TOKEN_FILE, tokenChecker } from './token.ts';

const random = createSystemRandom();

async function dataFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringthrough-token-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

describe('the API token', () => {
  test('is made once, long, and readable by its owner only', async (t) => {
    const file = path.join(await dataFolder(t), 'data', TOKEN_FILE);
    const token = await loadOrCreateToken(file, random);
    assert.match(token, /^[0-9a-f]{64}$/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(await loadOrCreateToken(file, random), token);
  });

  test('one that is too short to be safe is refused with the remedy', async (t) => {
    const file = path.join(await dataFolder(t), TOKEN_FILE);
    await writeFile(file, 'secret\n');
    await assert.rejects(loadOrCreateToken(file, random), { code: 'DATA_FOLDER', message: /delete it/ });
  });

  test('is not written through a link that somebody else put there', async (t) => {
    const folder = await dataFolder(t);
    const file = path.join(folder, TOKEN_FILE);
    await symlink(path.join(folder, 'elsewhere'), file);
    await assert.rejects(loadOrCreateToken(file, random), { code: 'DATA_FOLDER' });
    await assert.rejects(stat(path.join(folder, 'elsewhere')));
  });

  test('a folder that cannot be made is told in one line', async (t) => {
    const folder = await dataFolder(t);
    await writeFile(path.join(folder, 'a-file'), '');
    const file = path.join(folder, 'a-file', TOKEN_FILE);
    await assert.rejects(loadOrCreateToken(file, random), { code: 'DATA_FOLDER', message: /ENOTDIR|EEXIST/ });
  });

  test('only the whole token is right', () => {
    const isRight = tokenChecker('0123456789abcdef');
    assert.ok(isRight('0123456789abcdef'));
    for (const wrong of ['', '0123456789abcde', '0123456789abcdef0', '0123456789ABCDEF']) {
      assert.ok(!isRight(wrong), wrong);
    }
  });
});
