// A plan that is walked with nobody calling: what is asked, what is told, and what is kept of it.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  dial,
  inOffice,
  MOBILE,
  NUMBER,
  type Office,
  ring,
  SECOND_NUMBER,
  type Setting,
} from '../../test/stories/office.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { RehearsalAsked } from '../node/views.ts';
import type { Hours, Mailbox, PlanRehearsal, PlanStep } from '../ports/records.ts';

/** What is said to whoever answers: two words, and the number between them. */
const ASKING_MS = (2 + NUMBER.length - 1) * PROMPT_MS;
const MAILBOX: Mailbox = {
  name: 'reception',
  email: [],
  phones: [],
  messagesMax: 2,
  messageMaxMs: 2 * MINUTE_MS,
  retentionMs: 30 * DAY_MS,
};

const INSTANCE = 'urn:uuid:00000000-0000-1000-8000-000a95a0e128';

function begin({ node, stage }: Office, changes: Partial<RehearsalAsked> = {}) {
  const asked = { number: NUMBER, dial: false, by: 'cli', prompts: ['closed'], heard: [], ...changes };
  const begun: { result?: ReturnType<typeof node.desk.rehearsals.start>['result'] } = {};
  stage.act(() => {
    const { result, effects } = node.desk.rehearsals.start(asked, stage.now);
    begun.result = result;
    return effects;
  });
  stage.pass(0);
  return begun.result;
}

/** `1 works: reception answers in 0.0 ms`, a line for each thing that was tried. */
function told({ stage }: Office): readonly string[] {
  return stage.events.flatMap((event) => {
    if (event.type !== 'rehearsal' || event.news.type !== 'step') return [];
    const { step, result, text } = event.news;
    return [`${step} ${result}: ${text}`];
  });
}

function ended({ stage }: Office): PlanRehearsal | undefined {
  return stage.events.flatMap((event) =>
    event.type === 'rehearsal' && event.news.type === 'end' ? [event.news.rehearsal] : [],
  )[0];
}

describe('a rehearsal', () => {
  const story = inOffice();

  story('asks phones and carriers whether they are there, rings nobody, and is kept', (office) => {
    begin(office);
    assert.deepEqual(told(office), [
      '1 works: reception answers in 0.0 ms',
      '1 works: workshop answers in 0.0 ms',
      '2 works: carrier-a answers in 0.0 ms',
      '2 works: carrier-b answers in 0.0 ms',
      '2 not-rung: not rung; carrier-a would carry the call',
    ]);
    const rehearsal = ended(office);
    assert.equal(
      rehearsal?.summary,
      `A caller is put through at once to reception or workshop, else after 20 s to ${MOBILE}.`,
    );
    assert.deepEqual(
      [rehearsal.passed, rehearsal.answeredBy, rehearsal.dialled],
      [true, 'reception or workshop', false],
    );
    const kept = office.stage.writes.flatMap((write) =>
      write.type === 'rehearsal' ? [write.rehearsal] : [],
    );
    assert.deepEqual(kept, [rehearsal]);
    assert.deepEqual(office.stage.ledger, [], 'it is no attempt of anybody’s');
  });

  story('waits as long for a silent phone as a call would, and passes with the other one', (office) => {
    office.workshop.dead = true;
    begin(office);
    assert.equal(ended(office), undefined);
    office.pass(2_000);
    assert.equal(told(office)[1], '1 failed: workshop gave no sign of life in 2.0 s');
    assert.deepEqual([ended(office)?.passed, ended(office)?.answeredBy], [true, 'reception']);
  });

  inOffice({ plan: [ring('reception')], registered: [] })(
    'takes a phone to be there where one of its flows is, and tells so once',
    (office) => {
      const { reception } = office;
      const other = reception.another('192.0.2.20');
      reception.registersFlow(1, INSTANCE).expect(200);
      other.registersFlow(2, INSTANCE).expect(200);
      office.pass(SECOND_MS);
      for (const [gone, there] of [
        [reception, other],
        [other, reception],
      ] as const) {
        gone.unreachable = 'network is down';
        there.unreachable = undefined;
        const before = told(office).length;
        begin(office);
        assert.deepEqual(told(office).slice(before), ['1 works: reception answers in 0.0 ms']);
      }
    },
  );

  story('fails when no phone of a step is there, and tells who answers instead, and when', (office) => {
    office.reception.dead = true;
    office.workshop.dead = true;
    begin(office);
    office.pass(2_000);
    const { passed, why, summary } = ended(office) ?? {};
    assert.equal(passed, false);
    assert.match(why ?? '', /^nobody can be rung: reception gave no sign of life in 2.0 s, workshop gave/);
    assert.equal(summary, `A caller is put through after 2 s to ${MOBILE}.`);
  });

  story('fails when no carrier answers', (office) => {
    office.carrier.dead = true;
    office.second.dead = true;
    begin(office);
    office.pass(2_000);
    assert.equal(ended(office)?.why, `${MOBILE}: no carrier answers`);
  });

  story('of a number is one at a time, and of numbers that there are', (office) => {
    office.workshop.dead = true;
    assert.equal(begin(office)?.ok, true);
    assert.deepEqual(begin(office), { ok: false, error: 'under-way' });
    assert.deepEqual(begin(office, { number: MOBILE }), { ok: false, error: 'unknown' });
    assert.equal(begin(office, { number: SECOND_NUMBER })?.ok, true);
    office.pass(2_000);
    assert.equal(begin(office)?.ok, true);
    office.pass(2_000);
  });

  story('has failed when it cannot be kept, for then no message could be', (office) => {
    office.stage.storeHeld = true;
    begin(office);
    assert.equal(ended(office), undefined);
    office.stage.storeFails('disk full');
    assert.match(ended(office)?.why ?? '', /^the store takes nothing \(disk full\)/);
    office.stage.storeHeld = false;
  });

  story('that the node’s stop cuts off has failed', (office) => {
    office.workshop.dead = true;
    begin(office);
    office.stage.act(() => office.node.stop(office.stage.now));
    office.pass(0);
    assert.equal(ended(office)?.why, 'the node is shutting down');
  });
});

