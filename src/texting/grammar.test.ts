import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseText, type TextCommand } from './grammar.ts';

const CODE = '0712345678';
const ROWS: readonly (readonly [text: string, command: TextCommand])[] = [
  ['STATUS', { type: 'status' }],
  [' status. ', { type: 'status' }],
  ['Help!', { type: 'help' }],
  [`DIVERT MOBILE ${CODE}`, { type: 'divert', to: 'mobile', code: CODE }],
  ['divert   mobile 07 1234–5678', { type: 'divert', to: 'mobile', code: CODE }],
  [`Divert to voicemail “${CODE}”`, { type: 'divert', to: 'voicemail', code: CODE }],
  [`DIVERT +447700900123 ${CODE}`, { type: 'divert', to: { number: '+447700900123' }, code: CODE }],
  [`DIVERT 07700 900123 ${CODE}`, { type: 'divert', to: { number: '07700900123' }, code: CODE }],
  [
    `DIVERT 020 7946 0000 MOBILE ${CODE}`,
    { type: 'divert', number: '02079460000', to: 'mobile', code: CODE },
  ],
  [
    `Divert (020) 7946-0000 to +44 7700 900123 ${CODE}`,
    { type: 'divert', number: '02079460000', to: { number: '+447700900123' }, code: CODE },
  ],
  [`NORMAL ${CODE}`, { type: 'normal', code: CODE }],
  [`normal 020 7946 0000 ${CODE}`, { type: 'normal', number: '02079460000', code: CODE }],
  ['DIVERT MOBILE', { type: 'no-code' }],
  ['DIVERT MOBILE 4821', { type: 'no-code' }],
  ['NORMAL', { type: 'no-code' }],
  [`DIVERT ${CODE}`, { type: 'unknown' }],
  [`DIVERT nonsense MOBILE ${CODE}`, { type: 'unknown' }],
  ['You have won a prize', { type: 'unknown' }],
  ['', { type: 'unknown' }],
];

describe('a text message', () => {
  for (const [text, command] of ROWS) {
    test(`"${text}" is ${command.type}`, () => assert.deepEqual(parseText(text), command));
  }
});
