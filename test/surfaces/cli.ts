// The CLI as its tests run it: every word of it goes to the caller, and it sees no environment, clock or signal
// but what it is given.

import type { TestContext } from 'node:test';
import { runCli } from '../../src/cli/cli.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { openHttp } from '../../src/http/server.ts';
import { NOW } from './example-admin.ts';
import { exampleApiOptions, TOKEN } from './example-api.ts';

/** The CLI without a machine around it; what it wrote is in `out` and `err`. */
export function cli(overrides: Partial<CliContext> = {}) {
  const written = { out: '', err: '' };
  const context: CliContext = {
    version: '0.1.0',
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    stdin: async () => 'accounts: []',
    colour: false,
    columns: () => 100,
    terminal: undefined,
    now: () => NOW,
    pause: async () => {},
    environment: {},
    startNode: () => Promise.reject(new Error('no node is started here')),
    certificates: {
      make: () => Promise.reject(new Error('no certificate is made here')),
      read: () => Promise.reject(new Error('no certificate is read here')),
    },
    shieldPlan: () => Promise.reject(new Error('no ruleset is made here')),
    onSignal: () => () => {},
    ...overrides,
  };
  const run = async (...args: string[]) => ({ code: await runCli(args, context), ...written });
  return { run, context };
}

/** The CLI before a real API, whose use-cases are examples. */
export async function cliAndApi(t: TestContext, overrides: Partial<CliContext> = {}) {
  const { options, asked, failing } = exampleApiOptions();
  const server = await openHttp(options);
  t.after(() => server.close());
  const environment = { api: server.url, token: TOKEN, ...overrides.environment };
  return { ...cli({ ...overrides, environment }), asked, failing, url: server.url };
}
