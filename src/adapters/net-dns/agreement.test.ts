// Name servers on loopback, each with what its operator left in it.

import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import packet, { type Answer } from 'dns-packet';
import { SeededRandom } from '../../../test/simulation/world.ts';
import { MINUTE_MS } from '../../base/time.ts';
import type { DnsTarget, Found } from '../../ports/probes.ts';
import type { DnsRow } from '../../sip/location/records.ts';
import { Agreement } from './agreement.ts';

const HOST = '127.0.0.1';
const NAME = 'voice.example.net';
const MX = (exchange: string, preference = 10): Answer => {
  return { type: 'MX', name: NAME, ttl: 60, data: { preference, exchange } };
};

interface Behaviour {
  readonly answers?: readonly Answer[];
  readonly serial?: number;
  readonly code?: number;
  readonly notAuthoritative?: boolean;
  readonly silent?: boolean;
  /** Of each question the first datagram is lost. */
  readonly loses?: boolean;
  /** What does not fit comes over TCP. */
  readonly truncates?: boolean;
  readonly muteOverTcp?: boolean;
}

/** As `127.0.0.1:port`, which is what it is called in reasons. */
async function server(t: TestContext, behaviour: Behaviour) {
  const asked: string[] = [];
  const seen = new Set<string>();
  const replyTo = (bytes: Buffer, isTcp: boolean): Uint8Array => {
    const query = packet.decode(bytes);
    const [question] = query.questions ?? [];
    asked.push(`${question?.type} ${question?.name}${query.flag_rd ? ' rd' : ''}${isTcp ? ' tcp' : ''}`);
    const { answers = [], serial = 1, code = 0, notAuthoritative = false, truncates = false } = behaviour;
    const data = { mname: 'ns', rname: 'x', serial, refresh: 1, retry: 1, expire: 1, minimum: 1 };
    const soa = { type: 'SOA', name: 'example.net', ttl: 60, data } as const;
    const isCut = truncates && !isTcp;
    return packet.encode({
      type: 'response',
      id: query.id ?? 0,
      flags:
        code | (notAuthoritative ? 0 : packet.AUTHORITATIVE_ANSWER) | (isCut ? packet.TRUNCATED_RESPONSE : 0),
      questions: query.questions ?? [],
      answers: isCut ? [] : answers.filter(({ type }) => type === question?.type || type === 'CNAME'),
      authorities: [soa],
    });
  };
  const socket = createSocket('udp4');
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    const key = String(packet.decode(bytes).questions?.[0]?.type);
    const isLost = behaviour.loses === true && !seen.has(key);
    seen.add(key);
    if (!isLost && behaviour.silent !== true) socket.send(replyTo(bytes, false), from.port, from.address);
  });
  const stream = createServer((connection) => {
    connection.on('error', () => undefined);
    connection.on('data', (bytes: Buffer) => {
      if (behaviour.muteOverTcp === true) return;
      const reply = replyTo(bytes.subarray(2), true);
      connection.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
    });
  });
  // The same port for both is not always to be had, so that only who needs it asks for it.
  if (behaviour.truncates === true) {
    stream.listen(0, HOST);
    await once(stream, 'listening');
    t.after(() => stream.close());
  }
  socket.bind((stream.address() as AddressInfo | null)?.port ?? 0, HOST);
  await once(socket, 'listening');
  t.after(() => socket.close());
  const { port } = socket.address();
  return { host: HOST, port, name: `${HOST}:${port}`, asked, address: HOST };
}

type Server = Awaited<ReturnType<typeof server>>;

function stage(servers: readonly Server[], changes: Partial<DnsTarget> = {}) {
  let elapsedMs = 0;
  const agreement = new Agreement({
    resolver: { ask: async () => ({ type: 'none' }) },
    servers: [],
    random: new SeededRandom(1),
    elapsedMs: () => elapsedMs,
  });
  const target: DnsTarget = {
    type: 'dns',
    name: NAME,
    record: 'MX',
    servers,
    authoritative: true,
    graceMs: 5 * MINUTE_MS,
    ...changes,
  };
  return {
    probe: (timeoutMs = 10_000): Promise<Found> => {
      return agreement.probe(target, timeoutMs, new AbortController().signal);
    },
    wait: (lengthMs: number) => {
      elapsedMs += lengthMs;
    },
  };
}

