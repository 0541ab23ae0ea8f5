// What the node says to whom it does not know: how much, how often, and what it keeps of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accountOf } from '../../test/stories/office.ts';
import { DOMAIN, NODE, Stage } from '../../test/stories/stage.ts';
import { LIMITS } from '../base/limits.ts';
import type { Flow } from '../base/net.ts';
import type { Binding } from '../ports/records.ts';
import { Strangers } from './strangers.ts';

const RECEPTION: Flow = { transport: 'udp', local: NODE, remote: { address: '192.0.2.10', port: 5060 } };

function nodeWithReception(): Stage {
  const stage = new Stage([]);
  const binding: Binding = {
    user: 'reception',
    contact: 'sip:reception@192.0.2.10:5060',
    parameters: '',
    flow: RECEPTION,
    path: [],
    callId: 'before',
    cseq: 4,
    q: 1000,
    userAgent: 'desk phone',
    registeredAt: stage.now - 1_000,
    expiresAt: stage.now + 3_600_000,
  };
  stage.start([accountOf({})], [binding]);
  return stage;
}

function from(address: string, transport: 'udp' | 'tcp' = 'udp'): Flow {
  const connection = transport === 'tcp' ? { connectionId: address } : {};
  return { transport, local: NODE, remote: { address, port: 5060 }, ...connection };
}

/** The answers to these bytes, sent at this moment. */
function answers(stage: Stage, flow: Flow, text: string): readonly string[] {
  return stage.node
    .receive([{ flow, bytes: Buffer.from(text) }], stage.now)
    .flatMap((effect) => (effect.type === 'send' ? [Buffer.from(effect.bytes).toString()] : []));
}

