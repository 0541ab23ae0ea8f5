import assert from 'node:assert/strict';
import { describe } from 'node:test';
import {
  accountOf,
  inOffice,
  MOBILE,
  NUMBER,
  type Office,
  SECOND_NUMBER,
  type Setting,
} from '../../test/stories/office.ts';
import type { Placed } from '../../test/stories/party.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import { SECOND_MS } from '../base/time.ts';
import type { DeskAnswer, DeskQuestion } from '../ports/desk.ts';
import type { Account, Control, DivertTarget } from '../ports/records.ts';

const CONTROL_NUMBER = '+442079460111';
const OTHER_MOBILE = '+447700900456';
const ID = '104711';
const PIN = '482159';
const CODE = '0718273645';

const CONTROL: Control = {
  id: ID,
  pin: 'hash of the PIN',
  mobiles: [{ number: MOBILE, confirmedAt: 1 }],
  codes: [{ index: '07', hash: 'hash of the code' }],
  featureCodes: true,
};
const SETTING: Setting = {
  account: { control: CONTROL },
  node: { control: { numbers: [CONTROL_NUMBER], controlCode: '*98', mailboxCode: '*97' } },
};
/** With one number, so that it need not be chosen. */
const ONE_NUMBER: Setting = {
  ...SETTING,
  account: { control: CONTROL, numbers: accountOf({}).numbers.slice(0, 1) },
};

/** Stands for the one who writes accounts: does what is asked, durably, and tells the node. */
function withDesk(office: Office, setting: Setting): { readonly asked: DeskQuestion[] } {
  let account: Account = accountOf(setting);
  const asked: DeskQuestion[] = [];
  const changed = (number: string, to: DivertTarget | undefined, by: string) => {
    const numbers = account.numbers.map((record) => {
      if (record.number !== number) return record;
      const { divert: _, ...plain } = record;
      return to === undefined ? plain : { ...plain, divert: { to, since: 1, by } };
    });
    account = { ...account, numbers };
    office.stage.act(() => office.node.directoryChanged([account], office.stage.now));
  };
  office.stage.desk = (question): DeskAnswer => {
    asked.push(question);
    if (question.type === 'enter') {
      const isRight = question.secret === PIN || question.secret === CODE;
      return isRight ? { type: 'entered', account: 'acme' } : { type: 'refused', why: 'wrong' };
    }
    if (question.type === 'set-pin') {
      return question.pin === '123456' ? { type: 'refused', why: 'too-easy' } : { type: 'done' };
    }
    if (question.type !== 'divert') return { type: 'refused', why: 'failed' };
    const { to, number, author } = question;
    const target =
      to.type === 'plan' ? undefined : to.type === 'number' ? to.number : { mailbox: to.mailbox };
    changed(number, target, author.who);
    return { type: 'done' };
  };
  return { asked };
}

function callsControl(office: Office): Placed {
  const caller = office.carrier.calls(CONTROL_NUMBER);
  caller.connected();
  assert.equal(office.hears(caller), 'control-welcome');
  return caller;
}

function entersAt(office: Office, secret = PIN): Placed {
  const caller = callsControl(office);
  office.presses(caller, `${ID}#`);
  assert.equal(office.hears(caller), 'enter-pin-or-code');
  office.presses(caller, `${secret}#`);
  return caller;
}

/** What is said, without the digits. */
function words(office: Office, caller: Placed): string {
  return (office.hears(caller) ?? '').replace(/ ?((cy\/)?digit-\d|…)/g, '');
}