describe('the servers of a zone', () => {
  test('agree whatever the order of their records, each asked itself and without recursion', async (t) => {
    const one = await server(t, {
      answers: [MX('mail1.example.net'), MX('MAIL2.example.net', 20)],
      serial: 7,
    });
    const other = await server(t, {
      answers: [MX('mail2.example.net', 20), MX('mail1.example.net')],
      serial: 7,
    });
    const found = await stage([one, other]).probe();
    assert.equal(found.warning, undefined);
    assert.equal(found.measures?.['serversAnswering'], 2);
    assert.equal(found.measures?.['serialSpread'], 0);
    assert.deepEqual(one.asked.toSorted(), [`MX ${NAME}`, `SOA ${NAME}`]);
    const names = Object.keys(found.measures ?? {}).filter((name) => name.endsWith('Ms'));
    assert.deepEqual(names.length, 2);
    for (const name of names) assert.match(name, /^127-0-0-1-\d+Ms$/);
  });

  test('that differ warn while a change may be on its way, and then fail, naming who says what', async (t) => {
    const one = await server(t, { answers: [MX('old.example.net')], serial: 4_294_967_295 });
    const other = await server(t, { answers: [MX('new.example.net')], serial: 1 });
    const scene = stage([one, other]);
    const difference = `they differ: ${one.name} says 10 old.example.net; ${other.name} says 10 new.example.net`;
    const found = await scene.probe();
    assert.equal(found.warning, difference);
    assert.equal(found.measures?.['serialSpread'], 2, 'serials go round');
    scene.wait(5 * MINUTE_MS);
    await assert.rejects(scene.probe(), { message: difference });
  });

  test('may have different versions for a while, when the records are the same', async (t) => {
    const one = await server(t, { answers: [MX('mail.example.net')], serial: 8 });
    const other = await server(t, { answers: [MX('mail.example.net')], serial: 7 });
    const scene = stage([one, other]);
    assert.equal((await scene.probe()).warning, undefined);
    scene.wait(5 * MINUTE_MS);
    const told = `the zone has had different serials for 300.0 s: ${one.name} 8, ${other.name} 7`;
    assert.equal((await scene.probe()).warning, told);
  });

  for (const [what, behaviour, told] of [
    ['is silent', { silent: true }, 'did not answer'],
    ['refuses', { code: 5 }, 'answered REFUSED'],
    ['only asks others, in vain', { code: 3, notAuthoritative: true }, 'says that there is no such name'],
    [
      'only asks others',
      { answers: [MX('mail.example.net')], notAuthoritative: true },
      'is not authoritative for it',
    ],
  ] as const) {
    test(`warn when one of them ${what}, and fail when all do`, async (t) => {
      const good = await server(t, { answers: [MX('mail.example.net')] });
      const bad = await server(t, behaviour);
      const found = await stage([good, bad]).probe(700);
      assert.equal(found.warning, `${bad.name} ${told}`);
      assert.equal(found.measures?.['serversAnswering'], 1);
      await assert.rejects(stage([bad]).probe(700), { message: `${bad.name} ${told}` });
    });
  }

  for (const [what, behaviour, denial] of [
    ['name', { code: 3 }, 'says that there is no such name'],
    ['record', {}, 'has no MX record of it'],
  ] as const) {
    test(`differ when one of them denies the ${what} that others have: resolvers ask no other then`, async (t) => {
      const good = await server(t, { answers: [MX('mail.example.net')] });
      const bad = await server(t, behaviour);
      const difference = `they differ: ${good.name} says 10 mail.example.net; ${bad.name} ${denial}`;
      const scene = stage([good, bad]);
      const found = await scene.probe();
      assert.equal(found.warning, difference);
      assert.equal(found.measures?.['serversAnswering'], 2);
      scene.wait(5 * MINUTE_MS);
      await assert.rejects(scene.probe(), { message: difference });
      const expecting = stage([good, bad], { expect: ['10 mail.example.net'] });
      await assert.rejects(expecting.probe(), { message: `not as expected: ${bad.name} ${denial}` });
    });

    test(`fail at once when all deny the ${what}`, async (t) => {
      const bad = await server(t, behaviour);
      await assert.rejects(stage([bad, bad]).probe(), {
        message: `${bad.name} ${denial}; ${bad.name} ${denial}`,
      });
    });
  }

  test('do not deny an alias that leads to a name which is not there', async (t) => {
    const alias: Answer = { type: 'CNAME', name: NAME, ttl: 60, data: 'other.example.net' };
    const one = await server(t, { answers: [alias] });
    const other = await server(t, { answers: [alias], code: 3 });
    const found = await stage([one, other], { graceMs: 0 }).probe();
    assert.equal(found.warning, `${other.name} says that there is no such name`);
  });

  test('are asked again when a datagram is lost, and over TCP when the answer was cut off', async (t) => {
    const loses = await server(t, { answers: [MX('mail.example.net')], loses: true });
    const cuts = await server(t, { answers: [MX('mail.example.net')], truncates: true });
    assert.equal((await stage([loses, cuts]).probe()).warning, undefined);
    assert.ok(cuts.asked.includes(`MX ${NAME} tcp`));
  });

  test('must say what is expected, where something is', async (t) => {
    const right = await server(t, { answers: [MX('mail.example.net')] });
    const wrong = await server(t, { answers: [MX('evil.example.org')] });
    const expect = ['10 Mail.example.net.'];
    assert.equal((await stage([right], { expect }).probe()).warning, undefined);
    await assert.rejects(stage([right, wrong], { expect }).probe(), {
      message: `not as expected: ${wrong.name} says 10 evil.example.org`,
    });
  });

  test('may be resolvers, which are asked with recursion and need not be authoritative', async (t) => {
    const answers = [MX('mail.example.net')];
    const resolver = await server(t, { answers, notAuthoritative: true });
    assert.equal((await stage([resolver], { authoritative: false }).probe()).warning, undefined);
    assert.deepEqual(resolver.asked, [`MX ${NAME} rd`]);
  });
});

