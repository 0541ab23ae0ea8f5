// Toll fraud: somebody has an account's password, or its PBX, and calls what pays him. It looks the same everywhere:
// destinations that the account never calls, many at once, long ones, at night.
//
//   usual destination ─▶ goes on, always        emergency ─▶ is never asked about (law 7)
//   unusual           ─▶ so many an hour and at once, fewer at hours at which the account never calls; else refused
//   unusual and risky ─▶ a few, and none of them long
//
// The account's own countries are usual from the beginning, and what its `destinationsUsual` or an operator says; the
// rest is learned (habits.ts). Nothing else of the account is touched, and what is refused now is let through again
// within the hour. Diverted calls count like any (law 8): fraudsters love call forwarding.

import { LIMITS } from '../base/limits.ts';
import { HOUR_MS, type Instant } from '../base/time.ts';
import type { Account, AccountLimits, CallHabits, E164, LedgerEntry } from '../ports/records.ts';
import { type Allowance, Allowances } from './allowances.ts';
import { classOf, countriesOf, type DestinationClass } from './destination-class.ts';
import { Habits } from './habits.ts';
import { dropOldest } from './oldest.ts';

/** What an account has called unusually, as far as it is remembered. */
export interface UnusualCalls {
  readonly account: string;
  readonly since: Instant;
  readonly at: Instant;
  /** The latest first: phones' users, or trunks whose calls were diverted; and the numbers. */
  readonly callers: readonly string[];
  readonly destinations: readonly E164[];
  readonly passed: number;
  readonly refused: number;
  readonly inProgress: number;
  /** What became of the latest one. */
  readonly done: 'watched' | 'slowed' | 'refused';
  /** A sentence. */
  readonly why: string;
}

/** A call that is about to be made. */
export interface Attempt {
  /** The call's id. */
  readonly call: string;
  readonly account: Account;
  readonly number: E164;
  /** The phone's user or the trunk's name, from which it comes. */
  readonly caller: string;
}

export type Judgement =
  | { readonly type: 'usual' }
  /** `suspicion` is to be told to the operator. */
  | {
      readonly type: 'unusual' | 'refused';
      /** A sentence. */
      readonly why: string;
      readonly lengthMaxMs?: number;
      readonly suspicion?: UnusualCalls;
    };

interface Passed {
  readonly at: Instant;
  readonly risky: boolean;
}

interface Episode {
  readonly since: Instant;
  at: Instant;
  callers: readonly string[];
  destinations: readonly E164[];
  /** Within the last hour. */
  lately: Passed[];
  /** By the call's id. */
  readonly inProgress: Map<string, Passed>;
  passed: number;
  refused: number;
  done: UnusualCalls['done'];
  why: string;
  refusedAt: Instant;
  toldAt: Instant;
  toldRefusalAt: Instant;
}

const NEVER = Number.NEGATIVE_INFINITY;
const USUAL: Judgement = { type: 'usual' };

export class FraudWatch {
  readonly #habits = new Habits();
  readonly #allowances = new Allowances();
  /** By account, in the order of the last unusual call. */
  readonly #episodes = new Map<string, Episode>();
  /** An account's record never changes: another one takes its place. */
  readonly #homes = new WeakMap<Account, ReadonlySet<string>>();

  get size(): number {
    return this.#habits.size + this.#episodes.size;
  }

  /** What was usual before the node was started is so still. */
  remember(habits: readonly CallHabits[]): void {
    for (const each of habits) this.#habits.restore(each);
  }

