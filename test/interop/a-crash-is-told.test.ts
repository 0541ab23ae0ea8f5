// The whole way of the truth: a node that is stopped hard, three watchers, of which one judges and has the page, and a
// reader who looks at the page all the time. Names are watched beside it, at two servers of dnsmasq, and keep working.
//
//   edge ✗ ◀── SIP OPTIONS ── paris, oslo ── signed results ──▶ london ──▶ page, feed, JSON, incident ◀── a reader

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { parseFeed } from '@rowanmanning/feed-parser';
import { RingthroughNode } from './node.ts';
import { Dnsmasq } from './peers/dnsmasq.ts';
import { createRig, freePorts, HOST, type Rig, until } from './rig.ts';

const WITHIN_MS = 70_000;
const SITE = 'https://status.example.net/';
const ACCOUNTS = 'accounts: [{ name: acme }]';

interface Sighting {
  readonly atMs: number;
  /** As the class of the first thing on the page says. */
  readonly page: string;
  readonly indicator: string;
}

interface ToldIncident {
  readonly id: string;
  readonly status: string;
  readonly resolved_at: string | null;
  readonly incident_updates: readonly { readonly status: string; readonly body: string }[];
}

/** A node that only watches. */
class WatchNode {
  readonly key: string;
  readonly #url: string;
  readonly #tokenFile: string;

  static async start(rig: Rig, name: string, port: number, more: readonly string[]): Promise<WatchNode> {
    const folder = path.join(rig.folder, name);
    mkdirSync(folder);
    const config = path.join(folder, 'ringthrough.yaml');
    const head = [
      `node: { name: ${name}, roles: [watch], data: ./data }`,
      `http: { listen: ${HOST}:${port} }`,
    ];
    writeFileSync(config, `${[...head, ...more].join('\n')}\n`);
    const child = rig.run(name, process.execPath, ['src/main.ts', 'start', '--config', config]);
    const [, key = ''] = await child.line(/^ +Watcher .* key ([A-Za-z0-9_-]{43})$/, WITHIN_MS);
    await child.line(/^ +API /, WITHIN_MS);
    return new WatchNode(`http://${HOST}:${port}/v1`, path.join(folder, 'data/api.token'), key);
  }

  private constructor(url: string, tokenFile: string, key: string) {
    this.#url = url;
    this.#tokenFile = tokenFile;
    this.key = key;
  }

  /** Of today, by component. */
  async uptime(): Promise<ReadonlyMap<string, number | undefined>> {
    const authorization = `Bearer ${readFileSync(this.#tokenFile, 'utf8').trim()}`;
    const answer = await fetch(`${this.#url}/status/uptime`, { headers: { authorization } });
    const { components } = (await answer.json()) as {
      components: readonly { name: string; uptime: { day?: number } }[];
    };
    return new Map(components.map(({ name, uptime }) => [name, uptime.day]));
  }
}

/** The servers of a zone, each of which has it itself. */
function nameServer(rig: Rig, name: string): Promise<Dnsmasq> {
  const zone = [`auth-server=ns1.voice.test,${HOST}`, 'auth-zone=voice.test', 'auth-soa=2026112601'];
  return Dnsmasq.start(rig, {
    name,
    records: [
      ...zone,
      'srv-host=_sip._udp.voice.test,sip.voice.test,5060',
      `host-record=sip.voice.test,${HOST}`,
    ],
  });
}

/** Looks at the page until it is told to stop, as many readers would. */
function reader(get: (name: string) => Promise<string>) {
  const sightings: Sighting[] = [];
  const open = { now: true };
  const reading = (async () => {
    while (open.now) {
      // The page last: by it one knows when it is over, and what was read just before may be older, never newer.
      const status = JSON.parse(await get('api/v2/summary.json'));
      const page = await get('');
      const [, state = 'none'] = /class="hero card ([a-z-]+)"/.exec(page) ?? [];
      sightings.push({ atMs: performance.now(), page: state, indicator: status.status.indicator });
      await until(
        'the next look',
        1_000,
        () => performance.now() - (sightings.at(-1)?.atMs ?? 0) > 200 || undefined,
      );
    }
  })();
  return {
    sightings,
    stop: () => {
      open.now = false;
      return reading;
    },
    sees: (state: string, afterMs: number) =>
      until(`the page says ${state}`, WITHIN_MS, () => {
        return sightings.find((one) => one.page === state && one.atMs > afterMs)?.atMs;
      }),
  };
}

