import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { VOICEMAIL, withLamps } from '../../test/stories/mailboxes.ts';
import type { Office } from '../../test/stories/office.ts';
import { SECOND_MS } from '../base/time.ts';
import type { Answer } from '../ports/desk.ts';
import type { StoreWrite } from '../ports/store.ts';

const ROW: StoreWrite = {
  type: 'audit',
  entry: { id: 'row', at: 1, account: 'acme', who: 'api', how: 'api', what: 'a message was deleted' },
};

/** As somebody has it done over the API; the batch that is written for it, and what comes of it, once it does. */
function deletes(office: Office, id: string) {
  const answers: Answer[] = [];
  const { node, stage } = office;
  const effects = node.desk.deleteMessage(id, [ROW], (answer) => answers.push(answer), stage.now);
  const batches = effects.flatMap((effect) => (effect.type === 'persist' ? [effect.writes] : []));
  stage.act(() => effects);
  return { answers, batches };
}

describe('a message that is deleted by somebody who is not on the telephone', () => {
  const story = withLamps(VOICEMAIL);

  story('goes in one batch with the row that says so, then its recording, and lamps tell of it', (office) => {
    office.pass(3 * SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1']);
    const { answers, batches } = deletes(office, 'a');
    assert.deepEqual(batches, [[{ type: 'message-removed', id: 'a' }, ROW]]);
    assert.deepEqual(answers, [{ type: 'done' }]);
    assert.deepEqual(office.stage.erased, ['a']);
    office.pass(SECOND_MS);
    assert.deepEqual(office.reception.lamp, ['2/1', '1/1']);
  });

  story('is there, and said to be, until the store has done it', (office) => {
    office.stage.storeHeld = true;
    const { answers } = deletes(office, 'a');
    assert.deepEqual([answers, office.stage.erased], [[], []]);
    assert.ok(office.node.desk.mailboxes.get('a'));
    office.stage.storeAnswers();
    assert.deepEqual([answers, office.stage.erased], [[{ type: 'done' }], ['a']]);
    assert.equal(office.node.desk.mailboxes.get('a'), undefined);
  });

  story('stays with its recording where the store cannot do it', (office) => {
    office.stage.storeHeld = true;
    const { answers } = deletes(office, 'a');
    office.stage.storeFails('the disk is full');
    office.stage.storeHeld = false;
    assert.deepEqual(answers, [{ type: 'refused', why: 'failed' }]);
    assert.deepEqual(office.stage.erased, []);
    assert.ok(office.node.desk.mailboxes.get('a'));
  });

  story('is refused where there is none, and nothing is written', (office) => {
    assert.deepEqual(deletes(office, 'nothing'), {
      answers: [{ type: 'refused', why: 'unknown' }],
      batches: [],
    });
  });

  story('may be asked for twice at once: one deletes it, the other is told to wait', (office) => {
    office.stage.storeHeld = true;
    const [first, second] = [deletes(office, 'a'), deletes(office, 'a')];
    office.stage.storeAnswers();
    assert.deepEqual(
      [first.answers, second.answers],
      [[{ type: 'done' }], [{ type: 'refused', why: 'busy' }]],
    );
    assert.deepEqual([...new Set(office.stage.erased)], ['a']);
  });
});
