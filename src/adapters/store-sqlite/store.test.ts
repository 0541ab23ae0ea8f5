// What SQLite's store promises beyond the contract (test/contract/store.contract.ts): it survives kill -9, a full
// disk and a second node; and a copy of it without the key gives no secret away.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { present } from '../../base/assert.ts';
import { hex } from '../../base/ids.ts';
import type { Account, LedgerEntry } from '../../ports/records.ts';
import type { Store } from '../../ports/store.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { openSqliteStore } from './store.ts';

let path = '';
beforeEach(() => {
  path = fs.mkdtempSync(join(tmpdir(), 'ringthrough-store-'));
});
afterEach(() => fs.rmSync(path, { recursive: true }));

/** Opens folder and store, and closes both whatever happens. */
async function withStore<T>(
  work: (store: Store, folder: DataFolder) => Promise<T>,
  limits: Parameters<typeof openSqliteStore>[1] = {},
): Promise<T> {
  const folder = openDataFolder(path);
  try {
    const store = await openSqliteStore(folder, limits);
    try {
      return await work(store, folder);
    } finally {
      await store.close();
    }
  } finally {
    folder.close();
  }
}

const MD5 = '939e7578ed9e3c518a452acee763bce9';
const SHA256 = '7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232';

function account(name: string, users: readonly string[]): Account {
  return {
    name,
    phones: users.map((user) => ({ user, secret: { realm: 'r', md5Ha1: MD5, sha256Ha1: SHA256 } })),
    numbers: [],
    hours: [],
    limits: {
      callsMax: 1,
      divertedCallsMax: 1,
      phonesMax: 1,
      bindingsPerPhoneMax: 1,
      destinationsAllowed: [],
      destinationsDenied: [],
    },
  };
}

function entry(id: string, reason = ''): LedgerEntry {
  const parties = { account: 'acme', called: '+442079460000', caller: '+442079460999' };
  return {
    id,
    direction: 'in',
    ...parties,
    startedAt: 1,
    outcome: 'answered',
    reason,
    timeline: [],
    legs: [],
  };
}

describe('a crash', () => {
  test('by kill -9 in the middle of writing loses no acknowledged write, tears no batch and leaves no lock', async () => {
    const writer = new URL('../../../test/contract/store-writer.ts', import.meta.url);
    const child = spawn(process.execPath, [writer.pathname, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const acknowledged: string[] = [];
    for await (const id of createInterface(child.stdout)) {
      acknowledged.push(id);
      if (acknowledged.length === 300) child.kill('SIGKILL');
    }
    assert.ok(acknowledged.length >= 300);
    await withStore(async (store) => {
      const kept = new Set<string>();
      let cursor: string | undefined;
      do {
        const page = await store.ledger({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) });
        for (const { id } of page.entries) kept.add(id);
        cursor = page.next;
      } while (cursor !== undefined);
      assert.deepEqual(
        acknowledged.filter((id) => !kept.has(id)),
        [],
      );
      const halves = [...kept].filter((id) => !id.endsWith(', second half'));
      assert.deepEqual(
        halves.filter((id) => !kept.has(`${id}, second half`)),
        [],
      );
      assert.equal(kept.size, halves.length * 2);
    });
  });
});

describe('a full disk', () => {
  test('refuses writes with STORE_FULL, keeps what is there, and is over once there is space again', async () => {
    await withStore(
      async (store) => {
        let count = 0;
        const fill = async () => {
          for (;;) await store.write([{ type: 'ledger', entry: entry(`${++count}`, 'x'.repeat(20_000)) }]);
        };
        await assert.rejects(fill(), { code: 'STORE_FULL' });
        const last = `${count - 1}`;
        assert.equal(await store.ledgerEntry(`${count}`), undefined);
        await assert.rejects(fill(), { code: 'STORE_FULL' });
        assert.equal((await store.ledgerEntry(last))?.id, last);
        await store.write([{ type: 'ledger', entry: entry(last, 'short') }]);
        await store.write([{ type: 'ledger', entry: entry('small', 'again') }]);
        assert.equal((await store.ledgerEntry('small'))?.reason, 'again');
      },
      { bytesMax: 300_000 },
    );
  });

  test('the writes of one group are refused together, and none is half there', async () => {
    await withStore(
      async (store) => {
        const results = await Promise.allSettled(
          Array.from({ length: 40 }, (_, index) =>
            store.write([{ type: 'ledger', entry: entry(`${index}`, 'x'.repeat(20_000)) }]),
          ),
        );
        const written = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [`${index}`] : []));
        assert.ok(written.length < 40);
        const { entries } = await store.ledger({ limit: 100 });
        assert.deepEqual(entries.map(({ id }) => id).toSorted(), written.toSorted());
      },
      { bytesMax: 300_000 },
    );
  });
});

