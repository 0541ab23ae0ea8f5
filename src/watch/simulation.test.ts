// Watchers, their networks and clocks, a service and a judge, in simulated time from a seed: what must hold whatever
// goes wrong, while most watchers are well.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../../test/simulation/world.ts';
import { DeadlineHeap } from '../base/deadline-heap.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import { isWorse, type State } from '../ports/status.ts';
import type { ComponentState } from '../ports/uptime.ts';
import { Intake } from './intake.ts';
import { Judgement } from './judgement.ts';
import { heardMin } from './quorum.ts';
import { type SignedResult, signedText } from './result.ts';
import { Watcher } from './watcher.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');
const LENGTH_MS = 12 * MINUTE_MS;
const TIMING = { name: 'main', intervalMs: 5 * SECOND_MS, timeoutMs: 3 * SECOND_MS };
const SEEDS = 150;

interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

/** When the judge is gone. */
const RESTART: Span = { from: NOON + 5 * MINUTE_MS, to: NOON + 5 * MINUTE_MS + 3 * SECOND_MS };

type Fault = 'none' | 'bad-network' | 'lies' | 'cut-off' | 'clock-ahead';

interface Event {
  heapIndex: number;
  readonly run: (now: Instant) => void;
}

/** One service with outages, and a judge that hears of it from watchers. */
class World {
  readonly shown: { readonly at: Instant; readonly state: State }[] = [{ at: NOON, state: 'unknown' }];
  readonly accepted: { readonly at: Instant; readonly watcher: string; readonly passed: boolean }[] = [];
  readonly outages: readonly (readonly [Instant, Instant])[];
  readonly watchers: number;
  replaysAccepted = 0;
  readonly #events = new DeadlineHeap<Event>();
  readonly #random: SeededRandom;
  readonly #names: readonly string[];
  #intake: Intake;
  #judgement: Judgement;
  #isGone = false;
  #looking: Event | undefined;

  constructor(seed: number, { restarts = [] as readonly Span[] } = {}) {
    const random = new SeededRandom(seed);
    this.#random = random;
    this.watchers = 1 + Math.floor(5 * random.fraction());
    this.outages = drawOutages(random);
    const names = Array.from({ length: this.watchers }, (_, index) => `watcher-${index}`);
    this.#names = names;
    [this.#intake, this.#judgement] = this.#judge(NOON);
    for (const { from, to } of restarts) this.#at(from, (now) => this.#restart(now, to));
    const faultyMax = this.watchers < 3 ? 0 : this.watchers - heardMin(this.watchers);
    for (const [index, name] of names.entries())
      this.#begin(name, index < faultyMax ? drawFault(random) : 'none');
  }

  run(check: (now: Instant, state: State) => void): void {
    for (let at = NOON; at < NOON + LENGTH_MS; at += SECOND_MS)
      this.#at(at, (now) => check(now, this.#state));
    for (;;) {
      const at = this.#events.deadline;
      const event = at === undefined ? undefined : this.#events.due(at);
      if (at === undefined || event === undefined || at > NOON + LENGTH_MS) return;
      this.#events.schedule(event, undefined);
      event.run(at);
    }
  }

  isDown(at: Instant): boolean {
    return this.outages.some(([from, to]) => at >= from && at < to);
  }

  get #state(): State {
    return this.shown.at(-1)?.state ?? 'unknown';
  }

