// The life of the table: replaced under traffic, left behind by a crash and taken over, flushed by others, owned by
// another node, open when its node is silent, and taken away alone.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { until } from '../../interop/rig.ts';
import type { End } from './post.ts';
import { AMPLE, known, MINUTE_MS, only, PLACES, planWith, Scene, SHARES, SIP } from './scene.ts';
import { noKernel, OFFICE, PHONE, STRANGER } from './stage.ts';

const phone: End = { address: PHONE, port: 5060 };
const refusedBot: End = { address: STRANGER, port: 6060 };
const REFUSED = { type: 'refused', address: STRANGER, until: MINUTE_MS } as const;

/** Sends of a known phone and of a refused bot go on while something is done; then sees that neither noticed. */
async function unnoticed(scene: Scene, what: () => Promise<void>): Promise<void> {
  const traffic = [
    scene.send(phone, 4_000, { overMs: 2_000 }),
    scene.send(refusedBot, 4_000, { overMs: 2_000 }),
  ];
  await what();
  await Promise.all(traffic);
  await scene.arrived(phone, 4_000);
  await scene.arrived(refusedBot, 0);
}

for (const { where, interfaces } of PLACES) {
  describe(`the table in the kernel, ${where}`, { skip: noKernel }, () => {
    let scene: Scene;
    before(async () => {
      scene = new Scene(interfaces);
      await scene.listen(SIP);
    });
    afterEach(() => scene.end());
    after(() => scene.stage.close());

    const table = () => `${interfaces.length > 0 ? 'netdev' : 'inet'} ringthrough_edge`;

    /** As after the silence of a node. */
    const silence = () => scene.stage.atEdge(`nft flush set ${table()} alive`);

    test('shares are replaced again and again, and no packet meets half of the rules', async () => {
      const newcomer = { address: OFFICE, port: 6060 };
      await scene.begin(planWith(), [known(phone), REFUSED]);
      await scene.send(newcomer, 10);
      await unnoticed(scene, async () => {
        for (let burst = 1; burst <= 20; burst++) {
          await scene.shield.ask({ do: 'load', plan: planWith({ source: only(burst) }) });
        }
      });
      await scene.send(newcomer, 50);
      assert.equal((await scene.counts()).lanes.newcomer.admitted, SHARES.source.burst + 20);
    });

    test('other carriers are let in, and no newcomer’s share is whole again by that', async () => {
      const stranger = { address: OFFICE, port: 6060 };
      await scene.begin(planWith());
      await scene.send(stranger, 10);
      const carriers = [{ name: 'carrier-b', from: [`${STRANGER}/32`], rate: only(5) }];
      await scene.shield.ask({ do: 'load', plan: planWith({}, { carriers }) });
      await scene.send(stranger, 10);
      await scene.send({ address: STRANGER, port: 5060 }, 5);
      const { lanes } = await scene.counts();
      assert.equal(lanes.newcomer.admitted, SHARES.source.burst);
      assert.equal(lanes.carrier.admitted, 5);
    });

    test('a node that crashed is followed by one that knows its flows, and has none of its calls', async () => {
      await scene.begin(planWith(), [known(phone), REFUSED, { type: 'media-open', port: 20_000 }]);
      const crashed = scene.shield;
      await unnoticed(scene, async () => {
        crashed.kill();
        await crashed.exited;
        assert.equal(scene.stage.tables().length, 1);
        await scene.takeOver(planWith());
      });
      assert.match(scene.shield.log, /takes over the table/);
      assert.doesNotMatch(scene.stage.atEdge(`nft list set ${table()} media_open`), /elements/);
    });

    test('a table of another form, left behind, is replaced whole', async () => {
      await scene.begin(planWith(), [known(phone)], { places: { sources: 10, networks: 10 } });
      scene.stage.atEdge(`nft add chain ${table()} of_an_older_version`);
      scene.shield.kill();
      await scene.shield.exited;
      await scene.takeOver(planWith({}, { doors: DOORS }));
      assert.doesNotMatch(scene.stage.atEdge(`nft list table ${table()}`), /older_version/);
    });

    test('a second node of the same name is told whose the table is, and leaves it alone', async () => {
      await scene.begin(planWith(), [known(phone)]);
      const second = scene.stage.shield();
      const plan = planWith();
      const answer = await second.ask({ do: 'open', node: 'edge', interfaces, plan });
      const refused = `another node named edge has the table ringthrough_edge (process ${scene.shield.pid})`;
      assert.deepEqual(answer, { refused });
      await second.end();
      await scene.send(phone, 10);
      await scene.arrived(phone, 10);
    });

    test('rules of others are there after the end as they were before', async () => {
      const others = [
        'nft add table inet firewall',
        "nft add chain inet firewall input '{ type filter hook input priority 0; policy accept; }'",
        'nft add rule inet firewall input udp dport 9 drop',
        'nft add table netdev ringthrough_of_somebody_else',
      ];
      for (const command of others) scene.stage.atEdge(command);
      const before = scene.stage.atEdge('nft list ruleset');
      await scene.begin(planWith(), [known(phone)]);
      await scene.shield.ask({ do: 'close' });
      assert.equal(scene.stage.atEdge('nft list ruleset'), before);
      scene.stage.atEdge('nft flush ruleset');
    });

    test('rules that somebody flushed are made anew, with all that the node knows', async () => {
      await scene.begin(planWith(), [known(phone), REFUSED]);
      scene.stage.atEdge('nft flush ruleset');
      await scene.send(refusedBot, 10);
      await scene.arrived(refusedBot, 10);
      await scene.change(known({ address: OFFICE, port: 5060 }, only(1)));
      assert.match(String(await scene.shield.ask({ do: 'trouble' })), /No such file/);
      await workingAgain(scene);
      await scene.send(phone, 50);
      await scene.send(refusedBot, 10);
      const { lanes } = await scene.counts();
      assert.deepEqual([lanes.known.admitted, lanes.refused.dropped], [50, 10]);
      assert.match(scene.shield.log, /does not do what it is told[\s\S]*works again/);
    });

    test('nft that ended is started again', async () => {
      await scene.begin(planWith(), [known(phone)]);
      scene.stage.atEdge(`sh -c 'kill $(cat /proc/${scene.shield.pid}/task/${scene.shield.pid}/children)'`);
      await until('the trouble to be noticed', 5_000, async () => {
        await scene.counts();
        return (await scene.shield.ask({ do: 'trouble' })) ?? undefined;
      });
      await workingAgain(scene);
      await scene.change(known({ address: OFFICE, port: 5060 }));
      await scene.send({ address: OFFICE, port: 5060 }, 30);
      assert.equal((await scene.counts()).lanes.known.admitted, 30);
    });

    test('the kernel of a node that is silent lets everything in, until it speaks again', async () => {
      await scene.begin(planWith(), [REFUSED]);
      silence();
      await scene.send(refusedBot, 100);
      await scene.arrived(refusedBot, 100);
      // To ask is to speak.
      assert.equal((await scene.counts()).lanes.refused.dropped, 0);
      await scene.send(refusedBot, 100);
      assert.equal((await scene.counts()).lanes.refused.dropped, 100);
    });

    test('sources that find no place share a part of the ceiling, and take nothing from those that have one', async () => {
      const places = { sources: 2, networks: 2 };
      await scene.begin(planWith({ all: only(40) }), [known(phone)], { places });
      const placed = [
        { address: '10.77.5.1', port: 6060 },
        { address: '10.77.6.1', port: 6060 },
      ];
      for (const from of placed) await scene.send(from, 1);
      for (const network of [7, 8, 9]) await scene.send({ address: `10.77.${network}.1`, port: 6060 }, 100);
      const crowded = await scene.counts();
      assert.equal(crowded.crowd, 300);
      assert.equal(crowded.lanes.newcomer.admitted, 2 + 40 / 4);
      for (const from of placed) await scene.send(from, 50);
      for (const from of placed) await scene.arrived(from, SHARES.source.burst);
      await scene.send(phone, 50);
      await scene.arrived(phone, 50);
    });

    test('thousands of flows are told in one go, and all of them are known', async () => {
      await scene.begin(planWith());
      const flows = Array.from({ length: 5_000 }, (_, index) => {
        return known({ address: PHONE, port: 10_000 + index }, AMPLE);
      });
      await scene.shield.ask({ do: 'change', changes: flows });
      await scene.send({ address: PHONE, port: 14_999 }, 1);
      await until('the last of them to be known', 20_000, async () => {
        await scene.send({ address: PHONE, port: 14_999 }, 1);
        return (await scene.counts()).lanes.known.admitted > 0 || undefined;
      });
      assert.equal((await scene.counts()).tables['known']?.used, 5_000);
    });
  });
}

