// The calendar, read by a library that is not ours.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import ICAL from 'ical.js';
import { DAY_MS, HOUR_MS } from '../base/time.ts';
import type { Maintenance } from '../ports/incidents.ts';
import { calendar } from './calendar.ts';
import { maintenance, NOW, view } from './testing.ts';

function read(...maintenances: readonly Maintenance[]) {
  const text = `${calendar(view({ maintenance: maintenances })).body}`;
  const whole = new ICAL.Component(ICAL.parse(text));
  return { text, whole, events: whole.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one)) };
}

describe('the calendar of maintenance', () => {
  test('has an event with its time, its words, its address and an alarm for each reminder', () => {
    const { events, whole } = read(maintenance());
    const [event] = events;
    assert.ok(event);
    assert.equal(whole.getFirstPropertyValue('x-wr-calname'), 'Example Telecom: maintenance');
    assert.equal(event.uid, 'm20261120-1@status.example.net');
    assert.equal(event.summary, 'New carrier');
    assert.match(event.description, /Calls may take a second longer/);
    assert.equal(event.startDate.toJSDate().getTime(), NOW + DAY_MS);
    assert.equal(event.endDate.toJSDate().getTime(), NOW + DAY_MS + 2 * HOUR_MS);
    const [alarm] = event.component.getAllSubcomponents('valarm');
    assert.equal(String(alarm?.getFirstPropertyValue('trigger')), '-PT1H');
    const address = 'https://status.example.net/maintenance/m20261120-1/';
    assert.equal(event.component.getFirstPropertyValue('url'), address);
  });

  test('keeps what is cancelled, as cancelled and newer, under the same UID', () => {
    const [before] = read(maintenance()).events;
    const [after] = read(maintenance({ state: 'cancelled', endedAt: NOW })).events;
    assert.ok(before && after);
    assert.equal(after.uid, before.uid);
    assert.ok(after.sequence > before.sequence);
    assert.equal(after.component.getFirstPropertyValue('status'), 'CANCELLED');
    assert.equal(after.component.getAllSubcomponents('valarm').length, 0);
  });

  test('counts each update as a newer version, and says when it was', () => {
    const [event] = read(maintenance({ updates: [{ at: NOW, text: 'Moved.' }] })).events;
    assert.equal(event?.sequence, 1);
    const stamp = event?.component.getFirstPropertyValue('dtstamp');
    assert.equal(String(stamp), '2026-11-26T09:30:00Z');
  });

  test('folds and escapes what people write, and ends each line as RFC 5545 has it', () => {
    const title = 'Zwölf; Boxkämpfer, \\n jagen\u0007 '.repeat(6);
    const { text, events } = read(maintenance({ title }));
    assert.equal(events[0]?.summary.trim(), title.replaceAll('\u0007', '').trim());
    for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
    assert.ok(text.endsWith('END:VCALENDAR\r\n'));
    assert.doesNotMatch(text, /(?<!\r)\n/);
  });

  test('says nothing where nothing was said', () => {
    const [event] = read(maintenance({ text: '', components: [] })).events;
    assert.equal(event?.description ?? '', '');
  });

  test('is there, and empty, while nothing is planned', () => {
    assert.equal(read().events.length, 0);
  });
});
