// `status.json`: the least that a program needs to know, in a few bytes, so that it can be asked for often. The page's
// own script does, to say in the reader's browser that there is something newer, or that the page has grown old.
//
// Whoever shows the state must show `unknown` instead once the file is older than `staleAfterMs`.

import { exactTimestamp } from './instants.ts';
import type { PageFile, PageView } from './view.ts';

export function statusJson({ state, at, staleAfterMs }: PageView): PageFile {
  const time = exactTimestamp(at);
  const told = { state, at: time, renderedAt: time, staleAfterMs };
  return { path: 'status.json', type: 'application/json', body: `${JSON.stringify(told)}\n` };
}
