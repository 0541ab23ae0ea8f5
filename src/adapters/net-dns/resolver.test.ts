import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import packet from 'dns-packet';
import fc from 'fast-check';
import { LIMITS } from '../../base/limits.ts';
import type { Endpoint } from '../../base/net.ts';
import { createSystemRandom } from '../system-random/system-random.ts';
import { exchange } from './exchange.ts';
import { decodeAnswer } from './message.ts';
import { NetResolver } from './resolver.ts';

const HOST = '127.0.0.1';
const A = { type: 'A', name: 'sip.example.net' } as const;
const ANSWER = { type: 'A', name: 'sip.example.net', ttl: 60, data: '192.0.2.1' } as const;

type Query = ReturnType<typeof packet.decode>;
/** What a server sends back: whole messages, in order. */
type Script = (query: Query, times: number) => readonly Uint8Array[];

function answer(query: Query, changes: Partial<packet.Packet> = {}): Uint8Array {
  return packet.encode({
    type: 'response',
    id: query.id ?? 0,
    questions: query.questions ?? [],
    answers: [ANSWER],
    ...changes,
  });
}

/** A DNS server on a port of its own; over TCP too where the script for that is given. */
async function server(t: TestContext, script: Script, overTcp?: Script): Promise<Endpoint> {
  const socket = createSocket('udp4');
  let times = 0;
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    for (const reply of script(packet.decode(bytes), times++)) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));
  const { port } = socket.address();
  t.after(() => new Promise<void>((resolve) => socket.close(resolve)));
  if (overTcp === undefined) return { address: HOST, port };
  const stream = createServer((connection) => {
    connection.on('error', () => undefined);
    connection.on('data', (bytes: Buffer) => {
      for (const reply of overTcp(packet.decode(bytes.subarray(2)), 0)) {
        const framed = Buffer.alloc(reply.length + 2);
        framed.writeUInt16BE(reply.length);
        framed.set(reply, 2);
        // In pieces, as a network may deliver them.
        connection.write(framed.subarray(0, 1));
        connection.write(framed.subarray(1));
      }
    });
  });
  await new Promise<void>((resolve) => stream.listen(port, HOST, resolve));
  t.after(() => new Promise<void>((resolve) => stream.close(() => resolve())));
  return { address: HOST, port };
}

function resolverOf(
  t: TestContext,
  servers: readonly Endpoint[],
  timeoutMs = 5_000,
  hostsFile = '/nowhere',
): NetResolver {
  const resolver = new NetResolver({ servers, timeoutMs, random: createSystemRandom(), hostsFile });
  t.after(() => resolver.close());
  return resolver;
}

const FOUND = {
  type: 'rows',
  rows: [{ name: 'sip.example.net', ttlMs: 60_000, record: { type: 'A', address: '192.0.2.1' } }],
} as const;

