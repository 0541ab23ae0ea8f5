// The page of one incident, and of one maintenance: the whole story from its beginning, at an address that stays.

import { listed } from '../base/names.ts';
import type { Instant } from '../base/time.ts';
import type {
  Affected,
  Incident,
  IncidentUpdate,
  Maintenance,
  MaintenanceState,
} from '../ports/incidents.ts';
import { type Html, html } from './html.ts';
import type { Frame } from './layout.ts';
import { prose } from './prose.ts';
import { lasting, type Times, timeTag } from './times.ts';
import type { PageFile } from './view.ts';
import { IMPACT_WORDS, MAINTENANCE_WORDS, PHASE_WORDS } from './words.ts';

const MAINTENANCE_HEADS: Readonly<Record<MaintenanceState, string>> = {
  scheduled: 'What will be done',
  'under-way': 'What is being done',
  completed: 'What was done',
  cancelled: 'What was planned',
};

export function incidentPage(frame: Frame, incident: Incident): PageFile {
  const { times } = frame;
  const { id, title, openedAt, resolvedAt, openedBy, affected, updates, postMortem } = incident;
  const length =
    resolvedAt === undefined
      ? html`${PHASE_WORDS[updates.at(-1)?.phase ?? 'investigating']}, and not over yet`
      : html`Over, after ${lasting(resolvedAt - openedAt)}`;
  const facts = [
    fact('State', length),
    fact(
      'Began',
      html`${fullTime(openedAt, times)}, ${openedBy === 'probes' ? 'found by our probes' : 'told by us'}`,
    ),
    resolvedAt !== undefined && fact('Ended', fullTime(resolvedAt, times)),
    affected.length > 0 &&
      fact('Affected', html`<ul>${affected.map((each) => affectedRow(each, times))}</ul>`),
  ];
  const main = html`<h1>${title}</h1>
<dl class="facts card">${facts}</dl>
${postMortem !== undefined && learnt(postMortem, times)}
${part('As it went', html`<ol class="told">${updatesOf(updates, times, true)}</ol>`)}
${resolvedAt === undefined && frame.age()}`;
  return frame.page({ folder: `incidents/${id}/`, title, main, living: resolvedAt === undefined });
}

export function maintenancePage(frame: Frame, maintenance: Maintenance): PageFile {
  const { times } = frame;
  const { id, title, text, components, from, until, state, updates, endedAt } = maintenance;
  const living = state === 'scheduled' || state === 'under-way';
  const facts = [
    fact('State', html`${MAINTENANCE_WORDS[state]}`),
    fact('From', fullTime(from, times)),
    fact('Until', fullTime(until, times)),
    endedAt !== undefined && fact('Ended', fullTime(endedAt, times)),
    components.length > 0 && fact('Services', html`${listed(components)}`),
  ];
  const told = updates.map((each) => html`<li>${fullTime(each.at, times)}${prose(each.text)}</li>`);
  const main = html`<h1>${title}</h1>
<dl class="facts card">${facts}</dl>
${text.trim() !== '' && part(MAINTENANCE_HEADS[state], prose(text))}
${told.length > 0 && part('As it went', html`<ol class="told">${told}</ol>`)}
${living && frame.age()}`;
  return frame.page({ folder: `maintenance/${id}/`, title, main, living });
}

function fact(name: string, value: Html): Html {
  return html`<dt>${name}</dt><dd>${value}</dd>`;
}

function part(title: string, body: Html): Html {
  return html`<section><h2>${title}</h2><div class="story card">${body}</div></section>`;
}

function learnt({ at, text }: NonNullable<Incident['postMortem']>, times: Times): Html {
  return part(
    'What we learnt',
    html`<p class="quiet small">Written ${fullTime(at, times)}</p>${prose(text)}`,
  );
}

function fullTime(at: Instant, times: Times): Html {
  return timeTag(at, times.full(at));
}

/** `whole`: with dates, as on the page of the incident. */
export function updatesOf(updates: readonly IncidentUpdate[], times: Times, whole = false): readonly Html[] {
  return updates.map(({ at, phase, text, by }) => {
    const when = timeTag(at, whole ? times.full(at) : times.brief(at));
    const who = by === 'probes' && html` <span class="by">by our probes</span>`;
    return html`<li><b>${PHASE_WORDS[phase]}</b>${when}${who}${prose(text)}</li>`;
  });
}

/** A line of a list of what has been. */
export function incidentRow(incident: Incident, times: Times, root: string): Html {
  const { id, title, openedAt, resolvedAt, affected } = incident;
  const length = resolvedAt === undefined ? 'not over' : lasting(resolvedAt - openedAt);
  const names = [...new Set(affected.map(({ component }) => component))];
  return html`<li><div><a href="${root}incidents/${id}/">${title}</a><p class="quiet">${listed(names)}</p></div>
<span class="quiet">${timeTag(openedAt, times.day(openedAt))} · ${length}</span></li>`;
}

export function maintenanceRow(maintenance: Maintenance, times: Times, root: string): Html {
  const { id, title, from, state } = maintenance;
  return html`<li><div><a href="${root}maintenance/${id}/">${title}</a></div>
<span class="quiet">${timeTag(from, times.day(from))} · Maintenance, ${MAINTENANCE_WORDS[state].toLowerCase()}</span></li>`;
}

function affectedRow({ component, worst, since, until }: Affected, times: Times): Html {
  const end = until === undefined ? ', still' : html` to ${timeTag(until, times.brief(until))}`;
  const when = html`<span class="quiet">${until === undefined && 'since '}${timeTag(since, times.brief(since))}${end}</span>`;
  return html`<li>${component}: ${IMPACT_WORDS[worst]} ${when}</li>`;
}
