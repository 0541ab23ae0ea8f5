import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { RingthroughError } from '../../base/errors.ts';
import { openRecordings } from './recordings.ts';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const KEY = new Uint8Array(32).fill(7);
const ID = '0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(32);

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ringthrough-recordings-'));
  folders.push(made);
  return made;
}
after(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const open = (at: string, bytesMax?: number) => openRecordings(at, KEY, SILENT, bytesMax);
const samples = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 31) % 251);

describe('recordings on disk', () => {
  for (const length of [0, 1, 8_191, 8_192, 8_193, 16_384, 100_000]) {
    test(`of ${length} samples are read as they were written`, async () => {
      const recordings = await open(folder());
      const written = samples(length);
      const writer = recordings.create(ID, 'PCMU');
      for (let at = 0; at < length; at += 777) writer.append(written.subarray(at, at + 777));
      await writer.finish();
      const read = await recordings.read(ID);
      assert.equal(read?.codec, 'PCMU');
      assert.deepEqual(Buffer.from(read.samples), Buffer.from(written));
      assert.deepEqual(await recordings.list(), [ID]);
    });
  }

  test('tell nothing of what was said', async () => {
    const at = folder();
    await (await open(at)).put(ID, { codec: 'PCMA', samples: new Uint8Array(20_000).fill(0x41) });
    assert.ok(!readFileSync(join(at, 'recordings', ID)).includes('AAAAAAAA'));
  });

  test('do not open changed, cut off, with chunks exchanged, under another name or with another key', async () => {
    const at = folder();
    const recordings = await open(at);
    await recordings.put(ID, { codec: 'PCMA', samples: samples(30_000) });
    const file = join(at, 'recordings', ID);
    const whole = readFileSync(file);
    const chunk = 8_192 + 16;
    const exchanged = Buffer.concat([
      whole.subarray(0, 12),
      whole.subarray(12 + chunk, 12 + 2 * chunk),
      whole.subarray(12, 12 + chunk),
      whole.subarray(12 + 2 * chunk),
    ]);
    const changed = Buffer.from(whole);
    changed[5_000] = (changed[5_000] ?? 0) ^ 1;
    for (const bad of [
      changed,
      exchanged,
      whole.subarray(0, 12 + chunk),
      whole.subarray(0, 9),
      Buffer.alloc(0),
    ]) {
      writeFileSync(file, bad);
      assert.equal(await recordings.read(ID), undefined);
    }
    writeFileSync(file, whole);
    copyFileSync(file, join(at, 'recordings', OTHER));
    assert.equal(await recordings.read(OTHER), undefined);
    const stranger = await openRecordings(at, new Uint8Array(32).fill(8), SILENT);
    assert.equal(await stranger.read(ID), undefined);
    assert.ok(await recordings.read(ID));
  });

  test('are not there before they are finished, nor after they were abandoned, nor what a crash left', async () => {
    const at = folder();
    const recordings = await open(at);
    const writer = recordings.create(ID, 'PCMA');
    writer.append(samples(20_000));
    assert.equal(await recordings.read(ID), undefined);
    assert.deepEqual(await recordings.list(), []);
    await writer.abandon();
    assert.deepEqual(readdirSync(join(at, 'recordings')), []);
    writeFileSync(join(at, 'recordings', `${OTHER}.part`), 'left by a crash');
    await open(at);
    assert.deepEqual(readdirSync(join(at, 'recordings')), []);
  });

  test('are erased, and their room is free again', async () => {
    const recordings = await open(folder(), 10_000);
    await recordings.put(ID, { codec: 'PCMA', samples: samples(6_000) });
    const full = recordings.put(OTHER, { codec: 'PCMA', samples: samples(6_000) });
    await assert.rejects(full, (error: RingthroughError) => error.code === 'STORE_FULL');
    assert.deepEqual(await recordings.list(), [ID]);
    await recordings.erase(ID);
    await recordings.erase(ID);
    await recordings.put(OTHER, { codec: 'PCMA', samples: samples(6_000) });
    assert.deepEqual(await recordings.list(), [OTHER]);
  });

  test('are looked for under no name but their own', async () => {
    const recordings = await open(folder());
    assert.equal(await recordings.read('../node.key'), undefined);
    await recordings.erase('../node.key');
  });

  test('that are finished survive kill -9 the next instant', async () => {
    const at = folder();
    const script = `
      import { openRecordings } from ${JSON.stringify(new URL('./recordings.ts', import.meta.url).href)};
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const recordings = await openRecordings(${JSON.stringify(at)}, new Uint8Array(32).fill(7), log);
      await recordings.put('${ID}', { codec: 'PCMA', samples: new Uint8Array(50000).fill(9) });
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: 'inherit',
    });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
    const read = await (await open(at)).read(ID);
    assert.equal(read?.samples.length, 50_000);
  });
});
