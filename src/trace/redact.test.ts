import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { redacted } from './redact.ts';

function struck(text: string): string {
  return Buffer.from(redacted(Buffer.from(text))).toString();
}

/** CPU time to strike out, the best of some, for the machine may have other things to do. */
function cpuMs(message: Buffer): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    redacted(message);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

describe('secrets in a message', () => {
  test('digests are struck out, and who answered whose challenge stays', () => {
    assert.equal(
      struck(
        'REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username="reception", realm="voice.example.net", ' +
          'nonce="abc", uri="sip:a", response="0123", cnonce="xyz", nc=00000001, qop=auth, opaque="o,p"\r\n\r\n',
      ),
      'REGISTER sip:a SIP/2.0\r\nAuthorization: Digest username="reception", realm="voice.example.net", ' +
        'nonce="xxx", uri="sip:a", response="xxxx", cnonce="xxx", nc=00000001, qop=auth, opaque="xxx"\r\n\r\n',
    );
    assert.match(struck('\r\nWWW-Authenticate: Digest realm="r", nonce="abc"\r\n'), /realm="r", nonce="xxx"/);
    assert.match(
      struck('\r\nAuthentication-Info: nextnonce="abc", qop=auth\r\n'),
      /nextnonce="xxx", qop=auth/,
    );
  });

  test('of another scheme than Digest nothing stays', () => {
    assert.equal(
      struck('\r\nauthorization : Basic dXNlcjpwYXNz\r\n'),
      '\r\nauthorization : xxxxx xxxxxxxxxxxx\r\n',
    );
  });

  test('keys of media, passwords in URIs and pressed digits are struck out', () => {
    assert.equal(struck('\r\na=crypto:1 AES inline:key\r\n'), '\r\na=crypto:x xxx xxxxxxxxxx\r\n');
    assert.equal(struck('\r\na=ice-pwd:secret\r\na=sendrecv\r\n'), '\r\na=ice-pwd:xxxxxx\r\na=sendrecv\r\n');
    assert.equal(struck('To: <sip:bob:secret@b>;tag=1\r\n'), 'To: <sip:bob:xxxxxx@b>;tag=1\r\n');
    assert.equal(struck('\r\n\r\nSignal=7\r\nDuration=160\r\n'), '\r\n\r\nSignal=x\r\nDuration=160\r\n');
    assert.equal(
      struck('\r\nContent-Type: application/dtmf\r\n\r\n42'),
      '\r\nContent-Type: application/dtmf\r\n\r\nxx',
    );
  });

  test('a message without any is left alone, not even copied', () => {
    const bytes = Buffer.from(
      'OPTIONS sip:a@[2001:db8::1]:5060 SIP/2.0\r\nTo: <sip:a:5060@b>\r\n\r\nm=audio 4 RTP/AVP 0\r\n',
    );
    const plain = Buffer.from(
      'OPTIONS sip:a@[2001:db8::1]:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060\r\n\r\n',
    );
    assert.equal(redacted(plain), plain);
    assert.equal(redacted(bytes).length, bytes.length);
  });

  test('a message that is made to be slow costs by its bytes: four times as long is not sixteen times the work', () => {
    const pieces = [
      'sip:a:',
      'sip::',
      'c:application/dtmf\r\n',
      'signal=',
      'authorization:',
      '\nk=',
      '"',
      'a="\\',
      ':@',
    ];
    for (const piece of pieces) {
      for (const head of ['', 'Authorization: Digest a=', 'INFO sip:a SIP/2.0\r\n']) {
        const of = (length: number) => Buffer.from(head + piece.repeat(length / piece.length));
        const [short, long] = [cpuMs(of(16_000)), cpuMs(of(64_000))];
        // What takes no time either way may look like anything.
        assert.ok(long < 10 * short || long < 20, `${head}${piece}: ${short} ms, ${long} ms`);
      }
    }
  });

  test('however a header is written, no digest survives, and every length stays', () => {
    const space = fc.constantFrom('', ' ', '\t', '\r\n ', '\n\t');
    const secret = fc.stringMatching(/^[0-9a-f]{16,40}$/);
    const name = fc.constantFrom('response', 'nonce', 'cnonce', 'RESPONSE', 'opaque', 'x-token', 'auts');
    const parameter = fc
      .record({ name, secret, before: space, after: space, quoted: fc.boolean() })
      .map(({ name: key, secret: value, before, after, quoted }) => ({
        text: `${before}${key}${after}=${after}${quoted ? `"${value}"` : value}`,
        secret: value,
      }));
    const harmless = fc
      .constantFrom('username="a, b"', 'realm="r\\"x"', 'qop=auth', 'nc=1', ',', '=', '"', 'stray words', ';')
      .map((text) => ({ text, secret: undefined }));
    const header = fc.constantFrom(
      'Authorization',
      'PROXY-AUTHORIZATION',
      'proxy-authorization',
      'Authorization ',
    );
    const lineEnd = fc.constantFrom('\r\n', '\n');
    const scheme = fc.constantFrom('Digest', 'digest', 'DIGEST', 'Bearer', '');
    fc.assert(
      fc.property(header, scheme, lineEnd, fc.array(fc.oneof(parameter, harmless)), (field, of, end, all) => {
        const value = all.map(({ text }) => text).join(',');
        const text = `INVITE sip:a SIP/2.0${end}${field}: ${of} ${value}${end}Call-ID: 1${end}${end}body`;
        const result = struck(text);
        assert.equal(result.length, text.length);
        for (const one of all) if (one.secret !== undefined) assert.ok(!result.includes(one.secret), result);
        assert.ok(result.endsWith(`Call-ID: 1${end}${end}body`), result);
      }),
      { numRuns: 500 },
    );
  });
});
