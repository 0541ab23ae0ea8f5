// The API over example use-cases, and everything that it logs.

import type { TestContext } from 'node:test';
import { createApp, type HttpOptions } from '../../src/http/server.ts';
import type { Log } from '../../src/ports/log.ts';
import { exampleAdmin, exampleNode } from './example-admin.ts';
import { exampleIncidents } from './example-incidents.ts';
import { EXAMPLE_PAGE, exampleStatus, exampleUptime } from './example-status.ts';

const MAIL = {
  channel: 'email',
  configured: true,
  failing: false,
  waiting: 2,
  delivered: 5,
  failed: 1,
  givenUp: 0,
} as const;
const CERTIFICATE = {
  name: '/etc/ringthrough/voice.pem',
  names: 'DNS:voice.example.net',
  subject: 'CN=voice.example.net',
  issuer: 'CN=Example CA',
  fingerprint: 'AA:BB',
  validFrom: 1_760_000_000_000,
  validTo: 1_800_000_000_000,
};

export const TOKEN = 'a-token-for-tests-of-the-api-0123456789';

/** What the API is made with, and the strings by which its tests pull. */
export function exampleApiOptions(overrides: Partial<HttpOptions> = {}) {
  const { node, state, tell } = exampleNode();
  const { admin, asked, failing } = exampleAdmin(node);
  const incidents = exampleIncidents();
  const logged: string[] = [];
  const note = (message: string, fields?: object) => logged.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const options: HttpOptions = {
    listen: { address: '127.0.0.1', port: 0 },
    token: TOKEN,
    version: '0.1.0',
    admin,
    node,
    log,
    signalling: () => [],
    media: () => ({ endpointsOpen: 2, portPairsFree: 4998, packetsForwarded: 12 }),
    trace: () => ({ callBytes: 0, otherBytes: 0, watchers: 0, collector: { sent: 7, dropped: 1 } }),
    notices: () => [MAIL],
    status: exampleStatus(),
    incidents: incidents.incidents,
    maintenance: incidents.maintenance,
    uptime: exampleUptime,
    certificates: () => [CERTIFICATE],
    page: () => EXAMPLE_PAGE,
    trouble: () => undefined,
    ...overrides,
  };
  return { options, state, tell, asked, failing, logged, store: incidents.store };
}

/** Without a socket. */
export async function exampleApi(test: TestContext, overrides: Partial<HttpOptions> = {}) {
  const example = exampleApiOptions(overrides);
  const app = await createApp(example.options);
  test.after(() => app.close());
  const ask = (url: string) => app.inject({ url, headers: { authorization: `Bearer ${TOKEN}` } });
  return { ...example, app, ask };
}
