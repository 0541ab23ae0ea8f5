// The watcher of this node and its judge: runs probes when they are due, signs what comes of each, and judges by these
// results and by those that other watchers bring. Its own go through the same door as theirs.
//
//   Watcher ─ due ─▶ Prober ─ end ─▶ signed ─▶ Intake ─▶ Judgement ─ changes ─▶ log
//                          other watchers ────────▲       signed ─▶ Reporting ─▶ other nodes

import type { JudgedStatus, ReportAnswer } from '../admin/status.ts';
import { present } from '../base/assert.ts';
import { earlier, formatDuration, type Instant } from '../base/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Prober, ProbeTarget } from '../ports/probes.ts';
import type { Random } from '../ports/random.ts';
import type { Signing } from '../ports/signing.ts';
import { isWorse, type StateChange, worst } from '../ports/status.ts';
import type { ComponentState } from '../ports/uptime.ts';
import { Clocks } from '../watch/clocks.ts';
import { Intake, type Refusal } from '../watch/intake.ts';
import { Judgement } from '../watch/judgement.ts';
import { type ProbeResult, type SignedResult, signedText } from '../watch/result.ts';
import { Watcher } from '../watch/watcher.ts';
import type { WatchSettings } from './config/config.ts';
import type { Reporting } from './reporting.ts';

export interface WatchingOptions {
  readonly settings: WatchSettings;
  readonly prober: Prober;
  readonly signing: Signing;
  /** Where others are told of the results, too. */
  readonly reporting?: Reporting | undefined;
  /** What was known of components when this node watched last. */
  readonly before?: readonly ComponentState[] | undefined;
  /** Hears of each change as it comes. */
  readonly judged?: ((changes: readonly StateChange[]) => void) | undefined;
  /** Hears of every result that counts. */
  readonly onResult?: ((result: ProbeResult) => void) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Such results say that whoever sent them is nobody that is known. */
const NOBODYS: readonly Refusal[] = ['unknown-watcher', 'bad-signature'];

export class Watching {
  readonly #options: WatchingOptions;
  readonly #targets: ReadonlyMap<string, { readonly target: ProbeTarget; readonly timeoutMs: number }>;
  readonly #watcher: Watcher;
  readonly #intake: Intake;
  readonly #judgement: Judgement;
  readonly #clocks = new Clocks();
  /** Whose clock was told to be wrong. */
  readonly #wrong = new Set<string>();
  /** By watcher and reason: those of nobody count together. */
  readonly #refused = new Map<string, { watcher: string; why: Refusal; count: number }>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchingOptions) {
    const { settings, signing, random, clock, before } = options;
    const { name, probes, watchers, components } = settings;
    const now = clock.now();
    const own = settings.runs ? { name, publicKey: signing.publicKey } : undefined;
    this.#options = options;
    this.#targets = new Map(probes.map((probe) => [probe.name, probe]));
    this.#watcher = new Watcher(name, settings.runs ? probes : [], random, now);
    const probeNames = probes.map((probe) => probe.name);
    this.#intake = new Intake({ own, watchers, probes: probeNames, verifying: signing }, now);
    const names = [...(own === undefined ? [] : [own]), ...watchers].map((one) => one.name);
    this.#judgement = new Judgement({ watchers: names, probes, components, before }, now);
  }

  begin(): void {
    const { settings, signing, log } = this.#options;
    const { name, runs, probes, watchers } = settings;
    if (runs) log.info('watching', { watcher: name, probes: probes.length, key: signing.publicKey });
    else log.info('judging by what others find', { probes: probes.length, watchers: watchers.length });
    this.#work();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closing.abort();
    this.#options.reporting?.close();
  }

  /** Tells what time has brought until now, though nobody said anything. */
  look(): void {
    this.#tell(this.#judgement.expire(this.#options.clock.now()));
  }

