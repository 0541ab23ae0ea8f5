// Steps as nftables commands, all of one batch in one transaction.
//
// An element that is added where there is one already stays as it was, its time included, and one that is not there
// cannot be deleted, which would fail all of the batch. So each is first added, whatever it is, then deleted, and then
// added as it should be; packets see nothing of it until the transaction is whole.

import type { Instant } from '../../base/time.ts';
import type { Held, Marked } from './held.ts';
import { heartbeat, type TableName } from './ruleset.ts';
import { limit, type ToldSet, timeout } from './sets.ts';

/** Commands that make the kernel's elements as they are marked. */
export function batch(
  marked: readonly Marked[],
  { family, name }: TableName,
  now: Instant,
): readonly string[] {
  const table = `${family} ${name}`;
  return [...bySet(marked)].flatMap(([set, elements]) => {
    const keys = elements.map(({ key }) => key);
    const held = elements.flatMap((one) => (one.held === undefined ? [] : [element(one.key, one.held, now)]));
    return replaced(`${table} ${set}`, keys, held);
  });
}

/** Commands that fill a table in which there is nothing yet. */
export function filling(all: readonly Marked[], { family, name }: TableName, now: Instant): string {
  const commands = [...bySet(all)].map(([set, elements]) => {
    const held = elements.flatMap((one) => (one.held === undefined ? [] : [element(one.key, one.held, now)]));
    return `add element ${family} ${name} ${set} { ${held.join(',\n')} }\n`;
  });
  return commands.join('');
}

/** The node lives. */
export function beat({ family, name }: TableName): readonly string[] {
  const { elements, timed } = heartbeat();
  return replaced(`${family} ${name} alive`, elements, timed);
}

function replaced(set: string, keys: readonly string[], elements: readonly string[]): readonly string[] {
  return [
    `add element ${set} { ${keys.join(', ')} }`,
    `delete element ${set} { ${keys.join(', ')} }`,
    ...(elements.length === 0 ? [] : [`add element ${set} { ${elements.join(', ')} }`]),
  ];
}

function element(key: string, { rate, until }: Held, now: Instant): string {
  const bucket = rate === undefined ? [] : [limit(rate)];
  const ends = until === undefined ? [] : [timeout(until - now)];
  return [key, ...bucket, ...ends].join(' ');
}

function bySet(marked: readonly Marked[]): ReadonlyMap<ToldSet, readonly Marked[]> {
  return Map.groupBy(marked, ({ set }) => set);
}
