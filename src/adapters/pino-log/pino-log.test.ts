import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLog } from './pino-log.ts';

const clock = { now: () => Date.UTC(2026, 10, 24, 9, 30) };

function logging(pretty: boolean, level?: 'debug') {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const log = createLog({ clock, pretty, write, ...(level === undefined ? {} : { level }) });
  return { lines, log };
}

describe('the log', () => {
  test('is one JSON object a line, with the time of the node', () => {
    const { lines, log } = logging(false);
    log.warn('trunk is down', { trunk: 'carrier-a', failures: 2 });
    const [line = ''] = lines;
    assert.ok(line.endsWith('\n'));
    assert.deepEqual(JSON.parse(line), {
      level: 'warn',
      time: '2026-11-24T09:30:00.000Z',
      trunk: 'carrier-a',
      failures: 2,
      msg: 'trunk is down',
    });
  });

  test('is one readable line on a terminal', () => {
    const { lines, log } = logging(true);
    log.info('phone registered', { user: 'reception', agent: 'Desk Phone 2' });
    assert.deepEqual(lines, ['09:30:00.000 info  phone registered  user=reception agent="Desk Phone 2"\n']);
  });

  test('leaves out details unless asked for them', () => {
    const quiet = logging(false);
    quiet.log.debug('a detail');
    assert.deepEqual(quiet.lines, []);
    const talkative = logging(false, 'debug');
    talkative.log.debug('a detail');
    assert.equal(talkative.lines.length, 1);
  });

  test('redacts what looks like a secret by its name', () => {
    for (const pretty of [true, false]) {
      const { lines, log } = logging(pretty);
      log.error('oops', { password: 'hunter2', apiToken: 'hunter2', md5Ha1: 'hunter2', user: 'reception' });
      assert.doesNotMatch(lines.join(''), /hunter2/);
      assert.match(lines.join(''), /reception/);
    }
  });

  test('lets no stranger steer the terminal or forge a line', () => {
    const { lines, log } = logging(true);
    log.info('from \x1b[2J\nforged', { agent: 'x\r\n\x1b]0;title\x07\u202e' });
    assert.equal(lines.length, 1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
    assert.doesNotMatch(lines[0]?.slice(0, -1) ?? '', /[\x00-\x1f\x7f-\x9f\u202e]/);
  });
});
