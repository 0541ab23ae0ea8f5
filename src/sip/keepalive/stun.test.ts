import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { answerStun, looksLikeStun } from './stun.ts';

const IPV4 = { address: '192.0.2.1', port: 32_853 };
const IPV6 = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 };
/** Of every vector of RFC 5769 §2. */
const TRANSACTION = 'b7e7a701bc34d686fa87dfae';
/** RFC 5769 §2.1: a request of ICE, with SOFTWARE, PRIORITY, ICE-CONTROLLED, USERNAME, MESSAGE-INTEGRITY. */
const SAMPLE_REQUEST = bytesOf(`
  00010058 2112a442 ${TRANSACTION}
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff 80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf`);
const BARE = request();

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex');
}

function request(attributes = '', type = '0001'): Uint8Array {
  const body = attributes.replace(/\s/g, '');
  return bytesOf(`${type}${(body.length / 2).toString(16).padStart(4, '0')}2112a442${TRANSACTION}${body}`);
}

describe('a STUN Binding request on the SIP port (RFC 5626 §8)', () => {
  test('is answered with where it came from over IPv4, as RFC 5769 §2.2 writes it', () => {
    assert.equal(hexOf(answerStun(BARE, IPV4)), `0101000c2112a442${TRANSACTION}002000080001a147e112a643`);
  });

  test('and over IPv6, as RFC 5769 §2.3 writes it, with a zone or without', () => {
    const expected = `010100182112a442${TRANSACTION}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`;
    assert.equal(hexOf(answerStun(BARE, IPV6)), expected);
    assert.equal(hexOf(answerStun(BARE, { ...IPV6, address: `${IPV6.address}%eth0` })), expected);
  });

  test('with a fingerprint gets one back', () => {
    const withFingerprint = request('80280004 00000000');
    assert.equal(answerStun(withFingerprint, IPV4), undefined, 'a wrong one is no request at all');
    const answer = Buffer.from(answerStun(SAMPLE_REQUEST, IPV4) ?? []);
    assert.equal(answer.subarray(-8, -4).toString('hex'), '80280004');
    assert.equal(answer.readUInt32BE(answer.length - 4), (crc32(answer.subarray(0, -8)) ^ 0x5354554e) >>> 0);
  });

  test('of ICE, as in RFC 5769 §2.1, gets 420: PRIORITY must be understood, credentials need not', () => {
    const expected = `011100182112a442${TRANSACTION}0009000400000414000a00020024000080280004`;
    assert.equal(hexOf(answerStun(SAMPLE_REQUEST, IPV4)?.subarray(0, -4)), expected);
  });

  test('whose fingerprint is wrong by one bit, or not the last thing, gets nothing', () => {
    for (const at of [9, 30, SAMPLE_REQUEST.length - 1]) {
      const damaged = SAMPLE_REQUEST.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      assert.equal(answerStun(damaged, IPV4), undefined, `bit at ${at}`);
    }
    const more = Uint8Array.from([...SAMPLE_REQUEST, ...bytesOf('80220000')]);
    more[3] = (more[3] ?? 0) + 4;
    assert.equal(answerStun(more, IPV4), undefined);
  });

  test('with attributes that may be ignored is answered; after MESSAGE-INTEGRITY none is looked at', () => {
    const software = request('80220003 61626300');
    assert.equal(answerStun(software, IPV4)?.[1], 0x01);
    const sealed = request(`00080014 ${'00'.repeat(20)} 00030004 00000006`);
    assert.equal(answerStun(sealed, IPV4)?.[1], 0x01);
  });

  test('that wants the answer sent elsewhere (CHANGE-REQUEST, RFC 3489) gets 420', () => {
    const answer = answerStun(request('00030004 00000006'), IPV4);
    assert.deepEqual([answer?.[0], answer?.[1]], [0x01, 0x11]);
  });

  test('that is malformed gets nothing', () => {
    const cases: Readonly<Record<string, Uint8Array>> = {
      'no cookie': bytesOf(`000100000000000a${TRANSACTION}`),
      'an indication': request('', '0011'),
      'an answer': request('', '0101'),
      'another method': request('', '0003'),
      'cut short': BARE.subarray(0, 19),
      'longer than it says': Uint8Array.from([...BARE, 0, 0, 0, 0]),
      'a length that is no multiple of four': bytesOf(`000100022112a442${TRANSACTION}8022`),
      'an attribute beyond the end': request('80220008 61626364'),
      'too long for a path of unknown MTU': request(`802202 10 ${'00'.repeat(0x210)}`),
    };
    for (const [what, bytes] of Object.entries(cases)) {
      assert.equal(answerStun(bytes, IPV4), undefined, what);
    }
  });
});

describe('whatever looks like STUN', () => {
  test('is no SIP, and SIP does not look like it', () => {
    assert.equal(looksLikeStun(BARE), true);
    for (const text of [
      'OPTIONS sip:node@voice.example.net SIP/2.0\r\n\r\n',
      '\r\n\r\nSIP/2.0 200 OK\r\n\r\n',
    ]) {
      assert.equal(looksLikeStun(new TextEncoder().encode(text)), false);
    }
  });

  test('is answered with few bytes: 24 more than it had at most, 12 where it is an error', () => {
    const attribute = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 12 }));
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 30 }), fc.boolean(), (attributes, six) => {
        const body = attributes.map(([type, value]) => {
          const padded = Buffer.concat([value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
          const head = [type, value.length].map((part) => part.toString(16).padStart(4, '0')).join('');
          return head + padded.toString('hex');
        });
        const asked = request(body.join(''));
        const answer = answerStun(asked, six ? IPV6 : IPV4);
        if (answer === undefined) return;
        assert.equal(answer.length % 4, 0);
        const isError = answer[1] === 0x11;
        assert.ok(answer.length <= (isError ? asked.length + 12 : asked.length + 24), `${answer.length}`);
      }),
      { numRuns: 2_000 },
    );
  });

  test('throws nothing, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (tail) => {
        answerStun(Uint8Array.from([...BARE.subarray(0, 8), ...tail]), IPV4);
      }),
      { numRuns: 2_000 },
    );
  });
});
