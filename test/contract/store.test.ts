// The store's contract, over every adapter of the port.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStore } from '../../src/adapters/store-memory/store.ts';
import { openDataFolder } from '../../src/adapters/store-sqlite/data-folder.ts';
import { openSqliteStore } from '../../src/adapters/store-sqlite/store.ts';
import { type OpenStore, type StoreUnderTest, storeContract } from './store.contract.ts';
import { storeIncidentsContract } from './store-incidents.contract.ts';
import { storeSeriesContract } from './store-series.contract.ts';
import { storeTelephoneContract } from './store-telephone.contract.ts';
import { storeUptimeContract } from './store-uptime.contract.ts';

async function openMemory(): Promise<OpenStore> {
  const store = new MemoryStore();
  return { store, reopen: async () => store, dispose: () => store.close() };
}

async function openSqlite(): Promise<OpenStore> {
  const path = mkdtempSync(join(tmpdir(), 'ringthrough-store-'));
  let folder = openDataFolder(path);
  let store = await openSqliteStore(folder);
  const close = async () => {
    await store.close();
    folder.close();
  };
  return {
    store,
    reopen: async () => {
      await close();
      folder = openDataFolder(path);
      store = await openSqliteStore(folder);
      return store;
    },
    dispose: async () => {
      await close();
      rmSync(path, { recursive: true });
    },
  };
}

const STORES: readonly StoreUnderTest[] = [
  { name: 'memory', open: openMemory },
  { name: 'SQLite', open: openSqlite },
];

for (const store of STORES) {
  storeContract(store);
  storeTelephoneContract(store);
  storeSeriesContract(store);
  storeUptimeContract(store);
  storeIncidentsContract(store);
}