describe('asking a DNS server', () => {
  test('NAPTR, SRV and addresses come with their TTLs', async (t) => {
    const naptr = {
      order: 10,
      preference: 20,
      flags: 's',
      services: 'SIP+D2U',
      regexp: '',
      replacement: '_sip._udp.x',
    };
    const srv = { priority: 1, weight: 2, port: 5060, target: 'a.example.net' };
    const there = await server(t, (query) => {
      const [{ type, name }] = query.questions as [{ type: string; name: string }];
      const data = type === 'NAPTR' ? naptr : type === 'SRV' ? srv : '2001:db8::1';
      return [answer(query, { answers: [{ type, name, ttl: 300, data } as packet.Answer] })];
    });
    const resolver = resolverOf(t, [there]);
    const records = await Promise.all(
      (['NAPTR', 'SRV', 'AAAA'] as const).map(async (type) => {
        const reply = await resolver.ask({ type, name: 'example.net' });
        return reply.type === 'rows' ? reply.rows.map(({ ttlMs, record }) => [ttlMs, record]) : reply;
      }),
    );
    const { services: service, ...rest } = naptr;
    assert.deepEqual(records, [
      [[300_000, { type: 'NAPTR', service, ...rest }]],
      [[300_000, { type: 'SRV', ...srv }]],
      [[300_000, { type: 'AAAA', address: '2001:db8::1' }]],
    ]);
  });

  test('no such name and no such record are answers, with the TTL that their SOA gives', async (t) => {
    const soa = { mname: 'ns.x', rname: 'x.x', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 30 };
    const authorities = [{ type: 'SOA', name: 'x', ttl: 600, data: soa }] as const;
    const there = await server(t, (query, times) => [
      answer(query, { answers: [], authorities: [...authorities], flags: times === 0 ? 3 : 0 }),
    ]);
    const resolver = resolverOf(t, [there]);
    for (let times = 0; times < 2; times++) {
      assert.deepEqual(await resolver.ask(A), { type: 'none', ttlMs: 30_000 });
    }
  });

  test('an answer that was cut off is asked for again over TCP', async (t) => {
    const cut = (query: Query) => [answer(query, { answers: [], flags: packet.TRUNCATED_RESPONSE })];
    const there = await server(t, cut, (query) => [answer(query)]);
    assert.deepEqual(await resolverOf(t, [there]).ask(A), FOUND);
  });

  test('equal questions at once are one', async (t) => {
    let asked = 0;
    const there = await server(t, (query) => {
      asked++;
      return [answer(query)];
    });
    const resolver = resolverOf(t, [there]);
    assert.deepEqual(await Promise.all([resolver.ask(A), resolver.ask(A)]), [FOUND, FOUND]);
    assert.equal(asked, 1);
  });
});

describe('DNS servers that do not do their work', () => {
  test('one that never answers is passed over for the next, well within the time', async (t) => {
    const dead = await server(t, () => []);
    const good = await server(t, (query) => [answer(query)]);
    assert.deepEqual(await resolverOf(t, [dead, good], 900).ask(A), FOUND);
  });

  test('one that refuses, and one where nobody listens, cost no time', { timeout: 10_000 }, async (t) => {
    const gone = await server(t, () => []);
    const refusing = await server(t, (query) => [answer(query, { answers: [], flags: 5 })]);
    const good = await server(t, (query) => [answer(query)]);
    const closed = { address: HOST, port: gone.port === 1 ? 2 : 1 };
    assert.deepEqual(await resolverOf(t, [closed, refusing, good], 60_000).ask(A), FOUND);
  });

  test('one to which there is no way is a failure, as it is while the machine has no network', async (t) => {
    // Link-local without a link: whatever the machine's network is, there is none.
    const reply = await resolverOf(t, [{ address: 'fe80::1', port: 53 }]).ask({
      type: 'A',
      name: 'example.net',
    });
    assert.ok(reply.type === 'failed', JSON.stringify(reply));
    assert.match(reply.reason, /^DNS server \[fe80::1\]:53: connect E/);
  });

  test('when all are silent it fails in its time, and says whom it asked', async (t) => {
    const dead = await server(t, () => []);
    const reply = await resolverOf(t, [dead], 200).ask(A);
    const reason = `no answer in 200 ms from DNS server ${HOST}:${dead.port}`;
    assert.deepEqual(reply, { type: 'failed', reason });
  });

  test('one that knows no EDNS is asked without it', async (t) => {
    const old = await server(t, (query) =>
      query.additionals?.length ? [answer(query, { questions: [], answers: [], flags: 1 })] : [answer(query)],
    );
    assert.deepEqual(await resolverOf(t, [old], 60_000).ask(A), FOUND);
  });

  test('a question that nobody waits for any more leaves no socket behind', async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap').length;
    const before = sockets();
    const given = { question: A, server: { address: HOST, port: 53 }, id: 1, edns: true };
    const over = new AbortController();
    const asked = exchange({ ...given, signal: over.signal });
    over.abort();
    const reason = `DNS server ${HOST}:53: did not answer`;
    assert.deepEqual(await asked, { type: 'failed', reason });
    assert.deepEqual(await exchange({ ...given, signal: over.signal }), { type: 'failed', reason });
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(sockets() <= before, `${sockets()} are open, ${before} were before`);
  });

  test('closing ends what is awaited', async (t) => {
    const dead = await server(t, () => []);
    const resolver = resolverOf(t, [dead], 60_000);
    const reply = resolver.ask(A);
    resolver.close();
    assert.equal((await reply).type, 'failed');
  });

  test('too many questions at once fail', async (t) => {
    const dead = await server(t, () => []);
    const resolver = resolverOf(t, [dead], 60_000);
    const replies = Array.from({ length: LIMITS.dnsQuestionsMax + 1 }, (_, index) =>
      resolver.ask({ type: 'A', name: `n${index}.example` }),
    );
    assert.deepEqual(await replies.at(-1), { type: 'failed', reason: 'too many questions to DNS at once' });
    resolver.close();
    await Promise.all(replies);
  });
});

