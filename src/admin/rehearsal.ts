// A rule of the shield, tried on the good traffic of the last hour. The node is asked a thousand requests at a time,
// and does its work in between, so that nobody waits for the answer to a "what if".

import { assertNever } from '../base/assert.ts';
import type { NodeControl } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Rung } from '../ports/shield.ts';
import { parseRule, type Rule } from '../shield/brownout/rule.ts';
import { mistaken } from './changes.ts';
import type { RehearsalView } from './views.ts';

/** About two milliseconds' worth. */
const AT_ONCE = 1_000;

/** Throws INVALID_INPUT where there is no such rule. */
export async function rehearse(node: NodeControl, clock: Clock, text: string): Promise<RehearsalView> {
  const rule = parseRule(text);
  if (!rule.ok) throw mistaken('INVALID_INPUT', 'the request', [{ path: 'rule', reason: rule.error }]);
  const rehearsing = node.rehearse(rule.value, clock.now());
  while (!rehearsing.step(AT_ONCE)) await new Promise(setImmediate);
  return { rule: text, does: inWords(rule.value), ...rehearsing.report() };
}

function inWords(rule: Rule): string {
  switch (rule.type) {
    case 'rung':
      return RUNG_WORDS[rule.rung];
    case 'shares':
      return `newcomers have the shares of the posture "${rule.posture}"; what finds no room is dropped and sent again`;
    case 'refuse':
      return `newcomers from ${rule.text} are dropped; known phones there are not touched`;
    default:
      return assertNever(rule);
  }
}

const RUNG_WORDS: Readonly<Record<Rung, string>> = {
  options: 'OPTIONS are answered in brief, which hurts nobody',
  presence: 'SUBSCRIBE and PUBLISH are put off with 503',
  registrations: 'refreshes of registrations that hold are put off with 503, and the registrations stay',
  'newcomer-invites': 'calls of who has proved nothing yet are refused with 503',
  'outbound-invites': 'calls of registered phones are refused with 503',
  'inbound-invites': 'calls of carriers are refused with 503',
};
