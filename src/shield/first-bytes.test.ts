import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drawMessage } from '../../test/fuzz/draw-message.ts';
import { SeededRandom } from '../../test/simulation/world.ts';
import { utf8 } from '../base/bytes.ts';
import { inspectRequest, inspectResponse } from '../sip/message/inspect.ts';
import { parseMessage } from '../sip/message/parse.ts';
import { SEMANTICS } from '../sip/message/torture/rfc4475-semantics.ts';
import { VALID } from '../sip/message/torture/rfc4475-valid.ts';
import { KINDS, type Kind, kindOf, requestUriOf } from './first-bytes.ts';

/** What it is, by parsing it whole; undefined where it is not sound. */
function readWhole(bytes: Uint8Array): Kind | undefined {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) return undefined;
  const message = parsed.value;
  if (message.kind === 'response') return inspectResponse(message) === undefined ? 'response' : undefined;
  if (inspectRequest(message) !== undefined || message.method.length > 64) return undefined;
  return KINDS.find((kind) => kind === message.method) ?? 'other';
}

describe('the first bytes of a packet', () => {
  test('tell a request by its method, whatever line ends come before it', () => {
    for (const method of ['REGISTER', 'INVITE', 'INFO', 'OPTIONS', 'PRACK', 'PUBLISH', 'REFER']) {
      assert.equal(kindOf(utf8(`${method} sip:a@example.net SIP/2.0\r\n`)), method);
      assert.equal(kindOf(utf8(`\r\n\r\n${method} urn:service:sos SIP/2.0\r\n`)), method);
    }
  });

  test('tell a Request-URI, where it is a short one', () => {
    assert.equal(
      requestUriOf(utf8('INVITE sip:999@example.net;user=phone SIP/2.0\r\n')),
      'sip:999@example.net;user=phone',
    );
    assert.equal(requestUriOf(utf8('\r\nINVITE urn:service:sos SIP/2.0\r\n')), 'urn:service:sos');
    for (const none of [
      '',
      'INVITE',
      'INVITE ',
      'INVITE  SIP/2.0',
      'INVITE sip:999@example.net',
      '\r\n\r\n',
    ]) {
      assert.equal(requestUriOf(utf8(none)), undefined, none);
    }
    assert.equal(requestUriOf(utf8(`INVITE sip:${'9'.repeat(200)}@example.net SIP/2.0\r\n`)), undefined);
    assert.equal(requestUriOf(utf8(`${'I'.repeat(200)} sip:999@example.net SIP/2.0\r\n`)), undefined);
  });

  test('tell a response in any case, a keepalive, and a STUN request', () => {
    assert.equal(kindOf(utf8('SIP/2.0 200 OK\r\n')), 'response');
    assert.equal(kindOf(utf8('sip/2.0 200 OK\r\n')), 'response');
    assert.equal(kindOf(utf8('\r\n\r\n')), 'keepalive');
    assert.equal(kindOf(new Uint8Array(0)), 'keepalive');
    assert.equal(kindOf(Uint8Array.from({ length: 28 }, (_, n) => (n === 1 ? 1 : 0))), 'keepalive');
  });

  test('tell methods that nobody knows from what is no SIP', () => {
    assert.equal(kindOf(utf8('REGISTERED sip:a@example.net SIP/2.0\r\n')), 'other');
    assert.equal(kindOf(utf8('invite sip:a@example.net SIP/2.0\r\n')), 'other');
    for (const text of ['GET / HTTP/1.1\r\n', 'REGISTER', 'REGISTER \r\n', 'A'.repeat(1_400), '\0\0', ' '])
      assert.equal(kindOf(utf8(text)), 'garbage', text);
  });

  test('agree with the parser on every sound message of the torture test', () => {
    const sound = [...VALID, ...SEMANTICS].filter(({ bytes }) => readWhole(bytes) !== undefined);
    assert.ok(sound.length > 20);
    for (const { name, bytes } of sound) assert.equal(kindOf(bytes), readWhole(bytes), name);
  });

  test('agree with the parser on every sound message that the fuzzer draws', () => {
    const random = new SeededRandom(11);
    let sound = 0;
    for (let n = 0; n < 5_000; n++) {
      const bytes = drawMessage(random);
      const whole = readWhole(bytes);
      if (whole === undefined) continue;
      sound++;
      assert.equal(kindOf(bytes), whole, Buffer.from(bytes).toString('latin1').slice(0, 80));
    }
    assert.ok(sound > 500, `${sound} sound messages`);
  });
});
