// One attack from its first second to its last, summed up as it goes: so much came, from there, and was probably that.
// It has a fixed size, however long it takes.

import { LIMITS } from '../../base/limits.ts';
import type { Instant } from '../../base/time.ts';
import { Distinct } from './distinct.ts';
import { addCounts, forgedLikelihood, noCounts } from './forgery.ts';
import { type AttackReport, forgery, type Likelihood, sureness } from './report.ts';
import { COUNTED, type Counted, eachKind, offered, type Second } from './second.ts';
import type { Tally } from './tally.ts';
import type { WordShare } from './top-words.ts';

/** What is told of each list. */
const TOLD = 10;
/** Evidence that makes an attack likely by two thirds. */
const CONVINCING = 12;

export class Attack {
  readonly #began: Instant;
  #lastHostile: Instant;
  #packets = 0;
  #bytes = 0;
  #dropped = 0;
  #peak = 0;
  #peakAt: Instant;
  #evenNetworks = 0;
  #evidence = 0;
  #kindsTotal = 0;
  readonly #kinds: Record<Counted, number> = { ...eachKind(() => 0) };
  readonly #sources = new Distinct();
  readonly #forgery = noCounts();
  readonly #networks = new Shares();
  readonly #userAgents = new Shares();
  readonly #malformations = new Shares();

  constructor(began: Instant) {
    this.#began = began;
    this.#lastHostile = began;
    this.#peakAt = began;
  }

  /** One second of it, and what the tally has of it. `evidence`: that it is hostile. */
  add(second: Second, tally: Tally, evidence: number, now: Instant): void {
    const { newcomer, refused } = second.lanes;
    const packets = offered(newcomer) + offered(refused);
    const { seconds } = second;
    this.#packets += packets * seconds;
    this.#bytes += (newcomer.bytes + refused.bytes) * seconds;
    this.#dropped += (newcomer.dropped + refused.dropped) * seconds;
    if (packets > this.#peak) {
      this.#peak = packets;
      this.#peakAt = now;
    }
    if (evidence > 0) this.#lastHostile = now;
    this.#evidence += evidence / CONVINCING;
    this.#evenNetworks = Math.max(this.#evenNetworks, second.evenNetworks);
    for (const kind of COUNTED) {
      this.#kinds[kind] += newcomer.kinds[kind] * seconds;
      this.#kindsTotal += newcomer.kinds[kind] * seconds;
    }
    this.#sources.merge(tally.distinct);
    addCounts(this.#forgery, tally.forgery);
    const seen = tally.forgery.packets;
    for (const { network, share } of tally.networks.top(TOLD)) this.#networks.add(network, share * seen);
    this.#words(this.#userAgents, tally.userAgents.top(TOLD), newcomer.admitted);
    this.#words(this.#malformations, tally.malformations.top(TOLD), newcomer.admitted);
  }

  /** That it is one at all. */
  sure(): Likelihood {
    return sureness(1 - Math.exp(-this.#evidence));
  }

  report(isOver: boolean): AttackReport {
    const sources = this.#sources.estimate();
    return {
      began: this.#began,
      ...(isOver ? { ended: this.#lastHostile } : {}),
      packets: this.#packets,
      bytes: this.#bytes,
      dropped: this.#dropped,
      peakPerSecond: this.#peak,
      peakAt: this.#peakAt,
      sources,
      evenNetworks: Math.round(this.#evenNetworks),
      networks: this.#networks
        .top(this.#forgery.packets)
        .map(({ text, share }) => ({ network: text, share })),
      kinds: this.#kindShares(),
      userAgents: this.#userAgents.top(),
      malformations: this.#malformations.top(),
      challenged: this.#forgery.challenged,
      answered: this.#forgery.answered,
      sure: this.sure(),
      forged: forgery(forgedLikelihood(this.#forgery, sources)),
    };
  }

  #words(sum: Shares, words: readonly WordShare[], weight: number): void {
    for (const { text, share } of words) sum.add(text, share * weight);
  }

  #kindShares(): AttackReport['kinds'] {
    return COUNTED.filter((kind) => this.#kinds[kind] > 0)
      .map((kind) => ({ kind, share: this.#kinds[kind] / this.#kindsTotal }))
      .sort((a, b) => b.share - a.share)
      .slice(0, TOLD);
  }
}

/** Sums by a text, of which the smallest gives way when there are too many. */
class Shares {
  readonly #sums = new Map<string, number>();
  #total = 0;

  /** Nothing of something is nothing: where all is nothing, there are no shares of it. */
  add(text: string, amount: number): void {
    if (amount <= 0) return;
    this.#total += amount;
    this.#sums.set(text, (this.#sums.get(text) ?? 0) + amount);
    if (this.#sums.size <= LIMITS.shieldWordsMax) return;
    const [least] = [...this.#sums].reduce((a, b) => (b[1] < a[1] ? b : a));
    this.#sums.delete(least);
  }

  /** `total`: of which they are shares, where that is more than what was added here. */
  top(total = this.#total): readonly WordShare[] {
    return [...this.#sums]
      .sort((a, b) => b[1] - a[1])
      .slice(0, TOLD)
      .map(([text, sum]) => ({ text, share: Math.min(1, sum / total) }));
  }
}
