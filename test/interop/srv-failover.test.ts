// A carrier that is found by name: dnsmasq serves its NAPTR and SRV records, two Kamailios are its servers, and one of
// them is killed, or DNS is, while calls go on.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Authority, type Issued } from '../authority.ts';
import { type Attempt, account, MOBILE, RingthroughNode } from './node.ts';
import { Baresip } from './peers/baresip.ts';
import { Dnsmasq, srv } from './peers/dnsmasq.ts';
import { Kamailio } from './peers/kamailio.ts';
import { Sipp } from './peers/sipp.ts';
import { CARRIER_HOST, createRig, freePorts, HOST, type Rig } from './rig.ts';

const CREDENTIALS = { user: 'trunk', password: 'over-the-hills' };
const REALM = 'carrier.example';
const OTHER_HOST = '127.0.0.3';
const PROVISIONING = account(['reception'], ['{ ring: [reception], for: 20s }']);
const ADDRESSES = [
  `host-record=one.carrier.example,${CARRIER_HOST}`,
  `host-record=two.carrier.example,${OTHER_HOST}`,
];
const SERVICES = {
  udp: { naptr: 'SIP+D2U', srv: '_sip._udp' },
  tcp: { naptr: 'SIP+D2T', srv: '_sip._tcp' },
  tls: { naptr: 'SIPS+D2T', srv: '_sips._tcp' },
} as const;

type Transport = keyof typeof SERVICES;

/** The name's records: what it offers, and its two servers for that, the first one first. */
function records(transport: Transport, [one = 0, two = 0]: readonly number[]): readonly string[] {
  const service = `${SERVICES[transport].srv}.carrier.example`;
  return [
    `naptr-record=carrier.example,10,10,s,${SERVICES[transport].naptr},,${service}`,
    srv(service, 'one.carrier.example', one, 10),
    srv(service, 'two.carrier.example', two, 20),
    ...ADDRESSES,
  ];
}

/** Two servers of one carrier, the telephone network behind both, a node that knows them by name, and a phone. */
async function network(rig: Rig, transport: Transport, secondSpeaksFor = REALM) {
  const answerer = { scenario: 'answerer', host: CARRIER_HOST, rtpEcho: true, withinSeconds: 90 };
  const pstn = await Sipp.start(rig, answerer);
  const authority = await Authority.create();
  const options = { realm: REALM, ...CREDENTIALS, pstn };
  const one = await Kamailio.start(rig, {
    ...options,
    host: CARRIER_HOST,
    name: 'one.carrier.example',
    tls: await authority.issue({ names: [REALM] }),
  });
  const two = await Kamailio.start(rig, {
    ...options,
    host: OTHER_HOST,
    name: 'two.carrier.example',
    tls: await authority.issue({ names: [secondSpeaksFor] }),
  });
  const ports = [one, two].map(({ port }) => (transport === 'tls' ? port + 1 : port));
  const dns = await Dnsmasq.start(rig, { records: records(transport, ports), ttlSeconds: 5 });
  const credentials = `user: ${CREDENTIALS.user}, password: ${CREDENTIALS.password}`;
  const node = await RingthroughNode.start(rig, {
    provisioning: PROVISIONING,
    trunks: [`{ name: carrier, address: ${REALM}, outbound: true, ${credentials} }`],
    tls: trusting(rig, authority, await authority.issue({ names: [HOST] })),
    more: [`dns: { servers: ["${HOST}:${dns.port}"], timeout: 1s }`],
  });
  const phone = await Baresip.start(rig, {
    user: 'reception',
    toneHz: 700,
    answer: 'manual',
    codec: 'PCMA',
    registrar: node.registrar,
  });
  return { one, two, dns, node, phone, ports };
}

/** The node's certificate, and whom it believes. */
function trusting({ folder }: Rig, authority: Authority, { certificate, key }: Issued) {
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    certificate: write('node.pem', certificate),
    key: write('node.key', key),
    ca: write('ca.pem', authority.certificate),
  };
}

/** One call from the phone to the mobile, with audio both ways; how long it took to be answered. */
async function call(t: TestContext, node: RingthroughNode, phone: Baresip, what: string): Promise<number> {
  phone.dial(MOBILE);
  await phone.heard(700);
  phone.command('hangup');
  const attempt = await node.attempt(MOBILE);
  assert.equal(attempt.outcome, 'answered', JSON.stringify(attempt));
  const answeredMs = answeredAfterMs(attempt);
  t.diagnostic(`${what}: answered after ${answeredMs} ms`);
  return answeredMs;
}

function answeredAfterMs({ startedAt, answeredAt }: Attempt): number {
  return Date.parse(answeredAt ?? '') - Date.parse(startedAt);
}

