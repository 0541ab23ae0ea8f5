import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../base/limits.ts';
import { formatNameAddress } from './address.ts';
import { Headers } from './headers.ts';
import { inspectRequest, inspectResponse } from './inspect.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { type ParseFailure, parseMessage } from './parse.ts';
import { serialise } from './serialise.ts';
import { equalUris, parseUri } from './uri.ts';

const OPTIONS = [
  'OPTIONS sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
  'Max-Forwards: 70',
  'From: <sip:alice@example.com>;tag=a',
  'To: <sip:bob@example.com>',
  'Call-ID: c@192.0.2.1',
  'CSeq: 1 OPTIONS',
];

function parse(rows: readonly string[], body = '', lineEnd = '\r\n'): SipMessage {
  const result = parseMessage(Buffer.from([...rows, '', body].join(lineEnd)));
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function refusal(bytes: string | Uint8Array): ParseFailure {
  const result = parseMessage(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  assert.ok(!result.ok);
  return result.error;
}

function refusalOf(rows: readonly string[]): Pick<ParseFailure, 'code' | 'status'> {
  const { code, status } = refusal([...rows, '', ''].join('\r\n'));
  return { code, status };
}

describe('parsing', () => {
  test('bare line feeds end lines too', () => {
    const message = parse(OPTIONS, 'body', '\n');
    assert.equal(message.cseq?.number, 1);
    assert.deepEqual(Buffer.from(message.body).toString(), 'body');
  });

  test('line ends before the start line are passed over', () => {
    assert.ok(parseMessage(Buffer.from(`\r\n\r\n${OPTIONS.join('\r\n')}\r\n\r\n`)).ok);
  });

  test('the body is what Content-Length says, or the rest without it', () => {
    assert.equal(parse([...OPTIONS, 'Content-Length: 2'], 'body').body.length, 2);
    assert.equal(parse(OPTIONS, 'body').body.length, 4);
  });

  test('bytes may be any view, not only a Buffer', () => {
    const bytes = Uint8Array.from(Buffer.from(`xx${OPTIONS.join('\r\n')}\r\n\r\n`)).subarray(2);
    const result = parseMessage(bytes);
    assert.ok(result.ok && result.value.callId === 'c@192.0.2.1');
  });

  test('text that is not UTF-8 is read as Latin-1, and goes out as UTF-8', () => {
    const bytes = Buffer.from(`${[...OPTIONS, 'Subject: Müller'].join('\r\n')}\r\n\r\n`, 'latin1');
    const result = parseMessage(bytes);
    assert.ok(result.ok);
    assert.equal(result.value.headers.get('Subject'), 'Müller');
    assert.ok(Buffer.from(serialise(result.value)).includes(Buffer.from('Müller', 'utf8')));
  });

  test('a replacement character that was sent as one stays one', () => {
    assert.equal(parse([...OPTIONS, 'Subject: ü\ufffd']).headers.get('Subject'), 'ü\ufffd');
  });

  test('a status line may end after its code', () => {
    const message = parse(['SIP/2.0 180', ...OPTIONS.slice(1)]);
    assert.ok(message.kind === 'response' && message.status === 180 && message.reason === '');
  });

  test('what is not SIP deserves no answer', () => {
    for (const bytes of [
      '',
      '\r\n\r\n',
      '\0',
      'hello',
      'hello\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    ]) {
      assert.deepEqual(refusal(bytes), { ...refusal(bytes), code: 'not-sip', status: undefined });
    }
  });

  const [start, ...rest] = OPTIONS;
  const refused: readonly (readonly [
    about: string,
    rows: readonly string[],
    code: string,
    status?: number,
  ])[] = [
    ['a row without colon', [...OPTIONS, 'Subject'], 'bad-header', 400],
    ['a row that begins with the colon', [...OPTIONS, ': x'], 'bad-header', 400],
    ['a name with a space in it', [...OPTIONS, 'Sub ject: x'], 'bad-header', 400],
    ['a fold before the first row', [start ?? '', ' x', ...rest], 'bad-header', 400],
    ['a CR alone in a value', [...OPTIONS, 'Subject: a\rVia: b'], 'bad-header', 400],
    [
      'more rows than the limit',
      [...OPTIONS, ...new Array<string>(LIMITS.headerFieldsMax).fill('X: y')],
      'too-many-headers',
      400,
    ],
    ['headers beyond the limit', [...OPTIONS, `X: ${'y'.repeat(LIMITS.headerBytesMax)}`], 'too-large', 513],
    ['a Content-Length with a sign', [...OPTIONS, 'Content-Length: +0'], 'bad-content-length', 400],
    ['an empty Content-Length', [...OPTIONS, 'Content-Length:'], 'bad-content-length', 400],
    ['two Content-Lengths, even of one mind', [...OPTIONS, 'l: 0', 'l: 0'], 'bad-content-length', 400],
    ['a method that is no token', ['OP{ sip:b SIP/2.0', ...rest], 'bad-start-line', 400],
    ['a version before its time', ['OPTIONS sip:b SIP/3.0', ...rest], 'bad-version', 505],
    ['a status code of four digits', ['SIP/2.0 2000 OK', ...rest], 'bad-start-line'],
    ['a status code below 100', ['SIP/2.0 099 X', ...rest], 'bad-start-line'],
    ['a status code above 699', ['SIP/2.0 700 X', ...rest], 'bad-start-line'],
    ['a response of another version', ['SIP/3.0 200 OK', ...rest], 'bad-start-line'],
  ];
  for (const [about, rows, code, status] of refused) {
    test(`${about} is refused${status === undefined ? ' without an answer' : ` with ${status}`}`, () => {
      assert.deepEqual(refusalOf(rows), { code, status });
    });
  }

  test('headers that do not end are refused', () => {
    assert.equal(refusal(OPTIONS.join('\r\n')).code, 'truncated-headers');
  });

  test('a refused request shows what its answer needs, also from behind the mistake', () => {
    const [first, via, ...others] = OPTIONS;
    const failure = refusal([first, via, 'broken', ...others, '', ''].join('\r\n'));
    assert.equal(failure.partial?.via?.host, '192.0.2.1');
    assert.equal(failure.partial?.callId, 'c@192.0.2.1');
  });

  test('a refused request that could not be answered has no status, and an ACK never has', () => {
    const withoutVia = OPTIONS.filter((row) => !row.startsWith('Via'));
    assert.deepEqual(refusalOf([...withoutVia, 'broken']), { code: 'bad-header', status: undefined });
    const ack = OPTIONS.map((row) => row.replace('OPTIONS', 'ACK'));
    assert.deepEqual(refusalOf([...ack, 'broken']), { code: 'bad-header', status: undefined });
  });

  test('a message that is too large is refused before anything is read', () => {
    assert.equal(refusal(Buffer.alloc(LIMITS.messageBytesMax + 1, 'a')).code, 'too-large');
  });
});

describe('parsing and serialising', () => {
  test('serialising and parsing gives the same message', () => {
    fc.assert(
      fc.property(anyMessage(), (message) => {
        const result = parseMessage(serialise(message));
        assert.ok(result.ok, JSON.stringify(result));
        assert.deepEqual(contents(result.value), contents(message));
        assert.equal(result.value.headers.get('Content-Length'), String(message.body.length));
      }),
    );
  });

  test('a request reads the same with compact names, other case, folds, white space and bare line feeds', () => {
    fc.assert(
      fc.property(fc.array(style(), { minLength: OPTIONS.length, maxLength: OPTIONS.length }), (styles) => {
        const rows = OPTIONS.map((row, index) => (index === 0 ? row : written(row, styles[index])));
        const bytes = Buffer.from(
          `${rows.map((row, index) => row + (styles[index]?.lineEnd ?? '')).join('')}\r\n`,
        );
        const result = parseMessage(bytes);
        assert.ok(result.ok, bytes.toString());
        assert.deepEqual(contents(result.value), contents(parse(OPTIONS)));
      }),
    );
  });
});

describe('hostile bytes', () => {
  test('random bytes never break the parser', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readAll(bytes)));
  });

  test('a message with bytes changed, lost and doubled never breaks the parser', () => {
    const whole = Buffer.from(
      `${[...OPTIONS, 'Contact: "A, B" <sip:a@[::1]:5060;x=y?z>;q=0.5, *', 'Content-Length: 4'].join('\r\n')}\r\n\r\nbody`,
    );
    const change = fc.record({
      at: fc.nat({ max: whole.length - 1 }),
      length: fc.nat({ max: 12 }),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 6 }),
        fc.constantFrom('"', '<', '>', '\r\n ', ',', ';', '%', '\\', '\r', '('),
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let bytes = whole;
        for (const { at, length, put } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + length)]);
        }
        readAll(bytes);
      }),
      { numRuns: 500 },
    );
  });

  // A reader that were quadratic would take many seconds for each of these: 30,000 characters, squared.
  for (const pattern of [
    '(',
    '"',
    '<',
    ',',
    ';a',
    ';',
    ' ',
    '\\',
    '%',
    '%41',
    ' \r\n',
    '\r\n x',
    '(,',
    '",',
    '<,',
    '[',
    ':',
    'a:',
  ]) {
    test(`30,000 bytes of ${JSON.stringify(pattern)} are read in linear time`, () => {
      const long = pattern.repeat(30_000 / pattern.length);
      const names = ['Via', 'From', 'To', 'Contact', 'Route', 'CSeq', 'Call-ID', 'X'];
      const before = process.cpuUsage().user;
      for (const name of names)
        readAll(Buffer.from(`OPTIONS sip:a SIP/2.0\r\n${name}: sip:a${long}\r\n\r\n`));
      readAll(Buffer.from(`OPTIONS sip:a${long.replaceAll(/\s/g, '')} SIP/2.0\r\nX: y\r\n\r\n`));
      assert.ok(process.cpuUsage().user - before < 2_000_000);
    });
  }
});

