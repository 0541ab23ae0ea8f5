import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatNameAddress, type NameAddress, parseNameAddress, tagOf } from './address.ts';
import { unquote } from './parameters.ts';

function address(text: string): NameAddress {
  const parsed = parseNameAddress(text);
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? '' : parsed.error}`);
  return parsed.value;
}

describe('addresses', () => {
  test('display name, URI and parameters are taken apart', () => {
    assert.deepEqual(address('"Bob \\"B.\\" Smith" <sip:bob@example.com;lr>;Tag=77;x'), {
      displayName: 'Bob "B." Smith',
      uri: 'sip:bob@example.com;lr',
      parameters: new Map([
        ['tag', '77'],
        ['x', undefined],
      ]),
    });
  });

  test('without angle brackets the parameters are the header’s', () => {
    assert.deepEqual(address('sip:bob@example.com;tag=77'), {
      uri: 'sip:bob@example.com',
      parameters: new Map([['tag', '77']]),
    });
  });

  test('a quoted parameter value keeps its quotes, and what stands in them', () => {
    const contact = address('<sip:a@b>;+sip.instance="<urn:uuid:0;1,2>";methods="INVITE, BYE"');
    assert.equal(contact.parameters.get('+sip.instance'), '"<urn:uuid:0;1,2>"');
    assert.equal(unquote(contact.parameters.get('methods') ?? ''), 'INVITE, BYE');
    assert.equal(
      formatNameAddress(contact),
      '<sip:a@b>;+sip.instance="<urn:uuid:0;1,2>";methods="INVITE, BYE"',
    );
  });

  test('a value in Base64 goes out as it came', () => {
    assert.equal(formatNameAddress(address('<sip:a@b>;tag=QUJD==;x')), '<sip:a@b>;tag=QUJD==;x');
  });

  test('an angle bracket within the quotes opens nothing', () => {
    assert.equal(address('"<sip:x>" <sip:bob@example.com>').displayName, '<sip:x>');
  });

  test('an empty display name is none', () => assert.equal(address('"" <sip:a@b>').displayName, undefined));

  const malformed = [
    '',
    '*',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '"Bob <sip:a@b>',
    '"Bob" x <sip:a@b>',
    'Bob sip:a@b',
    '<sip:a@b> x',
    '<sip:a@b>;',
    '<sip:a@b>;;tag=1',
    '<sip:a@b>;tag=',
    '<sip:a@b>;tag="1',
    '<sip:a@b>,<sip:c@d>',
    'sip:a@b?x=y',
    '<a@b>',
    '<sip:>',
    '<sip:a b@c>',
  ];
  for (const text of malformed) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(parseNameAddress(text).ok, false));
  }

  test('tagOf reads the tag, and nothing where there is none', () => {
    assert.equal(tagOf(address('<sip:a@b>;tag=x')), 'x');
    assert.equal(tagOf(address('<sip:a@b;tag=x>')), undefined);
    assert.equal(tagOf(undefined), undefined);
  });

  test('formatting and parsing again gives the same address, whatever the display name', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((each) => !/[\r\n]/.test(each));
    const parameters = fc.dictionary(
      fc.stringMatching(/^[a-z+.]{1,8}$/),
      fc.option(fc.constantFrom('1', '"a; b"', '[::1]', 'a:b'), { nil: undefined }),
    );
    fc.assert(
      fc.property(fc.option(text), parameters, (displayName, values) => {
        const made: NameAddress = {
          ...(displayName === null ? {} : { displayName }),
          uri: 'sip:bob@example.com;lr?a=b',
          parameters: new Map(Object.entries(values)),
        };
        assert.deepEqual(address(formatNameAddress(made)), made);
      }),
    );
  });

  test('a parameter value that cannot stand alone is quoted', () => {
    const made = { uri: 'sip:a@b', parameters: new Map([['text', 'Call completed']]) };
    assert.equal(formatNameAddress(made), '<sip:a@b>;text="Call completed"');
  });
});
