// Where servers are: keeps what DNS said, asks what it must, and tells when it knows. Pure: questions go out as
// effects, replies come in, and each question has its own deadline here, so that DNS may hang as long as it likes.
//
//   keep(trunk)   ─▶ located … located again each time its answer changes, until stop()
//   await(held)   ─▶ located once: when it is known, or when its time is up with what is known then
//   known(target) ─▶ at once, from memory alone

import { LIMITS } from '../base/limits.ts';
import { earlier, type Instant } from '../base/time.ts';
import type { Reply } from '../ports/dns.ts';
import { type Location, locate, type Server } from '../sip/location/locate.ts';
import { type Question, questionKey } from '../sip/location/records.ts';
import type { Ability, Target } from '../sip/location/target.ts';
import { DnsCache } from './cache.ts';

export type LocatorEffect =
  | { readonly type: 'resolve'; readonly question: Question }
  /** `trouble`: why this may not be all, may be old, or is nothing. */
  | {
      readonly type: 'located';
      readonly key: string;
      readonly servers: readonly Server[];
      readonly trouble: string | undefined;
    };

interface Want {
  readonly key: string;
  readonly target: Target;
  readonly kept: boolean;
  /** Kept: when to look again. Awaited: when its time is up. `undefined` while answers are awaited. */
  dueAt: Instant | undefined;
  waiting: boolean;
  /** What was told last, so that the same is not told twice. */
  told: string | undefined;
}

export class Locator {
  readonly #abilities: readonly Ability[];
  readonly #cache = new DnsCache();
  readonly #wants = new Map<string, Want>();
  /** Questions under way, and when they count as failed. In the order of their deadlines, which are all as long. */
  readonly #asked = new Map<string, { readonly question: Question; readonly dueAt: Instant }>();

  constructor(abilities: readonly Ability[]) {
    this.#abilities = abilities;
  }

  /** Tells `located` with this key now or soon, and whenever it changes. */
  keep(key: string, target: Target, now: Instant): readonly LocatorEffect[] {
    return this.#want({ key, target, kept: true, dueAt: undefined, waiting: false, told: undefined }, now);
  }

  /** Nothing is kept up to date any more; whoever waits is still told. */
  stop(): void {
    for (const { key, kept } of this.#wants.values()) if (kept) this.#wants.delete(key);
  }

  /** Tells `located` with this key once, at `until` at the latest; at once where too many are awaited. */
  await(key: string, target: Target, until: Instant, now: Instant): readonly LocatorEffect[] {
    const want = { key, target, kept: false, dueAt: until, waiting: false, told: undefined };
    if (this.#wants.size >= LIMITS.lookupsMax) return this.#tell(want, this.#recall(target, now));
    return this.#want(want, now);
  }

  /** The target's servers as far as memory has them, even if they ought to be asked for again. */
  known(target: Target, now: Instant): readonly Server[] | undefined {
    const location = this.#recall(target, now);
    if (location.type === 'ask') return undefined;
    return location.type === 'found' ? location.servers : [];
  }

  /** A reply, early or late: even after its deadline it is worth knowing. */
  replied(question: Question, reply: Reply, now: Instant): readonly LocatorEffect[] {
    const key = questionKey(question);
    const late = !this.#asked.delete(key);
    if (late && reply.type === 'failed') return [];
    this.#cache.replied(question, reply, now);
    return this.#advance(now);
  }

  expire(now: Instant): readonly LocatorEffect[] {
    let overdue = false;
    for (const [key, { question, dueAt }] of this.#asked) {
      if (dueAt > now) break;
      this.#asked.delete(key);
      const reason = `DNS did not answer in ${LIMITS.dnsAnswerMs / 1_000} s`;
      this.#cache.replied(question, { type: 'failed', reason }, now);
      overdue = true;
    }
    const effects = overdue ? [...this.#advance(now)] : [];
    for (const want of this.#wants.values()) {
      if (want.dueAt === undefined || want.dueAt > now) continue;
      if (want.kept) effects.push(...this.#evaluate(want, now));
      else effects.push(...this.#tell(want, this.#recall(want.target, now)));
    }
    return effects;
  }

  nextDeadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const { dueAt } of this.#asked.values()) {
      next = dueAt;
      break;
    }
    for (const { dueAt } of this.#wants.values()) next = earlier(next, dueAt);
    return next;
  }

  get stats(): { readonly answers: number; readonly asking: number } {
    return { answers: this.#cache.size, asking: this.#asked.size };
  }

  #want(want: Want, now: Instant): readonly LocatorEffect[] {
    this.#wants.set(want.key, want);
    return this.#evaluate(want, now);
  }

  /** Those who wait look again, now that there is one answer more. */
  #advance(now: Instant): readonly LocatorEffect[] {
    return [...this.#wants.values()]
      .filter(({ waiting }) => waiting)
      .flatMap((want) => this.#evaluate(want, now));
  }

  #evaluate(want: Want, now: Instant): readonly LocatorEffect[] {
    const location = this.#look(want.target, now);
    want.waiting = location.type === 'ask';
    if (location.type !== 'ask') {
      if (want.kept) want.dueAt = Number.isFinite(location.until) ? location.until : undefined;
      return this.#tell(want, location);
    }
    const asked = this.#ask(location.questions, want.kept, now);
    if (want.kept) {
      want.dueAt = undefined;
      return asked;
    }
    // Whoever waits is better served by an old answer now than by a new one later.
    const old = this.#recall(want.target, now);
    return old.type === 'found' ? [...asked, ...this.#tell(want, old)] : asked;
  }

  #tell(want: Want, location: Location): readonly LocatorEffect[] {
    if (!want.kept) this.#wants.delete(want.key);
    const servers = location.type === 'found' ? location.servers : [];
    const reason = location.type === 'nowhere' ? location.reason : undefined;
    const trouble = location.type === 'ask' ? 'DNS has not answered yet' : (location.trouble ?? reason);
    const text = JSON.stringify([servers, trouble]);
    if (text === want.told) return [];
    want.told = text;
    return [{ type: 'located', key: want.key, servers, trouble }];
  }

  #look(target: Target, now: Instant): Location {
    return locate(target, this.#abilities, (question) => this.#cache.fresh(question, now));
  }

  #recall(target: Target, now: Instant): Location {
    return locate(target, this.#abilities, (question) => this.#cache.known(question, now));
  }

  /**
   * Equal questions are asked once. When there are too many, a new one is asked when another has its answer; trunks
   * always find some room.
   */
  #ask(questions: readonly Question[], ofTrunk: boolean, now: Instant): readonly LocatorEffect[] {
    const room = ofTrunk ? LIMITS.dnsQuestionsMax : LIMITS.dnsQuestionsOfOthersMax;
    const effects: LocatorEffect[] = [];
    for (const question of questions) {
      const key = questionKey(question);
      if (this.#asked.has(key)) continue;
      if (this.#asked.size >= room) break;
      this.#asked.set(key, { question, dueAt: now + LIMITS.dnsAnswerMs });
      effects.push({ type: 'resolve', question });
    }
    return effects;
  }
}