  #at(at: Instant, run: Event['run']): void {
    this.#events.schedule({ heapIndex: -1, run }, at);
  }

  #judge(now: Instant, before: readonly ComponentState[] = []): readonly [Intake, Judgement] {
    const watchers = this.#names.map((name) => ({ name, publicKey: name }));
    const verify = (key: string, text: string, signature: string) => signature === `${key}:${text}`;
    const components = [{ name: 'Calls', probes: ['main'] }];
    const judged = { watchers: this.#names, probes: [TIMING], components, before };
    const intake = new Intake({ watchers, probes: ['main'], verifying: { verify } }, now);
    return [intake, new Judgement(judged, now)];
  }

  /** What it knew is written to the moment; what comes while it is gone is lost. */
  #restart(now: Instant, until: Instant): void {
    const [before] = this.#judgement.components(now);
    assert.ok(before);
    this.#isGone = true;
    this.#at(until, (back) => {
      const kept = { component: 'Calls', state: before.state, since: before.since, at: now };
      [this.#intake, this.#judgement] = this.#judge(back, [kept]);
      this.#isGone = false;
      this.#note([{ to: this.#judgement.components(back)[0]?.state ?? 'unknown' }], back);
    });
  }

  #begin(name: string, fault: Fault): void {
    const random = this.#random.fork(name);
    const skewMs = fault === 'clock-ahead' ? MINUTE_MS : 8 * SECOND_MS * (random.fraction() - 0.5);
    const watcher = new Watcher(name, [TIMING], random, NOON + skewMs);
    const work = (now: Instant): void => {
      for (const probe of watcher.due(now + skewMs)) {
        const failed = fault === 'bad-network' || (this.isDown(now) && fault !== 'lies');
        const tookMs = failed ? TIMING.timeoutMs : 10 + 90 * random.fraction();
        this.#at(now + tookMs, (at) => {
          const end = failed
            ? { outcome: 'failed', reason: 'timeout' }
            : { outcome: 'passed', latencyMs: tookMs };
          const result = watcher.ended(probe, end as Parameters<Watcher['ended']>[1], at + skewMs);
          assert.ok(result);
          const signed = { ...result, signature: `${name}:${signedText(result)}` };
          if (fault !== 'cut-off') this.#send(signed, at + 300 * random.fraction(), random);
          work(at);
        });
      }
      const next = watcher.nextDeadline();
      if (next !== undefined) this.#at(Math.max(now, next - skewMs), work);
    };
    work(NOON);
  }

  /** It comes once, and now and then somebody sends it again. */
  #send(signed: SignedResult, at: Instant, random: SeededRandom): void {
    this.#at(at, (now) => {
      if (this.#isGone) return;
      const accepted = this.#intake.accept(signed, now);
      if (!accepted.ok) return;
      this.accepted.push({ at: now, watcher: signed.watcher, passed: signed.outcome === 'passed' });
      this.#note(this.#judgement.receive(accepted.value, now), now);
      if (random.fraction() > 0.2) return;
      this.#at(now + 20 * SECOND_MS * random.fraction(), (later) => {
        if (!this.#isGone && this.#intake.accept(signed, later).ok) this.replaysAccepted += 1;
      });
    });
  }

  #note(changes: readonly { readonly to: State }[], now: Instant): void {
    for (const { to } of changes) this.shown.push({ at: now, state: to });
    const next = this.#judgement.nextDeadline();
    if (this.#looking !== undefined) this.#events.schedule(this.#looking, undefined);
    this.#looking = { heapIndex: -1, run: (at) => this.#note(this.#judgement.expire(at), at) };
    this.#events.schedule(this.#looking, next);
  }
}

function drawOutages(random: SeededRandom): readonly (readonly [Instant, Instant])[] {
  const outages: (readonly [Instant, Instant])[] = [];
  let at = NOON + 60 * SECOND_MS * (1 + random.fraction());
  while (at < NOON + LENGTH_MS) {
    const end =
      at + SECOND_MS * (random.fraction() < 0.5 ? 2 + 8 * random.fraction() : 15 + 90 * random.fraction());
    outages.push([at, end]);
    at =
      end + SECOND_MS * (random.fraction() < 0.5 ? 5 + 20 * random.fraction() : 60 + 120 * random.fraction());
  }
  return outages;
}

/** Now and then, and sometimes again as soon as it is back. */
function drawRestarts(seed: number): readonly Span[] {
  const random = new SeededRandom(seed).fork('restarts');
  const restarts: Span[] = [];
  for (let from = NOON + MINUTE_MS * random.fraction(); from < NOON + LENGTH_MS; ) {
    const to = from + SECOND_MS * (1 + 9 * random.fraction());
    restarts.push({ from, to });
    from = to + SECOND_MS * (30 + 60 * random.fraction());
  }
  return restarts;
}

function drawFault(random: SeededRandom): Fault {
  const faults: readonly Fault[] = ['bad-network', 'lies', 'cut-off', 'clock-ahead', 'none'];
  return faults[Math.floor(faults.length * random.fraction())] ?? 'none';
}

/** For so long the service was as it is now. */
function lastsMs(world: World, now: Instant): number {
  const edges = world.outages.flat().filter((at) => at <= now);
  return now - (edges.at(-1) ?? NOON);
}

