// Which series there are: a closed list of the node's own, and those of probes, which the configuration names. Nothing
// that comes in packets is ever a part of a name: a flood must not make series.
//
// Those that count say in each sample how many there were within its step: their total over a time is the sum. The
// others are values: of each call, or of each look that the node took at itself; their average is sum / count.

import { LIMITS } from '../base/limits.ts';

export const OWN_SERIES = [
  /** Counts: attempts to reach a number that ended, and those of them that reached it (reaching.ts). */
  'calls.offered',
  'calls.reached',
  /** Value: from the INVITE until the caller heard of somebody, in milliseconds, of each attempt that got so far. */
  'calls.setup_ms',
  /** Value: an estimate from 1 to 4.5 (ITU-T G.107), of each call with audio. */
  'audio.mos',
  /** Value: phones with a registered contact, at each look. */
  'phones.registered',
  /** Counts: packets that the shield dropped, in the node and in the kernel. */
  'packets.blocked',
] as const;
export type OwnSeries = (typeof OWN_SERIES)[number];

const OWN: ReadonlySet<string> = new Set(OWN_SERIES);
/** `probe.`, the probe, what it measures. */
const PROBE = /^probe(\.[a-z0-9][a-z0-9_-]*){2,5}$/;

export function isSeriesName(text: string): boolean {
  return OWN.has(text) || (text.length <= LIMITS.seriesNameLengthMax && PROBE.test(text));
}