const DOORS = { from: 30_000, to: 30_099, inside: { a: 5_090, b: 5_091 }, newcomers: only(5) };

async function workingAgain(scene: Scene): Promise<void> {
  await until('the shield to work again', 10_000, async () => {
    return (await scene.shield.ask({ do: 'trouble' })) === null || undefined;
  });
}

describe('the table in the kernel, where it cannot be', { skip: noKernel }, () => {
  let scene: Scene;
  before(() => {
    scene = new Scene([]);
  });
  after(() => scene.stage.close());

  const refusal = async (through: readonly string[], interfaces: readonly string[] = []) => {
    const shield = scene.stage.shield(through);
    const plan = planWith();
    const answer = await shield.ask<{ refused?: string }>({ do: 'open', node: 'edge', interfaces, plan });
    await shield.end();
    return answer.refused ?? '';
  };

  test('a user who may not is told which capability is missing', async () => {
    const without = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'];
    assert.match(await refusal(without), /the capability CAP_NET_ADMIN/);
  });

  test('a machine without nft is told what to install', async () => {
    // The folder is hidden in a mount namespace of that process alone.
    const hidden = 'mount -t tmpfs none /usr/sbin && exec "$0" "$@"';
    assert.match(await refusal(['unshare', '--mount', 'sh', '-c', hidden]), /apt install nftables/);
  });

  test('an interface that is not there is named', async () => {
    assert.match(await refusal([], ['eth9']), /eth9/);
  });
});

describe('an interface that goes and comes again', { skip: noKernel }, () => {
  let scene: Scene;
  before(async () => {
    scene = new Scene(['wire']);
    await scene.listen(SIP);
  });
  after(() => scene.stage.close());

  test('has its rules again', async () => {
    await scene.begin(planWith(), [REFUSED]);
    scene.stage.cutWire();
    scene.stage.layWire();
    await until('its absence to be noticed', 5_000, async () => {
      await scene.counts();
      return (await scene.shield.ask({ do: 'trouble' })) ?? undefined;
    });
    await workingAgain(scene);
    await scene.send(refusedBot, 10);
    assert.equal((await scene.counts()).lanes.refused.dropped, 10);
    await scene.end();
  });
});
