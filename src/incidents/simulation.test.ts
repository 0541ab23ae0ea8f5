// Services that fail and flap, watchers that are cut off, lie or have wrong clocks, operators who want it over, and a
// node that crashes, also between what it has written and what it has told: judge and incidents together, in simulated
// time from a seed. What must hold is checked every second, against what the store has.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RULES as USUAL } from '../../test/incident-rules.ts';
import { SeededRandom } from '../../test/simulation/world.ts';
import { present } from '../base/assert.ts';
import { DeadlineHeap } from '../base/deadline-heap.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Incident } from '../ports/incidents.ts';
import { isWorse, type State, type StateChange } from '../ports/status.ts';
import { Intake } from '../watch/intake.ts';
import { Judgement } from '../watch/judgement.ts';
import { heardMin } from '../watch/quorum.ts';
import { type SignedResult, signedText } from '../watch/result.ts';
import { Watcher } from '../watch/watcher.ts';
import { nextDeadline, observed, withIncident } from './incidents.ts';
import { goingOn, isOutage, type Known, knownFrom, type Rules, type Step } from './known.ts';
import { openIncident, updateIncident } from './operator.ts';
import { ShownStates } from './shown.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const LENGTH_MS = 12 * MINUTE_MS;
const SEEDS = 40;
const NAMES = ['Calls', 'Registrations', 'Website'];
const PROBES = NAMES.map((name) => ({ name, intervalMs: 5 * SECOND_MS, timeoutMs: 3 * SECOND_MS }));
const COMPONENTS = NAMES.map((name) => ({ name, probes: [name] }));
const RULES: Rules = { ...USUAL, components: COMPONENTS, resolveAfterMs: 40 * SECOND_MS };
/** How long a crash, or a network that was cut, may go on to be felt. */
const AFTERMATH_MS = 60 * SECOND_MS;
const PATIENCE_MS = 5 * SECOND_MS;

type Fault = 'none' | 'bad-network' | 'lies' | 'cut-off' | 'clock-ahead';
type Span = readonly [from: Instant, to: Instant];

interface Event {
  heapIndex: number;
  readonly run: (now: Instant) => void;
}

