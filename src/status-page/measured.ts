// How calls are doing, as graphs. Which range they show is chosen by radio buttons that need no script: the sheet shows
// the pictures of the one that is checked, and all of them in browsers that cannot.

import { latest, picture, RANGE_WORDS } from './graph.ts';
import { type Html, html } from './html.ts';
import type { Frame } from './layout.ts';
import { subjectOf } from './subjects.ts';
import { timeTag } from './times.ts';
import { type Graph, RANGES, type Range } from './view.ts';

export function measured(frame: Frame): Html {
  const { graphs } = frame.view;
  const has = (range: Range): boolean =>
    graphs.some(({ ranges }) => ranges.some((each) => each.range === range));
  return html`<section aria-labelledby="g"><h2 id="g">How calls are doing</h2>
<fieldset class="range"><legend>Show the last</legend>${RANGES.filter(has).map(choice)}</fieldset>
<div class="graphs">${graphs.map((graph) => figure(frame, graph))}</div></section>`;
}

function choice(range: Range, index: number): Html {
  const checked = index === 0 && html` checked`;
  return html`<input type="radio" name="r" id="r${range}"${checked}><label for="r${range}">${RANGE_WORDS[range]}</label>`;
}

function figure({ times }: Frame, graph: Graph): Html {
  const { title, about, format } = subjectOf(graph.name);
  const last = latest(graph);
  const when = last !== undefined && html` Latest: ${timeTag(last.at, times.clock(last.at))}.`;
  const pictures = graph.ranges.map((range) => picture(graph, range, times));
  return html`<figure class="card"><figcaption><h3>${title}</h3>
<b>${last === undefined ? '–' : format(last.value)}</b><p>${about}${when}</p></figcaption><div>${pictures}</div></figure>`;
}
