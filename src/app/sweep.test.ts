// What becomes of recordings when the node dies at any moment of what is done with them: whatever a row names is there,
// and after the next start nothing else is.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FILE, SILENT_LOG, Stage } from '../../test/admin-stage.ts';
import type { Admin } from '../admin/admin.ts';
import { orphansAmong } from '../mailboxes/owned.ts';
import type { Recordings } from '../ports/recordings.ts';
import type { Store } from '../ports/store.ts';
import { writeWav } from '../rtp/wav.ts';
import { sweepRecordings } from './sweep.ts';

const WAV = writeWav({ codec: 'PCMA', samples: new Uint8Array(9_000) });
const MAILBOX_FILE = FILE.replace('    phones:', '    mailboxes: [{ name: reception }]\n    phones:');

/** Everything that is done with recordings, one after another. */
async function live(admin: Admin): Promise<void> {
  await admin.sounds.set('acme', 'welcome', WAV, 'api');
  await admin.sounds.set('acme', 'welcome', { text: 'Welcome.' }, 'api');
  await admin.sounds.set('acme', 'sorry', WAV, 'api');
  await admin.sounds.setGreeting('acme', 'reception', WAV, 'api');
  await admin.sounds.setGreeting('acme', 'reception', { text: 'Speak.' }, 'api');
  await admin.sounds.remove('acme', 'sorry', 'api');
  await admin.sounds.clearGreeting('acme', 'reception', 'api');
  await admin.sounds.setGreeting('acme', 'reception', WAV, 'api');
  await admin.provision(FILE, { dryRun: false });
  await admin.removeAccount('acme');
}

/** The node dies with its so many-th operation on the disk, which has or has not reached it by then. */
class Dying {
  done = 0;
  readonly #at: number;
  readonly #reached: boolean;
  #dead = false;
  #die = () => {};
  /** Nobody hears of anything after it, least of all the node. */
  readonly death = new Promise<'died'>((resolve) => {
    this.#die = () => resolve('died');
  });

  constructor(at: number, reached: boolean) {
    this.#at = at;
    this.#reached = reached;
  }

  async perform<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#dead) return new Promise<T>(() => {});
    if (this.done++ !== this.#at) return operation();
    this.#dead = true;
    if (this.#reached) await operation();
    this.#die();
    return new Promise<T>(() => {});
  }

  store(store: Store): Store {
    const write: Store['write'] = (writes) => this.perform(() => store.write(writes));
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'write') return write;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  recordings(recordings: Recordings): Recordings {
    return {
      create: (id, codec) => {
        const writer = recordings.create(id, codec);
        return { ...writer, finish: () => this.perform(() => writer.finish()) };
      },
      put: (id, recorded) => this.perform(() => recordings.put(id, recorded)),
      read: (id) => recordings.read(id),
      erase: (id) => this.perform(() => recordings.erase(id)),
      list: () => recordings.list(),
    };
  }
}

async function stageAtStart(): Promise<Stage> {
  const stage = new Stage();
  await stage.admin.provision(MAILBOX_FILE, { dryRun: false });
  return stage;
}

async function lifeOf(stage: Stage, dying: Dying): Promise<'lived' | 'died'> {
  const { store, recordings } = stage;
  const admin = stage.openAdmin(dying.store(store), dying.recordings(recordings));
  const lived = live(admin).then(() => 'lived' as const);
  return Promise.race([lived, dying.death]);
}

async function rowsOf(store: Store) {
  const [accounts, messages, notices] = await Promise.all([
    store.accounts(),
    store.messages(),
    store.notices(),
  ]);
  return { accounts, messages, notices };
}

describe('recordings of a node that dies', () => {
  test('are there where a row names them, and after the next start nowhere else', async () => {
    const whole = new Dying(Number.POSITIVE_INFINITY, true);
    assert.equal(await lifeOf(await stageAtStart(), whole), 'lived');
    const operations = whole.done;
    let deaths = 0;
    for (let at = 0; at < operations; at++) {
      for (const reached of [false, true]) {
        const stage = await stageAtStart();
        const { store, recordings } = stage;
        if ((await lifeOf(stage, new Dying(at, reached))) === 'died') deaths++;
        const rows = await rowsOf(store);
        const there = await recordings.list();
        const named = rows.accounts.flatMap(({ mailboxes = [], sounds = [] }) => [
          ...mailboxes.flatMap(({ greeting }) => greeting ?? []),
          ...sounds.map(({ recording }) => recording),
        ]);
        const lost = named.filter((recording) => !there.includes(recording));
        assert.deepEqual(lost, [], `operation ${at} ${reached ? 'reached' : 'did not reach'} the disk`);
        await (await sweepRecordings(recordings, rows, SILENT_LOG)).over;
        assert.deepEqual([...(await recordings.list())].sort(), [...named].sort());
      }
    }
    assert.ok(operations > 20 && deaths > 20, `${operations} operations, ${deaths} deaths`);
  });

  test('are kept while a message or a notice names them', () => {
    const message = { recording: 'a' } as never;
    const notice = { recording: 'b' } as never;
    const rows = { accounts: [], messages: [message], notices: [notice, {} as never] };
    assert.deepEqual(orphansAmong(['a', 'b', 'c'], rows), ['c']);
  });

  test('that are made after the start are never swept', async () => {
    const { recordings } = new Stage();
    const orphan = { codec: 'PCMA', samples: new Uint8Array(1) } as const;
    await recordings.put('0'.repeat(32), orphan);
    const sweep = await sweepRecordings(recordings, { accounts: [], messages: [], notices: [] }, SILENT_LOG);
    await recordings.put('1'.repeat(32), orphan);
    await sweep.over;
    assert.deepEqual(await recordings.list(), ['1'.repeat(32)]);
  });
});
