// Feeds, read by a library that is not ours.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseFeed } from '@rowanmanning/feed-parser';
import { DAY_MS, HOUR_MS } from '../base/time.ts';
import { feeds } from './feeds.ts';
import { incident, maintenance, NOW, view } from './testing.ts';
import type { PageView } from './view.ts';

function read(of: PageView) {
  return feeds(of).map(({ path, body }) => ({ path, body: `${body}`, feed: parseFeed(`${body}`) }));
}

describe('the feeds', () => {
  test('have an entry for each incident and maintenance, the one with the newest word first', () => {
    const over = incident({
      id: '20261125-1',
      openedAt: NOW - DAY_MS,
      resolvedAt: NOW - DAY_MS + HOUR_MS,
      updates: [{ at: NOW - DAY_MS + HOUR_MS, phase: 'resolved', text: 'It works again.', by: 'probes' }],
    });
    for (const { path, feed } of read(view({ incidents: [incident(), over] }))) {
      assert.equal(feed.title, 'Example Telecom: status', path);
      assert.equal(feed.self, `https://status.example.net/${path}`);
      assert.deepEqual(
        feed.items.map(({ id, url, title }) => [id, url, title]),
        [
          ['incidents/20261126-1/', 'Identified: Calls to your numbers may not arrive'],
          ['incidents/20261125-1/', 'Resolved: Calls to your numbers may not arrive'],
          ['maintenance/m20261120-1/', 'Maintenance, scheduled: New carrier'],
        ].map(([address, title]) => {
          const whole = `https://status.example.net/${address}`;
          return [whole, whole, title];
        }),
      );
    }
  });

  test('carry all updates of an entry, with when each was said, and when the last was', () => {
    for (const { path, feed } of read(view())) {
      const [first] = feed.items;
      const content = first?.content ?? first?.description ?? '';
      for (const words of [
        'Calls fail since 08:30.',
        'We route round it.',
        '2026-11-26 08:30:00 UTC',
        'major outage',
      ])
        assert.ok(content.includes(words), `${path}: ${words} in ${content}`);
      assert.ok(content.indexOf('We route') < content.indexOf('Calls fail'), 'newest first');
      const told = path === 'feed.atom' ? first?.updated : first?.published;
      assert.equal(told?.getTime(), NOW - HOUR_MS / 2);
    }
  });

  test('add a post-mortem to the entry that was there', () => {
    const postMortem = { at: NOW, text: 'What happened & why' };
    for (const { feed } of read(view({ incidents: [incident({ resolvedAt: NOW - 1, postMortem })] }))) {
      const [first] = feed.items;
      assert.equal(first?.id, 'https://status.example.net/incidents/20261126-1/');
      assert.match(
        first?.content ?? first?.description ?? '',
        /Post-mortem.*\n<p>What happened &#38; why<\/p>/,
      );
    }
  });

  test('stay XML whatever people write into an incident', () => {
    const text = ']]></content>\u0000\u0008\ud800 <script>alert("1")</script> &amp;';
    const nasty = incident({
      title: text,
      updates: [{ at: NOW, phase: 'monitoring', text, by: 'operator' }],
    });
    for (const { body, feed } of read(view({ incidents: [nasty] }))) {
      assert.equal(feed.items[0]?.title, 'Monitoring: ]]></content>\ufffd <script>alert("1")</script> &amp;');
      assert.doesNotMatch(body, /<script/);
      assert.ok(!body.includes('\u0000') && !body.includes('\u0008'), 'what no XML can carry');
      const content = feed.items[0]?.content ?? feed.items[0]?.description ?? '';
      assert.doesNotMatch(content, /<script/, 'in HTML, too, it is text');
    }
  });

  test('do not change while nothing happens', () => {
    const bodies = (at: number) =>
      feeds(view({ at, incidents: [], maintenance: [] })).map(({ body }) => body);
    assert.deepEqual(bodies(NOW), bodies(NOW + 60_000));
    assert.deepEqual(feeds(view()), feeds(view({ at: NOW + DAY_MS })));
  });

  test('are none where the page does not know its address', () => {
    assert.deepEqual(feeds(view({ site: { name: 'Example', timeZone: 'UTC' } })), []);
  });

  test('have no empty paragraph where maintenance was not described', () => {
    for (const { feed } of read(view({ incidents: [], maintenance: [maintenance({ text: '' })] }))) {
      const [first] = feed.items;
      assert.match(first?.content ?? first?.description ?? '', /^<p>From 2026-11-27T09:30:00Z/);
    }
  });

  test('tell maintenance with its time and what it touches', () => {
    const updates = [{ at: NOW - HOUR_MS, text: 'It is put off.' }];
    for (const { feed } of read(view({ incidents: [], maintenance: [maintenance({ updates })] }))) {
      const [first] = feed.items;
      const content = first?.content ?? first?.description ?? '';
      assert.match(
        content,
        /It is put off\..*\n<p>Calls may take.*\n<p>From 2026-11-27T09:30:00Z until .*Inbound calls/s,
      );
    }
  });
});
