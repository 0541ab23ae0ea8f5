import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Stage } from '../../test/admin-stage.ts';
import { LIMITS } from '../base/limits.ts';

describe('doors', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = new Stage();
    await stage.provisioned();
  });

  test('what is asked for is told to the node, with who asks and the grace time that was not given', async () => {
    const doors = await stage.admin.changeDoor('acme', { do: 'move' }, 'cli');
    await stage.admin.changeDoor('acme', { do: 'close', grace: '0s' }, 'api');
    await stage.admin.changeDoor('acme', { do: 'open', name: 'acme.voice.example.net' }, 'api');
    assert.deepEqual(stage.node.doorCommands, [
      { type: 'move', account: 'acme', graceMs: LIMITS.doorGraceMs, by: 'cli' },
      { type: 'close', account: 'acme', graceMs: 0, by: 'api' },
      { type: 'open', account: 'acme', name: 'acme.voice.example.net', by: 'api' },
    ]);
    assert.deepEqual(
      doors.map(({ account }) => account),
      ['acme'],
      'answered with its own doors alone',
    );
  });

  test('a grace time that is none, or too long, is told as a mistake', async () => {
    for (const grace of ['a while', '365d'])
      await assert.rejects(stage.admin.changeDoor('acme', { do: 'move', grace }, 'cli'), {
        code: 'INVALID_INPUT',
      });
  });

  test('an account that is not there has none', async () => {
    await assert.rejects(stage.admin.changeDoor('nobody', { do: 'open' }, 'cli'), { code: 'NOT_FOUND' });
    await assert.rejects(stage.admin.doors('nobody'), { code: 'NOT_FOUND' });
    assert.deepEqual(stage.node.doorCommands, []);
  });

  test('a grace time that is too long, and a name that no DNS could have, are refused', async () => {
    await assert.rejects(stage.admin.changeDoor('acme', { do: 'move', grace: '31d' }, 'cli'), {
      code: 'INVALID_INPUT',
      message: /grace: must be 30d at most/,
    });
    await assert.rejects(stage.admin.changeDoor('acme', { do: 'open', name: 'no name;' }, 'cli'), {
      code: 'INVALID_INPUT',
      message: /name: expected a host name/,
    });
  });
});
