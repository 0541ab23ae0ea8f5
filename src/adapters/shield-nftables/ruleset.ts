// A plan as nftables text: one table of our own, and nothing of anybody else's.
//
//   fresh      the whole table in place of whatever bears its name
//   kept       new rules; what the node has told stays, and every bucket as full as it is
//   reshared   new rules, and new buckets, for those that are there keep the rate that they were made with
//   adopted    the same, a new owner, and nothing of the calls and doors of the old one
//
// Each is one transaction: no packet meets half of it.
//
// In family netdev the packets of the named interfaces are judged as they arrive; otherwise, in family inet, before
// connection tracking. Either way both of IPv4 and IPv6 are in the one table.

import { createHash } from 'node:crypto';
import { LIMITS } from '../../base/limits.ts';
import type { ShieldPlan } from '../../ports/shield.ts';
import { FAMILIES } from './addresses.ts';
import { doors, inside, leaving } from './door-rules.ts';
import {
  type Chain,
  COUNTERS,
  ceilings,
  connecting,
  fragments,
  media,
  namedLimits,
  packets,
  signalling,
} from './rules.ts';
import {
  declaration,
  doorSets,
  ENDED_WITH_A_NODE,
  learnedSets,
  limit,
  meteredSets,
  type Places,
  timeout,
  toldSets,
} from './sets.ts';

export type TableFamily = 'netdev' | 'inet';

export interface TableName {
  readonly family: TableFamily;
  readonly name: string;
}

export interface Ground {
  readonly table: TableName;
  /** Network interfaces, for family netdev. */
  readonly interfaces: readonly string[];
  /** Told in the table, so that another node can see whose it is. */
  readonly owner: string;
  readonly places: Places;
}

export interface Ruleset {
  readonly fresh: string;
  readonly kept: string;
  readonly reshared: string;
  readonly adopted: string;
  /** Equal where all but `fresh` can take the place of another ruleset. */
  readonly layout: string;
  /** Equal where `kept` can. */
  readonly shares: string;
}

/** `ringthrough_london_1`: never a keyword of nftables, and told from others at a glance. */
export function tableName(node: string): string {
  return `ringthrough_${node
    .toLowerCase()
    .replaceAll('.', '__')
    .replaceAll(/[^a-z0-9_]/g, '_')}`;
}

export function render(plan: ShieldPlan, ground: Ground): Ruleset {
  const lasting = [...toldSets(), ...learnedSets(), ...(plan.doors === undefined ? [] : doorSets())];
  const buckets = meteredSets(plan.shares, plan.doors?.newcomers, ground.places);
  const hooks = hookChains(plan, ground);
  const chains = [...judging(plan), ...hooks];
  const layout = layoutOf([
    ...lasting.map(declaration),
    ...buckets.map(({ name }) => name),
    ...chains.map(({ name }) => name),
    ...hooks.flatMap(({ rules }) => rules.slice(0, 1)),
  ]);
  const alive = aliveSet(layout, ground.owner);
  const named = namedLimits(plan);
  const together = named.map(
    ([limited, rate]) => `limit ${limited} { ${limit(rate).replace(/^limit /, '')} }`,
  );
  const changing = [alive, ...together, ...buckets.map(declaration), ...chains.map(written)];
  const staying = [...COUNTERS.map((name) => `counter ${name} { }`), ...lasting.map(declaration)];
  const { family, name } = ground.table;
  const table = `${family} ${name}`;
  const swept = ENDED_WITH_A_NODE.filter((set) => lasting.some((one) => one.name === set));
  const emptied = chains.map((chain) => `flush chain ${table} ${chain.name}`);
  const unmetered = [
    ...buckets.map((set) => `delete set ${table} ${set.name}`),
    ...named.map(([limited]) => `delete limit ${table} ${limited}`),
  ];
  const ended = [`delete set ${table} alive`, ...swept.map((set) => `flush set ${table} ${set}`)];
  const changed = block(table, changing);
  return {
    fresh: lines([`table ${table}`, `delete table ${table}`, block(table, [...staying, ...changing])]),
    kept: lines([...emptied, changed]),
    reshared: lines([...emptied, ...unmetered, changed]),
    adopted: lines([...emptied, ...unmetered, ...ended, changed]),
    layout,
    shares: JSON.stringify([plan.shares, plan.doors?.newcomers]),
  };
}

/** What the node says again and again while it lives. */
export function heartbeat(): { readonly elements: readonly string[]; readonly timed: readonly string[] } {
  const elements = ['ip', 'ip6'];
  return { elements, timed: elements.map((element) => `${element} ${timeout(LIMITS.kernelSilenceMs)}`) };
}

function aliveSet(layout: string, owner: string): string {
  const { timed } = heartbeat();
  return `set alive { type ether_type; flags timeout; comment "${layout} ${owner}"; elements = { ${timed.join(', ')} }; }`;
}

/** In an order in which a chain that is gone to has been declared. */
function judging(plan: ShieldPlan): readonly Chain[] {
  const ofFamilies = FAMILIES.flatMap((family) => [
    ...signalling(plan, family),
    ...connecting(plan, family),
    media(family),
    fragments(plan, family),
    ...(plan.doors === undefined ? [] : doors(plan, plan.doors, family)),
    packets(plan, family),
  ]);
  return [...ceilings(plan), ...(plan.doors === undefined ? [] : [inside()]), ...ofFamilies];
}

function hookChains(plan: ShieldPlan, { table, interfaces }: Ground): readonly Chain[] {
  const isNetdev = table.family === 'netdev';
  const devices = `devices = { ${interfaces.map((one) => `"${one}"`).join(', ')} }`;
  const arriving = isNetdev ? `ingress ${devices} priority filter` : 'prerouting priority raw';
  const departing = isNetdev ? `egress ${devices} priority filter` : 'postrouting priority 300';
  const hook = (where: string) => `type filter hook ${where}; policy accept;`;
  return [
    {
      name: 'arriving',
      rules: [
        hook(arriving),
        // What this machine sends to itself is no flood.
        ...(isNetdev ? [] : ['iif "lo" accept']),
        'meta protocol ip goto packets4',
        'meta protocol ip6 goto packets6',
      ],
    },
    ...(plan.doors === undefined
      ? []
      : [{ name: 'departing', rules: [hook(departing), ...leaving(plan.doors)] }]),
  ];
}

function written({ name, rules }: Chain): string {
  return `chain ${name} {\n${rules.map((rule) => `    ${rule}\n`).join('')}  }`;
}

function block(table: string, items: readonly string[]): string {
  return `table ${table} {\n${items.map((item) => `  ${item}\n`).join('')}}`;
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}

function layoutOf(shapes: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 12);
}
