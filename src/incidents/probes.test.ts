import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RULES as USUAL } from '../../test/incident-rules.ts';
import { present } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import { type Instant, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { Incident } from '../ports/incidents.ts';
import type { State } from '../ports/status.ts';
import { nextDeadline, observed, withIncident } from './incidents.ts';
import { type Known, knownFrom, type Rules } from './known.ts';
import { openIncident } from './operator.ts';

const NOON = Date.parse('2026-11-26T12:00:00Z');

const RULES: Rules = {
  ...USUAL,
  components: [
    { name: 'Inbound calls', fails: 'calls to your numbers may not arrive' },
    { name: 'Website' },
    { name: 'Voicemail' },
  ],
  advice: 'Dial 020 7946 0111 to divert them.',
  timeZone: 'Europe/London',
};

/** A service, told of in minutes after noon; time goes on from deadline to deadline as a timer has it. */
class Stage {
  readonly records = new Map<string, Incident>();
  rules: Rules;
  known: Known;
  now: Instant = NOON;

  constructor(rules: Rules = RULES) {
    this.rules = rules;
    this.known = knownFrom({ incidents: [], maintenance: [], ids: [] }, rules, NOON);
    for (const { name } of rules.components) this.says(name, 'operational', 0);
  }

  says(component: string, to: State, minute: number): void {
    this.until(minute);
    const from = this.known.seen.get(component)?.state ?? 'unknown';
    this.#take(observed(this.known, [{ component, from, to, at: this.now }], this.rules, this.now));
  }

  until(minute: number): void {
    const end = NOON + minute * MINUTE_MS;
    for (;;) {
      const next = nextDeadline(this.known, this.rules, this.now);
      if (next === undefined || next > end) break;
      this.now = next;
      this.#take(observed(this.known, [], this.rules, this.now));
    }
    this.now = end;
  }

  restart(rules: Rules = this.rules): void {
    const incidents = [...this.records.values()].filter(({ resolvedAt }) => resolvedAt === undefined);
    this.rules = rules;
    const ids = [...this.records.keys()];
    this.known = knownFrom({ incidents, maintenance: [], ids }, rules, this.now);
    this.#take(observed(this.known, [], rules, this.now));
  }

  put(incident: Incident): void {
    this.#take(withIncident(this.known, incident, this.rules, this.now));
  }

  get only(): Incident {
    assert.equal(this.records.size, 1, [...this.records.values()].map(({ title }) => title).join('; '));
    return present([...this.records.values()][0], 'an incident');
  }

  get phases(): string {
    return this.only.updates.map(({ at, phase }) => `${(at - NOON) / MINUTE_MS} ${phase}`).join(', ');
  }

  #take({ known, incidents }: ReturnType<typeof observed>): void {
    this.known = known;
    for (const incident of incidents) this.records.set(incident.id, incident);
  }
}

