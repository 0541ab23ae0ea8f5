// A watcher over real sockets: a service is there, goes away and comes back, and another watcher agrees or does not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { SeededRandom } from '../../test/simulation/world.ts';
import { openSigning } from '../adapters/node-signing/ed25519.ts';
import { createProber } from '../adapters/probe-plain/prober.ts';
import { Trust } from '../adapters/probe-plain/trust.ts';
import type { Clock } from '../ports/clock.ts';
import type { Prober } from '../ports/probes.ts';
import type { Signing } from '../ports/signing.ts';
import { type ProbeResult, signedText } from '../watch/result.ts';
import { Watching } from './watching.ts';

const HOST = '127.0.0.1';

async function listening(port = 0): Promise<Server> {
  const server = createServer((socket) => void socket.destroy());
  server.listen(port, HOST);
  await once(server, 'listening');
  return server;
}

/** Brings results of other watchers, each signed with its key. */
function bringing(watching: Watching, clock: Clock, keys: ReadonlyMap<string, Signing | undefined>) {
  let sequence = 0;
  return (watcher: string, changes: Partial<ProbeResult> = {}) => {
    sequence += 1;
    const at = Math.floor(clock.now());
    const result = { watcher, probe: 'main', at, sequence, outcome: 'failed', ...changes } as const;
    const signature = keys.get(watcher)?.sign(signedText(result)) ?? 'A'.repeat(86);
    return watching.report([{ ...result, signature }]);
  };
}

/** A watcher of one port, every 20 ms; a second passes with each result, so that no test has to wait for one. */
async function stage(t: TestContext, port: number, others: readonly string[] = []) {
  const folder = await mkdtemp(path.join(tmpdir(), 'watching-'));
  t.after(() => rm(folder, { recursive: true }));
  const keys = await Promise.all(
    ['london', ...others].map((name) => openSigning(path.join(folder, `${name}.key`))),
  );
  const [signing, ...foreign] = keys;
  assert.ok(signing);
  const random = new SeededRandom(1);
  const startedAt = Date.now();
  let secondsAhead = 0;
  const clock = { now: () => startedAt + performance.now() + secondsAhead * 1_000 };
  const waiting = new Set<() => void>();
  const real = createProber({
    resolver: { ask: async () => ({ type: 'none' }) },
    random,
    userAgent: 'test',
    trust: new Trust([]),
    agreement: async () => ({}),
  });
  const prober: Prober = {
    async probe(target, timeoutMs, signal) {
      assert.ok(target.type === 'tcp');
      const end = await real.probe(target, timeoutMs, signal);
      secondsAhead += 1;
      for (const look of waiting) setImmediate(look);
      return end;
    },
  };
  const [told, results]: [string[], string[]] = [[], []];
  const note = (message: string) => void told.push(message);
  const watching = new Watching({
    settings: {
      name: 'london',
      runs: true,
      reportSeries: false,
      probes: [{ name: 'main', target: { type: 'tcp', host: HOST, port }, intervalMs: 20, timeoutMs: 2_000 }],
      watchers: foreign.map(({ publicKey }, index) => ({ name: others[index] ?? '', publicKey })),
      report: [],
      authorities: [],
      components: [{ name: 'Calls', probes: ['main'] }],
    },
    prober,
    signing,
    onResult: ({ watcher, outcome }) => void results.push(`${watcher} ${outcome}`),
    clock,
    random,
    log: { debug: note, info: note, warn: note, error: note },
  });
  t.after(() => watching.close());
  watching.begin();
  const until = (state: string) =>
    new Promise<void>((resolve) => {
      const look = (): void => {
        if (watching.status().state !== state) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
    });
  const bring = bringing(watching, clock, new Map(others.map((name, index) => [name, foreign[index]])));
  const pass = (seconds: number): void => {
    secondsAhead += seconds;
  };
  return { watching, until, told, bring, results, clock, pass };
}

describe('a watcher over real sockets', () => {
  test('sees a service that is there, that goes, and that comes back', async (t) => {
    const server = await listening();
    const { port } = server.address() as AddressInfo;
    const { watching, until, told } = await stage(t, port);
    await until('operational');
    server.close();
    await until('major-outage');
    const [component] = watching.status().components;
    assert.match(component?.probes[0]?.watchers[0]?.last?.reason ?? '', /ECONNREFUSED/);
    const again = await listening(port);
    t.after(() => again.close());
    await until('operational');
    assert.deepEqual(told, [
      'watching',
      'Calls: operational',
      'Calls: major-outage',
      'Calls: degraded',
      'Calls: operational',
    ]);
  });

  test('counts what others say, and counts what is refused of them', async (t) => {
    const server = await listening();
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { watching, until, bring, results, pass } = await stage(t, port, ['paris', 'oslo']);
    assert.deepEqual(bring('paris'), { accepted: 0, refused: [{ index: 0, why: 'before-start' }] });
    pass(5);
    for (const watcher of ['paris', 'oslo', 'paris', 'oslo']) {
      assert.deepEqual(bring(watcher), { accepted: 1, refused: [] });
    }
    assert.equal(watching.status().state, 'major-outage');
    assert.deepEqual(bring('oslo', { sequence: 1 }), {
      accepted: 0,
      refused: [{ index: 0, why: 'replayed' }],
    });
    assert.equal(bring('madrid'), undefined);
    assert.equal(watching.status().refused.length, 3);
    // They fall silent, and one watcher of three is not enough to call anything green.
    await until('unknown');
    assert.ok(results.includes('london passed'));
    assert.equal(
      results.filter((result) => result === 'oslo failed').length,
      2,
      'what counts is handed on, once',
    );
  });

  test('says once whose clock is wrong, and once that it is right again', async (t) => {
    const server = await listening();
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { watching, told, bring, clock } = await stage(t, port, ['paris', 'oslo']);
    const late = (behindMs: number, index: number) => ({ at: Math.floor(clock.now()) - behindMs + index });
    for (let index = 0; index < 5; index++) bring('oslo', late(40_000, index));
    for (let index = 0; index < 5; index++) bring('paris', late(0, index));
    const clocks = watching
      .status()
      .clocks.map(({ watcher, behindMs }) => [watcher, Math.round(behindMs / 1_000)]);
    assert.deepEqual(clocks, [['oslo', 40]]);
    bring('oslo');
    const about = () => told.filter((line) => line.startsWith('the clock'));
    const wrong = about()[0] ?? '';
    assert.match(wrong, /^the clock of watcher oslo is (39\.9|40\.\d) s behind ours$/);
    assert.deepEqual(about(), [wrong, 'the clock of watcher oslo is right again']);
    assert.deepEqual(watching.status().clocks, []);
  });
});