describe('the control number', () => {
  const story = inOffice(ONE_NUMBER);

  story('sends a number to the mobile with a borrowed telephone, and the next call rings it', (office) => {
    withDesk(office, ONE_NUMBER);
    const began = office.stage.now;
    const caller = entersAt(office);
    assert.match(words(office, caller), /^calls-to follow-their-plan to-mobile press /);
    office.presses(caller, '1');
    assert.match(words(office, caller), /^done calls-to go-to /);
    assert.ok(office.stage.now - began < SECOND_MS, 'whoever knows the way need not listen');
    office.presses(caller, '0');
    office.pass(PROMPT_MS);
    caller.hungUp();
    const next = office.call();
    const mobile = office.carrier.called();
    assert.match(mobile.invite.uri, /447700900123/);
    mobile.refuses(486);
    next.expect(183);
    office.pass(PROMPT_MS);
    next.expect(486);
  });

  story('takes all keys at once from somebody who knows them by heart', (office) => {
    const { asked } = withDesk(office, ONE_NUMBER);
    const caller = callsControl(office);
    office.presses(caller, `${ID}#${PIN}#1`);
    assert.deepEqual(
      asked.map(({ type }) => type),
      ['enter', 'divert'],
    );
    assert.match(words(office, caller), /^done calls-to go-to/);
    caller.hangsUp();
  });

  story(
    'gives a new PIN to whoever was let in with the old one, once it was typed twice and is good',
    (office) => {
      const { asked } = withDesk(office, ONE_NUMBER);
      const caller = entersAt(office);
      office.presses(caller, '7');
      assert.equal(office.hears(caller), 'enter-new-pin');
      office.presses(caller, '739150#');
      assert.equal(office.hears(caller), 'enter-pin-again');
      office.presses(caller, '739151#');
      assert.equal(office.hears(caller), 'pins-differ');
      office.presses(caller, '123456#123456#');
      assert.equal(office.hears(caller), 'pin-too-easy');
      office.presses(caller, '739150#739150#');
      assert.match(words(office, caller), /^done calls-to follow-their-plan/);
      const author = { who: 'telephone +442079460999', how: 'telephone' };
      assert.deepEqual(asked.at(-1), { type: 'set-pin', account: 'acme', pin: '739150', author });
      caller.hangsUp();
      const { timeline } = office.stage.entry;
      assert.ok(timeline.some(({ text }) => text.endsWith('asked for a change of the PIN: done')));
      assert.ok(!JSON.stringify(timeline).includes('739150'), 'what was typed is written nowhere');
    },
  );

  story('offers no new PIN to whoever was let in with a one-time code', (office) => {
    const { asked } = withDesk(office, ONE_NUMBER);
    const caller = entersAt(office, CODE);
    assert.doesNotMatch(words(office, caller), /choice-new-pin/);
    office.presses(caller, '7739150#739150#');
    assert.ok(asked.every(({ type }) => type === 'enter'));
    caller.hangsUp();
  });

  story('speaks the node’s language until it knows whose account it is, and then that one’s', (office) => {
    const setting = { ...ONE_NUMBER, account: { ...ONE_NUMBER.account, language: 'cy' } };
    withDesk(office, setting);
    office.stage.act(() => office.node.directoryChanged([accountOf(setting)], office.stage.now));
    const caller = callsControl(office);
    office.presses(caller, `${ID}#111111#`);
    assert.equal(office.hears(caller), 'wrong-pin');
    office.pass(PROMPT_MS);
    office.presses(caller, `${ID}#${PIN}#`);
    assert.match(words(office, caller), /^cy\/calls-to cy\/follow-their-plan cy\/to-mobile cy\/press /);
    caller.hangsUp();
  });

  story('lets in with a one-time code', (office) => {
    withDesk(office, ONE_NUMBER);
    const caller = entersAt(office, CODE);
    assert.match(words(office, caller), /^calls-to/);
    caller.hangsUp();
  });

  story('hears a key once from a phone that sends it by INFO and then as media', (office) => {
    const { asked } = withDesk(office, ONE_NUMBER);
    const caller = callsControl(office);
    const body = { type: 'application/dtmf-relay', text: `Signal=${ID[0]}\r\nDuration=160\r\n` };
    caller.tells('INFO', { body }).expect(200);
    office.presses(caller, ID);
    caller.tells('INFO', { body }).expect(200);
    office.presses(caller, `#${PIN}#`);
    assert.deepEqual(
      asked.flatMap((question) => (question.type === 'enter' ? [question.control] : [])),
      [ID],
    );
    caller.hangsUp();
  });

  story('hangs up on whoever is wrong three times, and says nothing of what was wrong', (office) => {
    const { asked } = withDesk(office, ONE_NUMBER);
    const caller = callsControl(office);
    for (const id of [ID, '999999', ID]) {
      office.presses(caller, `${id}#000000#`);
      assert.match(words(office, caller), /wrong-pin/);
      office.pass(PROMPT_MS);
    }
    assert.equal(office.hears(caller), 'too-many-wrong goodbye');
    office.pass(2 * PROMPT_MS);
    caller.hungUp();
    const ids = asked.flatMap((question) => (question.type === 'enter' ? [question.control] : []));
    assert.deepEqual(ids, [ID, '999999', ID], 'an account that is not there is looked for like another');
  });

  story('is not shut to the owner by a stranger who guesses from many numbers', (office) => {
    withDesk(office, ONE_NUMBER);
    for (let guess = 0; guess < 10; guess++) {
      const from = `<sip:+4420794605${10 + guess}@carrier-a.example>`;
      const stranger = office.carrier.calls(CONTROL_NUMBER, { from });
      stranger.connected();
      for (let tries = 0; tries < 3; tries++) {
        office.presses(stranger, `${ID}#00000${guess}#`);
        office.pass(PROMPT_MS);
      }
      office.pass(2 * PROMPT_MS);
      stranger.hungUp();
    }
    const withPin = entersAt(office);
    assert.equal(office.hears(withPin), 'use-a-code', 'PINs of strangers are not looked at for a while');
    office.pass(PROMPT_MS);
    office.presses(withPin, `${ID}#${CODE}#`);
    assert.match(words(office, withPin), /^calls-to/, 'a printed code is always good');
    withPin.hangsUp();
    const fromPhone = office.reception.calls('*98');
    fromPhone.connected();
    office.presses(fromPhone, `${ID}#${PIN}#`);
    assert.match(words(office, fromPhone), /^calls-to/, 'a phone of ours is nobody that can be forged');
    fromPhone.hangsUp();
  });

  story('rings a new mobile and diverts when whoever answers agrees', (office) => {
    const { asked } = withDesk(office, ONE_NUMBER);
    const caller = entersAt(office);
    office.presses(caller, '4');
    assert.equal(office.hears(caller), 'enter-mobile');
    office.presses(caller, '07700900456#');
    assert.match(words(office, caller), /^you-entered correct-or-again/);
    office.presses(caller, '1');
    assert.equal(office.hears(caller), 'calling-mobile');
    office.pass(PROMPT_MS);
    const mobile = office.carrier.called();
    assert.match(mobile.invite.uri, /447700900456/);
    mobile.rings();
    office.pass(4 * SECOND_MS);
    assert.match(office.hears(caller) ?? '', /425 Hz/, 'the caller hears that it rings');
    mobile.answers();
    mobile.acknowledged();
    assert.match(office.hears(mobile) ?? '', /^confirm-greeting .* confirm-choices$/);
    office.presses(mobile, '1');
    assert.equal(office.hears(mobile), 'confirm-accepted');
    office.pass(PROMPT_MS);
    mobile.hungUp();
    const divert = asked.find((question) => question.type === 'divert');
    assert.deepEqual(divert?.to, { type: 'number', number: OTHER_MOBILE });
    assert.equal(divert.confirmed, true);
    assert.match(words(office, caller), /^done calls-to go-to/);
    caller.hangsUp();
  });

  story('changes nothing where whoever answers at the new mobile does not agree', (office) => {
    const { asked } = withDesk(office, ONE_NUMBER);
    const caller = entersAt(office);
    office.presses(caller, '407700900456#1');
    office.pass(PROMPT_MS);
    const mobile = office.carrier.called();
    mobile.answers();
    office.presses(mobile, '2');
    office.pass(PROMPT_MS);
    mobile.hungUp();
    assert.match(words(office, caller), /^mobile-not-confirmed calls-to follow-their-plan/);
    assert.ok(!asked.some(({ type }) => type === 'divert'));
    caller.hangsUp();
  });

  story('changes nothing where the new mobile is busy, and says so', (office) => {
    withDesk(office, ONE_NUMBER);
    const caller = entersAt(office);
    office.presses(caller, '407700900456#1');
    office.pass(PROMPT_MS);
    office.carrier.called().refuses(486);
    assert.match(words(office, caller), /^mobile-busy/);
    caller.hangsUp();
  });

  story('does not ring a number that the account may not call', (office) => {
    withDesk(office, ONE_NUMBER);
    const caller = entersAt(office);
    office.presses(caller, '40033123456789#1');
    office.pass(PROMPT_MS);
    assert.match(words(office, caller), /^destination-not-allowed/);
    caller.hangsUp();
  });

  story('puts a number back to its plan, and survives a hang-up in the middle of it', (office) => {
    const { asked } = withDesk(office, ONE_NUMBER);
    const caller = entersAt(office);
    office.presses(caller, '1');
    office.presses(caller, '6');
    caller.hangsUp();
    const wishes = asked.flatMap((question) => (question.type === 'divert' ? [question.to.type] : []));
    assert.deepEqual(wishes, ['number', 'plan']);
  });

  story('waits in patience for slow fingers, with a tick now and then, never silent for 4 s', (office) => {
    withDesk(office, ONE_NUMBER);
    const caller = callsControl(office);
    for (const key of ID) {
      office.presses(caller, key);
      office.pass(3_500);
      assert.equal(office.hears(caller), '440 Hz');
      office.pass(1_000);
    }
    office.presses(caller, '#');
    assert.equal(office.hears(caller), 'enter-pin-or-code');
    caller.hangsUp();
  });

  story('goes away from whoever types nothing at all', (office) => {
    const caller = callsControl(office);
    office.pass(60 * SECOND_MS);
    caller.hungUp();
  });

  story('tells of trouble where the records cannot be asked', (office) => {
    const caller = entersAt(office);
    office.pass(3_500);
    assert.match(office.hears(caller) ?? '', /^one-moment/);
    office.pass(60 * SECOND_MS);
    office.pass(60 * SECOND_MS);
    caller.hungUp();
  });
});

