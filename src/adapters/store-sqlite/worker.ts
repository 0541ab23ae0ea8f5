// The thread that waits for the disk, so that the one that answers SIP never does. It takes one request after
// another; its owner (store.ts) sees to it that a group of writes is one request.

import { parentPort, workerData } from 'node:worker_threads';
import { assertNever, present } from '../../base/assert.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { failureOf, type Reply, type Request } from './protocol.ts';
import { storeError } from './sqlite-errors.ts';

const port = present(parentPort, 'parent of the store thread');
const options = workerData as DatabaseOptions;

const opened = answer(0, () => Database.open(options));
let turn: Promise<unknown> = opened;
port.on('message', (request: Request) => {
  turn = turn.then(async () => {
    const database = present(await opened, 'database');
    await answer(request.id, () => perform(database, request));
  });
});

async function perform(database: Database, request: Request): Promise<unknown> {
  switch (request.ask) {
    case 'write': {
      const outcomes = await database.write(request.with);
      return outcomes.map((outcome) => outcome && failureOf(outcome));
    }
    case 'accounts':
      return database.accounts();
    case 'bindings':
      return database.bindings();
    case 'trunkServers':
      return database.trunkServers();
    case 'doors':
      return database.doors();
    case 'habits':
      return database.habits();
    case 'usages':
      return database.usages();
    case 'ledger':
      return database.ledger(request.with);
    case 'ledgerEntry':
      return database.ledgerEntry(request.with);
    case 'unfinished':
      return database.unfinished();
    case 'messages':
      return database.messages();
    case 'notices':
      return database.notices();
    case 'rehearsals':
      return database.rehearsals(request.with);
    case 'audit':
      return database.audit(request.with);
    case 'samples':
      return database.samples(request.with);
    case 'seriesNames':
      return database.seriesNames();
    case 'componentDays':
      return database.componentDays(request.with);
    case 'componentStates':
      return database.componentStates();
    case 'incidents':
      return database.incidents(request.with);
    case 'incident':
      return database.incident(request.with);
    case 'maintenance':
      return database.maintenance(request.with);
    case 'oneMaintenance':
      return database.oneMaintenance(request.with);
    case 'close':
      return database.close();
    default:
      return assertNever(request);
  }
}

/** Does it and tells the owner what came of it. Gives what was done only within this thread. */
async function answer<T>(id: number, work: () => Promise<T>): Promise<T | undefined> {
  try {
    const value = await work();
    port.postMessage({ id, ok: true, value: value instanceof Database ? undefined : value } satisfies Reply);
    return value;
  } catch (cause) {
    port.postMessage({ id, ok: false, failure: failureOf(storeError(cause, options.file)) } satisfies Reply);
    return undefined;
  }
}
