// Messages that are made to hurt: huge numbers, endless lists, deep nesting, line ends where none belong. Each is
// answered with a clear status or with nothing, costs no more than its length, leaves nothing, and is no bug of ours.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { accountOf, inOffice, MOBILE, NUMBER, ring, trunk } from '../../test/stories/office.ts';
import { DOMAIN, NODE, Stage } from '../../test/stories/stage.ts';
import type { Flow } from '../base/net.ts';
import { parseMessage } from '../sip/message/parse.ts';

/** A carrier's connection: whatever we make of its messages, it hears of it. */
const CARRIER: Flow = {
  transport: 'tcp',
  local: NODE,
  remote: { address: '198.51.100.1', port: 40_000 },
  connectionId: 'hostile',
};

/** Far more than any of these takes, far less than a loop within a loop over 64 kB. */
const CPU_MS_MAX = 400;

interface Changes {
  readonly method?: string;
  readonly uri?: string;
  /** Instead of the rows of these names. */
  readonly rows?: Readonly<Record<string, string>>;
  /** More rows. */
  readonly more?: readonly string[];
  readonly body?: string;
}

function message({
  method = 'OPTIONS',
  uri = `sip:${DOMAIN}`,
  rows = {},
  more = [],
  body = '',
}: Changes): string {
  const all = {
    Via: 'SIP/2.0/TCP 198.51.100.1:5060;branch=z9hG4bKhostile',
    'Max-Forwards': '70',
    From: '<sip:+442079460999@carrier-a.example>;tag=far',
    To: `<${uri}>`,
    'Call-ID': 'hostile@carrier-a.example',
    CSeq: `1 ${method}`,
    'Content-Length': String(body.length),
    ...rows,
  };
  const lines = [...Object.entries(all).map(([name, value]) => `${name}: ${value}`), ...more];
  return `${method} ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

function invite(sdp: string, more: readonly string[] = []): string {
  const rows = { Contact: '<sip:198.51.100.1;transport=tcp>', 'Content-Type': 'application/sdp' };
  return message({ method: 'INVITE', uri: `sip:${NUMBER}@${DOMAIN}`, rows, more, body: sdp });
}

const many = (count: number, row: string): string[] => Array<string>(count).fill(row);
const HUGE = '99999999999999999999';
const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=-',
  'c=IN IP4 192.0.2.1',
  't=0 0',
  'm=audio 4000 RTP/AVP 8',
];
const sdp = (...more: readonly string[]): string => `${[...SDP, ...more].join('\r\n')}\r\n`;

const HOSTILE: readonly (readonly [name: string, text: string, status: number | undefined])[] = [
  ['CSeq of 2^32', message({ rows: { CSeq: '4294967296 OPTIONS' } }), 400],
  ['CSeq beyond all numbers', message({ rows: { CSeq: `${HUGE} OPTIONS` } }), 400],
  ['Max-Forwards beyond all numbers', message({ rows: { 'Max-Forwards': HUGE } }), 400],
  ['Content-Length beyond all numbers', message({ rows: { 'Content-Length': HUGE } }), 400],
  ['a negative Content-Length', message({ rows: { 'Content-Length': '-1' } }), 400],
  ['more body than there is', message({ rows: { 'Content-Length': '65000' } }), 400],
  [
    'a Via port beyond all ports',
    message({ rows: { Via: `SIP/2.0/TCP a:${HUGE};branch=z9hG4bKa` } }),
    undefined,
  ],
  ['a contact port beyond all ports', message({ more: [`Contact: <sip:a@b:${HUGE}>`] }), 200],
  [
    'Session-Expires beyond all numbers',
    invite(sdp(), [`Session-Expires: ${HUGE}`, 'Supported: timer']),
    100,
  ],
  ['257 header rows', message({ more: many(257, 'X: y') }), 400],
  ['ten thousand header rows', message({ more: many(10_000, 'X: y') }), 400],
  ['a header row of 60 kB', message({ more: [`Subject: ${'x'.repeat(60_000)}`] }), 513],
  ['a row folded five thousand times', message({ more: [`Subject: x${'\r\n x'.repeat(5_000)}`] }), 200],
  ['seventy-one Vias', message({ more: many(71, 'Via: SIP/2.0/TCP a;branch=z9hG4bKa') }), 400],
  [
    'five thousand Vias in one row',
    message({ more: [`Via: ${many(2_000, 'SIP/2.0/TCP a').join(',')}`] }),
    400,
  ],
  ['a thousand Routes', message({ more: [`Route: ${many(1_000, '<sip:a;lr>').join(',')}`] }), 400],
  ['a thousand Contacts', message({ more: [`Contact: ${many(1_000, '<sip:a@b>').join(',')}`] }), 400],
  [
    'a thousand Record-Routes',
    message({ more: [`Record-Route: ${many(1_000, '<sip:a;lr>').join(',')}`] }),
    400,
  ],
  ['eight thousand parameters', message({ rows: { Via: `SIP/2.0/TCP a${';b=c'.repeat(8_000)}` } }), 200],
  ['thirty thousand commas', message({ more: [`Require: ${','.repeat(30_000)}`] }), 200],
  [
    'a thousand required extensions',
    message({ more: [`Require: ${many(1_000, 'extension').join(',')}`] }),
    420,
  ],
  [
    'parentheses nested ten thousand deep',
    message({ more: [`Contact: ${'('.repeat(10_000)},<sip:a@b>`] }),
    400,
  ],
  [
    'comments nested ten thousand deep',
    message({ more: [`User-Agent: ${'('.repeat(10_000)}${')'.repeat(10_000)}`] }),
    200,
  ],
  ['a quoted string without an end', message({ rows: { From: `"${'\\"'.repeat(10_000)}` } }), 400],
  ['angles without an end', message({ rows: { To: '<'.repeat(30_000) } }), 400],
  ['a URI of 30 kB', message({ uri: `sip:${'a'.repeat(30_000)}@b`, rows: { To: '<sip:a@b>' } }), 414],
  ['a Call-ID of 30 kB', message({ rows: { 'Call-ID': 'a'.repeat(30_000) } }), 400],
  ['a tag of 30 kB', message({ rows: { From: `<sip:a@b>;tag=${'a'.repeat(30_000)}` } }), 400],
  ['a branch of 30 kB', message({ rows: { Via: `SIP/2.0/TCP a;branch=${'a'.repeat(30_000)}` } }), 400],
  ['a method of 2 kB', message({ method: 'A'.repeat(2_000) }), 400],
  ['bytes that are no text', message({ more: ['Subject: \xff\xfe\x80'] }), 200],
  ['a bare CR', message({ more: ['Subject: a\rEvil: b'] }), 400],
  ['NULs', message({ more: ['Subject: a\0b'] }), 200],
  ['a body of 60 kB', message({ body: 'x'.repeat(60_000) }), 200],
  [
    'digests without end',
    message({ method: 'REGISTER', more: [`Authorization: Digest ${'a="\\"",'.repeat(4_000)}`] }),
    401,
  ],
  ['ten thousand lines of session description', invite(sdp(...many(8_000, 'a=x'))), 400],
  ['a thousand media sections', invite(sdp(...many(1_000, 'm=audio 4000 RTP/AVP 8'))), 400],
  ['five thousand formats', invite(sdp(`m=audio 4000 RTP/AVP ${many(5_000, '8').join(' ')}`)), 400],
  ['an RTP port beyond all ports', invite(sdp().replace('4000', HUGE)), 400],
  ['an address that is none', invite(sdp().replace('c=IN IP4 192.0.2.1', 'c=IN IP4 999.0.2.1')), 488],
  ['multipart in multipart', invite('x').replace('application/sdp', 'multipart/mixed;boundary=x'), 415],
];

