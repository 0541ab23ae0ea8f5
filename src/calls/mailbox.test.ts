import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { deletes, hears, message, VOICEMAIL } from '../../test/stories/mailboxes.ts';
import { inOffice, type Office, type Setting } from '../../test/stories/office.ts';
import type { Placed } from '../../test/stories/party.ts';
import { PROMPT_MS } from '../../test/stories/relay.ts';
import { MINUTE_MS } from '../base/time.ts';

const TWO: Setting = { ...VOICEMAIL, messages: [message('a'), message('b')] };

/** Reception, from when it hears how many messages there are. */
function listens(office: Office): Placed {
  const caller = office.reception.calls('*97');
  caller.connected();
  assert.match(office.hears(caller) ?? '', /^you-have /);
  return caller;
}

/** Until this is being played. */
function waitsFor(office: Office, caller: Placed, what: RegExp): void {
  const end = office.stage.now + MINUTE_MS;
  while (!what.test(office.hears(caller) ?? '')) {
    assert.ok(office.stage.now < end, `waits in vain for ${what}, and hears ${office.hears(caller)}`);
    office.pass(PROMPT_MS / 10);
  }
}

describe('a message that somebody else deletes meanwhile', () => {
  const story = inOffice(TWO);

  story('is passed over, where it would be heard next', (office) => {
    const caller = listens(office);
    waitsFor(office, caller, /recording a/);
    deletes(office, 'b');
    waitsFor(office, caller, /message-choices/);
    office.presses(caller, '#');
    assert.equal(office.hears(caller), 'no-more-messages');
    caller.hangsUp();
  });

  for (const [key, wish] of Object.entries({ '1': 'hear it again', '2': 'save it', '3': 'delete it' })) {
    story(`is said to be deleted to whoever wants to ${wish}`, (office) => {
      const caller = listens(office);
      waitsFor(office, caller, /message-choices/);
      deletes(office, 'a');
      office.presses(caller, key);
      assert.equal(office.hears(caller), 'message-deleted');
      caller.hangsUp();
      assert.deepEqual(office.stage.erased, ['a']);
    });
  }

  story('does not come back because it was heard while the disk was slow to delete it', (office) => {
    office.stage.storeHeld = true;
    deletes(office, 'a');
    hears(office, 'a');
    deletes(office, 'a');
    const listed = office.node.desk.mailboxes.messages('acme', 'front').map(({ id }) => id);
    assert.deepEqual(listed, ['a', 'b'], 'it counts until it is gone');
    office.stage.storeAnswers();
    const written = office.stage.writes.filter(({ type }) => type.startsWith('message'));
    assert.deepEqual(written, [{ type: 'message-removed', id: 'a' }]);
    assert.deepEqual(office.stage.erased, ['a']);
  });

  story('is there again when the disk refuses to delete it', (office) => {
    office.stage.storeHeld = true;
    deletes(office, 'a');
    office.stage.storeFails('the disk is full');
    office.stage.storeAnswers();
    assert.deepEqual(office.stage.erased, []);
    deletes(office, 'a');
    assert.deepEqual(office.stage.erased, ['a']);
  });
});
