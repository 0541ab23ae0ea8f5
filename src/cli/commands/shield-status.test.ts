import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { cliAndApi } from '../../../test/surfaces/cli.ts';
import { notFound } from '../../../test/surfaces/example-admin.ts';
import { RingthroughError } from '../../base/errors.ts';
import type { Terminal } from '../context.ts';

const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?1049l';

/** A terminal at which each second somebody does what comes next. */
function terminal(...seconds: readonly (() => void)[]) {
  let listener: ((key: string) => void) | undefined;
  const at: Terminal = {
    rows: () => 40,
    onKey: (heard) => {
      listener = heard;
      return () => {
        listener = undefined;
      };
    },
  };
  const rest = [...seconds];
  return {
    at,
    press: (key: string) => listener?.(key),
    isRaw: () => listener !== undefined,
    pause: async () => {
      const next = rest.shift();
      if (next === undefined) listener?.('q');
      else next();
    },
  };
}

describe('shield status', () => {
  test('prints the picture once where there is no terminal, or when asked to', async (t) => {
    const { run, asked } = await cliAndApi(t);
    const { code, out } = await run('shield', 'status');
    assert.equal(code, 0);
    assert.match(out, /^ATTACK {2}for/);
    const seat = terminal();
    const again = await cliAndApi(t, { terminal: seat.at, pause: seat.pause });
    assert.equal((await again.run('shield', 'status', '--once')).out, out);
    assert.deepEqual(asked, [['shield']]);
  });

  test('prints what the API answers, for programs', async (t) => {
    const { run } = await cliAndApi(t);
    const { out } = await run('shield', 'status', '--json');
    const told = JSON.parse(out);
    assert.equal(told.posture, 'attack');
    assert.equal(told.attack.began, '2026-11-24T09:25:46.000Z');
  });

  for (const [name, key] of [
    ['q', 'q'],
    ['Escape', '\x1b'],
    ['Ctrl-C', '\x03'],
  ] as const) {
    test(`draws again every second until ${name}, and leaves the terminal as it was`, async (t) => {
      const seat = terminal(
        () => {},
        () => seat.press('x'),
        () => seat.press(key),
      );
      const { run, asked } = await cliAndApi(t, { terminal: seat.at, pause: seat.pause });
      const { code, out } = await run('shield', 'status');
      assert.equal(code, 0);
      assert.equal(asked.length, 3);
      assert.ok(out.startsWith(ENTER) && out.endsWith(LEAVE));
      assert.equal(out.split('\x1b[H').length - 1, 3);
      assert.ok(!seat.isRaw());
    });
  }

  test('goes on while the node does not answer, and says for how long', async (t) => {
    const seat = terminal(
      () => failing.set('shield', new RingthroughError('NODE_UNREACHABLE', 'it is gone')),
      () => {},
      () => failing.delete('shield'),
    );
    const api = await cliAndApi(t, { terminal: seat.at, pause: seat.pause });
    const { failing } = api;
    const { code, out } = await api.run('shield', 'status');
    assert.equal(code, 0);
    const pictures = out.split('\x1b[H').slice(1).map(stripVTControlCharacters);
    const first = pictures.map((picture) => picture.split('\r\n')[0]?.slice(0, 24));
    assert.deepEqual(
      first.map((line) => line?.startsWith('The node does not answer')),
      [false, true, true, false],
    );
  });

  test('a mistake at the beginning is told as any command tells it', async (t) => {
    const seat = terminal();
    const { run, failing } = await cliAndApi(t, { terminal: seat.at, pause: seat.pause });
    failing.set('shield', notFound('such thing'));
    const { code, out, err } = await run('shield', 'status');
    assert.deepEqual({ out, err }, { out: '', err: 'ringthrough: there is no such thing\n' });
    assert.notEqual(code, 0);
  });
});
