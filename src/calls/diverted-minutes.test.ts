import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { CALLER, dial, inOffice, MOBILE, NUMBER, type Office, ring } from '../../test/stories/office.ts';
import type { Placed, Ringing } from '../../test/stories/party.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import { BEGINNING } from '../../test/stories/stage.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../base/time.ts';
import type { DivertedUsage, LedgerEntry, Mailbox, Notice } from '../ports/records.ts';

const MAILBOX: Mailbox = {
  name: 'reception',
  email: [],
  phones: [],
  messagesMax: 2,
  messageMaxMs: 2 * MINUTE_MS,
  retentionMs: 30 * DAY_MS,
};
const account = { mailboxes: [MAILBOX], contacts: [{ email: 'owner@example.net' }] };
const USED: DivertedUsage = { account: 'acme', month: '2026-11', endedMs: 0, at: BEGINNING, told: [] };

function diverted(office: Office): { readonly caller: Placed; readonly mobile: Ringing } {
  const caller = office.call();
  const mobile = office.carrier.answers();
  caller.connected();
  return { caller, mobile };
}

function over({ caller, mobile }: { readonly caller: Placed; readonly mobile: Ringing }): void {
  caller.hangsUp();
  mobile.hungUp();
}

/** The caller gets voicemail, and hangs up. */
function reachesVoicemail(office: Office, caller = office.call()): void {
  caller.connected();
  assert.equal(office.hears(caller), 'leave-a-message');
  caller.hangsUp();
  assert.equal(office.stage.entry.answeredBy, 'voicemail reception');
}

function notices(office: Office): readonly Notice[] {
  return office.stage.writes.flatMap((write) => (write.type === 'notice' ? [write.notice] : []));
}

function usages(office: Office): readonly DivertedUsage[] {
  return office.stage.writes.flatMap((write) => (write.type === 'usage' ? [write.usage] : []));
}

describe('an account’s cap on diverted minutes', () => {
  const limits = { divertedMinutesPerMonth: 1 };
  const story = inOffice({ plan: [dial(MOBILE)], limits, account });

  story('what a diverted call has used is written with the end of its ledger row', (office) => {
    const call = diverted(office);
    office.pass(30 * SECOND_MS);
    over(call);
    const [usage] = usages(office);
    assert.deepEqual([usage?.account, usage?.month, usage?.endedMs], ['acme', '2026-11', 30 * SECOND_MS]);
    const written = office.stage.writes.findIndex((write) => write.type === 'usage');
    const row = office.stage.writes.slice(0, written).findLast(({ type }) => type === 'ledger');
    assert.equal(row?.type === 'ledger' && row.entry.outcome, 'diverted');
    assert.deepEqual(notices(office), []);
  });

  story('its contacts are warned when it is near, and told when it is reached; each once', (office) => {
    const first = diverted(office);
    office.pass(50 * SECOND_MS);
    over(first);
    assert.deepEqual(
      notices(office).map(({ to, subject }) => [to, subject]),
      [['owner@example.net', '0 of 1 diverted minutes of November 2026 are used']],
    );
    const second = diverted(office);
    office.pass(20 * SECOND_MS);
    reachesVoicemail(office);
    over(second);
    reachesVoicemail(office);
    assert.deepEqual(
      notices(office).map(({ subject }) => subject),
      [
        '0 of 1 diverted minutes of November 2026 are used',
        'All diverted minutes of November 2026 are used (1)',
      ],
    );
    assert.equal(usages(office).at(-1)?.endedMs, 70 * SECOND_MS);
    assert.equal(office.carrier.rung, 2);
    assert.equal(office.count('diverts_capped'), 2);
  });

  story('a conversation is not ended by it, but counts while it lasts', (office) => {
    const call = diverted(office);
    office.pass(65 * SECOND_MS);
    reachesVoicemail(office);
    office.assertTalking(call.caller, call.mobile);
    over(call);
    assert.match(JSON.stringify(office.stage.writes), /used its 1 diverted minute of November 2026/);
  });

  story('while calls go on, what they have used is written down every minute', (office) => {
    const call = diverted(office);
    office.pass(3 * MINUTE_MS + SECOND_MS);
    assert.deepEqual(
      usages(office).map(({ at, endedMs }) => [at - (usages(office)[0]?.at ?? 0), endedMs]),
      [
        [0, 0],
        [MINUTE_MS, 0],
        [2 * MINUTE_MS, 0],
      ],
    );
    over(call);
  });
});

