// What the platforms are put through. Sources of a flood are botnets of three sizes, each bot in a network of its own,
// and then phones' own addresses, forged: once from other ports, as one who knows where an office is can do, and once
// from the very ports of its phones, as one who listens on the way can.

import type { Endpoint } from '../../src/base/net.ts';
import { botAddresses, SUBSCRIBERS } from './addresses.ts';

export const PLATFORMS = ['ringthrough-kernel', 'ringthrough', 'kamailio'] as const;
export type PlatformName = (typeof PLATFORMS)[number];

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** None: it is quiet. */
  readonly sources: readonly Endpoint[];
}

const BOT_PORTS = [5060, 5061, 5090, 40_123] as const;
const FORGED_PORTS = 50;

function bots(count: number): readonly Endpoint[] {
  return botAddresses(count).map((address, index) => ({
    address,
    port: BOT_PORTS[index % BOT_PORTS.length] ?? 5060,
  }));
}

const offices = [...new Set(SUBSCRIBERS.map(({ local }) => local.address))];

export const SCENARIOS: readonly Scenario[] = [
  { name: 'quiet', title: 'no flood', sources: [] },
  { name: '10000', title: 'a flood from 10,000 sources', sources: bots(10_000) },
  { name: '1000', title: 'a flood from 1,000 sources', sources: bots(1_000) },
  { name: '20', title: 'a flood from 20 sources', sources: bots(20) },
  {
    name: 'forged-addresses',
    title: 'a flood from phones’ own addresses, forged, from other ports',
    sources: offices.flatMap((address) =>
      Array.from({ length: FORGED_PORTS }, (_, index) => ({ address, port: 30_000 + index })),
    ),
  },
  {
    name: 'forged-flows',
    title: 'a flood from phones’ own addresses and ports, forged',
    sources: SUBSCRIBERS.map(({ local }) => local),
  },
];