describe('a message that is made to hurt', () => {
  for (const [name, text, status] of HOSTILE) {
    test(`${name}: ${status ?? 'nothing'}`, () => {
      const stage = new Stage([
        trunk('carrier-a', 1, { target: { host: '198.51.100.1', port: 40_000, transport: 'tcp' } }),
      ]);
      stage.node.start(
        {
          accounts: [accountOf({ plan: [ring('reception')] })],
          bindings: [],
          unfinished: [],
          trunkServers: [],
        },
        stage.now,
      );
      const from = process.cpuUsage();
      const effects = stage.node.receive([{ flow: CARRIER, bytes: Buffer.from(text, 'latin1') }], stage.now);
      const cpu = process.cpuUsage(from);
      const faults = effects.flatMap((effect) =>
        effect.type === 'event' && effect.event.type === 'fault' ? [effect.event.text] : [],
      );
      const [answer] = effects.flatMap((effect) =>
        effect.type === 'send' ? [Buffer.from(effect.bytes).toString()] : [],
      );
      assert.deepEqual(faults, []);
      assert.equal(
        answer?.slice(8, 11),
        status === undefined ? undefined : String(status),
        answer?.slice(0, 80) ?? 'no answer',
      );
      const cpuMs = (cpu.user + cpu.system) / 1_000;
      assert.ok(cpuMs < CPU_MS_MAX, `took ${cpuMs} ms`);
      if (answer !== undefined) assert.ok(parseMessage(Buffer.from(answer)).ok, answer.slice(0, 200));
    });
  }
});

describe('what callers call themselves', () => {
  const story = inOffice({ plan: [ring('reception')], limits: { callsMax: 1_000 } });

  story('never becomes a header of its own in the call that we make of it', (office) => {
    const nasty = fc.stringMatching(/^[ -~\u00e4\u20ac]{0,20}$/);
    const named = nasty.filter((text) => text !== '').map(encodeURIComponent);
    const user = fc.oneof(named, fc.constantFrom('%0d%0aEvil:%20x', '%22%3e%0aEvil:x', '%00'));
    fc.assert(
      fc.property(nasty, user, (display, caller) => {
        const quoted = display.replace(/["\\]/g, '\\$&');
        const from = `"${quoted}" <sip:${caller}@carrier-a.example>`;
        const call = office.call({ from, headers: [['Diversion', `<sip:${caller}@x>;reason="${quoted}"`]] });
        const leg = office.reception.rings();
        call.expect(180);
        const names = [...leg.invite.headers.rows()].map(([name]) => name);
        assert.equal(names.includes('Evil'), false, from);
        assert.equal(new Set(names).size, names.length, `a row came twice: ${names}`);
        call.cancels();
        call.expect(487);
        leg.withdrawn();
        office.pass(1_000);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  story('can hold a line end in a number that nobody has, and it is only told', (office) => {
    const caller = office.carrier.invites(`sip:%0d%0aEvil:x@${DOMAIN}`);
    caller.expect(183);
    office.pass(5_000);
    caller.expect(404);
    assert.equal(office.stage.entry.called, '\r\nEvil');
    assert.notEqual(office.stage.entry.called, MOBILE);
  });
});