async function stage(rig: Rig) {
  const [judgePort, edgePort] = [await freePorts(), await freePorts(4)];
  const [one, other] = await Promise.all([nameServer(rig, 'ns1'), nameServer(rig, 'ns2')]);
  const servers = [one, other].map(({ port }) => `"${HOST}:${port}"`).join(', ');
  const probes = [
    `{ name: edge, sipOptions: "udp:${HOST}:${edgePort}" }`,
    `{ name: zone, dns: { name: _sip._udp.voice.test, type: SRV, servers: [${servers}] } }`,
  ].join(', ');
  const reports = ['watch:', `  probes: [${probes}]`, `  report: "http://${HOST}:${judgePort}"`];
  const [edge, paris, oslo] = await Promise.all([
    RingthroughNode.start(rig, { name: 'edge', sipPort: edgePort, provisioning: ACCOUNTS }),
    WatchNode.start(rig, 'paris', await freePorts(), reports),
    WatchNode.start(rig, 'oslo', await freePorts(), reports),
  ]);
  const listen = await freePorts();
  const london = await WatchNode.start(rig, 'london', judgePort, [
    'watch:',
    `  probes: [${probes}]`,
    `  watchers: [{ name: paris, key: ${paris.key} }, { name: oslo, key: ${oslo.key} }]`,
    'status:',
    '  resolveAfter: 10s',
    '  advice: Dial 020 7946 0111 to divert your numbers.',
    '  components:',
    '    - { name: Inbound calls, group: Telephone, probes: edge, fails: calls to your numbers may not arrive }',
    '    - { name: Names, probes: zone }',
    `  page: { name: Example Telecom, url: "${SITE}", listen: "${HOST}:${listen}" }`,
  ]);
  const site = `http://${HOST}:${listen}/`;
  await until('a first page', WITHIN_MS, async () => (await fetch(site)).ok || undefined);
  const get = async (name: string) => {
    const answer = await fetch(site + name);
    assert.equal(answer.status, 200, name);
    return answer.text();
  };
  return { edge, london, get };
}

describe('a node that is stopped hard', { timeout: 170_000 }, () => {
  test('is told rightly by the page, the feed and the incident, from the outage until all is well', async (t) => {
    const rig = createRig(t);
    const { edge, london, get } = await stage(rig);
    const incidents = async (): Promise<readonly ToldIncident[]> => {
      return JSON.parse(await get('api/v2/incidents.json')).incidents;
    };
    const { sightings, sees, stop } = reader(get);
    await sees('operational', 0);

    await edge.crash();
    const crashedMs = performance.now();
    const seenMs = (await sees('major-outage', crashedMs)) - crashedMs;
    const incident = await until('an incident', 10_000, async () => (await incidents())[0]);
    assert.equal(incident.status, 'investigating');
    const [first] = incident.incident_updates;
    assert.match(first?.body ?? '', /calls to your numbers may not arrive/i);
    assert.match(first?.body ?? '', /Dial 020 7946 0111/);
    const [entry] = parseFeed(await get('feed.atom')).items;
    assert.equal(entry?.url, `${SITE}incidents/${incident.id}/`);
    assert.match(await get(''), /<h1 data-now="Inbound calls are not working">At /);
    assert.match(await get(`incidents/${incident.id}/`), /may not arrive/);

    const restartedMs = performance.now();
    await edge.restart();
    const backMs = performance.now();
    const clearedMs = (await sees('operational', backMs)) - backMs;
    const over = await until('the incident to be over', WITHIN_MS, async () => {
      return (await incidents()).find(({ resolved_at }) => resolved_at !== null);
    });
    const overMs = performance.now() - backMs;
    await stop();

    assert.equal(over.id, incident.id);
    assert.equal(over.status, 'resolved');
    assert.equal((await incidents()).length, 1, 'it was one incident');
    for (const name of ['feed.atom', 'feed.rss'])
      assert.match(parseFeed(await get(name)).items[0]?.title ?? '', /^Resolved: /, name);

    const uptime = await london.uptime();
    const calls = uptime.get('Inbound calls') ?? 1;
    assert.ok(calls < 1 && calls > 0.1, `uptime ${calls}`);
    assert.equal(uptime.get('Names'), 1, 'names were there all the time');
    assert.match(await get(''), /<span class="up">(?!100)\d\d?\.\d\d %</);

    const during = sightings.filter(({ atMs }) => atMs > crashedMs + seenMs && atMs < backMs + clearedMs);
    assert.ok(during.length > 20);
    const green = during.filter(({ page, indicator }) => page === 'operational' || indicator === 'none');
    assert.deepEqual(green, [], 'never green in between');
    assert.ok(seenMs < 15_000, `seen after ${seenMs} ms`);
    const seconds = [seenMs, backMs - restartedMs, clearedMs, overMs].map((ms) => (ms / 1_000).toFixed(1));
    const [seen, started, cleared, resolved] = seconds;
    t.diagnostic(
      `outage seen after ${seen} s; edge up again in ${started} s; cleared ${cleared} s and resolved ${resolved} s after that; ${sightings.length} looks`,
    );
  });
});