  /** A call that has ended: what was answered there is a habit in time. Gives what is to be kept of that. */
  learn({ account, answeredBy, answeredAt }: LedgerEntry): CallHabits | undefined {
    if (answeredBy?.startsWith('+') !== true || answeredAt === undefined || account === '') return undefined;
    // What was let through while the rest was refused is no habit.
    const { refusedAt = NEVER } = this.#episodes.get(account) ?? {};
    return this.#habits.learn(
      account,
      answeredBy,
      answeredAt,
      answeredAt - refusedAt >= LIMITS.fraudMemoryMs,
    );
  }

  /** May it be made now? Not asked about emergency calls. Where it is unusual, `over` is called when it is over. */
  judge(attempt: Attempt, now: Instant): Judgement {
    const { account, number } = attempt;
    const kind = classOf(number);
    if (this.#isUsual(account, number, kind, now)) return USUAL;
    const { fraud = 'slow' } = account.limits;
    const episode = this.#episodeOf(account.name, now);
    const risky = kind.risk !== undefined;
    const isQuiet = this.#habits.isQuietHour(account.name, now);
    const tooMany = whyTooMany(fraud, episode, risky, isQuiet);
    episode.at = now;
    episode.callers = latest(attempt.caller, episode.callers);
    episode.destinations = latest(number, episode.destinations);
    episode.why = `the account does not usually call ${kind.name}${isQuiet ? ', nor at this hour' : ''}`;
    if (tooMany !== undefined) {
      episode.refused++;
      episode.refusedAt = now;
      episode.done = 'refused';
      episode.why += tooMany;
      return { type: 'refused', why: episode.why, ...this.#toTell(account.name, episode, now) };
    }
    pass(episode, attempt.call, { at: now, risky });
    episode.done = fraud === 'watch' ? 'watched' : 'slowed';
    const length = risky && fraud !== 'watch' ? { lengthMaxMs: LIMITS.fraudRiskyCallMs } : {};
    return { type: 'unusual', why: episode.why, ...length, ...this.#toTell(account.name, episode, now) };
  }

  /** It does not go there any more. */
  over(account: string, call: string): void {
    this.#episodes.get(account)?.inProgress.delete(call);
  }

  /** The latest first. */
  list(now: Instant): readonly UnusualCalls[] {
    this.#forgetOld(now);
    return [...this.#episodes]
      .filter(([, episode]) => isHeld(episode))
      .map(([account, episode]) => viewOf(account, episode))
      .reverse();
  }

  /** Forgets what was held against the account; calls in progress still count. False where nothing was. */
  clear(account: string, now: Instant): boolean {
    this.#forgetOld(now);
    const known = this.#episodes.get(account);
    if (known === undefined || !isHeld(known)) return false;
    this.#episodes.delete(account);
    if (known.inProgress.size > 0)
      this.#episodes.set(account, { ...newEpisode(now), inProgress: known.inProgress });
    return true;
  }

  allowed(now: Instant): readonly Allowance[] {
    return this.#allowances.list(now);
  }

  /** False: there are as many as may be. */
  allow(allowance: Allowance, now: Instant): boolean {
    return this.#allowances.allow(allowance, now);
  }

  /** False where there is no such one. */
  disallow(account: string, prefix: string, now: Instant): boolean {
    return this.#allowances.disallow(account, prefix, now);
  }

  #isUsual(account: Account, number: E164, kind: DestinationClass, now: Instant): boolean {
    const { name, limits } = account;
    if (limits.destinationsUsual?.some((prefix) => number.startsWith(prefix)) === true) return true;
    if (kind.risk !== 'dear' && this.#homeOf(account).has(kind.country)) return true;
    return this.#allowances.has(name, number, now) || this.#habits.calls(name, kind, now);
  }

  #homeOf(account: Account): ReadonlySet<string> {
    const known = this.#homes.get(account) ?? countriesOf(account.numbers.map(({ number }) => number));
    this.#homes.set(account, known);
    return known;
  }

  #episodeOf(account: string, now: Instant): Episode {
    this.#forgetOld(now);
    const episode = this.#episodes.get(account) ?? newEpisode(now);
    this.#episodes.delete(account);
    this.#episodes.set(account, episode);
    dropOldest(this.#episodes, LIMITS.fraudAccountsMax);
    episode.lately = episode.lately.filter(({ at }) => now - at < HOUR_MS);
    for (const [call, { at }] of episode.inProgress)
      if (now - at >= LIMITS.callLengthMaxMs) episode.inProgress.delete(call);
    return episode;
  }

  #forgetOld(now: Instant): void {
    for (const [account, { at }] of this.#episodes) {
      if (now - at <= LIMITS.fraudMemoryMs) break;
      this.#episodes.delete(account);
    }
  }

  /** Once an hour that there are such calls, and once an hour that some are refused. */
  #toTell(account: string, episode: Episode, now: Instant): { readonly suspicion?: UnusualCalls } {
    const told = episode.done === 'refused' ? 'toldRefusalAt' : 'toldAt';
    if (now - episode[told] < HOUR_MS) return {};
    episode[told] = now;
    return { suspicion: viewOf(account, episode) };
  }
}

/** The end of a sentence: what there is too much of. */
function whyTooMany(
  fraud: AccountLimits['fraud'],
  { lately, inProgress }: Episode,
  risky: boolean,
  isQuiet: boolean,
): string | undefined {
  if (fraud === 'watch') return undefined;
  if (fraud === 'block') return ', and its limits.fraud is block';
  const ongoing = [...inProgress.values()];
  const perHour = isQuiet ? LIMITS.fraudCallsInQuietHour : LIMITS.fraudCallsPerHour;
  const riskyPerHour = isQuiet ? LIMITS.fraudRiskyCallsInQuietHour : LIMITS.fraudRiskyCallsPerHour;
  const isMore = (calls: readonly Passed[], atMost: number, riskyAtMost: number) =>
    calls.length >= atMost || (risky && calls.filter((each) => each.risky).length >= riskyAtMost);
  if (isMore(ongoing, LIMITS.fraudCallsAtOnce, LIMITS.fraudRiskyCallsAtOnce)) {
    return `; such calls in progress: ${ongoing.length}`;
  }
  return isMore(lately, perHour, riskyPerHour) ? `; such calls within the hour: ${lately.length}` : undefined;
}

function pass(episode: Episode, call: string, passed: Passed): void {
  episode.passed++;
  episode.lately.push(passed);
  if (episode.lately.length > LIMITS.fraudCallsCountedMax) episode.lately.shift();
  episode.inProgress.set(call, passed);
  dropOldest(episode.inProgress, LIMITS.fraudCallsCountedMax);
}

function latest<Item>(item: Item, before: readonly Item[]): readonly Item[] {
  return [item, ...before.filter((each) => each !== item)].slice(0, LIMITS.fraudToldMax);
}

function isHeld({ passed, refused }: Episode): boolean {
  return passed + refused > 0;
}

function viewOf(account: string, episode: Episode): UnusualCalls {
  const { since, at, callers, destinations, passed, refused, inProgress, done, why } = episode;
  return {
    account,
    since,
    at,
    callers,
    destinations,
    passed,
    refused,
    inProgress: inProgress.size,
    done,
    why,
  };
}

function newEpisode(now: Instant): Episode {
  return {
    since: now,
    at: now,
    callers: [],
    destinations: [],
    lately: [],
    inProgress: new Map(),
    passed: 0,
    refused: 0,
    done: 'slowed',
    why: '',
    refusedAt: NEVER,
    toldAt: NEVER,
    toldRefusalAt: NEVER,
  };
}
