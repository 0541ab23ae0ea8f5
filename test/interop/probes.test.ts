// Probes that do what customers do: against Kamailio, and through a node over whose trunks they come in and go out,
// with audio that arrives, and with audio that does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, MOBILE, NUMBER, RingthroughNode } from './node.ts';
import { Kamailio } from './peers/kamailio.ts';
import { CARRIER_HOST, createRig, freePorts, HOST, until } from './rig.ts';

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

/** Named after its probe. */
function watching(...probes: readonly string[]): readonly string[] {
  return ['watch:', '  probes:', ...probes.map((probe) => `    - { ${TIMES}, ${probe} }`)];
}

test('a probe registers with Kamailio, and another one calls through it', async (t) => {
  const rig = createRig(t);
  const pstn = { port: await freePorts(1, CARRIER_HOST) };
  const carrier = await Kamailio.start(rig, { realm: REALM, ...CREDENTIALS, pstn });
  const server = `server: "udp:${CARRIER_HOST}:${carrier.port}"`;
  const phone = `${server}, domain: ${REALM}, user: trunk, password: over-the-hills`;
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception'], ['{ ring: [reception], for: 20s }']),
    more: watching(
      `name: register, register: { ${phone} }`,
      `name: wrong, register: { ${phone.replace('the-hills', 'the-sea')} }`,
      `name: call, call: { to: "${MOBILE}", from: { ${phone} }, answer: { listen: "udp:${CARRIER_HOST}:${pstn.port}" } }`,
    ),
  });
  await says(node, 'register', 'passed');
  await says(node, 'wrong', 'failed', /^401 Unauthorized: /);
  await says(node, 'call', 'passed');
  await carrier.logged(/authorised INVITE to \+447700900123/);
});

function calls(trunkPort: number, sipPort: number): readonly string[] {
  const here = `server: "udp:${HOST}:${sipPort}"`;
  const phone = (user: string) => `{ ${here}, user: ${user}, password: ${PASSWORD} }`;
  const carrier = `{ ${here}, address: ${CARRIER_HOST}, number: "+447700900555" }`;
  return watching(
    `name: in, call: { to: "${NUMBER}", from: ${carrier}, answer: ${phone('reception')} }`,
    `name: out, call: { to: "${MOBILE}", from: ${phone('workshop')}, answer: { listen: "udp:${CARRIER_HOST}:${trunkPort}" } }`,
  );
}

test('probes call in and out over a trunk of a node, and hear each other', async (t) => {
  const rig = createRig(t);
  const trunkPort = await freePorts(1, CARRIER_HOST);
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception', 'workshop'], ['{ ring: [reception], for: 20s }']),
    trunks: [
      `{ name: carrier, address: "${CARRIER_HOST}:${trunkPort}", from: ${CARRIER_HOST}, outbound: true }`,
    ],
    more: (sipPort) => calls(trunkPort, sipPort),
  });
  for (const probe of ['in', 'out']) await says(node, probe, 'passed');
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
  const trunkPort = await freePorts(1, CARRIER_HOST);
  const node = await RingthroughNode.start(rig, {
    provisioning: account(['reception', 'workshop'], ['{ ring: [reception], for: 20s }']),
    trunks: [
      `{ name: carrier, address: "${CARRIER_HOST}:${trunkPort}", from: ${CARRIER_HOST}, outbound: true }`,
    ],
    mediaAdvertised: '127.0.0.9',
    more: (sipPort) => calls(trunkPort, sipPort),
  });
  await says(node, 'in', 'failed', /^audio does not arrive from caller to called: 0 of 75 packets$/);
});