describe('the queue before the disk', () => {
  test('shares a transaction among writes, yet one that cannot be stored fails alone', async () => {
    await withStore(async (store) => {
      const results = await Promise.allSettled([
        store.write([{ type: 'ledger', entry: entry('first') }]),
        store.write([{ type: 'ledger', entry: entry('sound') }]),
        store.write([{ type: 'ledger', entry: { ...entry('broken'), startedAt: Number.NaN } }]),
        store.write([{ type: 'ledger', entry: entry('sound too') }]),
      ]);
      assert.deepEqual(
        results.map((result) => (result.status === 'rejected' ? result.reason.code : 'written')),
        ['written', 'written', 'STORE_FAILED', 'written'],
      );
      assert.equal((await store.ledger({ limit: 10 })).entries.length, 3);
    });
  });

  test('is bounded: writes beyond it are refused and the others done', async () => {
    await withStore(
      async (store) => {
        const results = await Promise.allSettled(
          Array.from({ length: 10 }, (_, index) =>
            store.write([{ type: 'ledger', entry: entry(`${index}`) }]),
          ),
        );
        const refused = results.flatMap((result) =>
          result.status === 'rejected' ? [result.reason.code] : [],
        );
        // The first goes to the disk at once, three wait.
        assert.deepEqual(refused, Array(6).fill('LIMIT_REACHED'));
        assert.equal((await store.ledger({ limit: 10 })).entries.length, 4);
      },
      { queueMax: 3 },
    );
  });

  test('a store that was closed refuses with a reason', async () => {
    const store = await withStore(async (opened) => opened);
    await assert.rejects(store.write([]), { code: 'STORE_FAILED', message: 'the store is closed' });
    await assert.rejects(store.accounts(), { code: 'STORE_FAILED', message: 'the store is closed' });
  });
});

describe('the phones’ secrets', () => {
  test('are in no file of the folder in the clear, and only the owner may read those files', async () => {
    await withStore((store) => store.write([{ type: 'account', account: account('acme', ['reception']) }]));
    for (const name of fs.readdirSync(path)) {
      const bytes = fs.readFileSync(join(path, name));
      for (const secret of [MD5, SHA256]) {
        assert.equal(bytes.includes(secret) || bytes.includes(Buffer.from(secret, 'hex')), false, name);
      }
      assert.equal((fs.statSync(join(path, name)).mode & 0o777).toString(8), '600', name);
    }
  });

  test('PINs and codes of accounts are not there to be guessed either, nor even their hashes', async () => {
    const hash = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo';
    const control = {
      id: '482150',
      pin: hash,
      mobiles: [],
      codes: [{ index: '07', hash }],
      featureCodes: false,
    };
    await withStore((store) =>
      store.write([{ type: 'account', account: { ...account('acme', []), control } }]),
    );
    for (const name of fs.readdirSync(path)) {
      assert.equal(fs.readFileSync(join(path, name)).includes('argon2id'), false, name);
    }
    await withStore(async (store) => assert.deepEqual((await store.accounts())[0]?.control, control));
    tamper("update account set name = 'other'");
    await withStore(async (store) => {
      await assert.rejects(store.accounts(), {
        code: 'KEY_INVALID',
        message: /account other .* does not open/,
      });
    });
  });

  test('the log beside the open database is as private', async () => {
    await withStore(async (store) => {
      await store.write([{ type: 'account', account: account('acme', ['reception']) }]);
      const mode = fs.statSync(join(path, 'ringthrough.db-wal')).mode;
      assert.equal((mode & 0o777).toString(8), '600');
    });
  });

  test('do not open in another phone’s row', async () => {
    const users = ['reception', 'workshop'];
    await withStore((store) => store.write([{ type: 'account', account: account('acme', users) }]));
    tamper("update phone set secret = (select secret from phone where user = 'workshop')");
    await withStore(async (store) => {
      await assert.rejects(store.accounts(), {
        code: 'KEY_INVALID',
        message: /^the secret of phone reception does not open; restore/,
      });
    });
  });
});