describe('a carrier with two servers by NAPTR and SRV', () => {
  for (const transport of ['udp', 'tcp', 'tls'] as const) {
    test(`over ${transport}: one is killed, and calls go on over the other`, async (t) => {
      const rig = createRig(t);
      const { one, two, dns, node, phone, ports } = await network(rig, transport);
      await node.trunkServers('carrier', 'up', 2);
      await dns.asked('NAPTR carrier.example');
      await dns.asked(`SRV ${SERVICES[transport].srv}.carrier.example`);
      assert.ok((await call(t, node, phone, 'both alive')) < 1_500);
      await one.logged(/authorised INVITE to \+447700900123 from \+442079460000/);

      await one.killHard();
      assert.ok((await call(t, node, phone, 'one killed, first call')) < 3_000);
      await two.logged(/authorised INVITE to \+447700900123/);
      assert.ok((await call(t, node, phone, 'one killed, second call')) < 1_500);
      const servers = await node.trunkServers('carrier', 'down', 1);
      assert.deepEqual(servers, [`${transport}:${CARRIER_HOST}:${ports[0]}`]);
      assert.ok((await call(t, node, phone, 'one known to be down')) < 1_500);
    });
  }

  test('over TLS: a server whose certificate is for its own name, not for the carrier’s, gets no call', async (t) => {
    const rig = createRig(t);
    const { one, node, phone, ports } = await network(rig, 'tls', 'two.carrier.example');
    assert.deepEqual(await node.trunkServers('carrier', 'down', 1), [`tls:${OTHER_HOST}:${ports[1]}`]);
    assert.ok((await call(t, node, phone, 'one impostor')) < 1_500);
    await one.logged(/authorised INVITE/);
  });

  test('DNS hangs, then dies, then the node is killed and started, and calls go on', async (t) => {
    const rig = createRig(t);
    const { dns, node, phone } = await network(rig, 'udp');
    await node.trunkServers('carrier', 'up', 2);
    dns.hang();
    // The records hold for five seconds, so by then the node has asked in vain.
    await node.logged(/trunk located, but DNS has trouble/, 20_000);
    assert.ok((await call(t, node, phone, 'DNS hangs')) < 1_500);
    await dns.kill();
    assert.ok((await call(t, node, phone, 'DNS is dead')) < 1_500);
    await node.crashAndRestart();
    await node.trunkServers('carrier', 'up', 2);
    await node.phone('reception', 'reachable');
    assert.ok((await call(t, node, phone, 'DNS is dead, and the node was killed and started')) < 1_500);
  });
});

describe('the node and a real DNS server', () => {
  const trunks = ['{ name: carrier, address: carrier.example, transport: udp, outbound: true }'];

  test('an answer too long for a datagram comes over TCP', async (t) => {
    const rig = createRig(t);
    const many = Array.from({ length: 60 }, (_, index) => {
      const target = `server-with-a-long-name-${index}.carrier.example`;
      const address = `host-record=${target},${index < 30 ? CARRIER_HOST : OTHER_HOST}`;
      return [srv('_sip._udp.carrier.example', target, 20_000 + index, index), address];
    });
    const dns = await Dnsmasq.start(rig, { records: many.flat() });
    const more = [`dns: { servers: "${HOST}:${dns.port}" }`];
    const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING, trunks, more });
    const servers = await node.trunkServers('carrier', undefined, 32);
    assert.equal(servers[0], `udp:${CARRIER_HOST}:20000`);
    assert.equal(servers[31], `udp:${OTHER_HOST}:20031`);
  });

  test('a DNS server that never answers is passed over for the next', async (t) => {
    const rig = createRig(t);
    const records = [srv('_sip._udp.carrier.example', 'one.carrier.example', 5_070, 1), ...ADDRESSES];
    const [silent, good] = [
      await Dnsmasq.start(rig, { records, name: 'silent' }),
      await Dnsmasq.start(rig, { records }),
    ];
    silent.hang();
    const more = [`dns: { servers: ["${HOST}:${silent.port}", "${HOST}:${good.port}"] }`];
    const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING, trunks, more });
    assert.deepEqual(await node.trunkServers('carrier', undefined, 1), [`udp:${CARRIER_HOST}:5070`]);
  });

  test('a name that does not exist is told to the operator', async (t) => {
    const rig = createRig(t);
    const dns = await Dnsmasq.start(rig, { records: ADDRESSES });
    const more = [`dns: { servers: "${HOST}:${dns.port}" }`];
    const node = await RingthroughNode.start(rig, { provisioning: PROVISIONING, trunks, more });
    await node.logged(/carrier\.example has no address for us.*trunk cannot be located/, 10_000);
  });

  test('a name of the hosts file needs no DNS', async (t) => {
    const rig = createRig(t);
    const port = await freePorts();
    const node = await RingthroughNode.start(rig, {
      provisioning: PROVISIONING,
      trunks: [`{ name: carrier, address: "localhost:${port}", outbound: true }`],
      more: [`dns: { servers: "${HOST}:${port}" }`],
    });
    assert.deepEqual(await node.trunkServers('carrier', undefined, 1), [`udp:127.0.0.1:${port}`]);
  });
});
