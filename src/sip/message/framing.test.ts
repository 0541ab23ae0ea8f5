import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../base/limits.ts';
import { StreamFramer, type StreamItem } from './framing.ts';
import { parseMessage } from './parse.ts';

const CRLF = Buffer.from('\r\n');

function message(body = '', name = 'Content-Length'): Buffer {
  return Buffer.from(`OPTIONS sip:a SIP/2.0\r\nVia: x\r\n${name}: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function push(framer: StreamFramer, text: string | Uint8Array): readonly StreamItem[] {
  const result = framer.push(typeof text === 'string' ? Buffer.from(text) : text);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function texts(items: readonly StreamItem[]): string[] {
  return items.map((item) => (item.type === 'message' ? Buffer.from(item.bytes).toString() : item.type));
}

/** CPU time in which headers of so many bytes arrive, one byte after the other. */
function dripMs(headerBytes: number): number {
  const bytes = Buffer.from(`OPTIONS sip:a SIP/2.0\r\nX: ${'a\r\n '.repeat(headerBytes / 4)}`);
  const framer = new StreamFramer();
  const before = process.cpuUsage();
  for (let at = 0; at < headerBytes; at++) push(framer, bytes.subarray(at, at + 1));
  const { user, system } = process.cpuUsage(before);
  assert.equal(framer.pendingBytes, headerBytes);
  return (user + system) / 1_000;
}

describe('stream framing', () => {
  test('a message that drips costs by its bytes: four times as long is not sixteen times the work', () => {
    dripMs(4_000);
    // The best of some, for the machine may have other things to do.
    const best = (headerBytes: number) => Math.min(...[1, 2, 3, 4, 5].map(() => dripMs(headerBytes)));
    const [short, long] = [best(8_000), best(32_000)];
    assert.ok(long < 10 * Math.max(short, 1), `8 kB in ${short} ms, 32 kB in ${long} ms`);
  });

  test('two messages in one piece are two', () => {
    const two = Buffer.concat([message('one'), message('two', 'l')]);
    assert.deepEqual(texts(push(new StreamFramer(), two)), [
      message('one').toString(),
      message('two', 'l').toString(),
    ]);
  });

  test('a message in many pieces is one, and waits until it is whole', () => {
    const framer = new StreamFramer();
    const bytes = message('hello');
    for (const [index, byte] of bytes.entries()) {
      const items = push(framer, Uint8Array.of(byte));
      assert.equal(items.length, index === bytes.length - 1 ? 1 : 0);
      assert.equal(framer.pendingBytes, index === bytes.length - 1 ? 0 : index + 1);
    }
  });

  test('CRLFCRLF between messages is a ping, CRLF a pong', () => {
    assert.deepEqual(texts(push(new StreamFramer(), '\r\n\r\n')), ['ping']);
    assert.deepEqual(texts(push(new StreamFramer(), '\r\n')), ['pong']);
    assert.deepEqual(texts(push(new StreamFramer(), '\r\n\r\n\r\n')), ['ping', 'pong']);
  });

  test('a ping that was cut in the middle is still a ping', () => {
    const framer = new StreamFramer();
    assert.deepEqual(texts(push(framer, '\r\n\r')), ['pong']);
    assert.deepEqual(texts(push(framer, '\n')), ['ping']);
  });

  test('bytes of an earlier message do not change when more arrive', () => {
    const framer = new StreamFramer();
    push(framer, message('one').subarray(0, 10));
    const [first] = push(framer, Buffer.concat([message('one').subarray(10), message('two').subarray(0, 5)]));
    push(framer, message('two').subarray(5));
    assert.deepEqual(texts(first === undefined ? [] : [first]), [message('one').toString()]);
  });

  const failures: readonly (readonly [
    about: string,
    text: string,
    code: string,
    status: number | undefined,
  ])[] = [
    ['no Content-Length', 'OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n', 'bad-content-length', 400],
    ['two of them', 'A sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\nx', 'bad-content-length', 400],
    ['a negative one', 'A sip:a SIP/2.0\r\nl: -1\r\n\r\n', 'bad-content-length', 400],
    ['one that goes on in a fold', 'A sip:a SIP/2.0\r\nl: 1\r\n 2\r\n\r\n', 'bad-content-length', 400],
    ['one in a row with a bare CR', 'A sip:a SIP/2.0\r\nl: 1\rx\r\n\r\n', 'bad-content-length', 400],
    ['one that is no number', 'A sip:a SIP/2.0\r\nl: 1x\r\n\r\n', 'bad-content-length', 400],
    ['a body beyond the limit', 'A sip:a SIP/2.0\r\nl: 70000\r\n\r\n', 'too-large', 513],
    [
      'headers beyond the limit',
      `A sip:a SIP/2.0\r\nx: ${'x'.repeat(LIMITS.headerBytesMax)}`,
      'too-large',
      513,
    ],
    ['TLS on a plain port', '\x16\x03\x01\x02\x00', 'not-sip', undefined],
    ['a CR alone', '\rx', 'not-sip', undefined],
  ];
  for (const [about, text, code, status] of failures) {
    test(`${about} ends the stream, after what was whole before`, () => {
      const framer = new StreamFramer();
      const result = framer.push(Buffer.concat([message('before'), Buffer.from(text)]));
      assert.ok(!result.ok);
      assert.deepEqual({ code: result.error.code, status: result.error.status }, { code, status });
      assert.deepEqual(texts(result.error.items), [message('before').toString()]);
      const next = framer.push(message());
      assert.deepEqual(next, { ok: false, error: { ...result.error, items: [] } });
    });
  }

  test('however the stream is cut, it gives the same messages and pings, and fails the same', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 40 }).map((body) => message(body)),
      fc.string({ maxLength: 40 }).map((body) => message(body, 'L ')),
      fc.constantFrom(CRLF, Buffer.from('\r\n\r\n'), Buffer.from('\n')),
      fc.constantFrom(Buffer.from('A sip:a SIP/2.0\nl:\r\n 2\n\nab'), Buffer.from('B sip:a SIP/2.0\r\n\r\n')),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat({ max: 60 })), (pieces, sizes) => {
        const stream = Buffer.concat(pieces);
        assert.deepEqual(frame(stream, sizes), frame(stream, []));
      }),
    );
  });

  test('the parser agrees about where each message ends', () => {
    const rows = fc.array(
      fc.constantFrom('l: 2', 'L : 2', 'X: y', ' 2', '', 'l: 2\rx', 'Content-Length:', ': 2', '\t'),
    );
    const lineEnd = fc.constantFrom('\r\n', '\n', '\r');
    fc.assert(
      fc.property(rows, fc.array(lineEnd, { minLength: 10, maxLength: 10 }), (each, ends) => {
        const lines = ['A sip:a SIP/2.0', ...each, '', 'ab'].map(
          (row, index) => row + (ends[index % 10] ?? ''),
        );
        const result = new StreamFramer().push(Buffer.from(lines.join('')));
        for (const item of result.ok ? result.value : result.error.items) {
          if (item.type !== 'message' || !parseMessage(item.bytes).ok) continue;
          assert.equal(parseMessage(item.bytes.subarray(0, -1)).ok, false);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** All items but pongs, of the stream cut into these sizes, and the failure's code. */
function frame(stream: Buffer, sizes: readonly number[]): string[] {
  const framer = new StreamFramer();
  const items: StreamItem[] = [];
  let at = 0;
  for (const size of [...sizes, stream.length]) {
    const result = framer.push(Buffer.from(stream.subarray(at, at + size)));
    at += size;
    items.push(...(result.ok ? result.value : result.error.items));
    if (!result.ok) return [...texts(items.filter(({ type }) => type !== 'pong')), result.error.code];
  }
  return texts(items.filter(({ type }) => type !== 'pong'));
}