describe('the node’s key', () => {
  const key = () => join(path, 'node.key');

  test('stays the same from start to start', async () => {
    const first = await withStore(async (_, folder) => hex(folder.key));
    assert.match(first, /^[0-9a-f]{64}$/);
    assert.equal(await withStore(async (_, folder) => hex(folder.key)), first);
  });

  test('that another node made does not open this database', async () => {
    await withStore(async () => {});
    fs.writeFileSync(key(), new Uint8Array(32));
    await assert.rejects(
      withStore(async () => {}),
      {
        code: 'KEY_INVALID',
        message:
          /node\.key is not the key that .*ringthrough\.db was made with; restore it from the backup, or move/,
      },
    );
  });

  test('that is missing while there is a database is not made anew', async () => {
    await withStore(async () => {});
    fs.rmSync(key());
    await assert.rejects(
      withStore(async () => {}),
      { code: 'KEY_INVALID', message: /node\.key is missing, and/ },
    );
    assert.equal(fs.existsSync(key()), false);
  });

  test('that is too short is said to be damaged', async () => {
    fs.writeFileSync(key(), 'short');
    await assert.rejects(
      withStore(async () => {}),
      { code: 'KEY_INVALID', message: /has 5 bytes instead of 32/ },
    );
  });

  test('that came from a backup with open permissions is closed again', async () => {
    await withStore(async () => {});
    fs.chmodSync(key(), 0o644);
    await withStore(async () => {});
    assert.equal((fs.statSync(key()).mode & 0o777).toString(8), '600');
  });
});

describe('the data folder', () => {
  test('serves one node at a time', async () => {
    await withStore(async () => {
      assert.throws(() => openDataFolder(path), {
        code: 'DATA_IN_USE',
        message: `the data folder ${path} is in use by another node; stop that one, or give this one a folder of its own with node.data`,
      });
    });
    await withStore(async () => {});
  });

  test('is made where it is missing, for its owner only', async () => {
    const below = join(path, 'a', 'b');
    openDataFolder(below).close();
    assert.equal((fs.statSync(below).mode & 0o777).toString(8), '700');
  });

  test('that is a file is refused in one line', () => {
    const file = join(path, 'file');
    fs.writeFileSync(file, '');
    assert.throws(() => openDataFolder(file), {
      code: 'DATA_FOLDER',
      message: `the data folder ${file} is not a folder; give another with node.data, or make it writable for this user`,
    });
    assert.throws(() => openDataFolder(join(file, 'below')), { code: 'DATA_FOLDER' });
    assert.throws(() => openDataFolder('/proc/nope'), { code: 'DATA_FOLDER', message: /ENOENT/ });
  });

  test('with a database of a newer version is refused, and untouched', async () => {
    await withStore(async () => {});
    tamper("insert into kysely_migration (name, timestamp) values ('0999-the-future', '')");
    await assert.rejects(
      withStore(async () => {}),
      {
        code: 'STORE_TOO_NEW',
        message:
          /ringthrough\.db was written by a newer version \(0999-the-future\); install that version again/,
      },
    );
  });

  test('with a damaged database is refused, with what to do', async () => {
    await withStore(async () => {});
    fs.writeFileSync(join(path, 'ringthrough.db'), 'this is no database'.repeat(1_000));
    await assert.rejects(
      withStore(async () => {}),
      {
        code: 'STORE_FAILED',
        message:
          /ringthrough\.db is damaged; restore it from the backup, or move it away and provision again/,
      },
    );
  });
});

/** Changes the closed database behind the store's back. */
function tamper(sql: string): void {
  const database = new DatabaseSync(present(join(path, 'ringthrough.db'), 'database'));
  database.exec(sql);
  database.close();
}