/** Touches everything that can be read. */
function readAll(bytes: Uint8Array): void {
  const result = parseMessage(bytes);
  const message = result.ok ? result.value : result.error.partial;
  if (message === undefined) return;
  if (message.kind === 'request') {
    inspectRequest(message);
    const uri = parseUri(message.uri);
    if (uri.ok) assert.ok(equalUris(uri.value, uri.value));
  } else inspectResponse(message);
  for (const address of [...message.contacts, ...message.routes]) formatNameAddress(address);
  for (const [name] of message.headers.rows()) message.headers.values(name);
  if (result.ok) assert.ok(parseMessage(serialise(message)).ok);
}

function contents(message: SipMessage): unknown {
  const start = message.kind === 'request' ? [message.method, message.uri] : [message.status, message.reason];
  const rows = [...message.headers.remove('Content-Length').rows()];
  return { kind: message.kind, start, rows, body: [...message.body] };
}

function anyMessage(): fc.Arbitrary<SipMessage> {
  const name = fc.oneof(
    fc.constantFrom('Via', 'v', 'From', 'CALL-ID', 'X-Other', 'x-y', 'Content-Length'),
    fc.stringMatching(/^[A-Za-z0-9!%*_+`'~.-]{1,12}$/),
  );
  const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
  const rows = fc.array(fc.tuple(name, value), { maxLength: 10 }).map((each) => Headers.of(each));
  const body = fc.uint8Array({ maxLength: 40 });
  const uri = fc.webUrl();
  const request = fc
    .tuple(fc.constantFrom('INVITE', 'ACK', "x-!%*_+`'~"), uri, rows, body)
    .map((parts) => new SipRequest(...parts));
  const response = fc
    .tuple(fc.integer({ min: 100, max: 699 }), value, rows, body)
    .map((parts) => new SipResponse(...parts));
  return fc.oneof(request, response);
}

interface Style {
  readonly compact: boolean;
  readonly upper: boolean;
  readonly beforeColon: string;
  readonly afterColon: string;
  readonly atSpaces: string;
  readonly atEnd: string;
  readonly lineEnd: string;
}

const COMPACT: Readonly<Record<string, string>> = { Via: 'v', From: 'f', To: 't', 'Call-ID': 'i' };

function style(): fc.Arbitrary<Style> {
  const space = fc.constantFrom('', ' ', '\t', ' \r\n ', '\n\t', '\r\n  \r\n ');
  return fc.record({
    compact: fc.boolean(),
    upper: fc.boolean(),
    beforeColon: fc.constantFrom('', ' ', ' \t '),
    afterColon: space,
    atSpaces: fc.constantFrom(' ', ' \r\n ', '\r\n\t', '\n '),
    atEnd: space,
    lineEnd: fc.constantFrom('\r\n', '\n'),
  });
}

function written(row: string, how: Style | undefined): string {
  if (how === undefined) return row;
  const colon = row.indexOf(':');
  const long = row.slice(0, colon);
  const name = how.compact ? (COMPACT[long] ?? long) : long;
  const value = row
    .slice(colon + 1)
    .trim()
    .replaceAll(' ', how.atSpaces);
  return `${how.upper ? name.toUpperCase() : name}${how.beforeColon}:${how.afterColon}${value}${how.atEnd}`;
}
