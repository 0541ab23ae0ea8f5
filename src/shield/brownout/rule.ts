// The rules that can be rehearsed: a rung of the brown-out ladder by its name, the newcomers' shares of a posture, and
// the refusal of an address or a network.
//
//     registrations        attack        refuse:198.51.100.0/24

import { type Prefix, parsePrefix } from '../../base/prefix.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { type Posture, RUNGS, type Rung } from '../../ports/shield.ts';

export type Rule =
  | { readonly type: 'rung'; readonly rung: Rung }
  | { readonly type: 'shares'; readonly posture: Posture }
  | { readonly type: 'refuse'; readonly prefix: Prefix; readonly text: string };

const POSTURES_TO_TRY: readonly Posture[] = ['elevated', 'attack'];

/** As people write it. */
export const RULE_NAMES: readonly string[] = [...RUNGS, ...POSTURES_TO_TRY, 'refuse:198.51.100.0/24'];

/** The error is a sentence for people. */
export function parseRule(text: string): Result<Rule, string> {
  const rung = RUNGS.find((one) => one === text);
  if (rung !== undefined) return ok({ type: 'rung', rung });
  const posture = POSTURES_TO_TRY.find((one) => one === text);
  if (posture !== undefined) return ok({ type: 'shares', posture });
  const refused = /^refuse:(.*)$/.exec(text)?.[1];
  if (refused === undefined) return err(`"${text}" is no rule; there are ${RULE_NAMES.join(', ')}`);
  const prefix = parsePrefix(refused);
  return prefix.ok ? ok({ type: 'refuse', prefix: prefix.value, text: refused }) : prefix;
}
