import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LIMITS } from '../../base/limits.ts';
import { parseUri } from '../message/uri.ts';
import { type Location, locate } from './locate.ts';
import { type Answer, type DnsRecord, isDomainName, type Question, questionKey } from './records.ts';
import { type Ability, type Target, targetOf } from './target.ts';

const EVERYTHING: readonly Ability[] = [
  { transport: 'udp', families: ['ipv4', 'ipv6'] },
  { transport: 'tcp', families: ['ipv4', 'ipv6'] },
  { transport: 'tls', families: ['ipv4', 'ipv6'] },
];
const UDP_TCP = EVERYTHING.slice(0, 2);
const TTL = 60_000;

/** A zone: `SRV _sip._udp.example.net` → its records. What is not there does not exist. */
type Zone = Readonly<Record<string, readonly DnsRecord[] | 'fails' | `alias ${string}`>>;

const naptr = (order: number, preference: number, service: string, replacement: string, flags = 's') =>
  ({ type: 'NAPTR', order, preference, flags, service, regexp: '', replacement }) as const;
const srv = (priority: number, weight: number, port: number, target: string) =>
  ({ type: 'SRV', priority, weight, port, target }) as const;
const a = (address: string) => ({ type: 'A', address }) as const;
const aaaa = (address: string) => ({ type: 'AAAA', address }) as const;

function answerFrom(zone: Zone, question: Question): Answer {
  const entry = zone[questionKey(question)];
  if (entry === undefined) return { type: 'none', until: TTL };
  if (entry === 'fails') return { type: 'failed', until: TTL, trouble: 'DNS did not answer' };
  if (typeof entry === 'string') return { type: 'alias', until: TTL, name: entry.slice(6) };
  return { type: 'records', until: TTL, records: entry };
}

/** Asks the zone what the machine wants to know, round by round. */
function locateIn(zone: Zone, target: Target, abilities = EVERYTHING) {
  const known = new Map<string, Answer>();
  const rounds: string[][] = [];
  for (;;) {
    const location = locate(target, abilities, (question) => known.get(questionKey(question)));
    if (location.type !== 'ask') return { location, rounds };
    rounds.push(location.questions.map(questionKey));
    assert.ok(rounds.length < 100, 'it asks for ever');
    for (const question of location.questions) {
      assert.ok(!known.has(questionKey(question)), 'it asks what has been answered');
      known.set(questionKey(question), answerFrom(zone, question));
    }
  }
}

function places(location: Location): readonly string[] {
  return location.type !== 'found'
    ? []
    : location.servers.flatMap(({ transport, addresses, port }) =>
        addresses.map((address) => `${transport} ${address} ${port}`),
      );
}

function target(uri: string): Target {
  const parsed = parseUri(uri);
  assert.ok(parsed.ok && (parsed.value.scheme === 'sip' || parsed.value.scheme === 'sips'));
  const found = targetOf(parsed.value);
  assert.ok(found !== undefined);
  return found;
}

/** The example of RFC 3263 §4.1 and §4.2, with addresses. */
const RFC_3263: Zone = {
  'NAPTR example.com': [
    naptr(50, 50, 'SIPS+D2T', '_sips._tcp.example.com'),
    naptr(90, 50, 'SIP+D2T', '_sip._tcp.example.com'),
    naptr(100, 50, 'SIP+D2U', '_sip._udp.example.com'),
  ],
  'SRV _sips._tcp.example.com': [srv(0, 1, 5061, 'tls1.example.com')],
  'SRV _sip._tcp.example.com': [
    srv(0, 1, 5060, 'server1.example.com'),
    srv(0, 2, 5060, 'server2.example.com'),
  ],
  'SRV _sip._udp.example.com': [srv(0, 1, 5060, 'udp1.example.com')],
  'A server1.example.com': [a('192.0.2.1')],
  'A server2.example.com': [a('192.0.2.2')],
  'A tls1.example.com': [a('192.0.2.3')],
  'A udp1.example.com': [a('192.0.2.4')],
  'A example.com': [a('192.0.2.9')],
};

