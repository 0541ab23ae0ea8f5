import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { utf8 } from '../base/bytes.ts';
import { isUnicast } from './address.ts';
import { type AudioDescription, answerDirection, audioOf, type Direction, needsDtls } from './audio.ts';
import { parseSdp, type SessionDescription } from './description.ts';

function described(lines: readonly string[]): SessionDescription {
  const parsed = parseSdp(utf8(`${['v=0', 'o=- 1 1 IN IP4 192.0.2.1', ...lines].join('\r\n')}\r\n`));
  assert.ok(parsed.ok, 'the description parses');
  return parsed.value;
}

function audioIn(lines: readonly string[]): AudioDescription | undefined {
  return audioOf(described(lines));
}

describe('the audio of a description', () => {
  test('goes to the address of the session and the port of the section', () => {
    const audio = audioIn(['c=IN IP4 192.0.2.7', 'm=audio 4000 RTP/AVP 0']);
    assert.deepEqual(audio?.endpoint, { address: '192.0.2.7', port: 4000 });
    assert.equal(audio.rtcp, undefined);
  });

  test("goes to the section's own address where it has one", () => {
    const audio = audioIn(['c=IN IP4 192.0.2.7', 'm=audio 4000 RTP/AVP 0', 'c=IN IP6 2001:db8::7']);
    assert.deepEqual(audio?.endpoint, { address: '2001:db8::7', port: 4000 });
  });

  test('is absent from a description without audio', () => {
    assert.equal(audioIn(['c=IN IP4 192.0.2.7', 'm=image 4000 udptl t38']), undefined);
  });

  test('goes nowhere when it is rejected', () => {
    const audio = audioIn(['c=IN IP4 192.0.2.7', 'm=audio 0 RTP/AVP 0']);
    assert.equal(audio?.endpoint, undefined);
    assert.equal(audio?.rejected, true);
  });

  for (const address of ['IP4 0.0.0.0', 'IP6 ::', 'IP6 0:0:0:0:0:0:0:0']) {
    test(`held with ${address} is sendonly and goes nowhere`, () => {
      const audio = audioIn([`c=IN ${address}`, 'm=audio 4000 RTP/AVP 0']);
      assert.equal(audio?.endpoint, undefined);
      assert.equal(audio?.heldByAddress, true);
      assert.equal(audio.direction, 'sendonly');
    });
  }

  for (const address of [
    'IP4 phone.example.com',
    'IP4 224.2.1.1/127',
    'IP4 255.255.255.255',
    'IP6 ff02::1',
  ]) {
    test(`is never sent to ${address}`, () => {
      const audio = audioIn([`c=IN ${address}`, 'm=audio 4000 RTP/AVP 0', 'a=rtcp:5000 IN IP4 192.0.2.9']);
      assert.equal(audio?.endpoint, undefined);
      assert.equal(audio?.rtcp, undefined);
      assert.equal(audio?.heldByAddress, false);
    });
  }

  test('has its RTCP where a=rtcp says', () => {
    const audio = (rtcp: string) =>
      audioIn(['c=IN IP4 192.0.2.7', 'm=audio 4000 RTP/AVP 0', `a=rtcp:${rtcp}`]);
    assert.deepEqual(audio('4100')?.rtcp, { address: '192.0.2.7', port: 4100 });
    assert.deepEqual(audio('4100 IN IP4 192.0.2.8')?.rtcp, { address: '192.0.2.8', port: 4100 });
    assert.equal(audio('0')?.rtcp, undefined);
    assert.equal(audio('4100 IN IP4 dns.example.com')?.rtcp, undefined);
  });

  test("has its section's direction, else the session's, else sendrecv", () => {
    const section = ['c=IN IP4 192.0.2.7', 'm=audio 4000 RTP/AVP 0'];
    assert.equal(audioIn(section)?.direction, 'sendrecv');
    assert.equal(audioIn(['a=sendonly', ...section])?.direction, 'sendonly');
    assert.equal(audioIn(['a=sendonly', ...section, 'a=inactive '])?.direction, 'inactive');
  });

  test('lists payloads in order, static ones without rtpmap, unknown dynamic ones without codec', () => {
    const audio = audioIn([
      'c=IN IP4 192.0.2.7',
      'm=audio 4000 RTP/AVP 96 9 8 97 101 300 x',
      'a=rtpmap:96 opus/48000/2',
      'a=fmtp:96 useinbandfec=1; maxplaybackrate=16000',
      'a=rtpmap:101 telephone-event/8000',
      'a=rtpmap:97 broken',
      'a=ptime:30',
    ]);
    assert.deepEqual(audio?.payloads, [
      {
        type: 96,
        codec: 'OPUS',
        clockRate: 48_000,
        channels: 2,
        fmtp: 'useinbandfec=1; maxplaybackrate=16000',
      },
      { type: 9, codec: 'G722', clockRate: 8000, channels: 1, fmtp: undefined },
      { type: 8, codec: 'PCMA', clockRate: 8000, channels: 1, fmtp: undefined },
      { type: 97, codec: undefined, clockRate: undefined, channels: 1, fmtp: undefined },
      { type: 101, codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1, fmtp: undefined },
    ]);
    assert.deepEqual(audio.playable, { payloadType: 8, codec: 'PCMA' });
    assert.equal(audio.dtmfPayloadType, 101);
    assert.deepEqual(audio.clockRates, { 8: 8000, 9: 8000, 96: 48_000, 101: 8000 });
    assert.equal(audio.ptimeMs, 30);
  });

  test('takes DTMF at 8000 Hz, the rate of what is played', () => {
    const audio = audioIn([
      'c=IN IP4 192.0.2.7',
      'm=audio 4000 RTP/AVP 0 110 101',
      'a=rtpmap:110 telephone-event/48000',
      'a=rtpmap:101 telephone-event/8000',
    ]);
    assert.equal(audio?.dtmfPayloadType, 101);
  });

  test('cannot be played to when it is encrypted', () => {
    const audio = audioIn(['c=IN IP4 192.0.2.7', 'm=audio 4000 RTP/SAVP 0']);
    assert.deepEqual(audio?.endpoint, { address: '192.0.2.7', port: 4000 });
    assert.equal(audio.playable, undefined);
  });

  test('is the plain section when an encrypted one is offered beside it', () => {
    const audio = audioIn(['c=IN IP4 192.0.2.7', 'm=audio 4000 RTP/SAVP 0', 'm=audio 4002 RTP/AVP 0']);
    assert.equal(audio?.index, 1);
    assert.equal(audio.endpoint?.port, 4002);
  });

  test('is the encrypted section when the plain one is off', () => {
    const audio = audioIn(['c=IN IP4 192.0.2.7', 'm=audio 0 RTP/AVP 0', 'm=audio 4000 RTP/SAVP 0']);
    assert.equal(audio?.index, 1);
  });
});

