// The door for results: only a known watcher's, signed by it, of a probe that is known, new and of now come in. What is
// refused counts as not said at all, so that a watcher whose clock is wrong, or whose messages somebody keeps and sends
// again, is a silent watcher. Sequences are forgotten with the process, so what was made before it began is refused:
// somebody may have kept it, and a judge that starts anew could not tell.

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
  | 'before-start'
  | 'replayed';

export interface KnownWatcher {
  readonly name: string;
  readonly publicKey: string;
}

/** This node's own results have no skew; those of others may have been made a while ago though they seem of now. */
export interface IntakeOptions {
  /** Absent where this node runs no probes. */
  readonly own?: KnownWatcher | undefined;
  readonly watchers: readonly KnownWatcher[];
  readonly probes: readonly string[];
  readonly verifying: Verifying;
}

export class Intake {
  readonly #keys: ReadonlyMap<string, string>;
  readonly #own: string | undefined;
  readonly #startedAt: Instant;
  readonly #probes: ReadonlySet<string>;
  readonly #verifying: Verifying;
  /** By watcher and probe: bounded by what is configured. */
  readonly #sequences = new Map<string, number>();

  constructor({ own, watchers, probes, verifying }: IntakeOptions, now: Instant) {
    const all = own === undefined ? watchers : [own, ...watchers];
    this.#keys = new Map(all.map(({ name, publicKey }) => [name, publicKey]));
    this.#own = own?.name;
    this.#startedAt = Math.floor(now);
    this.#probes = new Set(probes);
    this.#verifying = verifying;
  }

  accept(signed: SignedResult, now: Instant): Result<ProbeResult, Refusal> {
    const { signature, ...result } = signed;
    const { watcher, probe, at, sequence } = result;
    const stranger = this.stranger(signed);
    if (stranger !== undefined) return err(stranger);
    if (!this.#probes.has(probe)) return err('unknown-probe');
    if (at - now > LIMITS.watcherAheadMaxMs) return err('from-the-future');
    if (now - at > LIMITS.resultAgeMaxMs) return err('too-old');
    if (at < this.#takenSince(watcher)) return err('before-start');
    const key = `${watcher}\n${probe}`;
    const last = this.#sequences.get(key);
    if (last !== undefined && sequence <= last) return err('replayed');
    this.#sequences.set(key, sequence);
    return ok(result);
  }

  /** Why it is nobody's that is known: one signature is looked at, and nothing else. */
  stranger({
    signature,
    ...result
  }: SignedResult): Extract<Refusal, 'unknown-watcher' | 'bad-signature'> | undefined {
    const publicKey = this.#keys.get(result.watcher);
    if (publicKey === undefined) return 'unknown-watcher';
    return this.#verifying.verify(publicKey, signedText(result), signature) ? undefined : 'bad-signature';
  }

  /** A watcher whose clock is ahead may have written such a time before this node began, and it would have counted. */
  #takenSince(watcher: string): Instant {
    return this.#startedAt + (watcher === this.#own ? 0 : LIMITS.watcherAheadMaxMs);
  }
}