describe('a rehearsal that rings outside telephones', () => {
  const control = { id: '482150', codes: [], featureCodes: true, mobiles: [] };
  const story = inOffice({ plan: [ring('reception'), dial(MOBILE)], account: { control } });

  story('asks whoever answers to press 1, and confirms the mobile', (office) => {
    office.stage.desk = () => ({ type: 'done' });
    begin(office, { dial: true });
    const mobile = office.carrier.called();
    assert.equal(mobile.invite.uri, `sip:${MOBILE}@198.51.100.1`);
    mobile.rings();
    office.pass(4_000);
    mobile.answers();
    mobile.acknowledged();
    assert.match(office.hears(mobile) ?? '', /^rehearsal-greeting digit-0 .* rehearsal-choice$/);
    office.presses(mobile, '1');
    office.pass(PROMPT_MS);
    mobile.hungUp();
    assert.equal(told(office).at(-1), '2 works: answered after 4.0 s, and said that they heard it');
    const { passed, heard } = ended(office) ?? {};
    assert.deepEqual([passed, heard?.map(({ number }) => number)], [true, [MOBILE]]);
    const author = { who: `telephone ${MOBILE}`, how: 'telephone' };
    assert.deepEqual(office.stage.asked, [{ type: 'confirmed', account: 'acme', mobile: MOBILE, author }]);
    assert.deepEqual(office.stage.ledger, []);
  });

  story('fails where a voicemail answers that presses nothing, and remembers earlier ones', (office) => {
    const heard = [{ number: MOBILE, at: 5 }];
    begin(office, { dial: true, heard });
    const mobile = office.carrier.answers();
    office.pass(2 * (ASKING_MS + 3_500) + PROMPT_MS);
    mobile.hungUp();
    assert.match(told(office).at(-1) ?? '', /^2 failed: answered after 0 ms, but nobody pressed 1/);
    assert.deepEqual([ended(office)?.passed, ended(office)?.heard], [false, heard]);
  });

  story('goes to the next carrier, and tells that it is busy there', (office) => {
    begin(office, { dial: true });
    office.carrier.called().refuses(503);
    office.second.called().refuses(486);
    assert.equal(told(office).at(-1), '2 failed: it was busy');
    const notes = office.stage.events.flatMap((event) =>
      event.type === 'rehearsal' && event.news.type === 'note' ? [event.news.text] : [],
    );
    assert.ok(notes.includes(`dialling ${MOBILE} over carrier-b`));
  });

  story('ends in the middle of a call, which is ended too', (office) => {
    begin(office, { dial: true });
    const mobile = office.carrier.answers();
    office.stage.act(() => office.node.stop(office.stage.now));
    office.pass(0);
    mobile.hungUp();
    assert.equal(ended(office)?.passed, false);
  });
});