describe('an incident of the probes', () => {
  test('opens at once with an outage: what fails, since when, what to do', () => {
    const stage = new Stage();
    stage.says('Inbound calls', 'major-outage', 5);
    assert.deepEqual(stage.only, {
      id: '20261126-1',
      title: 'Outage of Inbound calls',
      openedBy: 'probes',
      openedAt: NOON + 5 * MINUTE_MS,
      affected: [{ component: 'Inbound calls', worst: 'major-outage', since: NOON + 5 * MINUTE_MS }],
      updates: [
        {
          at: NOON + 5 * MINUTE_MS,
          phase: 'investigating',
          text: 'Since 12:05 GMT, calls to your numbers may not arrive. Dial 020 7946 0111 to divert them.',
          by: 'probes',
        },
      ],
    });
  });

  test('opens for what is degraded only when that has lasted two minutes, and for what is unknown never', () => {
    const stage = new Stage();
    stage.says('Website', 'degraded', 1);
    stage.says('Website', 'operational', 2.9);
    stage.says('Website', 'unknown', 4);
    stage.until(30);
    assert.equal(stage.records.size, 0);
    stage.says('Website', 'degraded', 31);
    stage.until(40);
    assert.equal(stage.only.openedAt, NOON + 31 * MINUTE_MS);
    assert.equal(stage.phases, '33 investigating');
    assert.match(
      present(stage.only.updates[0], 'text').text,
      /Since 12:31 GMT, Website does not work reliably\./,
    );
  });

  test('is resolved by itself once all has worked for five minutes, and says how long it lasted', () => {
    const stage = new Stage();
    stage.says('Inbound calls', 'major-outage', 5);
    stage.says('Inbound calls', 'degraded', 9);
    stage.says('Inbound calls', 'operational', 12);
    stage.until(16.99);
    assert.equal(stage.only.resolvedAt, undefined);
    stage.until(60);
    assert.equal(stage.phases, '5 investigating, 12 monitoring, 17 resolved');
    assert.equal(stage.only.resolvedAt, NOON + 17 * MINUTE_MS);
    assert.equal(stage.only.affected[0]?.until, NOON + 12 * MINUTE_MS);
    const [, works, over] = stage.only.updates.map(({ text }) => text);
    assert.equal(
      works,
      'All of it works again since 12:12 GMT. This is over when that has lasted 5 minutes.',
    );
    assert.equal(over, 'This is over. It lasted 7 minutes, until 12:12 GMT.');
    assert.equal(stage.known.incidents.length, 0);
  });

  test('is joined by what fails meanwhile: at once in the same text, later in one of its own', () => {
    const stage = new Stage();
    stage.says('Inbound calls', 'partial-outage', 5);
    stage.says('Website', 'major-outage', 5.5);
    assert.equal(stage.phases, '5 investigating');
    assert.equal(stage.only.title, 'Outage of Inbound calls and Website');
    const text = 'Since 12:05 GMT, calls to your numbers may not arrive; Website does not work. Dial';
    assert.ok(stage.only.updates[0]?.text.startsWith(text));
    stage.says('Voicemail', 'major-outage', 10);
    assert.equal(stage.phases, '5 investigating, 10 investigating');
    stage.says('Inbound calls', 'operational', 11);
    stage.says('Website', 'operational', 11);
    stage.says('Voicemail', 'unknown', 12);
    stage.until(60);
    assert.equal(stage.only.resolvedAt, undefined);
    stage.says('Voicemail', 'operational', 60);
    stage.until(70);
    assert.equal(stage.phases, '5 investigating, 10 investigating, 60 monitoring, 65 resolved');
  });

  test('tells when what was partial becomes an outage', () => {
    const stage = new Stage();
    stage.says('Website', 'partial-outage', 5);
    stage.says('Website', 'major-outage', 15);
    assert.equal(stage.only.title, 'Outage of Website');
    assert.equal(stage.only.affected[0]?.worst, 'major-outage');
    assert.deepEqual(
      stage.only.updates.map(({ text }) => text.split('.')[0]),
      ['Since 12:05 GMT, Website works only in part', 'Since 12:05 GMT, Website does not work'],
    );
  });

  test('goes on when it fails again before it is over', () => {
    const stage = new Stage();
    stage.says('Website', 'major-outage', 5);
    stage.says('Website', 'operational', 10);
    stage.says('Website', 'major-outage', 14);
    assert.equal(stage.phases, '5 investigating, 10 monitoring, 14 investigating');
    assert.match(
      stage.only.updates.at(-1)?.text ?? '',
      /^It fails again: since 12:14 GMT, Website does not work\./,
    );
    assert.equal(stage.only.affected[0]?.until, undefined);
    stage.says('Website', 'operational', 20);
    stage.until(60);
    assert.equal(stage.only.resolvedAt, NOON + 25 * MINUTE_MS);
  });

  test('writes few texts however much it flaps', () => {
    const stage = new Stage();
    let minute = 5;
    for (let turn = 0; turn < 30; turn++, minute += 0.5)
      stage.says('Website', turn % 2 === 0 ? 'major-outage' : 'operational', minute);
    assert.equal(stage.only.updates.length, 2);
    for (let turn = 0; turn < 200; turn++, minute += 3)
      stage.says('Website', turn % 2 === 0 ? 'major-outage' : 'operational', minute);
    assert.equal(stage.only.updates.length, LIMITS.incidentOwnUpdatesMax);
    stage.until(minute + 10);
    assert.equal(stage.only.updates.at(-1)?.phase, 'resolved');
  });

  test('of which nothing is known at a restart stays open until it is judged anew', () => {
    const stage = new Stage();
    stage.says('Website', 'major-outage', 5);
    stage.says('Website', 'operational', 9);
    stage.until(10);
    stage.restart();
    stage.until(30);
    assert.equal(stage.only.resolvedAt, undefined);
    stage.says('Website', 'operational', 30);
    stage.until(60);
    assert.equal(stage.only.resolvedAt, NOON + 35 * MINUTE_MS);
    stage.says('Website', 'major-outage', 70);
    assert.deepEqual([...stage.records.keys()], ['20261126-1', '20261126-2']);
  });

  test('is left by what is not configured any more, and closes with the last of it', () => {
    const stage = new Stage();
    stage.says('Website', 'major-outage', 5);
    stage.says('Voicemail', 'major-outage', 5);
    stage.until(10);
    const without = (name: string) => ({
      ...stage.rules,
      components: stage.rules.components.filter((component) => component.name !== name),
    });
    stage.restart(without('Website'));
    assert.deepEqual(
      stage.only.affected.map(({ component, until }) => [component, until]),
      [
        ['Website', NOON + 10 * MINUTE_MS],
        ['Voicemail', undefined],
      ],
    );
    stage.restart(without('Voicemail'));
    assert.equal(stage.only.resolvedAt, NOON + 10 * MINUTE_MS);
    assert.match(stage.only.updates.at(-1)?.text ?? '', /not a part of this status page/);
  });

  test('does not open for what an incident of an operator names', () => {
    const stage = new Stage();
    const components = [{ name: 'Website', state: 'degraded' as const }];
    const opened = openIncident(stage.known, { text: 'We look at it.', components }, RULES, stage.now);
    assert.ok(opened.ok);
    stage.put(opened.value);
    stage.says('Website', 'major-outage', 5);
    assert.equal(stage.only.openedBy, 'operator');
    stage.says('Voicemail', 'major-outage', 6);
    assert.equal(stage.records.size, 2);
  });

  test('keeps the title that an operator gave it', () => {
    const stage = new Stage();
    stage.says('Website', 'major-outage', 5);
    stage.put({ ...stage.only, title: 'Fibre cut in Slough' });
    stage.says('Voicemail', 'major-outage', 15);
    assert.equal(stage.only.title, 'Fibre cut in Slough');
  });

  test('speaks of many as of many', () => {
    const stage = new Stage({ ...RULES, components: [{ name: 'Phones' }], advice: '' });
    stage.says('Phones', 'major-outage', 1);
    assert.equal(stage.only.updates[0]?.text, 'Since 12:01 GMT, Phones do not work.');
  });

  test('names five parts, and counts the others', () => {
    const names = Array.from({ length: 8 }, (_, index) => `Part ${index}`);
    const stage = new Stage({ ...RULES, components: names.map((name) => ({ name })), advice: '' });
    stage.now += SECOND_MS;
    for (const name of names) stage.says(name, 'major-outage', 1);
    assert.equal(stage.only.title, 'Outage of Part 0, Part 1, Part 2, Part 3, Part 4 and 3 more');
    assert.match(stage.only.updates[0]?.text ?? '', /Part 4 does not work; 3 more parts are affected\.$/);
  });
});