/** What outlives a crash is `store`; the rest is as the node knows it. */
class World {
  readonly store = new Map<string, Incident>();
  readonly outages: ReadonlyMap<string, readonly Span[]>;
  readonly watchers: number;
  /** When nobody's results came, or a part of them. */
  readonly #cuts: readonly Span[];
  /** When everything but the service stood still. */
  readonly #freezes: readonly Span[];
  /** Of each component, when a result that counts came last, and when it was last said to work. */
  readonly #heardAt = new Map<string, Instant>();
  readonly #workedAt = new Map<string, Instant>();
  readonly #events = new DeadlineHeap<Event>();
  readonly #random: SeededRandom;
  #intake: Intake;
  #judgement: Judgement;
  #known: Known;
  #shown: ShownStates;
  #looking: readonly Event[] = [];
  #crashedAt: Instant = Number.NEGATIVE_INFINITY;
  #wholeSince: Instant | undefined;
  readonly told: string;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.watchers = 1 + Math.floor(5 * random.fraction());
    this.told = `seed ${seed}, ${this.watchers} watchers`;
    this.outages = new Map(NAMES.map((name) => [name, drawOutages(random.fork(name))]));
    this.#cuts = drawSpans(random.fork('cuts'), 4 * MINUTE_MS, 20 * SECOND_MS, 60 * SECOND_MS);
    this.#freezes = drawSpans(random.fork('freezes'), 5 * MINUTE_MS, 30 * SECOND_MS, 90 * SECOND_MS);
    const names = Array.from({ length: this.watchers }, (_, index) => `watcher-${index}`);
    this.#intake = intakeOf(names, NOON);
    this.#judgement = new Judgement({ watchers: names, probes: PROBES, components: COMPONENTS }, NOON);
    this.#known = knownFrom({ incidents: [], maintenance: [], ids: [] }, RULES, NOON);
    this.#shown = new ShownStates(NAMES, NOON);
    const faultyMax = this.watchers < 3 ? 0 : this.watchers - heardMin(this.watchers);
    for (const [index, name] of names.entries())
      this.#watch(name, index < faultyMax ? drawFault(random) : 'none');
    this.#meddle(NOON);
    for (let at = NOON; at < NOON + LENGTH_MS; at += SECOND_MS) this.#at(at, (now) => this.#check(now));
  }

  run(): void {
    for (;;) {
      const at = this.#events.deadline;
      const event = at === undefined ? undefined : this.#events.due(at);
      if (at === undefined || event === undefined || at > NOON + LENGTH_MS) return;
      this.#events.schedule(event, undefined);
      const frozen = this.#freezes.find(([from, to]) => at >= from && at < to);
      event.run(frozen === undefined ? at : frozen[1]);
    }
  }

  #check(now: Instant): void {
    const standsStill = this.#freezes.some(([from, to]) => now >= from && now <= to);
    if (standsStill) {
      this.#wholeSince = undefined;
      return;
    }
    const told = `${this.told}, +${(now - NOON) / SECOND_MS} s`;
    const states = this.#states(now);
    const open = [...this.store.values()].filter(({ resolvedAt }) => resolvedAt === undefined);
    const named = new Set(open.flatMap((one) => goingOn(one).map(({ component }) => component)));
    for (const [name, state] of states) {
      if (isOutage(state)) assert.ok(named.has(name), `${told}: no incident names ${name}, which is out`);
      const shown = present(this.#shown.of(name), name).state;
      assert.ok(!isWorse(state, shown), `${told}: ${name} is ${state}, and shown as ${shown}`);
      const isSeen = this.#outMs(name, now) < 15 * SECOND_MS || this.#isDisturbed(now) || named.has(name);
      assert.ok(isSeen, `${told}: nobody has seen for 15 s that ${name} is out`);
    }
    const ofProbes = open.filter(({ openedBy }) => openedBy === 'probes');
    assert.ok(ofProbes.length <= 1, `${told}: ${ofProbes.length} are open by the probes`);
    const isWhole = [...states.values()].every((state) => state === 'operational');
    this.#wholeSince = isWhole ? (this.#wholeSince ?? now) : undefined;
    const lateMs = now - (this.#wholeSince ?? now) - RULES.resolveAfterMs;
    assert.ok(lateMs < PATIENCE_MS || ofProbes.length === 0, `${told}: ${ofProbes[0]?.id} is left open`);
  }

  /** Written first. What is over is over for the judge, too, and few words were made of it. */
  #keep(step: Step, now: Instant): void {
    const states = this.#states(now);
    for (const incident of step.incidents) {
      const { id, openedBy, affected, resolvedAt, updates, openedAt } = incident;
      const out = affected.filter(({ component }) => isOutage(states.get(component) ?? 'unknown'));
      assert.ok(resolvedAt === undefined || out.length === 0, `${this.told}: ${id} resolved over an outage`);
      const closing = resolvedAt === undefined ? undefined : updates.at(-1);
      for (const { component } of closing?.by === 'probes' ? affected : []) {
        const unheardMs = (closing?.at ?? now) - (this.#heardAt.get(component) ?? NOON);
        const overdue = `${id} resolved ${unheardMs} ms after the last result of ${component}`;
        assert.ok(unheardMs < 20 * SECOND_MS, `${this.told}: ${overdue}`);
      }
      for (const { component, until } of affected) {
        const before = this.store.get(id)?.affected.find((row) => row.component === component);
        const isNew = openedBy === 'probes' && resolvedAt === undefined && until !== before?.until;
        const worked = Math.floor(this.#workedAt.get(component) ?? NOON) === until;
        const works = !isNew || until === undefined || worked || states.get(component) === 'operational';
        assert.ok(works, `${this.told}: ${component} is said to work, which nobody says`);
      }
      const own = updates.filter(({ by }) => by === 'probes').length;
      const others = updates.length - own;
      const lastedMs = present(updates.at(-1), 'an update').at - openedAt;
      assert.ok(own <= 4 + others + lastedMs / (2 * MINUTE_MS), `${this.told}: ${id} has ${own} of its own`);
      this.store.set(id, incident);
    }
    const isCrash = step.incidents.length > 0 && this.#random.fraction() < 0.08;
    if (isCrash) return this.#crash(now);
    this.#known = step.known;
    this.#shown.declared(step.known, now);
    this.#arm(now);
  }

  #crash(now: Instant): void {
    this.#crashedAt = now;
    const watchers = Array.from({ length: this.watchers }, (_, index) => `watcher-${index}`);
    const before = this.#judgement.components(now).map(({ name, state, since }) => {
      return { component: name, state, since, at: now };
    });
    this.#intake = intakeOf(watchers, now);
    this.#judgement = new Judgement({ watchers, probes: PROBES, components: COMPONENTS, before }, now);
    const all = [...this.store.values()];
    const incidents = all.filter(({ resolvedAt }) => resolvedAt === undefined);
    this.#known = knownFrom({ incidents, maintenance: [], ids: all.map(({ id }) => id) }, RULES, now);
    this.#shown = new ShownStates(NAMES, now);
    this.#shown.declared(this.#known, now);
    this.#wholeSince = undefined;
    const present = [...this.#states(now)].filter(([, state]) => state !== 'unknown');
    this.#heard(
      present.map(([component, to]) => ({ component, from: 'unknown', to, at: now })),
      now,
    );
  }

  #heard(changes: readonly StateChange[], now: Instant): void {
    for (const { component, to, at } of changes) {
      this.#shown.said(component, to, at);
      if (to === 'operational') this.#workedAt.set(component, at);
    }
    this.#keep(observed(this.#known, changes, RULES, now), now);
  }

  #arm(now: Instant): void {
    for (const event of this.#looking) this.#events.schedule(event, undefined);
    const look = (at: Instant) => this.#heard(this.#judgement.expire(at), at);
    const [judge, time] = [look, look].map((run) => ({ heapIndex: -1, run })) as [Event, Event];
    this.#looking = [judge, time];
    this.#events.schedule(judge, this.#judgement.nextDeadline());
    this.#events.schedule(time, nextDeadline(this.#known, RULES, now));
  }

  /** Operators open incidents of their own, say more, and want everything over as soon as it begins. */
  #meddle(at: Instant): void {
    const random = this.#random.fork('operators');
    const act = (now: Instant): void => {
      this.#at(now + SECOND_MS * (10 + 80 * random.fraction()), act);
      this.#heard(this.#judgement.expire(now), now);
      const [incident] = this.#known.incidents;
      if (random.fraction() < 0.1) {
        const component = NAMES[Math.floor(NAMES.length * random.fraction())] ?? 'Calls';
        const components = [{ name: component, state: 'degraded' as const }];
        const opened = openIncident(this.#known, { text: 'We look.', components }, RULES, now);
        if (opened.ok) this.#keep(withIncident(this.#known, opened.value, RULES, now), now);
      } else if (incident !== undefined) {
        const phase = random.fraction() < 0.5 ? ('resolved' as const) : ('identified' as const);
        const takesBack = incident.openedBy === 'operator' && random.fraction() < 0.5;
        const back = incident.affected.map(({ component: name }) => ({
          name,
          state: 'operational' as const,
        }));
        const components = takesBack ? back : undefined;
        const asked = { phase, text: 'So.', components };
        const said = updateIncident(this.#known, incident, asked, RULES, now);
        if (said.ok) this.#keep(withIncident(this.#known, said.value, RULES, now), now);
      }
    };
    this.#at(at + MINUTE_MS, act);
  }

  #watch(name: string, fault: Fault): void {
    const random = this.#random.fork(name);
    const skewMs = fault === 'clock-ahead' ? MINUTE_MS : 8 * SECOND_MS * (random.fraction() - 0.5);
    const watcher = new Watcher(name, PROBES, random, NOON + skewMs);
    const work = (now: Instant): void => {
      for (const probe of watcher.due(now + skewMs)) {
        const failed = fault === 'bad-network' || (this.#isOut(probe, now) && fault !== 'lies');
        const tookMs = failed ? 3 * SECOND_MS : 10 + 90 * random.fraction();
        this.#at(now + tookMs, (at) => {
          const end = failed
            ? ({ outcome: 'failed', reason: 'timeout' } as const)
            : ({ outcome: 'passed', latencyMs: tookMs } as const);
          const result = present(watcher.ended(probe, end, at + skewMs), 'a result');
          const signed = { ...result, signature: `${name}:${signedText(result)}` };
          if (fault !== 'cut-off') this.#send(signed, at, random);
          work(at);
        });
      }
      const next = watcher.nextDeadline();
      if (next !== undefined) this.#at(Math.max(now, next - skewMs), work);
    };
    work(NOON);
  }

  /** While the network is cut, most results are lost, and some come when they are stale. */
  #send(signed: SignedResult, at: Instant, random: SeededRandom): void {
    const cut = this.#cuts.find(([from, to]) => at >= from && at < to);
    const isCut = cut !== undefined && random.fraction() < 0.8;
    if (isCut && random.fraction() < 0.7) return;
    const arrives = (isCut ? cut[1] : at) + 300 * random.fraction();
    this.#at(arrives, (now) => {
      const accepted = this.#intake.accept(signed, now);
      if (!accepted.ok) return;
      this.#heardAt.set(signed.probe, signed.at);
      this.#heard(this.#judgement.receive(accepted.value, now), now);
    });
  }

  #isOut(component: string, at: Instant): boolean {
    return present(this.outages.get(component), component).some(([from, to]) => at >= from && at < to);
  }

  #outMs(component: string, now: Instant): number {
    const outage = present(this.outages.get(component), component).find(
      ([from, to]) => now >= from && now < to,
    );
    return outage === undefined ? 0 : now - outage[0];
  }

  #isDisturbed(now: Instant): boolean {
    const spans = [...this.#cuts, ...this.#freezes];
    const isCut = spans.some(([from, to]) => now >= from && now < to + AFTERMATH_MS);
    return isCut || now < this.#crashedAt + AFTERMATH_MS;
  }

  #states(now: Instant): ReadonlyMap<string, State> {
    return new Map(this.#judgement.components(now).map(({ name, state }) => [name, state]));
  }

  #at(at: Instant, run: Event['run']): void {
    this.#events.schedule({ heapIndex: -1, run }, at);
  }
}

