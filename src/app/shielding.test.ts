import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelShield, ShieldPlan } from '../ports/shield.ts';
import { sharesIn } from '../shield/shares.ts';
import { parseConfig } from './config/load.ts';
import { followTrunks, KernelPart, shieldPlan } from './shielding.ts';

const CONFIG = {
  ...parseConfig(
    `sip: { domain: voice.example.net, listen: udp:203.0.113.7:5060 }
media: { address: 203.0.113.7, ports: 20000-29999 }
trunks:
  - { name: named, address: sip.carrier-a.example, from: [198.51.100.0/24] }
  - { name: elsewhere, address: sip.carrier-b.example }
  - { name: addressed, address: "192.0.2.9:5060" }
`,
    { file: 'a.yaml', folder: '/', readSecret: () => '' },
  ),
  demo: false,
};

function kernel() {
  const loaded: ShieldPlan[] = [];
  const shield: KernelShield = {
    place: 'here',
    trouble: undefined,
    load: async (plan) => void loaded.push(plan),
    change: () => {},
    counts: () => Promise.reject(new Error('nothing is counted')),
    close: async () => {},
  };
  const plan = shieldPlan(CONFIG, [{ transport: 'udp', local: { address: '203.0.113.7', port: 5060 } }]);
  return { part: new KernelPart(shield, plan), plan, loaded };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('carriers are let in from where the configuration says', () => {
  const from = kernel().plan.carriers.map((carrier) => [carrier.name, carrier.from]);
  assert.deepEqual(from, [
    ['named', ['198.51.100.0/24']],
    ['addressed', ['192.0.2.9']],
  ]);
});

test('a trunk’s servers are let in when they are found, and what changes in one turn is loaded once', async () => {
  const { part, loaded } = kernel();
  const follow = followTrunks(part, CONFIG);
  const found = (name: string, servers: readonly string[]) =>
    follow({ type: 'trunk-servers', name, servers, at: 0 });
  found('named', ['udp:192.0.2.2:5060', 'tls:[2001:db8::2]:5061']);
  found('elsewhere', ['udp:192.0.2.3:5060']);
  part.share(sharesIn('attack'));
  await turn();
  assert.equal(loaded.length, 1);
  const carriers = new Map(loaded[0]?.carriers.map((carrier) => [carrier.name, carrier.from]));
  assert.deepEqual(carriers.get('named'), ['192.0.2.2', '198.51.100.0/24', '2001:db8::2']);
  assert.deepEqual(carriers.get('elsewhere'), ['192.0.2.3']);
  assert.deepEqual(loaded[0]?.shares, sharesIn('attack'));
});

test('servers in another order, or none because DNS has trouble, change nothing', async () => {
  const { part, loaded } = kernel();
  const follow = followTrunks(part, CONFIG);
  const servers = ['udp:192.0.2.2:5060', 'udp:192.0.2.3:5060'];
  follow({ type: 'trunk-servers', name: 'named', servers, at: 0 });
  await turn();
  follow({ type: 'trunk-servers', name: 'named', servers: servers.toReversed(), at: 1 });
  follow({ type: 'trunk-servers', name: 'named', servers: [], trouble: 'DNS does not answer', at: 2 });
  await turn();
  assert.equal(loaded.length, 1);
});
