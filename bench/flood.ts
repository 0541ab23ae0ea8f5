// How known phones fare in a flood: Ringthrough with the kernel’s help, Ringthrough alone, and Kamailio with pike and
// its usual ban list, one after another, the same phones and the same bots.
//
//   phones, carrier, newcomers ══╗
//                                edge: the platform          three network namespaces, made for this (bench/flood/)
//   bots, as fast as they can  ══╝
//
//   node bench/flood.ts [--platform NAME] [--scenario NAME] [--seconds 15] [--quiet-seconds 10] [--rate PACKETS/S]
//
// Needs root, and Debian's iproute2, nftables and tcpreplay. Each measurement has a platform of its own, newly started,
// with four hundred phones registered. A flood goes on for some seconds after the last attempt that counts, so that
// none is saved by its end. The bots and the kernel's work on their packets have the first core, all else has the rest.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Arena, missingGround } from './flood/arena.ts';
import type { EdgeOrders } from './flood/edge.ts';
import { firstTries, type Measured, scenarioTable } from './flood/figures.ts';
import { Flood, missingGenerator, prepareFlood } from './flood/generator.ts';
import { Member } from './flood/member.ts';
import type { PhonesOrders } from './flood/phones.ts';
import { PLATFORMS, type PlatformName, SCENARIOS, type Scenario } from './flood/scenarios.ts';
import { missingPeer } from './kamailio.ts';
import { machine, print } from './report.ts';
import { type Stand, sleep, withStand } from './stand.ts';

const TICKS_PER_SECOND = 100;
/** Load before anything is measured, until as many calls end as begin, and the code that they take is compiled. */
const LEAD_MS = 6_000;
/** After the last attempt that counts: as long as an attempt may take. */
const TAIL_MS = 4_000;
/** A flood ends by itself after what is measured and so long. */
const SPARE_SECONDS = 20;
/** Pike bans an office whose twenty phones register at once, so they do not. */
const REGISTRATIONS_PER_SECOND: Readonly<Record<PlatformName, number>> = {
  'ringthrough-kernel': 200,
  ringthrough: 200,
  kamailio: 60,
};

interface Options {
  readonly platforms: readonly PlatformName[];
  readonly scenarios: readonly Scenario[];
  readonly seconds: number;
  readonly quietSeconds: number;
  readonly perSecond: number | undefined;
}

async function measure(
  stand: Stand,
  platform: PlatformName,
  scenario: Scenario,
  options: Options,
): Promise<Measured> {
  const arena = Arena.open();
  const { folder } = stand;
  const edge = Member.start<EdgeOrders>(arena, { place: 'edge', rank: 'platform', folder }, 'edge.ts');
  const phones = Member.start<PhonesOrders>(arena, { place: 'phones', rank: 'phones', folder }, 'phones.ts');
  try {
    const name = await edge.order('open', { platform });
    const { made, outside } = arena.ground('phones');
    const perSecond = REGISTRATIONS_PER_SECOND[platform];
    await phones.order('open', { ground: { made, outside }, perSecond });
    const isFlood = scenario.sources.length > 0;
    const capture = isFlood ? captureOf(stand, arena, scenario) : undefined;
    await phones.order('begin', null);
    await sleep(LEAD_MS);

    const seconds = isFlood ? options.seconds : options.quietSeconds;
    const flood = capture === undefined ? undefined : await beginFlood(stand, arena, capture, options);
    await edge.order('measure', null);
    await phones.order('measure', { seconds, newcomers: isFlood });
    const startMs = performance.now();
    const softirqBefore = softirqSeconds();
    await sleep(seconds * 1_000 + TAIL_MS);
    const packetsPerSecond = flood?.perSecond;
    const softirq = softirqSeconds() - softirqBefore;
    const tookSeconds = (performance.now() - startMs) / 1_000;
    const costs = await edge.order('end', null);
    const heard = await phones.order('end', null);
    await flood?.end();
    return {
      platform: name,
      edge: costs,
      phones: heard,
      packetsPerSecond,
      softirqSeconds: softirq,
      seconds: tookSeconds,
    };
  } finally {
    await phones.stop();
    await edge.stop();
    arena.close();
  }
}

function beginFlood(stand: Stand, arena: Arena, capture: string, options: Options): Promise<Flood> {
  const secondsMax = options.seconds + TAIL_MS / 1_000 + SPARE_SECONDS;
  return Flood.begin(stand, arena, capture, { perSecond: options.perSecond, secondsMax });
}

const captures = new Map<string, string>();

/** The same for each platform. */
function captureOf(stand: Stand, arena: Arena, { name, sources }: Scenario): string {
  const capture = captures.get(name) ?? prepareFlood(stand, arena, name, sources);
  captures.set(name, capture);
  return capture;
}

/** Of all cores since the machine was started (proc_stat(5)). */
function softirqSeconds(): number {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/ +/) ?? [];
  return Number(fields[6]) / TICKS_PER_SECOND;
}

function chosen(): Options {
  const { values } = parseArgs({
    options: {
      platform: { type: 'string', multiple: true, default: [...PLATFORMS] },
      scenario: { type: 'string', multiple: true, default: SCENARIOS.map(({ name }) => name) },
      seconds: { type: 'string', default: '15' },
      'quiet-seconds': { type: 'string', default: '10' },
      rate: { type: 'string' },
    },
  });
  return {
    platforms: values.platform.map((name) => among('--platform', name, PLATFORMS)),
    scenarios: values.scenario.map((name) => {
      const known = among(
        '--scenario',
        name,
        SCENARIOS.map((each) => each.name),
      );
      return SCENARIOS.find((each) => each.name === known) as Scenario;
    }),
    seconds: whole('--seconds', values.seconds, 300),
    quietSeconds: whole('--quiet-seconds', values['quiet-seconds'], 300),
    perSecond: values.rate === undefined ? undefined : whole('--rate', values.rate, 1_000_000),
  };
}

function among<T extends string>(option: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) throw new Error(`${option} is one of ${allowed.join(', ')}`);
  return found;
}

function whole(option: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new Error(`${option} takes a whole number from 1 to ${max}`);
  return value;
}

const options = chosen();
const lacking = missingGround() ?? missingGenerator();
if (lacking !== undefined) {
  print(`The flood bench cannot run: ${lacking}`);
  process.exit(69);
}
const remedy = missingPeer('kamailio', 'rtpengine');
const platforms = options.platforms.filter((name) => name !== 'kamailio' || remedy === undefined);

print(machine());
print(
  `40 REGISTERs/s of 400 phones at 20 addresses, 10 calls/s with 3 s of G.711 both ways, ${options.seconds} s each`,
);
await withStand('flood', async (stand) => {
  const quiet = new Map<string, Measured>();
  for (const scenario of options.scenarios) {
    const all: Measured[] = [];
    for (const platform of platforms) {
      const measured = await measure(stand, platform, scenario, options);
      all.push(measured);
      if (scenario.sources.length === 0) quiet.set(measured.platform, measured);
    }
    print(`\n${scenario.title}\n`);
    print(scenarioTable(all, quiet));
    if (all.length > 1 && scenario.sources.length > 0)
      print(`REGISTERs and calls together, done at the first try: ${firstTries(all)}`);
  }
});
if (remedy !== undefined) print(`For Kamailio with rtpengine beside it: ${remedy}`);
