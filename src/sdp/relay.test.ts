import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { text, utf8 } from '../base/bytes.ts';
import { audioOf } from './audio.ts';
import { formatSdp, parseSdp, type SessionDescription } from './description.ts';
import { createAnswer, createOffer } from './offer-answer.ts';
import { relayed } from './relay.ts';

const NODE = { local: { address: '203.0.113.7', port: 20_000 }, sessionId: 77, sessionVersion: 3 };

function sdp(lines: readonly string[]): SessionDescription {
  const parsed = parseSdp(utf8(`${lines.join('\r\n')}\r\n`));
  assert.ok(parsed.ok, 'the description parses');
  return parsed.value;
}

function linesOf(description: SessionDescription): readonly string[] {
  return text(formatSdp(description)).trimEnd().split('\r\n');
}

describe('a relayed description', () => {
  test('has our origin, address and port, and is otherwise what it was', () => {
    const offer = sdp([
      'v=0',
      'o=alice 1 1 IN IP4 192.0.2.1',
      's=call',
      'i=about it',
      'b=AS:84',
      't=0 0',
      'a=tool:phone 1.0',
      'm=audio 4000 RTP/AVP 96 8 101',
      'c=IN IP4 192.0.2.1',
      'b=TIAS:64000',
      'a=rtpmap:96 opus/48000/2',
      'a=fmtp:96 useinbandfec=1',
      'a=rtpmap:101 telephone-event/8000',
      'a=ptime:20',
      'a=sendonly',
    ]);
    assert.deepEqual(linesOf(relayed(offer, NODE)), [
      'v=0',
      'o=- 77 3 IN IP4 203.0.113.7',
      's=call',
      'i=about it',
      'c=IN IP4 203.0.113.7',
      'b=AS:84',
      't=0 0',
      'a=tool:phone 1.0',
      'm=audio 20000 RTP/AVP 96 8 101',
      'b=TIAS:64000',
      'a=rtpmap:96 opus/48000/2',
      'a=fmtp:96 useinbandfec=1',
      'a=rtpmap:101 telephone-event/8000',
      'a=ptime:20',
      'a=sendonly',
    ]);
  });

  test('keeps no way around the relay: ICE, RTCP elsewhere, bundles', () => {
    const offer = sdp([
      'v=0',
      'o=- 1 1 IN IP4 192.0.2.1',
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'a=group:BUNDLE a v',
      'a=ice-lite',
      'm=audio 4000 RTP/AVP 0',
      'a=mid:a',
      'a=rtcp:4009 IN IP4 192.0.2.1',
      'a=rtcp-mux',
      'a=ice-ufrag:abcd',
      'a=ice-pwd:secret',
      'a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host',
      'a=end-of-candidates',
      'm=video 4002 RTP/AVP 99',
      'a=mid:v',
      'a=candidate:1 1 UDP 2130706431 192.0.2.1 4002 typ host',
    ]);
    assert.deepEqual(linesOf(relayed(offer, NODE)).slice(3), [
      'c=IN IP4 203.0.113.7',
      't=0 0',
      'm=audio 20000 RTP/AVP 0',
      'a=mid:a',
      'm=video 0 RTP/AVP 99',
    ]);
  });

  test('keeps every section in its place, on for the call, off for the rest', () => {
    const section = fc.constantFrom(
      'm=audio 4000 RTP/AVP 0',
      'm=audio 0 RTP/AVP 0',
      'm=audio 4000 RTP/SAVP 0',
      'm=video 4002 RTP/AVP 99',
      'm=image 4004 udptl t38',
    );
    fc.assert(
      fc.property(fc.array(section, { maxLength: 6 }), (sections) => {
        const offer = sdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 'c=IN IP4 192.0.2.1', ...sections]);
        const result = relayed(offer, NODE);
        assert.deepEqual(
          result.media.map(({ media, protocol }) => [media, protocol]),
          offer.media.map(({ media, protocol }) => [media, protocol]),
        );
        const on = result.media.filter(({ port }) => port !== 0);
        assert.ok(on.length <= 1);
        assert.equal(audioOf(result)?.index, audioOf(offer)?.index);
        assert.equal(audioOf(result)?.rejected, audioOf(offer)?.rejected);
        assert.ok(!text(formatSdp(result)).includes('192.0.2.1'));
      }),
    );
  });

  test('rejects what was rejected', () => {
    const answer = sdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 'm=audio 0 RTP/AVP 0']);
    assert.equal(audioOf(relayed(answer, NODE))?.rejected, true);
  });

  test('says hold by direction where it was said by address', () => {
    const held = (direction: readonly string[]) =>
      relayed(
        sdp(['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 'c=IN IP4 0.0.0.0', 'm=audio 4000 RTP/AVP 0', ...direction]),
        NODE,
      );
    assert.deepEqual(linesOf(held([])).slice(2), [
      'c=IN IP4 203.0.113.7',
      'm=audio 20000 RTP/AVP 0',
      'a=sendonly',
    ]);
    assert.equal(audioOf(held(['a=sendrecv']))?.direction, 'sendonly');
    assert.equal(audioOf(held(['a=recvonly']))?.direction, 'inactive');
  });

  test('takes an IPv4 call to an IPv6 address', () => {
    const offer = sdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 'c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0']);
    const result = relayed(offer, { ...NODE, local: { address: '2001:db8::7', port: 20_000 } });
    assert.deepEqual(linesOf(result), [
      'v=0',
      'o=- 77 3 IN IP6 2001:db8::7',
      'c=IN IP6 2001:db8::7',
      'm=audio 20000 RTP/AVP 0',
    ]);
  });

  test('gains the c= line that it had only in its section, in its place', () => {
    const offer = sdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.1']);
    assert.equal(linesOf(relayed(offer, NODE))[2], 'c=IN IP4 203.0.113.7');
  });
});

