// What a watcher says of one probe, and the text that it signs for it. The text is one JSON array in a fixed order, so
// that whoever has the same result makes the same text of it, whatever way the result came:
//
//   ["ringthrough-probe-result-1", watcher, probe, at, sequence, outcome, latencyMs, [[measure, value] …], reason]

import type { Instant } from '../base/time.ts';
import type { Measures, ProbeEnd } from '../ports/probes.ts';

export interface ProbeResult {
  readonly watcher: string;
  readonly probe: string;
  /** On the watcher's clock, when the probe had ended; whole milliseconds. */
  readonly at: Instant;
  /** Rises with each result of this watcher for this probe, over restarts as well. */
  readonly sequence: number;
  readonly outcome: ProbeEnd['outcome'];
  readonly latencyMs?: number | undefined;
  readonly measures?: Measures | undefined;
  /** Why it failed, or what it warns of, for people. */
  readonly reason?: string | undefined;
}

export interface SignedResult extends ProbeResult {
  /** Ed25519 over `signedText`, as base64url. */
  readonly signature: string;
}

const FORMAT = 'ringthrough-probe-result-1';

export function signedText(result: ProbeResult): string {
  const { watcher, probe, at, sequence, outcome, latencyMs, measures = {}, reason } = result;
  const named = Object.entries(measures).sort(([a], [b]) => Number(a > b) - Number(a < b));
  const rest = [latencyMs ?? null, named, reason ?? null];
  return JSON.stringify([FORMAT, watcher, probe, at, sequence, outcome, ...rest]);
}
