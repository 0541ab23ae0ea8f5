// Are the sources forged? A packet does not tell. Many of them do, a little:
//
//   for real    challenges answered, even wrongly: who forges never sees them; connections that stand
//   for forged  addresses that nobody can have; ports that no host sends from; ever new sources, of which none
//               comes again
//
// Each is worth some log-odds. Without any of it nobody can tell, and that is then what is said.

import type { SourceWords } from './source-words.ts';

export interface ForgeryCounts {
  /** Strangers' packets, and those over IPv4, from addresses that nobody can have, from ports below 1024. */
  packets: number;
  ipv4: number;
  impossible: number;
  lowPorts: number;
  /** Over connections, whose handshake proves the source. */
  streams: number;
  challenged: number;
  /** Rightly or wrongly, with the nonce that was sent there. */
  answered: number;
}

export function noCounts(): ForgeryCounts {
  return { packets: 0, ipv4: 0, impossible: 0, lowPorts: 0, streams: 0, challenged: 0, answered: 0 };
}

export function addCounts(sum: ForgeryCounts, counts: Readonly<ForgeryCounts>): void {
  sum.packets += counts.packets;
  sum.ipv4 += counts.ipv4;
  sum.impossible += counts.impossible;
  sum.lowPorts += counts.lowPorts;
  sum.streams += counts.streams;
  sum.challenged += counts.challenged;
  sum.answered += counts.answered;
}

/** `weight`: packets that it stands for. */
export function countStranger(
  counts: ForgeryCounts,
  source: SourceWords,
  port: number,
  isStream: boolean,
  weight: number,
): void {
  counts.packets += weight;
  if (isStream) counts.streams += weight;
  if (port < 1_024) counts.lowPorts += weight;
  if (source.isIpv6) return;
  counts.ipv4 += weight;
  if (isImpossible(source.low)) counts.impossible += weight;
}

/** Nobody on the internet has such an address: this network, documentation, benchmarks, multicast, future use. */
function isImpossible(address: number): boolean {
  const first = address >>> 24;
  if (first === 0 || first >= 224) return true;
  if (first !== 192 && first !== 198 && first !== 203) return false;
  const network = address >>> 8;
  const isForDocumentation = network === 0xc00002 || network === 0xc63364 || network === 0xcb0071;
  return isForDocumentation || address >>> 17 === 0x6309;
}

/** Of addresses drawn at random, Linux lets through at least so many impossible ones: 240.0.0.0/4. */
const IMPOSSIBLE_OF_RANDOM = 1 / 16;
/** Of ports drawn at random. */
const LOW_OF_RANDOM = 1_024 / 65_536;
/** Fewer packets tell nothing. */
const ENOUGH = 200;

/** 0: surely real hosts, 1: surely forged, 0.5: nobody can tell. `sources`: different ones since it began. */
export function forgedLikelihood(counts: Readonly<ForgeryCounts>, sources: number): number {
  const { packets, ipv4, impossible, lowPorts, streams, challenged, answered } = counts;
  if (packets < ENOUGH) return 0.5;
  let odds = 0;
  if (ipv4 >= ENOUGH) odds += 6 * Math.min(1, impossible / ipv4 / IMPOSSIBLE_OF_RANDOM);
  // A host behind a NAT seldom sends from such a port, and a phone at 5060 never.
  odds += 2 * Math.min(1, lowPorts / packets / LOW_OF_RANDOM);
  // Each source once, and so for long: bots come again.
  const isFresh = sources > 0.9 * packets && packets > 50 * ENOUGH;
  if (isFresh) odds += 2.5;
  const comesAgain = packets / Math.max(1, sources);
  if (comesAgain > 20) odds -= 1;
  if (challenged >= ENOUGH) odds -= 12 * Math.min(1, (answered / challenged) * 2);
  odds -= 8 * (streams / packets);
  return 1 / (1 + Math.exp(-odds));
}

export function forgedWords(likelihood: number): string {
  if (likelihood >= 0.95) return 'forged';
  if (likelihood >= 0.75) return 'probably forged';
  if (likelihood > 0.25) return 'nobody can tell whether they are forged';
  return likelihood > 0.05 ? 'probably real' : 'real';
}