describe('the control number, when a divert’s time is over', () => {
  const divert = { to: MOBILE, since: 0, until: 1, by: 'api' };
  const numbers = accountOf({ divert }).numbers.slice(0, 1);
  const story = inOffice({ ...SETTING, account: { control: CONTROL, numbers } });

  story('says that calls follow the plan, as they do', (office) => {
    office.stage.desk = () => ({ type: 'entered', account: 'acme' });
    const caller = entersAt(office);
    assert.match(words(office, caller), /^calls-to follow-their-plan/);
    caller.hangsUp();
    const phone = office.reception.calls('*%2321%23');
    phone.connected();
    assert.match(words(office, phone), /^not-diverted/);
    phone.hangsUp();
  });
});

describe('the control number of an account with two numbers', () => {
  const story = inOffice(SETTING);

  story('asks which one, and comes back for the other', (office) => {
    const { asked } = withDesk(office, SETTING);
    const caller = entersAt(office);
    assert.match(words(office, caller), /^choose-number for-number press for-number press/);
    office.presses(caller, '2');
    office.presses(caller, '1');
    office.presses(caller, '8');
    assert.match(words(office, caller), /^choose-number/);
    office.presses(caller, '1');
    office.presses(caller, '1');
    const numbers = asked.flatMap((question) => (question.type === 'divert' ? [question.number] : []));
    assert.deepEqual(numbers, [SECOND_NUMBER, NUMBER]);
    caller.hangsUp();
  });
});

