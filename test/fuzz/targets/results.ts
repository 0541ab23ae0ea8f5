// Results of probes as other watchers bring them, over the API and past the judge: signed ones, changed ones, old ones
// sent again, and whatever else may come. Nothing is answered 5xx; nothing counts that was not signed by a known
// watcher as it is; nothing counts twice.

import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { unwatched } from '../../../src/admin/status.ts';
import type { App } from '../../../src/http/app.ts';
import { createWatchApp } from '../../../src/http/watch-server.ts';
import { Intake } from '../../../src/watch/intake.ts';
import { Judgement } from '../../../src/watch/judgement.ts';
import { type ProbeResult, type SignedResult, signedText } from '../../../src/watch/result.ts';
import type { SeededRandom } from '../../simulation/world.ts';
import { exampleIncidents } from '../../surfaces/example-incidents.ts';
import { mutateValue, type Value } from '../document-grammar.ts';
import { mutateBytes } from '../mutate.ts';
import { expect, type Input, type Target } from '../target.ts';
import { documentStallMs } from './documents.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const WATCHERS = ['london', 'paris'] as const;
const PROBES = ['main', 'web'] as const;
const KEYS = new Map<string, KeyObject>(
  WATCHERS.map((name) => [name, generateKeyPairSync('ed25519').privateKey]),
);
const VERIFYING = {
  verify: (name: string, text: string, signature: string) => {
    const key = KEYS.get(name);
    return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  },
};

function signed(result: ProbeResult): SignedResult {
  const key = KEYS.get(result.watcher);
  const text = Buffer.from(signedText(result));
  const signature = key === undefined ? 'A'.repeat(86) : sign(null, text, key).toString('base64url');
  return { ...result, signature };
}

function drawResult(random: SeededRandom): SignedResult {
  const at = NOON + Math.round(random.between(-40_000, 10_000));
  const outcome = random.weighted([
    [3, 'passed'],
    [2, 'failed'],
    [1, 'warned'],
  ] as const);
  const [watcher, probe] = [random.pick([...WATCHERS, 'oslo']), random.pick([...PROBES, 'mail'])];
  return signed({
    watcher,
    probe,
    at,
    sequence: random.chance(0.8) ? at : random.between(0, 10),
    outcome,
    ...(random.chance(0.5) ? { latencyMs: random.between(0, 5_000) } : {}),
    ...(random.chance(0.3) ? { measures: { lossShare: 0.1, jitter_ms: random.between(0, 90) } } : {}),
    ...(random.chance(0.3) ? { reason: 'no answer within 3 s' } : {}),
  });
}

function draw(random: SeededRandom): Input {
  const results = Array.from({ length: random.between(1, 6) }, () => drawResult(random));
  if (random.chance(0.3)) results.push(...results);
  const body = { results } as unknown as Value;
  const value = random.chance(0.6) ? mutateValue(body, random) : body;
  const bytes = Buffer.from(JSON.stringify(value));
  return [random.chance(0.2) ? mutateBytes(bytes, random, [bytes]) : bytes];
}

/** What counted, by watcher and probe: each sequence once, and higher than the last one. */
class Judge {
  readonly #counted = new Map<string, number>();
  readonly #intake: Intake;
  readonly #judgement: Judgement;

  constructor() {
    const watchers = WATCHERS.map((name) => ({ name, publicKey: name }));
    const began = NOON - 60_000;
    this.#intake = new Intake({ watchers, probes: PROBES, verifying: VERIFYING }, began);
    const timing = { intervalMs: 5_000, timeoutMs: 3_000 };
    const probes = PROBES.map((name) => ({ name, ...timing }));
    const components = [{ name: 'All', probes: PROBES }];
    this.#judgement = new Judgement({ watchers: WATCHERS, probes, components }, began);
  }

  report(results: readonly SignedResult[]) {
    for (const result of results) {
      const taken = this.#intake.accept(result, NOON);
      if (!taken.ok) continue;
      this.#check(result);
      this.#judgement.receive(taken.value, NOON);
      this.#judgement.expire(NOON + 60_000);
    }
    return { accepted: 0, refused: [] };
  }

  /** That it can be told at all. */
  look(): void {
    expect(this.#judgement.components(NOON).length === 1, 'there is one component');
  }

  #check(result: SignedResult): void {
    const { signature, ...rest } = result;
    const { watcher, probe, at, sequence } = rest;
    expect(VERIFYING.verify(watcher, signedText(rest), signature), 'a result counts that nobody signed so');
    expect(at >= NOON - 30_000 && at <= NOON + 5_000, 'a result counts that is not of now');
    const key = `${watcher} ${probe}`;
    expect(sequence > (this.#counted.get(key) ?? -1), 'a result counts twice');
    this.#counted.set(key, sequence);
  }
}

let app: App | undefined;
let judge = new Judge();
/** What is thrown within the API is answered 500, and told here. */
const bugs: string[] = [];

async function opened(): Promise<App> {
  const note = (): void => {};
  const error = (message: string, fields?: object) => void bugs.push(`${message} ${JSON.stringify(fields)}`);
  app ??= await createWatchApp({
    listen: { address: '127.0.0.1', port: 0 },
    token: 'a-token-for-fuzzing-results-0123456789',
    version: '0.1.0',
    log: { debug: note, info: note, warn: note, error },
    status: { ...unwatched({ now: () => NOON }), report: (results) => judge.report(results) },
    ...exampleIncidents(),
    page: () => undefined,
    uptime: () => ({ at: 0, components: [] }),
    series: async () => ({ from: 0, to: 0, stepMs: 0, series: [] }),
    takeSeries: async () => undefined,
    trouble: () => undefined,
  });
  return app;
}

export const resultsTarget: Target = {
  name: 'results',
  weight: 1,
  stallMs: documentStallMs,
  draw,
  attempt: async ([bytes = new Uint8Array(0)], lap) => {
    const api = await opened();
    // Each case by itself, so that it can be tried again.
    judge = new Judge();
    const response = await lap(() =>
      api.inject({
        method: 'POST',
        url: '/v1/watch/results',
        headers: { 'content-type': 'application/json' },
        payload: Buffer.from(bytes),
      }),
    );
    const [bug] = bugs.splice(0);
    expect(response.statusCode < 500, () => `answered ${response.statusCode}: ${bug ?? response.body}`);
    judge.look();
    return 1;
  },
  close: async () => {
    await app?.close();
    app = undefined;
  },
};
