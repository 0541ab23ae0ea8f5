// The states of all components, from results as they come. A state gets worse at once and better slowly: what is shown
// is the worst of what the probes have said within a while, so that a flapping service does not flap on the page.
//
//   probes say   ✓✓✓✗✗✗✗✓✓✓✓✓✓✓✓✓✓
//   shown        ────┐ outage     ┌─ degraded ─┐ operational
//                    └────────────┘
//
// Nobody can set a state: there is no way in but results (law 5). A judge that was gone for a few minutes begins with
// what it knew: an outage lasts until results say otherwise, and anything else is unknown until they do.

import { assert, present } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import { earlier, type Instant, SECOND_MS } from '../base/time.ts';
import { isWorse, STATES, type State, type StateChange, worst } from '../ports/status.ts';
import type { ComponentState } from '../ports/uptime.ts';
import { stateOf, type Verdict, verdictOf } from './quorum.ts';
import type { ProbeResult } from './result.ts';
import { type Opinion, Vote, type VoteTiming } from './vote.ts';

export interface JudgedProbe extends VoteTiming {
  readonly name: string;
}

export interface Component {
  readonly name: string;
  readonly group?: string | undefined;
  /** Names of probes. */
  readonly probes: readonly string[];
}

export interface Judged {
  readonly watchers: readonly string[];
  readonly probes: readonly JudgedProbe[];
  readonly components: readonly Component[];
  /** What was known of each when this node watched last; of long ago, or none: nothing. */
  readonly before?: readonly ComponentState[] | undefined;
}

export interface WatcherOpinion {
  readonly watcher: string;
  readonly opinion: Opinion;
  readonly last?: ProbeResult | undefined;
}

export interface ProbeView {
  readonly name: string;
  readonly verdict: Verdict;
  readonly watchers: readonly WatcherOpinion[];
}

export interface ComponentView {
  readonly name: string;
  readonly group?: string | undefined;
  readonly state: State;
  readonly since: Instant;
  readonly probes: readonly ProbeView[];
}

/** How long a better state must last before it is shown; longer where probes are rare. */
const SUSTAINED_MS = 20 * SECOND_MS;
const SUSTAINED_INTERVALS = 2;

interface Track {
  readonly component: Component;
  readonly sustainedMs: number;
  /** As the probes say now. */
  said: State;
  shown: State;
  since: Instant;
  /** When the probes last left each of the other states. */
  readonly saidAt: Map<State, Instant>;
  /** When it must be looked at again though nothing comes. */
  lookAt: Instant | undefined;
  /** As it was before a restart; until it is anything else. */
  before: ComponentState | undefined;
}

export class Judgement {
  readonly #watchers: readonly string[];
  /** By probe, then by watcher. */
  readonly #votes: ReadonlyMap<string, ReadonlyMap<string, Vote>>;
  readonly #tracks: readonly Track[];
  /** By probe: when each watcher has had the time to say something that counts. */
  readonly #heardOutAt: ReadonlyMap<string, Instant>;

