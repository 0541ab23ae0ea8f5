import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatNameAddress, tagOf } from '../address.ts';
import { createResponse } from '../compose.ts';
import { StreamFramer } from '../framing.ts';
import { formatHostPort } from '../host.ts';
import { inspectRequest, inspectResponse } from '../inspect.ts';
import type { SipMessage } from '../message.ts';
import { parseMessage } from '../parse.ts';
import { serialise } from '../serialise.ts';
import { parseUri, uriUser } from '../uri.ts';
import { formatVia } from '../via.ts';
import { INVALID } from './rfc4475-invalid.ts';
import { SEMANTICS } from './rfc4475-semantics.ts';
import { VALID } from './rfc4475-valid.ts';
import { IPV6 } from './rfc5118.ts';
import type { Reading, TortureMessage } from './torture.ts';

const ALL: readonly TortureMessage[] = [...VALID, ...INVALID, ...SEMANTICS, ...IPV6];

function count(from: number, to: number, prefix: string): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`);
}

/** Every section that defines a message. */
const SECTIONS: readonly string[] = [
  ...count(1, 13, '4475 §3.1.1.'),
  ...count(1, 19, '4475 §3.1.2.'),
  '4475 §3.2.1',
  ...count(1, 15, '4475 §3.3.'),
  '4475 §3.4.1',
  ...count(1, 10, '5118 §4.'),
];

function read(message: SipMessage): Reading {
  const uri = message.kind === 'request' ? parseUri(message.uri) : undefined;
  const requestUri = uri?.ok ? uri.value : undefined;
  const isSip = requestUri?.scheme === 'sip' || requestUri?.scheme === 'sips';
  return {
    start:
      message.kind === 'request' ? `${message.method} ${message.uri}` : `${message.status} ${message.reason}`,
    user: message.kind === 'request' ? uriUser(message.uri) : undefined,
    scheme: requestUri?.scheme ?? '',
    hostPort: isSip ? formatHostPort(requestUri.host, requestUri.port) : '',
    vias: message.vias.map(formatVia),
    from: message.from === undefined ? '' : formatNameAddress(message.from),
    to: message.to === undefined ? '' : formatNameAddress(message.to),
    fromDisplayName: message.from?.displayName,
    toDisplayName: message.to?.displayName,
    fromTag: tagOf(message.from),
    toTag: tagOf(message.to),
    callId: message.callId ?? '',
    cseq: `${message.cseq?.number} ${message.cseq?.method}`,
    maxForwards: message.maxForwards,
    contacts: message.contacts.map(formatNameAddress),
    routes: message.routes.map(formatNameAddress),
    contactUsers: message.contacts.map((contact) => uriUser(contact.uri)),
    bodyBytes: message.body.length,
    rows: Object.fromEntries([...message.headers.rows()].map(([name]) => [name, message.headers.all(name)])),
  };
}

function inspect(message: SipMessage): string | undefined {
  return (message.kind === 'request' ? inspectRequest(message) : inspectResponse(message))?.reason;
}

function parsed(bytes: Uint8Array): SipMessage {
  const result = parseMessage(bytes);
  assert.ok(result.ok, `does not parse: ${JSON.stringify(result)}`);
  return result.value;
}

describe('torture messages of RFC 4475 and RFC 5118', () => {
  test('there is one for every section, and none twice', () => {
    assert.deepEqual([...new Set(ALL.map((each) => each.section))], SECTIONS);
    assert.equal(new Set(ALL.map((each) => each.name)).size, ALL.length);
    assert.equal(ALL.length, 60);
  });

  for (const { name, section, about, bytes, expected } of ALL) {
    test(`${section} ${name}: ${about}`, () => {
      switch (expected.verdict) {
        case 'unparsable': {
          const result = parseMessage(bytes);
          assert.ok(!result.ok);
          const { code, status, partial } = result.error;
          assert.deepEqual({ code, status }, { code: expected.code, status: expected.status });
          assert.equal(partial !== undefined, status !== undefined);
          break;
        }
        case 'objectionable':
          assert.equal(inspect(parsed(bytes)), expected.reason);
          break;
        case 'sound':
          checkSound(parsed(bytes), expected.reads);
          break;
      }
    });
  }

  for (const { name, bytes, expected } of ALL) {
    if (expected.verdict !== 'sound') continue;
    test(`${name} reads the same after it was serialised`, () => {
      const original = parsed(bytes);
      const again = parsed(serialise(original));
      assert.deepEqual({ ...read(again), rows: {} }, { ...read(original), rows: {} });
      assert.deepEqual(again.body, original.body);
    });
  }

  test('every request that can be answered can be answered', () => {
    for (const { name, bytes } of ALL) {
      const result = parseMessage(bytes);
      const request = result.ok ? result.value : result.error.partial;
      if (request === undefined || request.kind === 'response') continue;
      const response = parsed(serialise(createResponse(request, 400, { toTag: 'torture' })));
      assert.deepEqual(response.headers.all('Via'), request.headers.all('Via'), name);
      assert.equal(response.callId, request.callId, name);
    }
  });

  test('no message breaks the parser when it is cut off anywhere', () => {
    for (const { bytes } of ALL) {
      for (let length = 0; length < bytes.length; length += 7) {
        const result = parseMessage(bytes.subarray(0, length));
        if (result.ok) inspect(result.value);
      }
    }
  });

  test('a stream of all sound ones gives each of them back', () => {
    const framed = ALL.filter(
      ({ name, expected }) => expected.verdict === 'sound' && !['inv2543', 'dblreq'].includes(name),
    );
    const framer = new StreamFramer();
    const result = framer.push(Buffer.concat(framed.map(({ bytes }) => bytes)));
    assert.ok(result.ok);
    assert.deepEqual(
      result.value.map((item) => item.type === 'message' && Buffer.from(item.bytes)),
      framed.map(({ bytes }) => Buffer.from(bytes)),
    );
    assert.equal(framer.pendingBytes, 0);
  });
});

function checkSound(message: SipMessage, reads: Partial<Reading>): void {
  assert.equal(inspect(message), undefined);
  const { rows, ...values } = reads;
  const reading = read(message);
  assert.deepEqual(
    Object.fromEntries(Object.keys(values).map((key) => [key, reading[key as keyof Reading]])),
    values,
  );
  for (const [name, expected] of Object.entries(rows ?? {})) {
    assert.deepEqual(message.headers.all(name), expected, name);
  }
}
