import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { hears, leaves, message, VOICEMAIL, withLamps } from '../../test/stories/mailboxes.ts';
import { accountOf } from '../../test/stories/office.ts';
import { Watcher } from '../../test/stories/watcher.ts';
import { MINUTE_MS, SECOND_MS } from '../base/time.ts';

describe('the lamp of a phone that never subscribes', () => {
  const story = withLamps(VOICEMAIL);

  story('is lit three seconds after it has registered, and whenever something changes', (office) => {
    assert.deepEqual(office.reception.lamp, []);
    office.pass(3 * SECOND_MS);
    assert.deepEqual(
      [office.reception.lamp, office.workshop.lamp, office.attic.lamp],
      [['2/1'], ['1/0'], []],
    );
    hears(office, 'c');
    office.pass(100);
    assert.deepEqual([office.reception.lamp.at(-1), office.workshop.lamp.at(-1)], ['1/2', '0/1']);
    office.reception.registers().expect(200);
    office.pass(MINUTE_MS);
    assert.equal(office.reception.lamp.length, 2, 'a refresh is no news');
  });

  story('is told to each of its telephones by a NOTIFY that stands alone', (office) => {
    const other = office.reception.another('192.0.2.30');
    other.registers().expect(200);
    office.pass(4 * SECOND_MS);
    assert.deepEqual([office.reception.lamp, other.lamp], [['2/1'], ['2/1']]);
    const wire = office.stage.wire.map(({ bytes }) => new TextDecoder().decode(bytes));
    const notify = wire.find((text) => text.startsWith('NOTIFY sip:reception@192.0.2.30:5060 '));
    assert.match(notify ?? '', /^Event: message-summary\r$/m);
    assert.match(notify ?? '', /^Subscription-State: terminated\r$/m);
    assert.match(notify ?? '', /^To: <sip:reception@voice\.example\.net>\r$/m);
  });

  story(
    'is not told twice to a telephone that has subscribed, and to its neighbour all the same',
    (office) => {
      const other = office.reception.another('192.0.2.30');
      other.registers().expect(200);
      const watcher = new Watcher(office.reception);
      watcher.begins();
      office.pass(5 * SECOND_MS);
      leaves(office, message('d'));
      office.pass(SECOND_MS);
      watcher.told();
      assert.deepEqual([office.reception.lamp, other.lamp], [[], ['2/1', '3/1']]);
    },
  );

  story('is not told again to one who refuses, until it has been started anew', (office) => {
    office.reception.obliging = 481;
    office.pass(3 * SECOND_MS);
    leaves(office, message('d'));
    office.pass(5 * SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1']);
    office.reception.registers().expect(200);
    office.pass(5 * SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1']);
    office.reception.obliging = 200;
    office.reception.restarts();
    office.reception.registers().expect(200);
    office.pass(5 * SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1', '3/1']);
  });

  story('is told once its phone is heard again, where it did not answer', (office) => {
    office.reception.obliging = undefined;
    office.pass(40 * SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1']);
    office.pass(MINUTE_MS);
    assert.deepEqual(office.reception.lamp, ['2/1'], 'nobody is asked on and on');
    office.reception.obliging = 200;
    office.reception.registers().expect(200);
    office.pass(SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1', '2/1']);
  });

  story('goes out when the mailbox goes', (office) => {
    office.pass(4 * SECOND_MS);
    const account = { ...accountOf(VOICEMAIL), mailboxes: [] };
    office.stage.act(() => office.node.directoryChanged([account], office.stage.now));
    office.pass(SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1', '0/0']);
  });
});
