// Waiting in company: for an answer, and for the disk after a recording, driven happening by happening.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask } from './ask.ts';
import { type Dialogue, type Happening, Line, type Wait } from './dialogue.ts';
import { record, type Taken } from './record.ts';

const QUESTION = { type: 'messages', account: 'acme', mailbox: 'desk' } as const;
const TIME_UP: Happening = { type: 'time-up' };

/** What a dialogue does upon each of these happenings: the acts' types, or `over`. */
function acts(dialogue: Dialogue<unknown>, happenings: readonly Happening[]): readonly string[] {
  return happenings.map((happening) => {
    const { done, value } = dialogue.next(happening);
    return done === true ? 'over' : (value as Wait).acts.map(({ type }) => type).join(' ');
  });
}

describe('who waits for an answer', () => {
  test('hears what is played meanwhile to its end, then again, and never its beginning over and over', () => {
    const waiting = ask(new Line(() => 'id'), QUESTION);
    const begun = acts(waiting, [{ type: 'begin' }, TIME_UP, TIME_UP, TIME_UP]);
    assert.deepEqual(begun, ['ask', 'play', '', '']);
    assert.deepEqual(acts(waiting, [{ type: 'played' }, TIME_UP]), ['play', '']);
    assert.deepEqual(acts(waiting, [{ type: 'answer', answer: { type: 'done' } }]), ['over']);
  });
});

describe('who has ended a recording with a key', () => {
  function ends(line: Line): Dialogue<Taken> {
    const dialogue = record(line, { maxMs: 60_000, silenceMs: 3_000 });
    assert.deepEqual(acts(dialogue, [{ type: 'begin' }, { type: 'played' }]), ['play', 'record']);
    line.typedKey('#');
    assert.deepEqual(acts(dialogue, [{ type: 'key' }]), ['stop-recording']);
    return dialogue;
  }

  test('is kept company while the disk takes its time', () => {
    const dialogue = ends(new Line(() => 'id'));
    assert.deepEqual(acts(dialogue, [TIME_UP, TIME_UP]), ['play', '']);
    const recorded = { type: 'recorded', lengthMs: 2_000, speechMs: 1_500, why: 'stopped' } as const;
    assert.deepEqual(dialogue.next(recorded).value, {
      recording: 'id',
      lengthMs: 2_000,
      speechMs: 1_500,
      why: 'stopped',
    });
  });

  test('is told that it failed where the disk never answers', () => {
    const dialogue = ends(new Line(() => 'id'));
    const waited = acts(
      dialogue,
      Array.from({ length: 15 }, () => TIME_UP),
    );
    assert.deepEqual([waited.indexOf('over'), waited.length], [14, 15]);
  });
});
