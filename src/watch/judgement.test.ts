import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '../base/assert.ts';
import { OUTCOMES } from '../ports/probes.ts';
import type { StateChange } from '../ports/status.ts';
import type { ComponentState } from '../ports/uptime.ts';
import { type Component, Judgement } from './judgement.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

/** `main` every five seconds; what happens is told as `+12 s major-outage`. */
class Stage {
  now = NOON;
  readonly told: string[] = [];
  readonly judgement: Judgement;
  readonly #watchers: readonly string[];
  #sequence = 0;

  constructor(
    watchers: readonly string[] = ['london'],
    components?: readonly Component[],
    intervalMs = 5_000,
    before: readonly ComponentState[] = [],
  ) {
    this.#watchers = watchers;
    const timing = { intervalMs, timeoutMs: 3_000 };
    const probes = ['main', 'web'].map((name) => ({ name, ...timing }));
    const calls = { name: 'Calls', probes: ['main'] };
    this.judgement = new Judgement({ watchers, probes, components: components ?? [calls], before }, this.now);
  }

  /** One letter a watcher and probe: passed, warned, failed, or nothing said. */
  round(letters: string, probe = 'main', lastsMs = 5_000): this {
    for (const [index, letter] of [...letters].entries()) {
      if (letter === '-') continue;
      const watcher = present(this.#watchers[index], 'a watcher');
      const outcome = present(
        OUTCOMES.find((one) => one.startsWith(letter)),
        letter,
      );
      this.#sequence += 1;
      const result = { watcher, probe, at: this.now, sequence: this.#sequence, outcome } as const;
      this.#note(this.judgement.receive(result, this.now));
    }
    return this.wait(lastsMs);
  }

  rounds(count: number, letters: string): this {
    for (let round = 0; round < count; round++) this.round(letters);
    return this;
  }

  wait(lengthMs: number): this {
    const until = this.now + lengthMs;
    for (;;) {
      const next = this.judgement.nextDeadline();
      if (next === undefined || next > until) break;
      assert.ok(next > this.now - 1, 'deadlines lie ahead');
      this.now = Math.max(this.now, next);
      this.#note(this.judgement.expire(this.now));
      const after = this.judgement.nextDeadline();
      assert.ok(after === undefined || after > this.now, 'what is done is not due again');
    }
    this.now = until;
    return this;
  }

  get state(): string {
    return present(this.judgement.components(this.now)[0], 'a component').state;
  }

  #note(changes: readonly StateChange[]): void {
    for (const { to, at } of changes) this.told.push(`+${(at - NOON) / 1_000} s ${to}`);
  }
}

describe('a component', () => {
  test('is not down at first because one watcher in two says so: the other must have had its time to speak', () => {
    const pair = () => new Stage(['london', 'paris']);
    assert.deepEqual(pair().rounds(2, 'f-').rounds(1, 'fp').told, []);
    assert.deepEqual(pair().rounds(3, 'f-').told, ['+13 s major-outage']);
    assert.deepEqual(pair().rounds(2, 'ff').told, ['+5 s major-outage']);
    assert.deepEqual(pair().rounds(5, 'p-').told, ['+20 s operational']);
  });

  test('is unknown at first, and operational after it has passed for twenty seconds', () => {
    const stage = new Stage();
    assert.equal(stage.state, 'unknown');
    assert.deepEqual(stage.rounds(6, 'p').told, ['+20 s operational']);
  });

  test('is down with the second failure, and green again only after sustained success', () => {
    const stage = new Stage().rounds(5, 'p').rounds(4, 'f').rounds(12, 'p');
    assert.deepEqual(stage.told, [
      '+20 s operational',
      '+30 s major-outage',
      '+65 s degraded',
      '+85 s operational',
    ]);
  });

  test('is not down for one failure', () => {
    assert.deepEqual(new Stage().rounds(5, 'p').round('f').rounds(6, 'p').told, ['+20 s operational']);
  });

  test('is degraded while it fails every third time, and says so once', () => {
    const stage = new Stage().rounds(5, 'p');
    for (let round = 0; round < 20; round++) stage.round('f').rounds(2, 'p');
    assert.deepEqual(stage.told, ['+20 s operational', '+40 s degraded']);
  });

  test('is degraded while each probe warns of something, and never down for it', () => {
    assert.deepEqual(new Stage().rounds(5, 'p').rounds(12, 'w').told, [
      '+20 s operational',
      '+30 s degraded',
    ]);
    const stage = new Stage().rounds(9, 'w');
    assert.deepEqual(stage.told, ['+20 s degraded'], 'a first warning is not green');
    assert.deepEqual(stage.rounds(5, 'p').told.slice(1), ['+65 s operational']);
    assert.deepEqual(new Stage().rounds(5, 'p').round('w').rounds(4, 'p').told, ['+20 s operational']);
  });

  test('of which nothing is heard is unknown since then, though nobody looked for a minute', () => {
    const stage = new Stage().rounds(5, 'p');
    stage.now += 60_000;
    stage.rounds(6, 'p');
    assert.deepEqual(stage.told, ['+20 s operational', '+38 s unknown', '+105 s operational']);
  });

  test('that flaps stays at its worst, and says so once', () => {
    const stage = new Stage().rounds(5, 'p');
    for (let round = 0; round < 20; round++) stage.rounds(2, 'f').rounds(2, 'p');
    assert.deepEqual(stage.told, ['+20 s operational', '+30 s major-outage']);
  });

  test('of which nothing is heard any more is unknown, and green only after sustained success', () => {
    const stage = new Stage().rounds(5, 'p').wait(60_000);
    assert.deepEqual(stage.told, ['+20 s operational', '+38 s unknown']);
    stage.rounds(5, 'p');
    assert.equal(stage.state, 'operational');
    assert.deepEqual(stage.told.slice(2), ['+105 s operational']);
  });

  test('that was down when its watchers fell silent is down for a while, then unknown, never green', () => {
    const stage = new Stage().rounds(5, 'p').rounds(2, 'f').wait(600_000);
    assert.deepEqual(stage.told, ['+20 s operational', '+30 s major-outage', '+68 s unknown']);
  });

  test('has a partial outage while one of its probes fails', () => {
    const stage = new Stage(['london'], [{ name: 'All', probes: ['main', 'web'] }]);
    for (let round = 0; round < 6; round++) stage.round('p', 'main', 0).round(round < 4 ? 'p' : 'f', 'web');
    assert.equal(stage.state, 'partial-outage');
  });

  test('with rare probes must pass for two of their intervals', () => {
    const stage = new Stage(['london'], undefined, 60_000);
    for (let round = 0; round < 4; round++) stage.round('p', 'main', 60_000);
    assert.deepEqual(stage.told, ['+120 s operational']);
  });
});

describe('a judge that was restarted', () => {
  const LONG_AGO = NOON - 86_400_000;
  const judged = (state: ComponentState['state'], agoMs: number) => {
    const before = { component: 'Calls', state, since: LONG_AGO, at: NOON - agoMs };
    return new Stage(['london'], undefined, 5_000, [before]);
  };
  const since = (stage: Stage) => stage.judgement.components(stage.now)[0]?.since;

  test('shows an outage on, since it began, until better was said for twenty seconds', () => {
    const stage = judged('major-outage', 240_000);
    assert.equal(stage.state, 'major-outage');
    assert.equal(since(stage), LONG_AGO);
    assert.deepEqual(stage.rounds(5, 'p').told, ['+20 s operational']);
    assert.equal(since(stage), NOON + 20_000);
  });

  test('shows an outage of which nothing more is heard for twenty seconds, then that it knows nothing', () => {
    assert.deepEqual(judged('partial-outage', 1_000).wait(60_000).told, ['+20 s unknown']);
  });

  test('goes on with an outage that lasts, without a word', () => {
    const stage = judged('major-outage', 1_000).rounds(10, 'f');
    assert.deepEqual(stage.told, []);
    assert.equal(since(stage), LONG_AGO);
  });

  test('knows nothing of what was well, and says since when it is well when it is so again', () => {
    const stage = judged('operational', 60_000);
    assert.equal(stage.state, 'unknown');
    assert.equal(since(stage), NOON);
    assert.deepEqual(stage.rounds(5, 'p').told, ['+20 s operational']);
    assert.equal(since(stage), LONG_AGO);
  });

  test('begins anew what came back otherwise, or later than five minutes after it was last seen', () => {
    const worse = judged('operational', 60_000).rounds(2, 'f').rounds(12, 'p');
    assert.deepEqual(worse.told, ['+5 s major-outage', '+30 s degraded', '+50 s operational']);
    assert.equal(since(worse), NOON + 50_000);
    const late = judged('operational', 285_000).rounds(5, 'p');
    assert.equal(since(late), NOON + 20_000);
  });

  test('takes nothing over from longer ago than five minutes', () => {
    const stage = judged('major-outage', 300_001);
    assert.equal(stage.state, 'unknown');
    assert.equal(since(stage), NOON);
  });
});

describe('with three watchers', () => {
  const THREE = ['london', 'paris', 'oslo'];

  test("one's bad network changes nothing", () => {
    assert.deepEqual(new Stage(THREE).rounds(5, 'ppp').rounds(50, 'ppf').told, ['+20 s operational']);
  });

  test('one that lies hides no outage', () => {
    const stage = new Stage(THREE).rounds(5, 'ppp').rounds(10, 'ffp');
    assert.deepEqual(stage.told, ['+20 s operational', '+30 s major-outage']);
  });

  test('two that are cut off leave it unknown, whatever the third one says', () => {
    for (const third of ['p--', 'f--']) {
      const stage = new Stage(THREE).rounds(5, 'ppp').rounds(20, third);
      assert.equal(stage.state, 'unknown');
    }
  });

  test('one that is cut off is not missed', () => {
    assert.deepEqual(new Stage(THREE).rounds(5, 'ppp').rounds(20, 'pp-').told, ['+20 s operational']);
  });

  test('what a watcher said with a clock that is behind is older by as much', () => {
    const stage = new Stage(['london']).rounds(5, 'p');
    const result = { watcher: 'london', probe: 'main', sequence: 99, outcome: 'passed' } as const;
    stage.judgement.receive({ ...result, at: stage.now - 30_000 }, stage.now);
    assert.equal(stage.wait(1).state, 'unknown');
  });
});
