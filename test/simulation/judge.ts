// One seed, played and judged. An exception anywhere in the run is a violation like any other, with the ladder
// up to it.

import { type Violation, violations } from './invariants.ts';
import { Stage } from './play.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import type { Trace } from './trace.ts';
import { SeededRandom } from './world.ts';

export interface Judged {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly calls: number;
  readonly messages: number;
  /** For people who look into a failure. */
  scenario(): string;
  ladder: Trace['ladder'];
}

/** `change` makes a story of a seed: the same world, but for what it says. */
export function judge(seed: number, change: (drawn: Scenario) => Scenario = (drawn) => drawn): Judged {
  const scenario = change(drawScenario(new SeededRandom(seed).fork('scenario')));
  const stage = new Stage(seed, scenario);
  const found = attempt(() => violations(stage.play()));
  return {
    seed,
    violations: found,
    calls: stage.attempts.length,
    messages: stage.trace.messages,
    scenario: () => JSON.stringify(scenario, undefined, 1),
    ladder: (which) => stage.trace.ladder(which),
  };
}

function attempt(action: () => readonly Violation[]): readonly Violation[] {
  try {
    return action();
  } catch (thrown) {
    return [
      {
        rule: 'nothing throws',
        what: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
      },
    ];
  }
}
