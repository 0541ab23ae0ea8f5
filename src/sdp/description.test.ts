import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { text, utf8 } from '../base/bytes.ts';
import { LIMITS } from '../base/limits.ts';
import { formatSdp, parseSdp } from './description.ts';

const PHONE = `v=0\r
o=alice 2890844526 2890844526 IN IP4 192.0.2.1\r
s=\r
c=IN IP4 192.0.2.1\r
t=0 0\r
m=audio 49170 RTP/AVP 0 8 101\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:101 telephone-event/8000\r
a=fmtp:101 0-15\r
a=sendrecv\r
`;

function reasonOf(sdp: string): string {
  const result = parseSdp(utf8(sdp));
  return result.ok ? 'parsed' : `${result.error.line}: ${result.error.reason}`;
}

describe('a session description', () => {
  test('is formatted as it was parsed, byte for byte', () => {
    const line = fc
      .tuple(fc.constantFrom(...'sicbtazkx'), fc.uint8Array({ maxLength: 40 }))
      .map(([type, bytes]) => [
        type.charCodeAt(0),
        0x3d,
        ...bytes.filter((byte) => byte !== 13 && byte !== 10),
        13,
        10,
      ]);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.array(line, { maxLength: 20 }), (session, media) => {
        const bytes = Uint8Array.from([
          ...utf8('v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\n'),
          ...session.flat(),
          ...utf8('m=audio 4000 RTP/AVP 0\r\n'),
          ...media.flat(),
        ]);
        const parsed = parseSdp(bytes);
        assert.ok(parsed.ok);
        assert.deepEqual(formatSdp(parsed.value), bytes);
      }),
    );
  });

  test('never makes the parser throw, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(PHONE.length), (noise, at) => {
        const phone = utf8(PHONE);
        parseSdp(Uint8Array.from([...phone.subarray(0, at), ...noise, ...phone.subarray(at)]));
      }),
    );
  });

  test('may end its lines with LF alone, and have blank lines at the end', () => {
    const parsed = parseSdp(utf8(`${PHONE.replaceAll('\r\n', '\n')}\n\n`));
    assert.ok(parsed.ok);
    assert.equal(text(formatSdp(parsed.value)), PHONE);
  });

  test('tells what its m= line says', () => {
    const parsed = parseSdp(utf8(PHONE));
    assert.ok(parsed.ok);
    const [audio] = parsed.value.media;
    assert.equal(audio?.media, 'audio');
    assert.equal(audio.port, 49170);
    assert.equal(audio.protocol, 'RTP/AVP');
    assert.deepEqual(audio.formats, ['0', '8', '101']);
    assert.equal(audio.lines.length, 4);
  });

  test('may leave out s= and t=, as some phones do', () => {
    assert.equal(reasonOf('v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\n'), 'parsed');
  });
});

describe('a malformed session description is refused with line and reason', () => {
  const ORIGIN = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
  const cases: readonly (readonly [name: string, sdp: string, reason: string])[] = [
    ['empty', '', '1: empty'],
    ['another version', 'v=1\r\n', '1: does not begin with v=0'],
    ['no version', 'o=- 1 1 IN IP4 192.0.2.1\r\n', '1: does not begin with v=0'],
    ['no origin', 'v=0\r\ns=-\r\n', '1: no o= line'],
    ['a line that is no line', `${ORIGIN}hello\r\n`, '3: not of the form <letter>=<value>'],
    ['a blank line in the middle', `${ORIGIN}\r\ns=-\r\n`, '3: not of the form <letter>=<value>'],
    ['a port out of range', `${ORIGIN}m=audio 65536 RTP/AVP 0\r\n`, '3: malformed m= line'],
    ['a port that is no number', `${ORIGIN}m=audio -1 RTP/AVP 0\r\n`, '3: malformed m= line'],
    ['no formats', `${ORIGIN}m=audio 4000 RTP/AVP\r\n`, '3: malformed m= line'],
    ['no address', `${ORIGIN}s=-\r\nm=audio 4000 RTP/AVP 0\r\n`, '4: no c= line for this stream'],
    ['too many lines', ORIGIN + 'a=x\r\n'.repeat(LIMITS.sdpLinesMax), '1001: too many lines'],
    [
      'too many sections',
      ORIGIN + 'm=audio 0 RTP/AVP 0\r\n'.repeat(LIMITS.sdpMediaSectionsMax + 1),
      `${LIMITS.sdpMediaSectionsMax + 3}: too many media sections`,
    ],
    [
      'too many formats',
      `${ORIGIN}m=audio 0 RTP/AVP${' 0'.repeat(LIMITS.sdpFormatsMax + 1)}\r\n`,
      '3: malformed m= line',
    ],
  ];
  for (const [name, sdp, reason] of cases) {
    test(name, () => {
      assert.equal(reasonOf(sdp), reason);
    });
  }
});
