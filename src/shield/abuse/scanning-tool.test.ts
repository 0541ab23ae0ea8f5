import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { toolOf } from './scanning-tool.ts';

function options(...rows: readonly string[]): Uint8Array {
  return utf8(`OPTIONS sip:100@192.0.2.1 SIP/2.0\r\n${rows.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
}

describe('a scanning tool', () => {
  const signed: Readonly<Record<string, string>> = {
    'User-Agent: friendly-scanner': 'friendly-scanner',
    'user-agent : SIPVicious/0.3.4': 'sipvicious',
    'User-Agent: sipcli/v1.8': 'sipcli',
    'From: "sipvicious"<sip:100@1.1.1.1>;tag=1': 'sipvicious',
    'f:pplsip <sip:100@1.1.1.1>': 'pplsip',
  };
  for (const [row, tool] of Object.entries(signed))
    test(`is known by ${row}`, () => assert.equal(toolOf(options('Via: SIP/2.0/UDP x', row)), tool));

  const others = [
    'User-Agent: Yealink SIP-T46S 66.85.0.5',
    'User-Agent: VaxSIPUserAgent/3.5',
    'User-Agent: Smappee 2.1',
    'Subject: friendly-scanner',
    'To: "sipvicious" <sip:reception@voice.example.net>',
  ];
  for (const row of others)
    test(`is not seen in ${row}`, () => assert.equal(toolOf(options(row)), undefined));

  test('is looked for in bytes that are no text, too', () => {
    assert.equal(toolOf(Uint8Array.from({ length: 5_000 }, (_, n) => (n * 7) & 255)), undefined);
  });
});
