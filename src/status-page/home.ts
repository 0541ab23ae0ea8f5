// The first page: what is the matter, what can be done, every service, how calls are doing, and what has been.

import { listed } from '../base/names.ts';
import type { Incident, Maintenance } from '../ports/incidents.ts';
import { SHOWN_STATES } from '../ports/status.ts';
import { type Html, html } from './html.ts';
import type { Frame } from './layout.ts';
import { mark, SYMBOLS } from './marks.ts';
import { measured } from './measured.ts';
import { linked, prose } from './prose.ts';
import { services } from './services.ts';
import { incidentRow, updatesOf } from './story.ts';
import { timeTag } from './times.ts';
import type { ComponentOnPage, PageFile } from './view.ts';
import { headline, STATE_WORDS, sinceOf } from './words.ts';

const INCIDENTS_TOLD = 5;
const UPDATES_TOLD = 3;
const OTHERS_TOLD = 3;
const MAINTENANCE_TOLD = 3;

export function home(frame: Frame): PageFile {
  const { incidents, maintenance, components, graphs } = frame.view;
  const open = incidents.filter(({ resolvedAt }) => resolvedAt === undefined);
  const planned = maintenance
    .filter(({ state }) => state === 'scheduled' || state === 'under-way')
    .sort((a, b) => a.from - b.from);
  const events = open.map((each) => happening(frame, each));
  const works = planned.slice(0, MAINTENANCE_TOLD).map((each) => ahead(frame, each));
  const main = html`${SYMBOLS}
${hero(frame)}
${section('i', 'What is happening', events)}
${section('m', 'Planned maintenance', works)}
${components.length > 0 && services(frame)}
${graphs.length > 0 && measured(frame)}
${past(frame)}`;
  return frame.page({ folder: '', main, living: true });
}

function section(id: string, title: string, items: readonly Html[]): Html | undefined {
  if (items.length === 0) return undefined;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${items}</section>`;
}

function hero(frame: Frame): Html {
  const { state, components, site } = frame.view;
  const { times } = frame;
  const since = state === 'operational' ? undefined : sinceOf(state, components);
  const now = headline(state, components, 'now');
  const then = headline(state, components, 'then');
  return html`<section class="hero card ${state}">${mark(state)}<div>
<h1 data-now="${now}">At ${times.clock(frame.view.at)}: ${then}</h1>
${since !== undefined && html`<p>Since ${timeTag(since, times.brief(since))}.${others(components, state)}</p>`}
${since !== undefined && site.advice !== undefined && html`<p>${linked(site.advice)}</p>`}
${frame.age()}
</div></section>`;
}

/** What else is not well, after the worst: by name, or where there is much of it, how much of each. */
function others(components: readonly ComponentOnPage[], worst: ComponentOnPage['state']): string {
  const also = components.filter(({ state }) => state !== worst && state !== 'operational');
  if (also.length === 0) return '';
  const word = (state: ComponentOnPage['state']): string => STATE_WORDS[state].toLowerCase();
  const told =
    also.length <= OTHERS_TOLD
      ? also.map(({ name, state }) => `${name} (${word(state)})`)
      : [...Map.groupBy(also, ({ state }) => state)]
          .sort(([a], [b]) => SHOWN_STATES.indexOf(b) - SHOWN_STATES.indexOf(a))
          .map(([state, those]) => `${those.length} ${word(state)}`);
  return ` Also: ${listed(told)}.`;
}

function happening({ times }: Frame, incident: Incident): Html {
  const { id, title, openedAt, affected, updates } = incident;
  const still = affected.filter(({ until }) => until === undefined).map(({ component }) => component);
  const more = updates.length > UPDATES_TOLD;
  return html`<article class="event card ${stateOf(incident)}"><h3><a href="incidents/${id}/">${title}</a></h3>
<p class="quiet">Since ${timeTag(openedAt, times.brief(openedAt))}${still.length > 0 && ` · ${listed(still)}`}</p>
<ol class="told">${updatesOf(updates.slice(-UPDATES_TOLD).toReversed(), times)}</ol>
${more && html`<p class="small"><a href="incidents/${id}/">All ${updates.length} updates</a></p>`}</article>`;
}

/** The worst that is still so. */
function stateOf({ affected }: Incident): ComponentOnPage['state'] {
  const still = affected.filter(({ until }) => until === undefined);
  const worst = (['major-outage', 'partial-outage'] as const).find((one) =>
    still.some((each) => each.worst === one),
  );
  return worst ?? 'degraded';
}

function ahead({ times }: Frame, { id, title, text, from, until, components, state }: Maintenance): Html {
  const end = times.day(from) === times.day(until) ? times.clock(until) : times.brief(until);
  const span = html`${timeTag(from, times.brief(from))} to ${timeTag(until, end)} ${times.zone(from)}`;
  const when = html`${state === 'under-way' && html`<b>Under way</b> · `}${span}`;
  return html`<article class="event card maintenance"><h3><a href="maintenance/${id}/">${title}</a></h3>
<p class="quiet">${when}${components.length > 0 && ` · ${listed(components)}`}</p>${prose(text)}</article>`;
}

function past({ view, times }: Frame): Html {
  const over = view.incidents.filter(({ resolvedAt }) => resolvedAt !== undefined).slice(0, INCIDENTS_TOLD);
  const list =
    over.length === 0
      ? html`<p>None that this page knows of.</p>`
      : html`<ul class="list card">${over.map((incident) => incidentRow(incident, times, ''))}</ul>`;
  return html`<section aria-labelledby="p"><h2 id="p">Past incidents</h2>${list}
<p class="small"><a href="history/">All incidents and maintenance, month by month</a></p></section>`;
}
