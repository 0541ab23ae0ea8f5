// Where a mistake in a file is said to be, and what is said about it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { LIMITS } from '../../base/limits.ts';
import { formatMistake, formatPath, readDocument } from './document.ts';
import {
  count,
  duration,
  durationMs,
  flag,
  formatDuration,
  list,
  nearest,
  section,
  words,
} from './section.ts';

const schema = section({
  name: words(5),
  steps: list(section({ for: duration.optional(), on: flag.optional() }), 2, '[{ for: 20s }]').optional(),
  count: count(1, 9).optional(),
  either: z.union([words(5), list(words(5), 3, '[a]')], { error: 'expected one or a list' }).optional(),
});

function mistakes(text: string): readonly string[] {
  const read = readDocument(text, schema);
  return read.ok ? [] : read.error.map(formatMistake);
}

describe('a document', () => {
  test('is given as written where nothing is wrong with it', () => {
    const read = readDocument('name: acme\nsteps: [{ for: 20s }]\neither: [a, b]', schema);
    assert.deepEqual(read.ok && read.value.value, {
      name: 'acme',
      steps: [{ for: '20s' }],
      either: ['a', 'b'],
    });
  });

  const cases: readonly { title: string; text: string; told: readonly string[] }[] = [
    { title: 'a missing key', text: 'count: 1', told: ['name: is missing'] },
    { title: 'an empty text', text: '', told: ['name: is missing'] },
    {
      title: 'what is no section at all',
      text: '- a',
      told: ['line 1: is not a section; expected keys: name, steps, count, either'],
    },
    {
      title: 'unknown keys, each with its own line',
      text: 'name: a\nstpes: []\ncolour: red',
      told: [
        'line 2, stpes: unknown key; did you mean "steps"?',
        'line 3, colour: unknown key; known here: name, steps, count, either',
      ],
    },
    {
      title: 'values of the wrong kind, deep inside',
      text: 'name: 5\nsteps:\n  - for: 20\n  -\n    on: yes\n    of: x\ncount: 10\neither: { a: 1 }',
      told: [
        'line 1, name: expected text; put it in quotes',
        'line 3, steps[0].for: expected a time with its unit, such as 20s, 5m or 1h',
        'line 5, steps[1].on: expected true or false',
        'line 6, steps[1].of: unknown key; did you mean "on"?',
        'line 7, count: expected a whole number from 1 to 9',
        'line 8, either: expected one or a list',
      ],
    },
    {
      title: 'what is too long',
      text: 'name: abcdef\nsteps: [{}, {}, {}]',
      told: [
        'line 1, name: must not be longer than 5 characters',
        'line 2, steps: must not have more than 2 entries',
      ],
    },
    {
      title: 'a key that is there twice',
      text: 'name: a\nname: b',
      told: ['line 2: is not YAML here: Map keys must be unique'],
    },
    {
      title: 'broken YAML, at its first fault only',
      text: 'name: [a\nb: "',
      told: [
        'line 2: is not YAML here: Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    },
  ];
  for (const { title, text, told } of cases) {
    test(`says where: ${title}`, () => assert.deepEqual(mistakes(text), told));
  }

  test('may be JSON, and its mistakes have lines too', () => {
    const read = readDocument('{ "name": "acme", "steps": [{ "for": "20s" }] }', schema);
    assert.deepEqual(read.ok && read.value.value, { name: 'acme', steps: [{ for: '20s' }] });
    assert.deepEqual(mistakes('{\n  "name": "acme",\n  "steps": [\n    { "fro": "20s" }\n  ]\n}'), [
      'line 4, steps[0].fro: unknown key; did you mean "for"?',
    ]);
  });

  test('that nests without end, or whose aliases multiply, is refused and not obeyed', () => {
    assert.match(mistakes('['.repeat(100_000))[0] ?? '', /is not YAML here/);
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [name, inner] of [
      ['b', 'a'],
      ['c', 'b'],
      ['d', 'c'],
      ['e', 'd'],
    ]) {
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${inner}`).join(', ')}]`);
    }
    assert.match(mistakes(bomb.join('\n'))[0] ?? '', /cannot be read as YAML: its aliases multiply/);
  });

  test('whose keys are lists is read or refused, and says nothing on stderr by itself', (t) => {
    const warn = t.mock.method(process, 'emitWarning', () => undefined);
    readDocument('? [a]\n: b', z.unknown());
    assert.equal(warn.mock.callCount(), 0);
  });

  test('that is too large is refused unread, in YAML sooner than in JSON', () => {
    const spaces = (bytes: number) => ' '.repeat(bytes);
    const bytes = LIMITS.fileBytesMax + 1;
    const tooLarge = [`has ${bytes} bytes; at most ${LIMITS.fileBytesMax} are read`];
    assert.deepEqual(mistakes(`{}${spaces(bytes - 2)}`), tooLarge);
    assert.deepEqual(mistakes(`#${spaces(LIMITS.yamlBytesMax)}`), [
      `has ${LIMITS.yamlBytesMax + 1} bytes of YAML; more than ${LIMITS.yamlBytesMax} are read as JSON only`,
    ]);
    assert.deepEqual(mistakes(`${spaces(LIMITS.yamlBytesMax)}{}`), ['name: is missing']);
  });

  test('a path is written as code would write it', () => {
    assert.equal(
      formatPath(['accounts', 0, 'numbers', 1, 'plan', 2, 'for']),
      'accounts[0].numbers[1].plan[2].for',
    );
    assert.equal(formatPath([0, 'ring']), '[0].ring');
  });
});

describe('a duration', () => {
  test('has a unit and reads as milliseconds', () => {
    const read = ['500ms', '20s', '1.5s', '5m', '1h', '2d'].map(durationMs);
    assert.deepEqual(read, [500, 20_000, 1_500, 300_000, 3_600_000, 172_800_000]);
  });

  test('is written so that it reads back', () => {
    fc.assert(fc.property(fc.nat(), (lengthMs) => durationMs(formatDuration(lengthMs)) === lengthMs));
    assert.deepEqual([90_000, 300_000, 1_500].map(formatDuration), ['90s', '5m', '1500ms']);
  });
});

test('the nearest word is one that a slip of the keyboard away was meant, else none', () => {
  const known = ['ring', 'dial', 'announcement', 'outbound'];
  assert.equal(nearest('dail', known), 'dial');
  assert.equal(nearest('Outbond', known), 'outbound');
  assert.equal(nearest('anouncment', known), 'announcement');
  assert.equal(nearest('voicemail', known), undefined);
  assert.equal(nearest('x', []), undefined);
});