describe('the direction of an answer', () => {
  const cases: readonly (readonly [offered: Direction, wanted: Direction, answer: Direction])[] = [
    ['sendrecv', 'sendrecv', 'sendrecv'],
    ['sendrecv', 'sendonly', 'sendonly'],
    ['sendrecv', 'inactive', 'inactive'],
    ['sendonly', 'sendrecv', 'recvonly'],
    ['sendonly', 'sendonly', 'inactive'],
    ['recvonly', 'sendrecv', 'sendonly'],
    ['recvonly', 'recvonly', 'inactive'],
    ['inactive', 'sendrecv', 'inactive'],
  ];
  for (const [offered, wanted, answer] of cases) {
    test(`to ${offered}, by one who wants ${wanted}, is ${answer}`, () => {
      assert.equal(answerDirection(offered, wanted), answer);
    });
  }
});

describe('keys that are agreed on over the media path', () => {
  const browser = ['c=IN IP4 192.0.2.7', 'm=audio 9 UDP/TLS/RTP/SAVPF 111 0'];
  const cases: readonly [title: string, lines: readonly string[], needed: boolean][] = [
    ['are needed by a browser', browser, true],
    ['are not needed where plain RTP is offered beside it', [...browser, 'm=audio 4000 RTP/AVP 0'], false],
    [
      'are not needed where they come in the description',
      ['c=IN IP4 192.0.2.7', 'm=audio 9 RTP/SAVP 0'],
      false,
    ],
  ];
  for (const [title, lines, needed] of cases) {
    test(title, () => assert.equal(needsDtls(described(lines)), needed));
  }
});

describe('media may be sent to an address', () => {
  for (const address of ['127.0.0.1', '192.0.2.255', '::1', '2001:db8::192.0.2.1', '1:2:3:4:5:6:7:8']) {
    test(`${address}: yes`, () => assert.equal(isUnicast(address), true));
  }
  const refused = [
    '',
    'localhost',
    '0.0.0.0',
    '0.1.2.3',
    '239.1.1.1',
    '256.1.1.1',
    '1.2.3',
    '01.2.3.4',
    '::',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'fe80::1%eth0',
    '12345::',
    '192.0.2.1::',
    'ff05::2',
  ];
  for (const address of refused) {
    test(`${address === '' ? 'nothing' : address}: no`, () => assert.equal(isUnicast(address), false));
  }
});