describe('an account’s diverted minutes after a restart', () => {
  const limits = { divertedMinutesPerMonth: 10 };
  const plan = [dial(MOBILE)];
  const of = (usage: Partial<DivertedUsage>, unfinished: readonly LedgerEntry[] = []) =>
    inOffice({ plan, limits, account, usages: [{ ...USED, ...usage }], unfinished });
  const cutOff: LedgerEntry = {
    id: 'before',
    direction: 'in',
    account: 'acme',
    called: NUMBER,
    caller: CALLER,
    startedAt: BEGINNING - 2 * HOUR_MS,
    answeredAt: BEGINNING - 2 * HOUR_MS,
    answeredBy: MOBILE,
    reason: 'in progress',
    timeline: [],
    legs: [],
  };

  of({ endedMs: 10 * MINUTE_MS })('are used up as before', (office) => {
    reachesVoicemail(office);
    assert.equal(notices(office).length, 1);
  });

  const told = [{ cap: 'minutes', at: BEGINNING - DAY_MS, limit: 10 }] as const;
  of({ endedMs: 10 * MINUTE_MS, told })('are not told of again', (office) => {
    reachesVoicemail(office);
    assert.deepEqual(notices(office), []);
  });

  const ofLess = [{ cap: 'minutes', at: BEGINNING - DAY_MS, limit: 5 }] as const;
  of({ endedMs: 10 * MINUTE_MS, told: ofLess })('are told of again when the cap is another one', (office) => {
    reachesVoicemail(office);
    assert.equal(notices(office).length, 1);
  });

  of({ month: '2026-10', endedMs: 10 * MINUTE_MS })('are whole again in another month', (office) => {
    over(diverted(office));
    assert.deepEqual(notices(office), []);
  });

  of({ at: cutOff.startedAt + 5 * MINUTE_MS }, [cutOff])(
    'a call that a crash cut off counts until it was last known to go on, and a minute',
    (office) => {
      assert.deepEqual(
        usages(office).map(({ endedMs }) => endedMs),
        [6 * MINUTE_MS],
      );
      const { entry } = office.stage;
      assert.deepEqual([entry.outcome, entry.endedAt], ['diverted', BEGINNING]);
    },
  );
});

describe('a call that a cap keeps from where it was to go', () => {
  const day = { divertedCallsMax: 0 };
  const story = inOffice({ plan: [dial(MOBILE)], limits: day, account });

  story('is taken by voicemail, and the account hears of it once a day', (office) => {
    for (const call of [1, 2, 3]) {
      reachesVoicemail(office);
      assert.equal(notices(office).length, 1, `after call ${call}`);
    }
    const [notice] = notices(office);
    assert.match(notice?.text ?? '', /was not diverted: the account already has its 0 diverted calls/);
    const audit = office.stage.writes.filter(({ type }) => type === 'audit');
    assert.equal(audit.length, 1);
    office.pass(DAY_MS);
    reachesVoicemail(office);
    assert.equal(notices(office).length, 2);
  });

  const withPhone = inOffice({
    plan: [dial('+449098790123'), ring('reception'), { type: 'announcement', prompt: 'closed' }],
    account,
  });

  withPhone('rings the phones that its plan has left first', (office) => {
    const caller = office.call();
    office.reception.called().refuses(486);
    reachesVoicemail(office, caller);
    assert.match(notices(office)[0]?.text ?? '', /numbers beginning \+449 are not allowed/);
  });

  const free = inOffice({
    plan: [ring('reception'), { type: 'announcement', prompt: 'closed' }],
    account,
  });

  free('and no other call ends there: a plan that says something says it', (office) => {
    const caller = office.call();
    office.reception.called().refuses(486);
    caller.expect(183);
    assert.equal(office.hears(caller), 'closed');
    office.pass(PROMPT_MS);
    caller.expect(480);
    assert.deepEqual(notices(office), []);
  });
});
