import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Result } from '../base/result.ts';
import { SECOND_MS } from '../base/time.ts';
import type { Log } from '../ports/log.ts';
import type { VoicemailMessage } from '../ports/records.ts';
import type { Store, StoreWrite } from '../ports/store.ts';
import { Persistence } from './persistence.ts';

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

const MESSAGE: VoicemailMessage = {
  id: 'm1',
  account: 'acme',
  mailbox: 'office',
  called: '+442079460000',
  caller: '+447700900123',
  at: 0,
  lengthMs: 4_000,
  recording: 'r1',
};
const REMOVED: StoreWrite = { type: 'message-removed', id: 'm2' };

/** A disk that can be full, and what is on it. */
function withDisk() {
  const disk = { isFull: false, written: [] as StoreWrite[] };
  const told = new Map<number, Result<void, string>>();
  const write = (writes: readonly StoreWrite[]) => {
    if (disk.isFull) return Promise.reject(new Error('the disk is full'));
    disk.written.push(...writes);
    return Promise.resolve();
  };
  const store: Pick<Store, 'write'> = { write };
  const persistence = new Persistence(store, SILENT, (id, result) => told.set(id, result));
  /** What waits for the disk has its turn. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { disk, told, persistence, settle };
}

test('what is refused is written when the disk takes it again, unless somebody was told that it was not', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout'] });
  const { disk, told, persistence, settle } = withDisk();
  disk.isFull = true;
  persistence.write(1, [{ type: 'message', message: MESSAGE }], 'forget');
  persistence.write(2, [REMOVED], 'retry');
  await settle();
  assert.deepEqual([told.get(1)?.ok, told.get(2)?.ok], [false, false]);
  assert.deepEqual(persistence.health, { store: 'failing', storeReason: 'the disk is full' });
  disk.isFull = false;
  mock.timers.tick(2 * SECOND_MS);
  await settle();
  assert.deepEqual(disk.written, [REMOVED]);
  assert.equal(persistence.health.store, 'ok');
  await persistence.close();
});

test('a store that only refused what is forgotten is well again with the next write', async () => {
  const { disk, persistence, settle } = withDisk();
  disk.isFull = true;
  persistence.write(1, [{ type: 'message', message: MESSAGE }], 'forget');
  await settle();
  assert.equal(persistence.health.store, 'failing');
  disk.isFull = false;
  persistence.write(2, [REMOVED], 'retry');
  await settle();
  assert.deepEqual([disk.written, persistence.health.store], [[REMOVED], 'ok']);
  await persistence.close();
});

test('what waits stays when a newer write of the same record is refused and forgotten', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout'] });
  const { disk, persistence, settle } = withDisk();
  disk.isFull = true;
  persistence.write(1, [REMOVED], 'retry');
  await settle();
  persistence.write(2, [{ type: 'message', message: { ...MESSAGE, id: 'm2' } }], 'forget');
  await settle();
  disk.isFull = false;
  mock.timers.tick(2 * SECOND_MS);
  await settle();
  assert.deepEqual(disk.written, [REMOVED]);
  await persistence.close();
});