describe('locating SIP servers (RFC 3263 §4)', () => {
  test('a client with TCP and UDP takes TCP, the better of what both can do, and asks for its servers', () => {
    const { location, rounds } = locateIn(RFC_3263, target('sip:user@example.com'), UDP_TCP);
    assert.deepEqual(places(location), ['tcp 192.0.2.2 5060', 'tcp 192.0.2.1 5060']);
    assert.deepEqual(rounds, [
      ['NAPTR example.com'],
      ['SRV _sip._tcp.example.com'],
      [
        'A server2.example.com',
        'AAAA server2.example.com',
        'A server1.example.com',
        'AAAA server1.example.com',
      ],
    ]);
  });

  test('a client that has TLS too takes that, since the domain would rather have it', () => {
    assert.deepEqual(places(locateIn(RFC_3263, target('sip:user@example.com')).location), [
      'tls 192.0.2.3 5061',
    ]);
  });

  test('services of the same order are all used, by their preference', () => {
    const zone: Zone = {
      ...RFC_3263,
      'NAPTR example.com': [
        naptr(10, 20, 'SIP+D2U', '_sip._udp.example.com'),
        naptr(10, 10, 'sip+d2t', '_sip._tcp.example.com.', 'S'),
        naptr(20, 1, 'SIPS+D2T', '_sips._tcp.example.com'),
      ],
    };
    assert.deepEqual(places(locateIn(zone, target('sip:example.com')).location), [
      'tcp 192.0.2.2 5060',
      'tcp 192.0.2.1 5060',
      'udp 192.0.2.4 5060',
    ]);
  });

  test('sips takes nothing but TLS, even where only SRV says so', () => {
    assert.deepEqual(places(locateIn(RFC_3263, target('sips:example.com')).location), ['tls 192.0.2.3 5061']);
    const { 'NAPTR example.com': _, ...withoutNaptr } = RFC_3263;
    assert.deepEqual(places(locateIn(withoutNaptr, target('sips:example.com')).location), [
      'tls 192.0.2.3 5061',
    ]);
    assert.deepEqual(
      places(locateIn({ 'A b.example': [a('192.0.2.7')] }, target('sips:b.example')).location),
      ['tls 192.0.2.7 5061'],
    );
    assert.deepEqual(places(locateIn(RFC_3263, target('sips:192.0.2.8;transport=tcp')).location), [
      'tls 192.0.2.8 5061',
    ]);
    const { location } = locateIn(RFC_3263, target('sips:example.com'), UDP_TCP);
    assert.equal(location.type, 'nowhere');
  });

  test('without NAPTR, SRV is asked for each plain transport, ours in our order', () => {
    const { 'NAPTR example.com': _, ...zone } = RFC_3263;
    const { location, rounds } = locateIn(zone, target('sip:example.com'));
    assert.deepEqual(rounds[1], ['SRV _sip._udp.example.com', 'SRV _sip._tcp.example.com']);
    assert.deepEqual(places(location), ['udp 192.0.2.4 5060', 'tcp 192.0.2.2 5060', 'tcp 192.0.2.1 5060']);
  });

  test('without NAPTR and SRV, it is the name itself, over UDP at 5060', () => {
    const zone: Zone = {
      'A plain.example': [a('192.0.2.1'), a('192.0.2.2')],
      'AAAA plain.example': [aaaa('2001:db8::1')],
    };
    assert.deepEqual(places(locateIn(zone, target('sip:plain.example')).location), [
      'udp 192.0.2.1 5060',
      'udp 192.0.2.2 5060',
      'udp 2001:db8::1 5060',
    ]);
  });

  test('a transport in the URI asks for its SRV at once, and falls back to the name', () => {
    const { location, rounds } = locateIn(RFC_3263, target('sip:example.com;transport=udp'));
    assert.deepEqual(rounds[0], ['SRV _sip._udp.example.com']);
    assert.deepEqual(places(location), ['udp 192.0.2.4 5060']);
    const plain = { 'A plain.example': [a('192.0.2.1')] };
    assert.deepEqual(places(locateIn(plain, target('sip:plain.example;transport=tcp')).location), [
      'tcp 192.0.2.1 5060',
    ]);
    assert.deepEqual(places(locateIn(plain, target('sip:plain.example;transport=tls')).location), [
      'tls 192.0.2.1 5061',
    ]);
  });

  test('a port in the URI asks for addresses alone', () => {
    const { location, rounds } = locateIn(RFC_3263, target('sip:example.com:5080'));
    assert.deepEqual(rounds, [['A example.com', 'AAAA example.com']]);
    assert.deepEqual(places(location), ['udp 192.0.2.9 5080']);
  });

  test('an address asks nothing, and holds for ever', () => {
    const { location, rounds } = locateIn({}, target('sip:[2001:db8::9]:5080;transport=tcp'));
    assert.deepEqual(rounds, []);
    assert.deepEqual(places(location), ['tcp 2001:db8::9 5080']);
    assert.equal(location.until, Number.POSITIVE_INFINITY);
  });

  test('maddr stands for the host', () => {
    assert.deepEqual(places(locateIn({}, target('sip:example.com;maddr=192.0.2.77')).location), [
      'udp 192.0.2.77 5060',
    ]);
  });

  test('a family that no listener has is neither asked for nor used', () => {
    const v4: Ability[] = [{ transport: 'udp', families: ['ipv4'] }];
    const { rounds } = locateIn(RFC_3263, target('sip:example.com:5060'), v4);
    assert.deepEqual(rounds, [['A example.com']]);
    assert.equal(locateIn({}, target('sip:[2001:db8::9]'), v4).location.type, 'nowhere');
  });
});

