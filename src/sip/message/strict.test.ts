import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { utf8 } from '../../base/bytes.ts';
import { inspectRequest } from './inspect.ts';
import { parseMessage } from './parse.ts';
import { STRICT_RULES, strictDefect } from './strict.ts';
import { INVALID } from './torture/rfc4475-invalid.ts';
import { SEMANTICS } from './torture/rfc4475-semantics.ts';
import { VALID } from './torture/rfc4475-valid.ts';
import { IPV6 } from './torture/rfc5118.ts';
import type { TortureMessage } from './torture/torture.ts';

const SOUND = [
  'INVITE sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK77',
  'Max-Forwards: 70',
  'From: "Alice" <sip:alice@example.com>;tag=1',
  'To: Bob <sip:bob@example.com>',
  'Call-ID: 1@192.0.2.7',
  'CSeq: 1 INVITE',
  'Contact: <sip:alice@192.0.2.7>',
  'Date: Sat, 13 Nov 2010 23:29:00 GMT',
  'Content-Type: text/plain',
  'Content-Length: 2',
];

/** The sound message with rows changed: a row that begins so is replaced, or goes. */
function changed(
  changes: Readonly<Record<string, string | undefined>>,
  body = 'hi',
  end = '\r\n',
): Uint8Array {
  const rows = SOUND.flatMap((row) => {
    const name = Object.keys(changes).find((key) => row.startsWith(key));
    return name === undefined ? [row] : (changes[name] ?? []);
  });
  return utf8(`${rows.join(end)}${end}${end}${body}`);
}

function latin1(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString('utf8'), 'latin1');
}

/** For each rule a message that breaks it and nothing else. */
const BREAKING: Readonly<Record<string, Uint8Array>> = {
  'line ends': changed({}, 'hi', '\n'),
  'UTF-8': latin1(changed({ From: 'From: "Müller" <sip:alice@example.com>;tag=1' })),
  'Content-Length': changed({ 'Content-Length': undefined }),
  body: changed({}, 'hi and more'),
  branch: changed({ Via: 'Via: SIP/2.0/UDP 192.0.2.7:5060;branch=77' }),
  'Via transport': changed({ Via: 'Via: SIP/2.0/UNKNOWN-TRANSPORT 192.0.2.7:5060;branch=z9hG4bK77' }),
  'Max-Forwards': changed({ 'Max-Forwards': undefined }),
  'From tag': changed({ From: 'From: "Alice" <sip:alice@example.com>' }),
  Contact: changed({ Contact: undefined }),
  schemes: changed({ To: 'To: <nobodyKnowsThisScheme:totallyopaque>' }),
  'display names': changed({ From: 'From: Bell, Alexander <sip:alice@example.com>;tag=1' }),
  addresses: changed({ To: 'To: < sip:bob@example.com >' }),
  hosts: changed({ Contact: 'Contact: <sip:alice@desk_phone.example.com>' }),
  Date: changed({ Date: 'Date: Sat, 13 Nov 2010 23:29:00 CET' }),
};

function strictly(bytes: Uint8Array, datagram = true): string | undefined {
  const parsed = parseMessage(bytes);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.reason);
  return strictDefect(parsed.value, bytes, datagram)?.reason;
}

describe('a strict listener', () => {
  test('takes what keeps every rule', () => {
    assert.equal(strictly(changed({})), undefined);
  });

  for (const { name, reason } of STRICT_RULES) {
    test(`refuses "${reason}", which a lenient one takes`, () => {
      const bytes = BREAKING[name];
      assert.ok(bytes, `no message breaks ${name}`);
      assert.equal(strictly(bytes), reason);
      const parsed = parseMessage(bytes);
      assert.ok(parsed.ok && parsed.value.kind === 'request');
      assert.equal(inspectRequest(parsed.value), undefined);
    });
  }

  test('leaves the length of a stream’s messages to Content-Length, which cut them out', () => {
    assert.equal(strictly(changed({}, 'hi and more'), false), undefined);
  });

  test('takes answers without what only requests need', () => {
    const rows = ['SIP/2.0 200 OK', ...SOUND.slice(1).filter((row) => !/^(Max|Date|Content)/.test(row))];
    assert.equal(strictly(utf8(`${rows.join('\r\n')}\r\n\r\n`)), undefined);
  });
});

/**
 * Every torture message that a lenient listener takes, and why a strict one refuses it; absent: it takes it, too.
 * Those of §3.1.1 are valid but for their age: they show branches from before RFC 3261.
 */
const STRICTLY: Readonly<Record<string, string>> = {
  wsinv: 'Branch Without Magic Cookie',
  longreq: 'Branch Without Magic Cookie',
  dblreq: 'Bytes After The Body',
  baddate: 'Date Not In GMT',
  badaspec: 'White Space Around A URI',
  baddn: 'Display Name Needs Quotes',
  badbranch: 'Branch Without Magic Cookie',
  unksm2: 'Unknown URI Scheme',
  inv2543: 'Missing Content-Length',
  'ipv6-bug-abnf-3-colons': 'Bad Host',
};

describe('torture messages at a strict listener', () => {
  const taken = [...VALID, ...INVALID, ...SEMANTICS, ...IPV6].filter(isSound);

  for (const { name, section, bytes } of taken) {
    const reason = STRICTLY[name];
    test(`${section} ${name} is ${reason === undefined ? 'taken' : `refused: ${reason}`}`, () => {
      assert.equal(strictly(bytes), reason);
    });
  }

  test('no other is named here', () => {
    const names = new Set(taken.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(STRICTLY).filter((name) => !names.has(name)),
      [],
    );
  });
});

function isSound({ expected }: TortureMessage): boolean {
  return expected.verdict === 'sound';
}

describe('docs/strictness.md', () => {
  const docs = readFileSync(new URL('../../../docs/strictness.md', import.meta.url), 'utf8');

  test('lists exactly these rules, with where they are from', () => {
    const listed = [...docs.matchAll(/^\| ([^|]+?) \| `400 ([^`]+)` \| [^|]+ \| ([^|]+?) \|$/gm)];
    assert.deepEqual(
      listed.map(([, name, reason, source]) => ({ name, reason, source })),
      STRICT_RULES.map(({ name, reason, source }) => ({ name, reason, source })),
    );
  });
});