describe('records of every kind', () => {
  for (const [record, data, text] of [
    ['A', '192.0.2.1', '192.0.2.1'],
    ['AAAA', '2001:db8::1', '2001:DB8:0::1'],
    ['CNAME', 'www.example.net', 'WWW.example.net.'],
    ['NS', 'ns1.example.net', 'ns1.example.net'],
    ['SRV', { priority: 0, weight: 5, port: 5060, target: 'sip.example.net' }, '0 5 5060 sip.example.net.'],
    ['TXT', ['v=spf1 ', '-all'], 'v=spf1 -all'],
    [
      'NAPTR',
      {
        order: 10,
        preference: 20,
        flags: 'S',
        services: 'SIP+D2U',
        regexp: '',
        replacement: '_sip._udp.example.net',
      },
      '10 20 "s" "SIP+D2U" "" _sip._udp.example.net.',
    ],
  ] as const) {
    test(`${record} is read as ${text}`, async (t) => {
      const there = await server(t, { answers: [{ type: record, name: NAME, ttl: 60, data } as Answer] });
      assert.equal((await stage([there], { record, expect: [text] }).probe()).warning, undefined);
      await assert.rejects(stage([there], { record, expect: ['192.0.2.99'] }).probe(), /not as expected/);
    });
  }

  test('an alias where a record was asked for is told as what it is', async (t) => {
    const alias: Answer = { type: 'CNAME', name: NAME, ttl: 60, data: 'other.example.net' };
    const there = await server(t, { answers: [alias] });
    await assert.rejects(stage([there], { expect: ['10 mail.example.net'] }).probe(), {
      message: `not as expected: ${there.name} says CNAME other.example.net`,
    });
  });
});

