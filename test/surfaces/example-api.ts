// The API over example use-cases, without a socket, and everything that it logs.

import type { TestContext } from 'node:test';
import { createApp } from '../../src/http/server.ts';
import type { Log } from '../../src/ports/log.ts';
import { exampleAdmin, exampleNode } from './example-admin.ts';

export const TOKEN = 'a-token-for-tests-of-the-api-0123456789';

export async function exampleApi(test: TestContext) {
  const { node } = exampleNode();
  const { admin, failing } = exampleAdmin(node);
  const logged: string[] = [];
  const note = (message: string, fields?: object) => logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const app = await createApp({
    listen: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    tokenFile: 'data/api.token',
    version: '0.1.0',
    admin,
    node,
    log,
    signalling: () => [],
    media: () => ({ endpointsOpen: 0, portPairsFree: 0, packetsForwarded: 0 }),
    trace: () => ({ callBytes: 0, otherBytes: 0, watchers: 0, collector: { sent: 7, dropped: 1 } }),
    certificates: () => [],
  });
  test.after(() => app.close());
  return {
    app,
    logged,
    failing,
    ask: (url: string) => app.inject({ url, headers: { authorization: `Bearer ${TOKEN}` } }),
  };
}
