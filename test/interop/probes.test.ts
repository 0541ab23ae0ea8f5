// Probes that do what customers do: against Kamailio, and through a node over whose trunks they come in and go out,
// with audio that arrives, and with audio that does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorityIn, type Trust, writeIssued } from './certificates.ts';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Kamailio } from './peers/kamailio.ts';
import { CARRIER_HOST, createRig, freePorts, HOST, type Rig, until } from './rig.ts';

const CREDENTIALS = { user: 'trunk', password: 'over-the-hills' };
const REALM = 'carrier.example';
const PASSWORD = 'over-the-hills';
const TIMES = 'interval: 5s, timeout: 5s';

interface Last {
  readonly outcome: 'passed' | 'warned' | 'failed';
  readonly reason?: string;
}

interface Status {
  readonly components: readonly {
    readonly name: string;
    readonly probes: readonly { readonly watchers: readonly { readonly last?: Last }[] }[];
  }[];
}

/** Until the probe says so: what it found before the node had its accounts does not count. */
async function says(node: RingthroughNode, probe: string, outcome: Last['outcome'], reason?: RegExp) {
  let last: Last | undefined;
  const wanted = async () => {
    const { components } = await node.api<Status>('GET', '/status');
    last = components.find(({ name }) => name === probe)?.probes[0]?.watchers[0]?.last;
    return (last?.outcome === outcome && (reason?.test(last.reason ?? '') ?? true)) || undefined;
  };
  await until(`${probe} ${outcome}`, 20_000, wanted).catch((cause: unknown) => {
    throw new Error(`${probe} said ${JSON.stringify(last)}`, { cause });
  });
}

/** Named after its probe. They trust the authority of the test, whose certificate `ca` is. */
function watching(ca: string, ...probes: readonly string[]): readonly string[] {
  return ['watch:', `  ca: ${ca}`, '  probes:', ...probes.map((probe) => `    - { ${TIMES}, ${probe} }`)];
}

test('probes register with Kamailio and call through it, over UDP and TLS', async (t) => {
  const rig = createRig(t);
  const { authority, ca } = await authorityIn(rig.folder);
  const tls = await authority.issue({ names: [CARRIER_HOST] });
  const pstn = { port: await freePorts(1, CARRIER_HOST) };
  const carrier = await Kamailio.start(rig, { realm: REALM, ...CREDENTIALS, pstn, tls });
  const server = `server: "udp:${CARRIER_HOST}:${carrier.port}"`;
  const phone = `${server}, domain: ${REALM}, user: trunk, password: over-the-hills`;
  const secured = phone.replace(/udp:.*:\d+/, `tls:${CARRIER_HOST}:${carrier.port + 1}`);
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception'], ['{ ring: [reception], for: 20s }']),
    more: watching(
      ca,
      `name: register, register: { ${phone} }`,
      `name: wrong, register: { ${phone.replace('the-hills', 'the-sea')} }`,
      `name: secured, register: { ${secured} }`,
      `name: call, call: { to: "${MOBILE}", from: { ${secured} }, answer: { listen: "udp:${CARRIER_HOST}:${pstn.port}" } }`,
    ),
  });
  await says(node, 'register', 'passed');
  await says(node, 'wrong', 'failed', /^401 Unauthorized: /);
  await says(node, 'secured', 'passed');
  await says(node, 'call', 'passed');
  await carrier.logged(/authorised INVITE to \+447700900123/);
});

function calls(
  ca: string,
  trunkPort: number,
  sipPort: number,
  ...more: readonly string[]
): readonly string[] {
  const here = `server: "udp:${HOST}:${sipPort}"`;
  const phone = (user: string) => `{ ${here}, user: ${user}, password: ${PASSWORD} }`;
  const carrier = `{ ${here}, address: ${CARRIER_HOST}, number: "+447700900555" }`;
  return watching(
    ca,
    `name: in, call: { to: "${NUMBER}", from: ${carrier}, answer: ${phone('reception')} }`,
    `name: out, call: { to: "${MOBILE}", from: ${phone('workshop')}, answer: { listen: "udp:${CARRIER_HOST}:${trunkPort}" } }`,
    ...more,
  );
}

/** Both ends over TLS, where the node presents its certificate on the port after that of UDP. */
function securedCall(sipPort: number): string {
  const phone = (user: string) =>
    `{ server: "tls:${HOST}:${sipPort + 1}", user: ${user}, password: ${PASSWORD} }`;
  return `name: secured, call: { to: attic, from: ${phone('workshop')}, answer: ${phone('attic')} }`;
}

async function certified(rig: Rig, trust: Trust) {
  return writeIssued(rig.folder, await trust.authority.issue({ names: [HOST] }));
}

test('probes call in and out over a trunk of a node, and over TLS, and hear each other', async (t) => {
  const rig = createRig(t);
  const trust = await authorityIn(rig.folder);
  const tls = await certified(rig, trust);
  const trunkPort = await freePorts(1, CARRIER_HOST);
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception', 'workshop', 'attic'], ['{ ring: [reception], for: 20s }']),
    trunks: [
      `{ name: carrier, address: "${CARRIER_HOST}:${trunkPort}", from: ${CARRIER_HOST}, outbound: true }`,
    ],
    tls,
    more: (sipPort) => calls(trust.ca, trunkPort, sipPort, securedCall(sipPort)),
  });
  for (const probe of ['in', 'out', 'secured']) await says(node, probe, 'passed');
  assert.equal((await node.attempt(NUMBER)).answeredBy, 'reception');
  await until('no binding is left', 5_000, async () => {
    const { phones } = await node.api<{ phones: readonly { readonly bindings: readonly object[] }[] }>(
      'GET',
      '/phones',
    );
    return phones.every(({ bindings }) => bindings.length === 0) ? true : undefined;
  });
});

test('a call whose audio goes nowhere fails, and says so', async (t) => {
  const rig = createRig(t);
  const { ca } = await authorityIn(rig.folder);
  const trunkPort = await freePorts(1, CARRIER_HOST);
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception', 'workshop'], ['{ ring: [reception], for: 20s }']),
    trunks: [
      `{ name: carrier, address: "${CARRIER_HOST}:${trunkPort}", from: ${CARRIER_HOST}, outbound: true }`,
    ],
    mediaAdvertised: '127.0.0.9',
    more: (sipPort) => calls(ca, trunkPort, sipPort),
  });
  await says(node, 'in', 'failed', /^audio does not arrive from caller to called: 0 of 75 packets$/);
});