describe('an offer of our own', () => {
  test('has the codecs in order, DTMF and a direction', () => {
    const offer = createOffer({
      ...NODE,
      codecs: ['PCMA', 'PCMU'],
      direction: 'sendrecv',
      dtmfPayloadType: 101,
    });
    assert.deepEqual(linesOf(offer), [
      'v=0',
      'o=- 77 3 IN IP4 203.0.113.7',
      's=-',
      'c=IN IP4 203.0.113.7',
      't=0 0',
      'm=audio 20000 RTP/AVP 8 0 101',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
    ]);
    const again = parseSdp(formatSdp(offer));
    assert.ok(again.ok);
    assert.deepEqual(again.value, offer);
  });
});

describe('an answer of our own', () => {
  const offer = (...lines: readonly string[]) =>
    sdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 'c=IN IP4 192.0.2.1', ...lines]);

  test("takes the offerer's first G.711 codec and DTMF under the offered payload types", () => {
    const answer = createAnswer(
      offer(
        'm=video 4002 RTP/AVP 99',
        'm=audio 4000 RTP/AVPF 96 100 0 97',
        'a=rtpmap:96 opus/48000/2',
        'a=rtpmap:100 PCMA/8000',
        'a=rtpmap:97 telephone-event/8000',
      ),
      NODE,
    );
    assert.ok(answer.ok);
    assert.deepEqual(linesOf(answer.value).slice(5), [
      'm=video 0 RTP/AVP 99',
      'm=audio 20000 RTP/AVPF 100 97',
      'a=rtpmap:100 PCMA/8000',
      'a=rtpmap:97 telephone-event/8000',
      'a=fmtp:97 0-15',
      'a=ptime:20',
      'a=sendrecv',
    ]);
  });

  test('to a held offer only receives', () => {
    const answer = createAnswer(offer('m=audio 4000 RTP/AVP 0', 'a=sendonly'), NODE);
    assert.ok(answer.ok);
    assert.equal(audioOf(answer.value)?.direction, 'recvonly');
  });

  test('is impossible without G.711 in the clear', () => {
    const noG711 = createAnswer(offer('m=audio 4000 RTP/AVP 9 18'), NODE);
    assert.deepEqual(noG711, { ok: false, error: 'no-common-codec' });
    const encrypted = createAnswer(offer('m=audio 4000 RTP/SAVP 0'), NODE);
    assert.deepEqual(encrypted, { ok: false, error: 'no-common-codec' });
  });

  test('is impossible without audio', () => {
    assert.deepEqual(createAnswer(offer('m=image 4000 udptl t38'), NODE), { ok: false, error: 'no-audio' });
    assert.deepEqual(createAnswer(offer('m=audio 0 RTP/AVP 0'), NODE), { ok: false, error: 'no-audio' });
  });
});
