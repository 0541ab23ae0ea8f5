// A stage with a shield on it, and what every story about it does: begin, send, look what arrived, look what the
// kernel counted. Shares are such that nothing comes back within a test, so that numbers are exact.

import assert from 'node:assert/strict';
import type { Rate, Shares, ShieldChange, ShieldPlan } from '../../../src/ports/shield.ts';
import { until } from '../../interop/rig.ts';
import type { End } from './post.ts';
import type { Servant } from './servant.ts';
import type { HostOrder } from './shield-host.ts';
import { type Counts, EDGE, EDGE6, Stage } from './stage.ts';

/** So little a second that within a test nothing comes back. */
export const only = (burst: number): Rate => ({ perSecond: 0.001, burst });
export const AMPLE: Rate = { perSecond: 10_000, burst: 10_000 };

export const SHARES: Shares = {
  source: only(3),
  network: only(30),
  all: AMPLE,
  beyondBudgets: only(1),
  exceedingFlows: only(1),
  familiarSource: only(20),
  familiarAll: AMPLE,
  connectSource: only(3),
  connectNetwork: only(30),
  connectAll: AMPLE,
};

export const SIP: End = { address: EDGE, port: 5060 };
export const SIP6: End = { address: EDGE6, port: 5060 };
export const REGISTER = 'REGISTER sip:voice.example.net SIP/2.0\r\n';
export const MINUTE_MS = 60_000;

export function planWith(shares: Partial<Shares> = {}, more: Partial<ShieldPlan> = {}): ShieldPlan {
  return {
    listeners: [
      { transport: 'udp', local: { address: '0.0.0.0', port: 5060 } },
      { transport: 'udp', local: { address: EDGE6, port: 5060 } },
      { transport: 'tcp', local: { address: EDGE, port: 5060 } },
    ],
    media: { addresses: [EDGE], from: 20_000, to: 20_099 },
    carriers: [{ name: 'carrier-a', from: ['10.77.4.0/24'], rate: only(10) }],
    shares: { ...SHARES, ...shares },
    ...more,
  };
}

export function known(remote: End, rate: Rate = AMPLE): ShieldChange {
  return { type: 'flow', lane: 'known', transport: 'udp', remote, rate, until: MINUTE_MS };
}

/** Where packets are judged. */
export const PLACES = [
  { where: 'at an interface', interfaces: ['wire'] },
  { where: 'before connection tracking', interfaces: [] },
] as const;

export class Scene {
  readonly stage = new Stage();
  readonly #interfaces: readonly string[];
  #received: Record<string, number> = {};
  #shield: Servant<HostOrder> | undefined;

  constructor(interfaces: readonly string[]) {
    this.#interfaces = interfaces;
  }

  /** The node's sockets. */
  async listen(...ends: readonly End[]): Promise<void> {
    for (const on of ends) await this.stage.node.ask({ do: 'listen', on });
  }

  get shield(): Servant<HostOrder> {
    assert.ok(this.#shield);
    return this.#shield;
  }

  async begin(
    plan: ShieldPlan,
    changes: readonly ShieldChange[] = [],
    more: Parameters<Stage['opened']>[2] = {},
  ): Promise<void> {
    this.#shield = await this.stage.opened(plan, this.#interfaces, more);
    await this.change(...changes);
    await this.stage.node.ask({ do: 'received' });
    this.#received = {};
  }

  /** Another process with a shield of the same name, in place of one that is gone. */
  async takeOver(plan: ShieldPlan): Promise<void> {
    this.#shield = await this.stage.opened(plan, this.#interfaces);
  }

  /** Takes the shield away, and sees that nothing of it is left. */
  async end(): Promise<void> {
    await this.shield.ask({ do: 'close' });
    await this.shield.end();
    assert.deepEqual(
      this.stage.tables().filter((table) => table.endsWith(' ringthrough_edge')),
      [],
    );
  }

  async change(...changes: readonly ShieldChange[]): Promise<void> {
    await this.shield.ask({ do: 'change', changes });
    // It is told before it is counted.
    await this.counts();
  }

  counts(): Promise<Counts> {
    return this.shield.ask<Counts>({ do: 'counts' });
  }

  /** `overMs`: spread over so long. */
  send(from: End, count: number, { to = SIP, text = REGISTER, overMs = 0 } = {}): Promise<unknown> {
    return this.stage.outside.ask({ do: 'send', from, to, text, count, overMs });
  }

  /** Waits for so many packets that came through from there since the shield began. */
  async arrived(from: End, count: number, port = 5060): Promise<void> {
    const key = `${from.address}:${from.port} > ${port}`;
    await until(`${count} packets of ${key}, of ${JSON.stringify(this.#received)}`, 5_000, async () => {
      const more = await this.stage.node.ask<Record<string, number>>({ do: 'received' });
      for (const [each, sum] of Object.entries(more)) {
        this.#received[each] = (this.#received[each] ?? 0) + sum;
      }
      return (this.#received[key] ?? 0) >= count || undefined;
    });
    assert.equal(this.#received[key] ?? 0, count, key);
  }
}