function intakeOf(names: readonly string[], now: Instant): Intake {
  const watchers = names.map((name) => ({ name, publicKey: name }));
  const verify = (key: string, text: string, signature: string) => signature === `${key}:${text}`;
  return new Intake({ watchers, probes: NAMES, verifying: { verify } }, now);
}

/** Long ones, short ones, and some in quick succession. */
function drawOutages(random: SeededRandom): readonly Span[] {
  const outages: Span[] = [];
  let at = NOON + 60 * SECOND_MS * (1 + 2 * random.fraction());
  while (at < NOON + LENGTH_MS) {
    const lengthSeconds = random.fraction() < 0.5 ? 2 + 20 * random.fraction() : 20 + 80 * random.fraction();
    const end = at + SECOND_MS * lengthSeconds;
    outages.push([at, end]);
    const restSeconds = random.fraction() < 0.6 ? 5 + 60 * random.fraction() : 90 + 120 * random.fraction();
    at = end + SECOND_MS * restSeconds;
  }
  return outages;
}

function drawSpans(random: SeededRandom, everyMs: number, minMs: number, maxMs: number): readonly Span[] {
  const spans: Span[] = [];
  let at = NOON + everyMs * (0.5 + random.fraction());
  while (at < NOON + LENGTH_MS) {
    const end = at + minMs + (maxMs - minMs) * random.fraction();
    spans.push([at, end]);
    at = end + everyMs * (0.5 + random.fraction());
  }
  return spans;
}

function drawFault(random: SeededRandom): Fault {
  const faults: readonly Fault[] = ['bad-network', 'lies', 'cut-off', 'clock-ahead', 'none'];
  return faults[Math.floor(faults.length * random.fraction())] ?? 'none';
}

describe('judged, and told as incidents, from seeds', () => {
  test('every outage has its incident, none is left open, none is over too early, and few words are made', () => {
    let [opened, resolved] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new World(seed);
      world.run();
      for (const { resolvedAt } of world.store.values()) {
        opened++;
        if (resolvedAt !== undefined) resolved++;
      }
    }
    assert.ok(opened > 2 * SEEDS && resolved > SEEDS, `${opened} opened, ${resolved} resolved`);
  });
});
