// The door for results: only a known watcher's, signed by it, of a probe that is known, new and of now come in. What is
// refused counts as not said at all, so that a watcher whose clock is wrong, or whose messages somebody keeps and sends
// again, is a silent watcher.

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Verifying } from '../ports/signing.ts';
import { type ProbeResult, type SignedResult, signedText } from './result.ts';

export type Refusal =
  | 'unknown-watcher'
  | 'unknown-probe'
  | 'bad-signature'
  | 'from-the-future'
  | 'too-old'
  | 'replayed';

export interface KnownWatcher {
  readonly name: string;
  readonly publicKey: string;
}

export class Intake {
  readonly #keys: ReadonlyMap<string, string>;
  readonly #probes: ReadonlySet<string>;
  readonly #verifying: Verifying;
  /** By watcher and probe: bounded by what is configured. */
  readonly #sequences = new Map<string, number>();

  constructor(watchers: readonly KnownWatcher[], probes: readonly string[], verifying: Verifying) {
    this.#keys = new Map(watchers.map(({ name, publicKey }) => [name, publicKey]));
    this.#probes = new Set(probes);
    this.#verifying = verifying;
  }

  accept(signed: SignedResult, now: Instant): Result<ProbeResult, Refusal> {
    const { signature, ...result } = signed;
    const { watcher, probe, at, sequence } = result;
    const publicKey = this.#keys.get(watcher);
    if (publicKey === undefined) return err('unknown-watcher');
    if (!this.#probes.has(probe)) return err('unknown-probe');
    if (!this.#verifying.verify(publicKey, signedText(result), signature)) return err('bad-signature');
    if (at - now > LIMITS.watcherAheadMaxMs) return err('from-the-future');
    if (now - at > LIMITS.resultAgeMaxMs) return err('too-old');
    const key = `${watcher}\n${probe}`;
    const last = this.#sequences.get(key);
    if (last !== undefined && sequence <= last) return err('replayed');
    this.#sequences.set(key, sequence);
    return ok(result);
  }
}