describe('answers that are lame, looped or hostile', () => {
  test('the target "." says that there is no such service, and no address is guessed', () => {
    const zone: Zone = { 'SRV _sip._udp.no.example': [srv(0, 0, 0, '')], 'A no.example': [a('192.0.2.1')] };
    assert.equal(locateIn(zone, target('sip:no.example;transport=udp')).location.type, 'nowhere');
  });

  test('a service that is not there leaves the others', () => {
    const zone: Zone = {
      'SRV _sip._udp.some.example': [srv(0, 0, 0, '.')],
      'SRV _sip._tcp.some.example': [srv(0, 0, 5070, 'one.some.example')],
      'A one.some.example': [a('192.0.2.1')],
    };
    assert.deepEqual(places(locateIn(zone, target('sip:some.example')).location), ['tcp 192.0.2.1 5070']);
  });

  test('a server without an address is passed over', () => {
    const zone: Zone = {
      'SRV _sip._udp.half.example': [
        srv(0, 0, 5060, 'gone.half.example'),
        srv(1, 0, 5060, 'here.half.example'),
      ],
      'A here.half.example': [a('192.0.2.1')],
    };
    assert.deepEqual(places(locateIn(zone, target('sip:half.example')).location), ['udp 192.0.2.1 5060']);
  });

  test('NAPTR with a service of others, a flag of others or an expression counts as none', () => {
    const zone: Zone = {
      'NAPTR odd.example': [
        naptr(1, 1, 'E2U+email', '_sip._udp.odd.example'),
        naptr(1, 1, 'SIP+D2S', '_sip._sctp.odd.example'),
        naptr(1, 1, 'SIP+D2U', 'odd.example', ''),
        { ...naptr(1, 1, 'SIP+D2U', '_sip._udp.elsewhere.example'), regexp: '!^.*$!sip:x@y!' },
        naptr(1, 1, 'SIP+D2W', '_sip._ws.odd.example'),
      ],
      'A odd.example': [a('192.0.2.1')],
    };
    const { location, rounds } = locateIn(zone, target('sip:odd.example'));
    assert.deepEqual(rounds[1], ['SRV _sip._udp.odd.example', 'SRV _sip._tcp.odd.example']);
    assert.deepEqual(places(location), ['udp 192.0.2.1 5060']);
  });

  test('an alias whose records came separately is followed, and a circle of them ends', () => {
    const zone: Zone = { 'A one.example': 'alias two.example', 'A two.example': [a('192.0.2.1')] };
    assert.deepEqual(places(locateIn(zone, target('sip:one.example:5060')).location), ['udp 192.0.2.1 5060']);
    const circle: Zone = { 'A one.example': 'alias two.example', 'A two.example': 'alias one.example' };
    assert.equal(locateIn(circle, target('sip:one.example:5060')).location.type, 'nowhere');
  });

  test('where NAPTR and SRV fail, the name itself is still tried, and the trouble is told', () => {
    const zone: Zone = {
      'NAPTR ill.example': 'fails',
      'SRV _sip._udp.ill.example': 'fails',
      'A ill.example': [a('192.0.2.1')],
    };
    const { location } = locateIn(zone, target('sip:ill.example'), UDP_TCP.slice(0, 1));
    assert.deepEqual(places(location), ['udp 192.0.2.1 5060']);
    assert.ok(location.type === 'found' && location.trouble === 'DNS did not answer');
  });

  test('what no name can be is not asked for', () => {
    for (const host of ['-', 'a..b', `${'x'.repeat(64)}.example`, 'nul\0.example', '300.1', '']) {
      const { location, rounds } = locateIn({}, { scheme: 'sip', host });
      assert.equal(location.type, 'nowhere', host);
      assert.ok(rounds.length === 0 || isDomainName(host), host);
    }
  });

  test('thousands of servers with thousands of addresses come to no more than the limit', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => index);
    const addresses = many.map((index) => a(`10.0.${index >> 8}.${index & 255}`));
    const zone: Record<string, readonly DnsRecord[]> = {
      'SRV _sip._udp.huge.example': many.map((index) =>
        srv(3_000 - index, 1, 5060, `s${index}.huge.example`),
      ),
    };
    for (const index of many) zone[`A s${index}.huge.example`] = addresses;
    const { location, rounds } = locateIn(zone, target('sip:huge.example'), UDP_TCP);
    assert.equal(places(location).length, LIMITS.serversMax);
    assert.ok(location.type === 'found' && location.servers[0]?.name === 's2999.huge.example');
    assert.ok(rounds.flat().length <= 3 + 2 * LIMITS.serversMax);
  });
});

