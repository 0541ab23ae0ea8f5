// A menu of an account's: the caller hears its greeting and presses a key; the call goes on with that key's steps.
// Whoever presses nothing that means something goes on with what the menu says for everybody else.

import type { Key, Sound } from '../../ports/media.ts';
import type { Menu, PlanStep } from '../../ports/records.ts';
import { type Dialogue, type DialogueEnd, type Line, orHungUp } from '../dialogue.ts';
import { menu } from '../menu.ts';

export function autoAttendant(line: Line, asked: Menu, greeting: readonly Sound[]): Dialogue<DialogueEnd> {
  const text = `the caller hung up in the menu "${asked.name}"`;
  return orHungUp(choose(line, asked, greeting), () => ({ outcome: 'announced', text }));
}

function* choose(
  line: Line,
  { name, choices, otherwise }: Menu,
  greeting: readonly Sound[],
): Dialogue<DialogueEnd> {
  const steps = new Map(choices.map((choice) => [choice.key as Key, choice]));
  const chosen = yield* menu(line, { prompt: greeting, choices: steps });
  if (chosen === undefined) return goOn(otherwise, `nothing in the menu "${name}" was chosen`);
  return goOn(chosen.steps, `${chosen.key} was pressed in the menu "${name}"`);
}

function goOn(next: readonly PlanStep[], text: string): DialogueEnd {
  return { outcome: 'announced', text, next };
}