describe('judged from seeds', () => {
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);

  test('an outage shows within fifteen seconds, and health within fifty-five', () => {
    for (const seed of seeds) {
      const world = new World(seed);
      world.run((now, state) => {
        const sinceMs = lastsMs(world, now);
        const told = `seed ${seed}, ${world.watchers} watchers, +${(now - NOON) / SECOND_MS} s: ${state}`;
        if (world.isDown(now) && sinceMs >= 15 * SECOND_MS) assert.equal(state, 'major-outage', told);
        if (!world.isDown(now) && sinceMs >= 55 * SECOND_MS) assert.equal(state, 'operational', told);
      });
      assert.ok(world.accepted.length > 100, `seed ${seed}`);
    }
  });

  test('nothing is green of which too few watchers said so lately', () => {
    for (const seed of seeds) {
      const world = new World(seed);
      world.run((now, state) => {
        if (state !== 'operational') return;
        const recent = world.accepted.filter(({ at, passed }) => passed && now - at < 20 * SECOND_MS);
        const count = new Set(recent.map(({ watcher }) => watcher)).size;
        assert.ok(
          count >= heardMin(world.watchers),
          `seed ${seed}, +${(now - NOON) / SECOND_MS} s: ${count} say so`,
        );
      });
    }
  });

  test('no state flaps: it never gets better within twenty seconds of having got worse', () => {
    for (const seed of seeds) {
      const world = new World(seed);
      world.run(() => undefined);
      for (const [index, { at, state }] of world.shown.entries()) {
        const [worse, before] = [world.shown[index - 1], world.shown[index - 2]];
        if (worse === undefined || before === undefined || !isWorse(worse.state, before.state)) continue;
        if (isWorse(worse.state, state)) assert.ok(at - worse.at >= 20 * SECOND_MS, `seed ${seed}`);
      }
    }
  });

  test('nothing counts that is sent again', () => {
    for (const seed of seeds.slice(0, 20)) {
      const world = new World(seed);
      world.run(() => undefined);
      assert.equal(world.replaysAccepted, 0, `seed ${seed}`);
    }
  });

  test('a judge that is restarted counts nothing again, and hides no outage that it had shown', () => {
    for (const seed of seeds) {
      const world = new World(seed, { restarts: [RESTART] });
      const back = RESTART.to;
      const wasShown = () => world.shown.findLast(({ at }) => at < RESTART.from)?.state === 'major-outage';
      world.run((now, state) => {
        const isHeld =
          wasShown() &&
          world.isDown(RESTART.from) &&
          world.isDown(now) &&
          lastsMs(world, now) > now - RESTART.from;
        if (now >= back && isHeld) assert.equal(state, 'major-outage', `seed ${seed}, +${now - back} ms`);
        if (now >= back + 40 * SECOND_MS && lastsMs(world, now) >= 55 * SECOND_MS) {
          assert.equal(state, world.isDown(now) ? 'major-outage' : 'operational', `seed ${seed}`);
        }
      });
      assert.equal(world.replaysAccepted, 0, `seed ${seed}`);
    }
  });

  test('however often the judge is restarted, it hides no outage of fifteen seconds, and makes none up', () => {
    for (const seed of seeds) {
      const restarts = drawRestarts(seed);
      const world = new World(seed, { restarts });
      world.run((now, state) => {
        const isGone = restarts.some(({ from, to }) => now >= from && now < to);
        if (isGone) return;
        const told = `seed ${seed}, ${world.watchers} watchers, +${(now - NOON) / SECOND_MS} s: ${state}`;
        const outMs = world.isDown(now) ? lastsMs(world, now) : 0;
        if (outMs >= 15 * SECOND_MS) assert.ok(isWorse(state, 'degraded'), told);
        // Until then what watchers say may have been said before it was there; their clocks are 4 s behind at most.
        const heardMs = now - 9 * SECOND_MS - (restarts.findLast(({ to }) => to <= now)?.to ?? NOON);
        if (Math.min(outMs, heardMs) >= 15 * SECOND_MS) assert.equal(state, 'major-outage', told);
        const wholeMs = world.isDown(now) ? 0 : lastsMs(world, now);
        if (wholeMs >= 60 * SECOND_MS) assert.ok(!isWorse(state, 'unknown'), told);
      });
    }
  });
});