  /** Everything is unknown at first that was not down. */
  constructor({ watchers, probes, components, before = [] }: Judged, now: Instant) {
    this.#watchers = watchers;
    const timings = new Map(probes.map((probe) => [probe.name, probe]));
    this.#votes = new Map(
      probes.map((probe) => [probe.name, new Map(watchers.map((watcher) => [watcher, new Vote(probe)]))]),
    );
    this.#heardOutAt = new Map(
      probes.map(({ name, intervalMs, timeoutMs }) => {
        return [name, now + LIMITS.watcherAheadMaxMs + intervalMs + timeoutMs];
      }),
    );
    this.#tracks = components.map((component) => {
      const intervals = component.probes.map(
        (name) => present(timings.get(name), `probe ${name}`).intervalMs,
      );
      const sustainedMs = Math.max(SUSTAINED_MS, SUSTAINED_INTERVALS * Math.max(...intervals));
      return begun(component, sustainedMs, before.find(isOf(component, now)), now);
    });
  }

  /** A result that the intake has let in. */
  receive(result: ProbeResult, now: Instant): readonly StateChange[] {
    const vote = this.#votes.get(result.probe)?.get(result.watcher);
    assert(vote !== undefined, 'the intake lets in what is known');
    const due = this.expire(now);
    vote.add(result, now);
    const concerned = this.#tracks.filter(({ component }) => component.probes.includes(result.probe));
    return [...due, ...concerned.flatMap((track) => this.#judge(track, now))];
  }

  nextDeadline(): Instant | undefined {
    return this.#tracks.reduce<Instant | undefined>((next, { lookAt }) => earlier(next, lookAt), undefined);
  }

  /** Each change is of the moment when it was due: a process that stood still has seen nothing go on till now. */
  expire(now: Instant): readonly StateChange[] {
    const changes: StateChange[] = [];
    for (const track of this.#tracks)
      while (track.lookAt !== undefined && track.lookAt <= now)
        changes.push(...this.#judge(track, track.lookAt));
    return changes.toSorted((one, other) => one.at - other.at);
  }

  components(now: Instant): readonly ComponentView[] {
    return this.#tracks.map(({ component: { name, group, probes }, shown, since }) => {
      return { name, group, state: shown, since, probes: probes.map((probe) => this.#viewOf(probe, now)) };
    });
  }

  #judge(track: Track, now: Instant): readonly StateChange[] {
    const { component, sustainedMs, saidAt, shown } = track;
    const said = stateOf(component.probes.map((probe) => this.#verdict(probe, now)));
    if (said !== track.said) saidAt.set(track.said, now);
    track.said = said;
    const lasting = STATES.filter((state) => {
      return state === said || (saidAt.get(state) ?? Number.NEGATIVE_INFINITY) + sustainedMs > now;
    });
    track.shown = present(worst(lasting), 'what the probes say now');
    const voices = earlier(this.#staleAfter(component, now), this.#heardOutAfter(component, now));
    track.lookAt = earlier(voices, sustainedAfter(track, now));
    if (track.shown === shown) return [];
    const since = resumedSince(track, now);
    track.since = since ?? now;
    track.before = undefined;
    const change = { component: component.name, from: shown, to: track.shown, at: now };
    return [since === undefined ? change : { ...change, since }];
  }

  #verdict(probe: string, now: Instant): Verdict {
    const opinions = this.#votesOf(probe).map(({ vote }) => vote.at(now));
    return verdictOf(opinions, now < (this.#heardOutAt.get(probe) ?? 0));
  }

  #heardOutAfter({ probes }: Component, now: Instant): Instant | undefined {
    return probes
      .map((probe) => this.#heardOutAt.get(probe))
      .filter((at) => at !== undefined && at > now)
      .reduce<Instant | undefined>(earlier, undefined);
  }

  #staleAfter({ probes }: Component, now: Instant): Instant | undefined {
    return probes
      .flatMap((probe) => this.#votesOf(probe).map(({ vote }) => vote.staleAt))
      .filter((at) => at !== undefined && at > now)
      .reduce<Instant | undefined>(earlier, undefined);
  }

  #viewOf(name: string, now: Instant): ProbeView {
    const watchers = this.#votesOf(name).map(({ watcher, vote }) => {
      return { watcher, opinion: vote.at(now), last: vote.last };
    });
    return { name, verdict: this.#verdict(name, now), watchers };
  }

  #votesOf(probe: string): readonly { readonly watcher: string; readonly vote: Vote }[] {
    const votes = present(this.#votes.get(probe), `the votes of ${probe}`);
    return this.#watchers.map((watcher) => ({
      watcher,
      vote: present(votes.get(watcher), `the vote of ${watcher}`),
    }));
  }
}

function isOf({ name }: Component, now: Instant) {
  return ({ component, at }: ComponentState) => component === name && now - at <= LIMITS.resumedWithinMs;
}

/** What was down is said to have been so just now, and so is shown until something better was said for a while. */
function begun(
  component: Component,
  sustainedMs: number,
  before: ComponentState | undefined,
  now: Instant,
): Track {
  const track: Track = {
    component,
    sustainedMs,
    said: 'unknown',
    shown: 'unknown',
    since: now,
    saidAt: new Map(),
    lookAt: undefined,
    before,
  };
  if (before === undefined || isWorse('unknown', before.state)) return track;
  const saidAt = new Map([[before.state, now]]);
  return {
    ...track,
    saidAt,
    shown: before.state,
    since: before.since,
    lookAt: now + sustainedMs,
    before: undefined,
  };
}

/** A short restart interrupts nothing: what comes back as it was has been so since then. */
function resumedSince({ before, shown }: Track, now: Instant): Instant | undefined {
  const isBack = before?.state === shown && now - before.at <= LIMITS.resumedWithinMs;
  return isBack ? before.since : undefined;
}

/** When a worse state that was said lately will have been so for long enough. */
function sustainedAfter({ said, saidAt, sustainedMs }: Track, now: Instant): Instant | undefined {
  return [...saidAt]
    .filter(([state, at]) => isWorse(state, said) && at + sustainedMs > now)
    .map(([, at]) => at + sustainedMs)
    .reduce<Instant | undefined>(earlier, undefined);
}