describe('answers that are not what they should be', () => {
  test('a wrong id, another question, a query and garbage are passed over, and the true answer is taken', async (t) => {
    const there = await server(t, (query) => {
      const id = query.id ?? 0;
      const evil = [{ ...ANSWER, data: '203.0.113.66' }];
      return [
        answer(query, { id: id ^ 1, answers: evil }),
        answer(query, { questions: [{ type: 'A', name: 'other.example' }], answers: evil }),
        answer(query, { questions: [], answers: evil }),
        answer(query, { type: 'query', answers: evil }),
        Uint8Array.of(id >> 8, id & 255, 0x81),
        answer(query).subarray(0, 40),
        answer(query),
      ];
    });
    assert.deepEqual(await resolverOf(t, [there]).ask(A), FOUND);
  });

  test('no bytes make it throw', () => {
    const whole = packet.encode({
      type: 'response',
      id: 7,
      questions: [{ ...A }],
      answers: [ANSWER, ANSWER],
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 600 }),
          fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }).map((edits) => {
            const bytes = Uint8Array.from(whole);
            for (const [at, value] of edits) bytes[at] = value;
            return bytes;
          }),
        ),
        (bytes) => {
          const { type } = decodeAnswer(bytes, 7, A);
          assert.ok(['foreign', 'truncated', 'reply'].includes(type));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('names that point at themselves end', () => {
    const bytes = Uint8Array.from([
      0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1, 0xc0, 12, 0, 1,
    ]);
    assert.deepEqual(decodeAnswer(bytes, 7, A), { type: 'foreign' });
  });
});

describe('the hosts file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringthrough-hosts-'));
  after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'hosts');

  test('comes before DNS, and is read again when it has changed', async (t) => {
    await writeFile(
      file,
      '# carriers\n192.0.2.9 Carrier.example alias.example # by hand\nnonsense here\n2001:db8::9 carrier.example\n',
    );
    const there = await server(t, (query) => [answer(query)]);
    const resolver = resolverOf(t, [there], 5_000, file);
    const addressOf = async (type: 'A' | 'AAAA', name: string) => {
      const reply = await resolver.ask({ type, name });
      return reply.type === 'rows'
        ? reply.rows.map(({ record }) => 'address' in record && record.address)
        : reply.type;
    };
    assert.deepEqual(await addressOf('A', 'carrier.example'), ['192.0.2.9']);
    assert.deepEqual(await addressOf('AAAA', 'carrier.example'), ['2001:db8::9']);
    assert.deepEqual(await addressOf('AAAA', 'alias.example'), 'none');
    assert.deepEqual(await addressOf('A', 'sip.example.net'), ['192.0.2.1']);
    await writeFile(file, '192.0.2.10 carrier.example\n');
    await utimes(file, 1, 1);
    assert.deepEqual(await addressOf('A', 'carrier.example'), ['192.0.2.10']);
  });

  test('localhost is this machine without any file or server', async (t) => {
    const resolver = resolverOf(t, []);
    const reply = await resolver.ask({ type: 'A', name: 'localhost' });
    assert.ok(reply.type === 'rows' && reply.rows.length === 1);
    const unknown = await resolver.ask({ type: 'A', name: 'carrier.example' });
    assert.deepEqual(unknown, { type: 'failed', reason: 'no DNS server is known' });
  });
});
