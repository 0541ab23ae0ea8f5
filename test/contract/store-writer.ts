// The victim of "kill -9 loses no acknowledged write" (store-sqlite's store.test.ts): writes to the data folder
// without end, several batches at once, and prints the id of each as soon as its write resolved.

import { writeSync } from 'node:fs';
import { openDataFolder } from '../../src/adapters/store-sqlite/data-folder.ts';
import { openSqliteStore } from '../../src/adapters/store-sqlite/store.ts';
import { present } from '../../src/base/assert.ts';

const AT_ONCE = 20;
const STDOUT = 1;

const store = await openSqliteStore(openDataFolder(present(process.argv[2], 'data folder')));

async function writeOnAndOn(writer: number): Promise<never> {
  for (let count = 1; ; count++) {
    const id = `${writer}-${count}`;
    const entry = {
      id,
      direction: 'in' as const,
      account: 'acme',
      called: '+442079460000',
      caller: '+442079460999',
      startedAt: count,
      outcome: 'answered' as const,
      reason: 'x'.repeat(500),
      timeline: [],
      legs: [],
    };
    await store.write([
      { type: 'ledger', entry },
      { type: 'ledger', entry: { ...entry, id: `${id}, second half` } },
    ]);
    writeSync(STDOUT, `${id}\n`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, (_, writer) => writeOnAndOn(writer)));