describe('a feature code', () => {
  const story = inOffice(SETTING);

  story('diverts the number that the phone presents', (office) => {
    const { asked } = withDesk(office, SETTING);
    const caller = office.reception.calls('*21*07700900456%23');
    caller.connected();
    const [divert] = asked;
    assert.ok(divert?.type === 'divert');
    assert.deepEqual([divert.number, divert.to], [SECOND_NUMBER, { type: 'number', number: OTHER_MOBILE }]);
    assert.deepEqual(divert.author, { who: 'phone reception', how: 'feature-code' });
    assert.match(words(office, caller), /^divert-set goodbye/);
    office.pass(4 * PROMPT_MS + 20 * SECOND_MS);
    caller.hungUp();
  });

  story('takes a number as it is written abroad', (office) => {
    const { asked } = withDesk(office, SETTING);
    const caller = office.reception.calls('**21*+447700900456');
    caller.connected();
    const [divert] = asked;
    assert.deepEqual(divert?.type === 'divert' && divert.to, { type: 'number', number: OTHER_MOBILE });
    caller.hangsUp();
  });

  story('clears it again', (office) => {
    const { asked } = withDesk(office, SETTING);
    const caller = office.reception.calls('%2321%23');
    caller.connected();
    assert.deepEqual(
      asked.flatMap((question) => (question.type === 'divert' ? [question.to] : [])),
      [{ type: 'plan' }],
    );
    assert.match(words(office, caller), /^not-diverted/);
    caller.hangsUp();
  });

  story('about several forwards tells of each that there is', (office) => {
    const to = (number: string) => ({ to: number, since: 0, by: 'api' });
    const forwards = { noAnswer: to(MOBILE), busy: to(OTHER_MOBILE) };
    const account = accountOf(SETTING);
    const numbers = account.numbers.map((record) => ({ ...record, forwards }));
    office.stage.act(() => office.node.directoryChanged([{ ...account, numbers }], office.stage.now));
    const caller = office.reception.calls('*%23004%23');
    caller.connected();
    assert.match(words(office, caller), /^divert-set divert-set goodbye/);
    caller.hangsUp();
  });

  story('that nobody knows is told as a number that is not known', (office) => {
    const caller = office.reception.calls('*77*1%23');
    caller.expect(183);
    office.pass(PROMPT_MS);
    caller.expect(404);
  });
});