describe('a rehearsal of what the node has itself', () => {
  const OFFICE: Hours = {
    name: 'office',
    zone: 'Europe/London',
    open: [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 540, toMinute: 1_050 }],
    holidays: [],
  };
  const inHours: PlanStep = { ...ring('reception'), when: { type: 'during', hours: 'office' } };
  const closed: PlanStep = { type: 'announcement', prompt: 'closed' };
  const voicemail: PlanStep = { type: 'voicemail', mailbox: 'reception' };
  const said = (
    setting: Setting,
    changes: Partial<RehearsalAsked>,
    expected: readonly string[],
    why?: string,
  ) => ({
    setting: { hours: [OFFICE], account: { mailboxes: [MAILBOX] }, ...setting },
    tell: (office: Office) => {
      begin(office, changes);
      office.pass(SECOND_MS);
      assert.deepEqual(told(office), expected);
      assert.equal(ended(office)?.why, why);
    },
  });
  const evening = { at: Date.parse('2026-11-24T20:00:00Z') };
  const noon = { at: Date.parse('2026-11-24T12:00:00Z') };

  const cases = {
    'skips a step that is for other hours, at the time that is asked for': said(
      { plan: [inHours, voicemail] },
      evening,
      [
        '1 skipped: this step is for "office" only, which is closed now',
        '2 works: it has room for 2 messages',
      ],
    ),
    'tries it in its hours': said({ plan: [inHours, voicemail] }, noon, [
      '1 works: reception answers in 0.0 ms',
      '2 works: it has room for 2 messages',
    ]),
    'finds nobody behind an announcement': said(
      { plan: [closed, dial(MOBILE)] },
      {},
      ['1 works: it is there', '2 skipped: nothing comes after the announcement closed'],
      'a caller would reach nobody',
    ),
    'misses a sound': said(
      { plan: [voicemail, closed] },
      { prompts: [] },
      ['1 works: it has room for 2 messages', '2 failed: there is no sound closed'],
      'announcement closed: there is no sound closed',
    ),
    'finds a full mailbox': said(
      { plan: [voicemail], account: { mailboxes: [{ ...MAILBOX, messagesMax: 0 }] } },
      {},
      ['1 failed: it is full: 0 messages'],
      'voicemail reception: it is full: 0 messages',
    ),
    'finds a circle, and what may not be dialled': said(
      { plan: [dial(NUMBER), dial('+449098790123')] },
      {},
      [
        `1 failed: ${NUMBER} sends calls back to this number`,
        '2 failed: numbers beginning +449 are not allowed for the account',
      ],
      `${NUMBER}: ${NUMBER} sends calls back to this number`,
    ),
    'tries what lies behind each key of a menu': said(
      {
        plan: [{ type: 'menu', menu: 'main' }],
        account: {
          mailboxes: [MAILBOX],
          menus: [
            {
              name: 'main',
              greeting: 'closed',
              choices: [{ key: '1', steps: [ring('attic')] }],
              otherwise: [voicemail],
            },
          ],
        },
      },
      {},
      [
        '1 works: its greeting is there',
        '1 works: attic answers in 0.0 ms',
        '1 works: it has room for 2 messages',
      ],
    ),
    'tries a divert in place of the plan': said(
      { divert: { to: { mailbox: 'reception' }, since: 1, by: 'cli' } },
      {},
      ['1 works: it has room for 2 messages'],
    ),
  };
  for (const [title, { setting, tell }] of Object.entries(cases)) inOffice(setting)(title, tell);
});
