// Every service with its state, ninety days as bars, and how much of them it worked; and all of it in figures, for
// those who want to know exactly or don't see bars.

import { percent } from '../base/percent.ts';
import { bars, kindOf, noonOf } from './bars.ts';
import { type Html, html, markup } from './html.ts';
import type { Frame } from './layout.ts';
import { mark } from './marks.ts';
import { lasting, timeTag } from './times.ts';
import type { ComponentOnPage, DayOnPage } from './view.ts';
import { STATE_WORDS } from './words.ts';

const DAYS_TOLD = 30;

export function services(frame: Frame): Html {
  const groups = Map.groupBy(frame.view.components, ({ group }) => group ?? '');
  const cards = [...groups].map(([name, members]) => {
    const rows = members.map((each) => row(frame, each));
    const [hidden, title] = groups.size === 1 ? [html` class="sr"`, 'All'] : [undefined, 'Other services'];
    const head = name === '' ? html`<h3${hidden}>${title}</h3>` : html`<h3>${name}</h3>`;
    return html`<div class="group card">${head}<ul>${rows}</ul></div>`;
  });
  return html`<section aria-labelledby="s"><h2 id="s">Services</h2>
${cards}
<ul class="key"><li>Each bar is a day of the last 90, today’s at the right; beside them, how much of that time it
worked.</li>${KEY}</ul>
${figures(frame)}</section>`;
}

const KEY: readonly Html[] = [
  key('no trouble', ''),
  key('outage, deeper if longer', '<path class="o" d="M3 0v10"/>'),
  key('unreliable', '<path class="w" d="M3 2v8"/>'),
  key('maintenance', '<path class="m" d="M3 .5v2.6"/>'),
  html`<li><svg viewBox="0 0 6 20"><path class="x" d="M3 17v3"/></svg>not watched</li>`,
];

function key(word: string, trouble: string): Html {
  const whole = '<path class="u" d="M3 5v15"/>';
  return html`<li><svg viewBox="0 0 6 20">${markup(whole + trouble)}</svg>${word}</li>`;
}

function row({ times, view }: Frame, component: ComponentOnPage): Html {
  const { name, state, since, uptime } = component;
  const bad = state !== 'operational';
  const begun = bad && html`since ${timeTag(since, times.brief(since))}`;
  const when = html`<span class="then">at ${times.clock(view.at)}${bad && ', '}</span>${begun}`;
  return html`<li class="${state}">${mark(state)}<h4>${name}</h4>
${bars(component, times)}<span class="up">${shareOf(uptime.quarter)}<span class="sr"> of 90 days</span></span>
<span class="state"><b>${STATE_WORDS[state]}</b><small class="quiet">${when}</small></span></li>`;
}

function shareOf(value: number | undefined): string {
  return value === undefined ? '–' : percent(value);
}

function figures(frame: Frame): Html {
  return html`<details><summary>All this in figures</summary>
<div class="scroll card" tabindex="0" role="region" aria-label="Figures">${uptimes(frame)}${troubles(frame)}</div></details>`;
}

function uptimes({ view }: Frame): Html {
  const rows = view.components.map(({ name, uptime: { day, week, quarter } }) => {
    const cells = [day, week, quarter].map((value) => html`<td>${shareOf(value)}</td>`);
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  return table('Uptime', ['Service', 'Today (UTC)', '7 days', '90 days'], rows);
}

/** The days that had any, the latest first. */
function troubles({ view, times }: Frame): Html | undefined {
  const days = view.components
    .flatMap(({ name, days }) => days.filter(isTrouble).map((day) => ({ name, ...day })))
    .sort((a, b) => (a.day < b.day ? 1 : -1));
  if (days.length === 0) return undefined;
  const rows = days.slice(0, DAYS_TOLD).map(({ name, day, downMs, degradedMs }) => {
    const when = html`<time datetime="${day}">${times.day(noonOf(day))}</time>`;
    const cells = [downMs, degradedMs].map((ms) => html`<td>${ms > 0 ? lasting(ms) : '–'}</td>`);
    return html`<tr><th scope="row">${when}</th><td class="l">${name}</td>${cells}</tr>`;
  });
  const part = days.length > DAYS_TOLD ? `, the latest ${DAYS_TOLD} of ${days.length}` : '';
  return table(`Days with trouble${part}`, ['Day (UTC)', 'Service', 'Down', 'Unreliable'], rows);
}

function isTrouble(day: DayOnPage | undefined): day is DayOnPage {
  return ['down', 'degraded'].includes(kindOf(day));
}

function table(caption: string, heads: readonly string[], rows: readonly Html[]): Html {
  // Names begin where the names below them do.
  const head = heads.map(
    (each) => html`<th scope="col"${each === 'Service' && html` class="l"`}>${each}</th>`,
  );
  return html`<table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}
