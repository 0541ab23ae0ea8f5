// `maintenance.ics` (RFC 5545): maintenance for people's calendars, with an alarm for each reminder. An entry keeps its
// UID for ever; its SEQUENCE grows with each change, and one that is cancelled stays, as cancelled, so that it goes
// from the calendars that have it.

import ical, { ICalAlarmType, ICalCalendarMethod, ICalEventStatus } from 'ical-generator';
import { HOUR_MS, SECOND_MS } from '../base/time.ts';
import type { Maintenance } from '../ports/incidents.ts';
import { carriable, slug, timestamp } from './instants.ts';
import type { PageFile, PageView, Site } from './view.ts';

const LINE_END = '\r\n';

export function calendar({ site, maintenance }: PageView): PageFile {
  const made = ical({
    name: carriable(`${site.name}: maintenance`),
    prodId: { company: 'Ringthrough', product: 'Status page', language: 'EN' },
    method: ICalCalendarMethod.PUBLISH,
    ttl: HOUR_MS / SECOND_MS,
    ...(site.url === undefined ? {} : { url: `${site.url}maintenance.ics` }),
  });
  for (const one of maintenance) made.createEvent(eventOf(one, site));
  return {
    path: 'maintenance.ics',
    type: 'text/calendar; charset=utf-8',
    body: `${made.toString()}${LINE_END}`,
  };
}

function eventOf(one: Maintenance, site: Site) {
  const { id, title, text, components, from, until, state, updates, reminders, endedAt, createdAt } = one;
  const changedAt = timestamp(Math.max(createdAt, endedAt ?? 0, ...updates.map(({ at }) => at)));
  const cancelled = state === 'cancelled';
  const affects = components.length === 0 ? '' : `Affects: ${components.join(', ')}`;
  const told = [text, ...updates.map((update) => update.text), affects].filter((one) => one.trim() !== '');
  return {
    id: `${id}@${hostOf(site)}`,
    sequence: updates.length + (endedAt === undefined ? 0 : 1),
    stamp: changedAt,
    created: timestamp(createdAt),
    lastModified: changedAt,
    start: timestamp(from),
    end: timestamp(cancelled ? until : Math.max(endedAt ?? until, from + SECOND_MS)),
    status: cancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    summary: carriable(`${cancelled ? 'Cancelled: ' : ''}${title}`),
    description: carriable(told.join('\n\n')),
    ...(site.url === undefined ? {} : { url: `${site.url}maintenance/${id}/` }),
    alarms: state === 'scheduled' ? reminders.flatMap(({ at }) => alarmAt(from - at, title)) : [],
  };
}

function alarmAt(beforeMs: number, title: string) {
  if (beforeMs <= 0) return [];
  const trigger = Math.round(beforeMs / SECOND_MS);
  return [{ type: ICalAlarmType.display as const, trigger, description: carriable(title) }];
}

/** The right side of a UID, which never changes while the page stays where it is (RFC 7986 §5.3). */
function hostOf({ url, name }: Site): string {
  return /^https?:\/\/([^/:]+)/.exec(url ?? '')?.[1] ?? `${slug(name)}.invalid`;
}