  status(): JudgedStatus {
    this.look();
    const { clock, settings, signing } = this.#options;
    const now = clock.now();
    const components = this.#judgement.components(now);
    return {
      at: now,
      state: worst(components.map(({ state }) => state)) ?? 'unknown',
      watcher: settings.runs ? { name: settings.name, publicKey: signing.publicKey } : undefined,
      components,
      clocks: this.#clocks.all,
      refused: [...this.#refused.values()],
    };
  }

  /** Whether a known watcher has signed it; it does not count by that. */
  knows(result: SignedResult): boolean {
    const why = this.#intake.stranger(result);
    if (why !== undefined) this.#refuse(result, why);
    return why === undefined;
  }

  /** Stops at the first that is nobody's: a stranger costs one signature, however many results are brought. */
  report(results: readonly SignedResult[]): ReportAnswer | undefined {
    const refused: { index: number; why: string }[] = [];
    for (const [index, result] of results.entries()) {
      const why = this.#receive(result);
      if (why !== undefined && NOBODYS.includes(why)) return undefined;
      if (why !== undefined) refused.push({ index, why });
    }
    this.#arm();
    return { accepted: results.length - refused.length, refused };
  }

  #work(): void {
    for (const probe of this.#watcher.due(this.#options.clock.now())) void this.#run(probe);
    this.look();
    this.#arm();
  }

  async #run(probe: string): Promise<void> {
    const { prober, signing, clock } = this.#options;
    const { target, timeoutMs } = present(this.#targets.get(probe), `probe ${probe}`);
    const end = await prober.probe(target, timeoutMs, this.#closing.signal);
    if (this.#closing.signal.aborted) return;
    const result = this.#watcher.ended(probe, end, clock.now());
    if (result === undefined) return;
    const signed = { ...result, signature: signing.sign(signedText(result)) };
    this.#receive(signed);
    this.#arm();
    this.#options.reporting?.add(signed);
  }

  #receive(result: SignedResult): Refusal | undefined {
    const now = this.#options.clock.now();
    const accepted = this.#intake.accept(result, now);
    if (accepted.ok || !NOBODYS.includes(accepted.error)) this.#lookAtClock(result, now);
    if (!accepted.ok) {
      this.#refuse(result, accepted.error);
      return accepted.error;
    }
    this.#tell(this.#judgement.receive(accepted.value, now));
    this.#options.onResult?.(accepted.value);
    return undefined;
  }

  /** Once when it is found to be wrong, and once when it is right again. */
  #lookAtClock({ watcher, probe, at }: SignedResult, now: Instant): void {
    const known = this.#targets.has(probe);
    if (!known) return;
    this.#clocks.heard(watcher, at, now);
    const wrong = this.#clocks.wrong(watcher);
    if ((wrong !== undefined) === this.#wrong.has(watcher)) return;
    if (wrong === undefined) {
      this.#wrong.delete(watcher);
      this.#options.log.info(`the clock of watcher ${watcher} is right again`, { watcher });
      return;
    }
    this.#wrong.add(watcher);
    const apart = formatDuration(Math.abs(wrong.behindMs));
    const where = wrong.behindMs > 0 ? 'behind' : 'ahead of';
    this.#options.log.warn(`the clock of watcher ${watcher} is ${apart} ${where} ours`, { ...wrong });
  }

  #refuse({ watcher, probe }: SignedResult, why: Refusal): void {
    const counted = NOBODYS.includes(why) ? '(nobody known)' : watcher;
    const key = `${counted}\n${why}`;
    const row = this.#refused.get(key) ?? { watcher: counted, why, count: 0 };
    if (row.count === 0) this.#options.log.warn('the result of a probe is refused', { watcher, probe, why });
    row.count += 1;
    this.#refused.set(key, row);
  }

  #tell(changes: readonly StateChange[]): void {
    for (const { component, from, to } of changes) {
      const note = isWorse(to, from) ? this.#options.log.warn : this.#options.log.info;
      note.call(this.#options.log, `${component}: ${to}`, { component, from, to });
    }
    if (changes.length > 0) this.#options.judged?.(changes);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next: Instant | undefined = earlier(this.#watcher.nextDeadline(), this.#judgement.nextDeadline());
    if (next === undefined || this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => this.#work(), Math.max(0, next - this.#options.clock.now()));
  }
}