function request(method: string, rows: readonly string[] = [], user = 'reception', n = 1): string {
  const own = [
    `Via: SIP/2.0/UDP 198.18.0.1:5060;branch=z9hG4bKstranger${n};rport`,
    'Max-Forwards: 70',
    `From: "Reception" <sip:${user}@${DOMAIN}>;tag=stranger${n}`,
    `To: <sip:${user}@${DOMAIN}>`,
    `Call-ID: stranger-${n}@198.18.0.1`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:${user}@198.18.0.1:5060>`,
    'User-Agent: Stranger/1.0',
    ...rows,
  ];
  return `${method} sip:${DOMAIN} SIP/2.0\r\n${own.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`;
}

function many(count: number, row: (n: number) => string): string[] {
  return Array.from({ length: count }, (_, n) => row(n));
}

/** The smallest thing that can be answered. */
const TINY =
  'REGISTER sip:a SIP/2.0\r\nv:SIP/2.0/UDP a\r\nf:<sip:a>;tag=a\r\nt:<sip:a>\r\ni:a\r\nCSeq:1 REGISTER\r\n\r\n';
const WRONG =
  `Authorization: Digest username="reception", realm="${DOMAIN}", nonce="x", uri="sip:${DOMAIN}", ` +
  `response="${'0'.repeat(64)}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"`;

/** What is sent, what it is answered with, and how many bytes go out at most for each that comes in. */
const ANSWERED: readonly (readonly [
  name: string,
  text: string,
  status: number | undefined,
  ratio: number,
])[] = [
  ['REGISTER', request('REGISTER'), 401, 1.6],
  ['REGISTER with a wrong digest', request('REGISTER', [WRONG]), 401, 1.1],
  ['INVITE', request('INVITE'), 401, 1.6],
  [
    'INVITE that copies Record-Routes',
    request(
      'INVITE',
      many(20, () => 'Record-Route: <sip:a;lr>'),
    ),
    401,
    1.1,
  ],
  ['OPTIONS', request('OPTIONS'), 200, 1.4],
  ['SUBSCRIBE', request('SUBSCRIBE', ['Event: message-summary', 'Expires: 3600']), 401, 1.6],
  ['SUBSCRIBE to what we do not have', request('SUBSCRIBE', ['Event: presence']), 489, 1.1],
  ['MESSAGE', request('MESSAGE'), 405, 1.2],
  ['BYE of nothing', request('BYE'), 481, 1.1],
  ['CANCEL of nothing', request('CANCEL'), 481, 1.1],
  [
    'REGISTER that requires much',
    request(
      'REGISTER',
      many(60, (n) => `Require: extension${n}`),
    ),
    420,
    1.1,
  ],
  [
    'REGISTER with many Vias',
    request(
      'REGISTER',
      many(15, () => 'Via: SIP/2.0/UDP a;branch=z9hG4bKa'),
    ),
    401,
    1.5,
  ],
  ['a bad header row', request('REGISTER', [`no colon here ${'x'.repeat(100)}`]), 400, 1.1],
  ['a bad version', request('REGISTER').replace('SIP/2.0\r\n', 'SIP/3.0\r\n'), 505, 1.1],
  [
    'more Vias than a datagram takes back',
    request(
      'REGISTER',
      many(60, () => 'Via: SIP/2.0/UDP a'),
    ),
    undefined,
    0,
  ],
  ['the smallest REGISTER', TINY, undefined, 0],
  ['ACK', request('ACK'), undefined, 0],
  ['a malformed ACK', request('ACK', ['no colon here']), undefined, 0],
  ['a response', request('REGISTER').replace(/^.*\r\n/, 'SIP/2.0 200 OK\r\n'), undefined, 0],
  ['a malformed response', request('REGISTER').replace(/^.*\r\n/, 'SIP/2.0 1 OK\r\n'), undefined, 0],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', undefined, 0],
  ['a DNS query', '\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x00', undefined, 0],
];

describe('what a stranger gets over UDP', () => {
  for (const [name, text, status, ratio] of ANSWERED) {
    test(`${name} is answered ${status ?? 'by nothing'}, with ${ratio} times as many bytes at most`, () => {
      const stage = nodeWithReception();
      const [answer, ...more] = answers(stage, from('198.18.0.1'), text);
      assert.deepEqual(more, []);
      assert.equal(answer?.slice(8, 11), status === undefined ? undefined : String(status));
      const is = (answer?.length ?? 0) / text.length;
      assert.ok(is <= ratio, `${text.length} bytes in, ${answer?.length} out: ${is.toFixed(2)}`);
      assert.equal(stage.node.leftovers().transactions, 0);
    });
  }

  test('is limited for its network, and then nothing, until there is room again', () => {
    const stage = nodeWithReception();
    const flood = (count: number): number =>
      many(count, (n) => request('REGISTER', [], 'reception', n)).flatMap((text, n) =>
        answers(stage, from(`198.18.0.${n & 255}`), text),
      ).length;
    assert.equal(flood(3_500), LIMITS.strangerAnswersBurst);
    assert.equal(stage.node.counters()['unanswered_too_many'], 3_500 - LIMITS.strangerAnswersBurst);
    stage.now += 100;
    assert.equal(flood(500) * 10, LIMITS.strangerAnswersPerSecond);
    // Neither another network, nor a registered phone of this one, nor a connection has to suffer for it.
    assert.equal(answers(stage, from('198.18.1.1'), request('REGISTER')).length, 1);
    assert.equal(answers(stage, from('198.18.0.1', 'tcp'), request('REGISTER')).length, 1);
  });

  test('is limited for a flood that forges the very flow of a registered phone, and not below what it needs', () => {
    const strangers = new Strangers({ knows: (flow) => flow === RECEPTION, seed: 1 });
    const mays = many(25_000, () => '').filter(() => strangers.mayAnswer(RECEPTION, 300, 500, 0));
    assert.equal(mays.length, LIMITS.knownAnswersBurst);
    assert.ok(strangers.mayAnswer(from('192.0.2.11'), 300, 500, 0), 'its neighbour is none the worse');
  });

  test('is the reason, once, when its request cannot be read; too many of those are only counted', () => {
    const stage = nodeWithReception();
    const flood = many(500, (n) => request('REGISTER', ['no colon here'], 'reception', n));
    const answered = flood.flatMap((text) => answers(stage, from('198.18.0.1'), text));
    assert.equal(answered.length, LIMITS.malformedAnswersBurst);
    assert.match(answered[0] ?? '', /^SIP\/2\.0 400 bad header row "no colon here/);
    const { malformed, malformed_unanswered: unanswered } = stage.node.counters();
    assert.deepEqual([malformed, unanswered], [500, 500 - LIMITS.malformedAnswersBurst]);
    // From everywhere at once: as a whole.
    const everywhere = many(2_000, (n) => `198.${51 + (n >> 8)}.${n & 255}.1`);
    const text = request('REGISTER', ['no colon here']);
    const more = everywhere.flatMap((address) => answers(stage, from(address), text)).length;
    assert.ok(more <= LIMITS.malformedAnswersOfAllPerSecond, `${more} were answered`);
  });
});

describe('what the node keeps of strangers', () => {
  test('is nothing: twenty thousand requests without valid credentials leave no trace', () => {
    const stage = nodeWithReception();
    const before = { ...stage.node.leftovers(), ...stage.node.gauges() };
    const methods = ['REGISTER', 'INVITE', 'OPTIONS', 'SUBSCRIBE', 'BYE', 'CANCEL', 'MESSAGE', 'UPDATE'];
    let answered = 0;
    for (let n = 0; n < 20_000; n++) {
      const user = n % 3 === 0 ? (n % 2 === 0 ? 'reception' : 'workshop') : `invented${n}`;
      const rows = [
        ...(n % 2 === 0 ? [WRONG.replace('reception', user)] : []),
        ...(n % 3 === 0 ? ['Event: message-summary'] : []),
      ];
      const flow = from(
        `198.${18 + ((n >> 8) & 1)}.${n & 255}.${(n >> 9) & 255}`,
        n % 5 === 0 ? 'tcp' : 'udp',
      );
      answered += answers(stage, flow, request(methods[n % methods.length] ?? '', rows, user, n)).length;
    }
    assert.equal(answered, 20_000);
    assert.deepEqual({ ...stage.node.leftovers(), ...stage.node.gauges() }, before);
    assert.deepEqual(before, { ...before, transactions: 0, nonces: 0, guesses: 0 });
  });
});