describe('the zone of a name', () => {
  test('is the nearest name that has servers, as a resolver says', async (t) => {
    const one = await server(t, { answers: [MX('mail.example.net')] });
    const resolver = await server(t, {
      answers: [{ type: 'NS', name: 'example.net', ttl: 60, data: 'ns1.example.net' }],
    });
    const asked: string[] = [];
    const agreement = new Agreement({
      resolver: {
        ask: async ({ type, name }) => {
          asked.push(`${type} ${name}`);
          return { type: 'rows', rows: [{ name, ttlMs: 1, record: { type: 'A', address: HOST } }] };
        },
      },
      servers: [resolver],
      random: new SeededRandom(1),
      elapsedMs: () => 0,
      zonePort: one.port,
    });
    const target = {
      type: 'dns',
      name: NAME,
      record: 'MX',
      servers: [],
      authoritative: true,
      graceMs: 0,
    } as const;
    const found = await agreement.probe(target, 10_000, new AbortController().signal);
    assert.equal(found.warning, undefined);
    assert.deepEqual(asked, ['A ns1.example.net', 'AAAA ns1.example.net']);
    assert.deepEqual(resolver.asked, [`NS ${NAME} rd`]);
  });

  test('has servers whose addresses DNS does not tell in time, or that are not to be had from here', async (t) => {
    const one = await server(t, { answers: [MX('mail.example.net')] });
    const rows = ['ns1', 'ns2', 'ns3'].map((label): Answer => {
      return { type: 'NS', name: NAME, ttl: 60, data: `${label}.example.net` };
    });
    const resolver = await server(t, { answers: rows });
    const agreement = new Agreement({
      resolver: {
        ask: ({ type, name }) => {
          if (name === 'ns2.example.net') return new Promise(() => undefined);
          const isThere = (type === 'A') === (name === 'ns1.example.net');
          // Of the block that is reserved for documentation: routers discard it, and this machine has no way there.
          const address = type === 'A' ? HOST : '100::1';
          const row = { name, ttlMs: 1, record: { type, address } } as const;
          return Promise.resolve(isThere ? { type: 'rows', rows: [row as DnsRow] } : { type: 'none' });
        },
      },
      servers: [resolver],
      random: new SeededRandom(1),
      elapsedMs: () => 0,
      zonePort: one.port,
    });
    const target = {
      type: 'dns',
      name: NAME,
      record: 'MX',
      servers: [],
      authoritative: true,
      graceMs: 0,
    } as const;
    const found = await agreement.probe(target, 1_000, new AbortController().signal);
    const silent = `ns2.example.net:${one.port} has no address that DNS tells in time`;
    assert.match(found.warning ?? '', new RegExp(`^${silent}(; ns3\\S+ did not answer)?$`));
    assert.equal(found.measures?.['serversAnswering'], 1);
  });

  test('may have a server that takes a long answer over TCP and then says nothing', async (t) => {
    const good = await server(t, { answers: [MX('mail.example.net')] });
    const mute = await server(t, { truncates: true, muteOverTcp: true });
    const found = await stage([good, mute]).probe(500);
    assert.equal(found.warning, `${mute.name} did not answer`);
  });

  test('that no resolver can tell fails with what the last one said', async (t) => {
    const refusing = await server(t, { code: 5 });
    const agreement = new Agreement({
      resolver: { ask: async () => ({ type: 'none' }) },
      servers: [refusing],
      random: new SeededRandom(1),
      elapsedMs: () => 0,
    });
    const target = {
      type: 'dns',
      name: NAME,
      record: 'MX',
      servers: [],
      authoritative: true,
      graceMs: 0,
    } as const;
    await assert.rejects(agreement.probe(target, 10_000, new AbortController().signal), {
      message: `which servers the zone of ${NAME} has cannot be found: answered REFUSED`,
    });
  });
});
