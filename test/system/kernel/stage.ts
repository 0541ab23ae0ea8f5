// Two network namespaces with a wire between them: the edge, where a shield is, and outside, where everybody else is.
// Outside has many addresses, so that one program there can be a phone, its neighbour behind the same NAT, a bot and a
// carrier. All traffic stays on this wire. Making it needs root and a kernel with nftables.
//
//   outside: 10.77.0.2  10.77.1.1 … 10.77.9.1  fd77::2 …  ═══veth═══  edge: 10.77.0.1  fd77::1

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { KernelCounts, ShieldPlan } from '../../../src/ports/shield.ts';
import type { Order } from './post.ts';
import { Servant } from './servant.ts';
import type { HostOrder } from './shield-host.ts';

export const EDGE = '10.77.0.1';
export const EDGE6 = 'fd77::1';
/** A phone's address, another in another network, and so on; each is also there in IPv6, as `fd77:N::1`. */
export const PHONE = '10.77.1.1';
export const STRANGER = '10.77.2.1';
export const OFFICE = '10.77.3.1';
export const CARRIER = '10.77.4.1';
export const PHONE6 = 'fd77:1::1';
export const STRANGER6 = 'fd77:2::1';
const NETWORKS = 9;
/** Of the network 10.77.5.0/24 there are this many addresses, for a crowd. */
export const CROWD = 40;

/** What one IPv4 address of the crowd is. */
export function crowd(index: number): string {
  return `10.77.5.${index + 1}`;
}

const HERE = import.meta.dirname;

function sh(script: string) {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', script], { encoding: 'utf8', env });
  return { ok: status === 0, output: stdout + stderr };
}

/** Why tests of the kernel are passed over here, for a test's `skip`; `false` where they can run. */
export const noKernel: string | false = (() => {
  const name = `ringthrough-probe-${process.pid}`;
  const rules = 'add table inet p; add set inet p s { typeof ip saddr . udp sport; limit rate 1/second; }';
  const tried = sh(`ip netns add ${name} && ip netns exec ${name} nft '${rules}'`);
  sh(`ip netns delete ${name}`);
  const why = tried.output.trim().split('\n')[0];
  return (
    !tried.ok &&
    `nftables in a network namespace takes root, iproute2, nftables and a kernel for them: ${why}`
  );
})();

export type Counts = Omit<KernelCounts, 'doorNewcomers'> & {
  readonly doorNewcomers: Readonly<Record<string, number>>;
};

let made = 0;

export class Stage {
  readonly #edge = `ringthrough-edge-${process.pid}-${++made}`;
  readonly #outside = `ringthrough-outside-${process.pid}-${made}`;
  /** The program that listens where the node would. */
  readonly node: Servant<Order>;
  readonly outside: Servant<Order>;
  readonly #shields: Servant<HostOrder>[] = [];

  constructor() {
    for (const namespace of [this.#edge, this.#outside]) {
      const made = sh(`ip netns add ${namespace}; ip netns exec ${namespace} ip link set lo up`);
      if (!made.ok) throw new Error(made.output);
    }
    this.layWire();
    this.node = new Servant(this.#edge, path.join(HERE, 'post.ts'));
    this.outside = new Servant(this.#outside, path.join(HERE, 'post.ts'));
  }

  layWire(): void {
    const made = sh(wire(this.#edge, this.#outside));
    if (!made.ok) throw new Error(made.output);
  }

  /** The interface is gone at both ends. */
  cutWire(): void {
    this.atEdge('ip link delete wire');
  }

  async close(): Promise<void> {
    for (const shield of this.#shields) shield.kill();
    await Promise.all([this.node.end(), this.outside.end()]);
    sh(`ip netns delete ${this.#edge}; ip netns delete ${this.#outside}`);
  }

  /** A process with an adapter that is not open yet. */
  shield(through: readonly string[] = []): Servant<HostOrder> {
    const servant = new Servant<HostOrder>(this.#edge, path.join(HERE, 'shield-host.ts'), through);
    this.#shields.push(servant);
    return servant;
  }

  /** The same, open. */
  async opened(
    plan: ShieldPlan,
    interfaces: readonly string[],
    more: { readonly places?: { readonly sources: number; readonly networks: number } } = {},
  ): Promise<Servant<HostOrder>> {
    const shield = this.shield();
    const order = { do: 'open', node: 'edge', interfaces, plan, ...more } as const;
    const answer = await shield.ask<{ place?: string; refused?: string }>(order);
    if (answer.refused !== undefined) throw new Error(answer.refused);
    return shield;
  }

  /** A command that runs a program on one side of the wire. */
  on(side: 'edge' | 'outside', ...command: readonly string[]): readonly [string, readonly string[]] {
    return ['ip', ['netns', 'exec', side === 'edge' ? this.#edge : this.#outside, ...command]];
  }

  /** Runs a command at the edge. Throws where it fails. */
  atEdge(command: string): string {
    const done = sh(`ip netns exec ${this.#edge} ${command}`);
    if (!done.ok) throw new Error(`${command}: ${done.output}`);
    return done.output;
  }

  /** The same outside. */
  atOutside(command: string): string {
    const done = sh(`ip netns exec ${this.#outside} ${command}`);
    if (!done.ok) throw new Error(`${command}: ${done.output}`);
    return done.output;
  }

  tables(): readonly string[] {
    return this.atEdge('nft list tables').trim().split('\n').filter(Boolean);
  }
}

function wire(edge: string, outside: string): string {
  const more = Array.from({ length: NETWORKS }, (_, index) => index + 1).flatMap((network) => [
    `ip addr add 10.77.${network}.1/16 dev wire`,
    `ip addr add fd77:${network}::1/16 dev wire nodad`,
  ]);
  const many = Array.from({ length: CROWD }, (_, index) => `ip addr add ${crowd(index)}/16 dev wire`);
  const inside = (namespace: string, commands: readonly string[]) =>
    `ip netns exec ${namespace} sh -ec '${commands.join('\n')}'`;
  const addresses = [...new Set([...more, ...many])];
  return [
    `ip link add wire netns ${edge} type veth peer name wire netns ${outside}`,
    inside(edge, [
      `ip addr add ${EDGE}/16 dev wire`,
      `ip addr add ${EDGE6}/16 dev wire nodad`,
      'ip link set wire up',
    ]),
    inside(outside, [
      'ip addr add 10.77.0.2/16 dev wire',
      'ip addr add fd77::2/16 dev wire nodad',
      ...addresses,
      'ip link set wire up',
    ]),
  ].join('\n');
}
