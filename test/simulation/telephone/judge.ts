// One seed of those who call the node itself, played and judged: by the rules that hold of every call, and by those
// that hold of what was said on the telephone.

import { violations } from '../invariants.ts';
import type { Judged } from '../judge.ts';
import { Stage } from '../play.ts';
import type { Scenario } from '../scenario.ts';
import { SeededRandom } from '../world.ts';
import { type Lived, TelephoneCast } from './cast.ts';
import { tally, telephoneViolations } from './invariants.ts';
import { drawTelephone } from './scenario.ts';

/** Plays it to its end. Promises of admin/ are settled after each event that may have moved them. */
export async function live(stage: Stage, cast: TelephoneCast): Promise<Lived> {
  const acts = stage.acts();
  let act = acts.next();
  for (; act.done !== true; act = acts.next()) {
    while (cast.props.world.step(act.value)) {
      if (cast.admin.isBusy) await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  return { run: act.value, cast };
}

export interface TelephoneJudged extends Judged {
  readonly happened: Readonly<Record<string, number>>;
}

export async function judgeTelephone(
  seed: number,
  change: (drawn: Scenario) => Scenario = (drawn) => drawn,
): Promise<TelephoneJudged> {
  const scenario = change(drawTelephone(new SeededRandom(seed).fork('telephone')));
  const cast = new TelephoneCast();
  const stage = new Stage(seed, scenario, cast);
  let found: Judged['violations'];
  let happened = {};
  try {
    const lived = await live(stage, cast);
    found = [...violations(lived.run), ...telephoneViolations(lived)];
    happened = tally(lived);
  } catch (thrown) {
    const what = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    found = [{ rule: 'nothing throws', what }];
  }
  return {
    seed,
    happened,
    violations: found,
    calls: stage.attempts.length,
    messages: stage.trace.messages,
    scenario: () => JSON.stringify(scenario, undefined, 1),
    ladder: (which) => stage.trace.ladder(which),
  };
}