describe('whatever DNS says', () => {
  const label = fc.constantFrom(
    'a',
    'b',
    '_sip._udp.a',
    '_sip._tcp.a',
    '_sips._tcp.b',
    '',
    '.',
    'x y',
    '192.0.2.5',
  );
  const record: fc.Arbitrary<DnsRecord> = fc.oneof(
    fc.record({
      type: fc.constant('NAPTR' as const),
      order: fc.nat(3),
      preference: fc.nat(3),
      flags: fc.constantFrom('s', 'S', '', 'u'),
      service: fc.constantFrom('SIP+D2U', 'SIP+D2T', 'SIPS+D2T', 'x'),
      regexp: fc.constantFrom('', '!a!b!'),
      replacement: label,
    }),
    fc.record({
      type: fc.constant('SRV' as const),
      priority: fc.nat(3),
      weight: fc.nat(3),
      port: fc.nat(9),
      target: label,
    }),
    fc.record({
      type: fc.constantFrom('A' as const, 'AAAA' as const),
      address: fc.constantFrom('192.0.2.1', '2001:db8::1'),
    }),
  );
  const answer: fc.Arbitrary<Answer> = fc.oneof(
    fc.record({
      type: fc.constant('records' as const),
      until: fc.nat(),
      records: fc.array(record, { maxLength: 8 }),
    }),
    fc.record({ type: fc.constant('alias' as const), until: fc.nat(), name: label }),
    fc.record({ type: fc.constant('none' as const), until: fc.nat() }),
    fc.record({ type: fc.constant('failed' as const), until: fc.nat(), trouble: fc.constant('x') }),
  );
  const targets = fc.record(
    {
      scheme: fc.constantFrom('sip' as const, 'sips' as const),
      host: label,
      port: fc.constant(5_080),
      transport: fc.constantFrom('udp' as const, 'tcp' as const, 'tls' as const),
    },
    { requiredKeys: ['scheme', 'host'] },
  );

  test('it comes to an end in few questions, within its limits, and never leaves TLS for sips', () => {
    fc.assert(
      fc.property(targets, fc.infiniteStream(answer), (wanted, answers) => {
        const known = new Map<string, Answer>();
        for (let rounds = 0; ; rounds++) {
          assert.ok(rounds <= 3 * (LIMITS.dnsAliasesMax + 1));
          const location = locate(wanted, EVERYTHING, (question) => known.get(questionKey(question)));
          if (location.type === 'ask') {
            for (const question of location.questions) {
              assert.ok(isDomainName(question.name));
              known.set(questionKey(question), answers.next().value);
            }
            continue;
          }
          if (location.type !== 'found') return;
          assert.ok(location.servers.every(({ addresses }) => addresses.length > 0));
          assert.ok(places(location).length <= LIMITS.serversMax);
          const earliest = Math.min(...[...known.values()].map(({ until }) => until));
          assert.ok(location.until >= earliest);
          if (wanted.scheme === 'sips')
            assert.ok(location.servers.every(({ transport }) => transport === 'tls'));
          return;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
