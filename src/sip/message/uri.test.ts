import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { equalUris, formatUri, parseUri, type Uri, uriUser } from './uri.ts';

function uri(text: string): Uri {
  const parsed = parseUri(text);
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? '' : parsed.error}`);
  return parsed.value;
}

describe('URIs', () => {
  test('a SIP URI is taken apart', () => {
    assert.deepEqual(uri('sips:al%40ice:s%3Acret@[2001:DB8::9]:5061;Transport=tcp;lr?subject=a&to=b'), {
      scheme: 'sips',
      user: 'al@ice',
      password: 's:cret',
      host: '2001:db8::9',
      port: 5061,
      parameters: new Map([
        ['transport', 'tcp'],
        ['lr', undefined],
      ]),
      headers: 'subject=a&to=b',
    });
  });

  test('a tel URI loses its visual separators', () => {
    assert.deepEqual(uri('tel:+44(20)7946-0000;phone-context=example.com'), {
      scheme: 'tel',
      number: '+442079460000',
      parameters: new Map([['phone-context', 'example.com']]),
    });
  });

  test('any other URI stays as it is', () => {
    assert.deepEqual(uri('urn:service:sos'), { scheme: 'other', text: 'urn:service:sos' });
  });

  const malformed = [
    '',
    'sip',
    'sip:',
    ':a@b',
    '1sip:a@b',
    'sip:@example.com',
    'sip::secret@example.com',
    'sip:a@',
    'sip:a@b@c',
    'sip:a@exa mple.com',
    'sip:a@example.com:port',
    'sip:a@example.com:65536',
    'sip:a@[2001:db8::1',
    'sip:a@[2001:db8::1::2]',
    'sip:a@[1:2:3:4:5:6:7:8:9]',
    'sip:a@[::192.0.2.256]',
    'sip:a@2001:db8::1',
    '<sip:a@b>',
    'sip:a@b\r\nVia: c',
    'sip:a@b;=c',
    'tel:',
    'tel:+',
    'tel:12+3',
    'tel:hello',
  ];
  for (const text of malformed) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseUri(text).ok, false));
  }

  test('a lone % and a broken escape stand for themselves', () => {
    assert.equal(uriUser('sip:100%@example.com'), '100%');
    assert.equal(uriUser('sip:a%4Gb@example.com'), 'a%4Gb');
  });

  test('uriUser gives the user, the number, or nothing', () => {
    assert.equal(uriUser('sip:+442079460000@example.com;user=phone'), '+442079460000');
    assert.equal(uriUser('tel:+44-20-7946-0000'), '+442079460000');
    assert.equal(uriUser('sip:example.com'), undefined);
    assert.equal(uriUser('urn:service:sos'), undefined);
    assert.equal(uriUser('nonsense'), undefined);
  });

  test('formatting and parsing again gives the same URI', () => {
    fc.assert(fc.property(anyUri(), (each) => assert.deepEqual(uri(formatUri(each)), each)));
  });
});

// The examples of RFC 3261 §19.1.4 and RFC 5954 §4, with what follows from their rules.
describe('URI comparison', () => {
  const equal: readonly (readonly [string, string])[] = [
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['sip:a@[2001:db8::9:1]', 'sip:a@[2001:db8:0:0:0:0:9:1]'],
    ['sip:a@[::ffff:192.0.2.1]', 'sip:a@[::FFFF:c000:201]'],
    ['tel:+442079460000', 'tel:+44-20-7946-0000'],
    ['urn:service:sos', 'urn:service:sos'],
  ];
  const different: readonly (readonly [string, string])[] = [
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:a@b', 'sips:a@b'],
    ['sip:a@b', 'sip:a:secret@b'],
    ['sip:a@b', 'sip:a@b;maddr=192.0.2.1'],
    ['sip:a@b;user=phone', 'sip:a@b'],
    ['sip:a@[2001:db8::1]', 'sip:a@[2001:db8::2]'],
    ['tel:+442079460000', 'tel:+442079460001'],
    ['tel:1234;phone-context=a', 'tel:1234'],
    ['tel:1234', 'sip:1234@b'],
    ['urn:a:b', 'urn:a:c'],
  ];
  for (const [a, b] of equal) test(`${a} equals ${b}`, () => assert.ok(equalUris(uri(a), uri(b))));
  for (const [a, b] of different) test(`${a} differs from ${b}`, () => assert.ok(!equalUris(uri(a), uri(b))));

  test('every URI equals itself, and comparing both ways says the same', () => {
    fc.assert(
      fc.property(anyUri(), anyUri(), (a, b) => {
        assert.ok(equalUris(a, a));
        assert.equal(equalUris(a, b), equalUris(b, a));
      }),
    );
  });
});

function anyUri(): fc.Arbitrary<Uri> {
  const part = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .filter((text) => text.isWellFormed());
  const parameters = fc
    .array(
      fc.tuple(
        part.map((text) => text.toLowerCase()),
        fc.option(part, { nil: undefined }),
      ),
      { maxLength: 3 },
    )
    .map((entries) => new Map(entries));
  const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
  const host = fc.oneof(fc.constantFrom('example.com', 'a', '192.0.2.1', '2001:db8::1', '::1'), fc.ipV6());
  const sip = fc
    .record({
      scheme: fc.constantFrom('sip', 'sips'),
      user: fc.option(part),
      password: fc.option(part),
      host,
      port,
      parameters,
      headers: fc.constantFrom('', 'a=b', 'b=c&a=b', 'x'),
    })
    .map(
      ({ user, password, port: portOrNone, ...rest }): Uri => ({
        ...rest,
        ...(user === null ? {} : { user, ...(password === null ? {} : { password }) }),
        ...(portOrNone === undefined ? {} : { port: portOrNone }),
      }),
    );
  const tel = fc
    .tuple(fc.stringMatching(/^\+?[0-9]{1,15}$/), parameters)
    .map(([number, each]): Uri => ({ scheme: 'tel', number, parameters: each }));
  return fc.oneof(
    { weight: 5, arbitrary: sip },
    tel,
    fc.constant<Uri>({ scheme: 'other', text: 'urn:service:sos' }),
  );
}
