// The shield's part in the kernel: what there is to guard, and whether this machine can do it. The node's own shield
// works in any case; the kernel's spares it what would be dropped anyway.

import { openNftablesShield, printedRuleset } from '../adapters/shield-nftables/shield.ts';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { insidePorts } from '../node/door-keeper.ts';
import type { NodeEvent } from '../node/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { TrunkSettings } from '../ports/records.ts';
import type {
  CarrierAccess,
  DoorGround,
  DoorPeer,
  GuardedListener,
  KernelCounts,
  KernelShield,
  Shares,
  ShieldChange,
  ShieldPlan,
} from '../ports/shield.ts';
import { DOOR_SHARE, sharesIn } from '../shield/shares.ts';
import { familyOf, isLoopback } from './config/addresses.ts';
import type { Config } from './config/config.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config/load.ts';

/** Throws SHIELD_UNAVAILABLE where the configuration requires what this machine cannot do. */
export async function openKernelShield(
  config: Config,
  plan: ShieldPlan,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  doorPeers: readonly DoorPeer[] = [],
): Promise<KernelPart | undefined> {
  const { kernel, interfaces } = config.shield;
  if (kernel === 'off' || (kernel === 'auto' && !isReachable(plan))) return undefined;
  const opened = await openNftablesShield({
    node: config.node.name,
    interfaces,
    plan,
    doorPeers,
    clock,
    log,
  });
  if (opened.ok) {
    log.info('the kernel does a part of the shield’s work', { place: opened.value.place });
    return new KernelPart(opened.value, plan);
  }
  if (kernel === 'require') {
    throw new RingthroughError('SHIELD_UNAVAILABLE', `shield.kernel is "require", but ${opened.error}`);
  }
  log.info('the shield works without the kernel', { reason: opened.error });
  return undefined;
}

/** The kernel's shield with the plan that it has. */
export class KernelPart {
  readonly #kernel: KernelShield;
  #plan: ShieldPlan;
  #loading: NodeJS.Immediate | undefined;

  constructor(kernel: KernelShield, plan: ShieldPlan) {
    this.#kernel = kernel;
    this.#plan = plan;
  }

  get place(): string {
    return this.#kernel.place;
  }

  get trouble(): string | undefined {
    return this.#kernel.trouble;
  }

  change(changes: readonly ShieldChange[]): void {
    this.#kernel.change(changes);
  }

  /** The posture has changed, and with it what newcomers may send. */
  share(shares: Shares): void {
    this.#plan = { ...this.#plan, shares };
    this.#load();
  }

  /** A trunk's servers were found: what comes from there is a carrier's, as `from` is. */
  located(trunk: TrunkSettings, servers: readonly string[]): void {
    const { carriers } = this.#plan;
    const access = carrierAccess(trunk, servers);
    const before = carriers.find(({ name }) => name === trunk.name);
    if (servers.length === 0 || JSON.stringify(access) === JSON.stringify(before)) return;
    this.#plan = {
      ...this.#plan,
      carriers: [...carriers.filter(({ name }) => name !== trunk.name), access],
    };
    this.#load();
  }

  counts(): Promise<KernelCounts> {
    return this.#kernel.counts();
  }

  close(): Promise<void> {
    clearImmediate(this.#loading);
    return this.#kernel.close();
  }

  /** Once for all that changed in this turn. */
  #load(): void {
    this.#loading ??= setImmediate(() => {
      this.#loading = undefined;
      void this.#kernel.load(this.#plan);
    });
  }
}

/** Trunks are named by DNS as a rule, and their servers may change at any time. */
export function followTrunks(shield: KernelPart, { trunks }: Config): (event: NodeEvent) => void {
  return (event) => {
    if (event.type !== 'trunk-servers') return;
    const trunk = trunks.find(({ name }) => name === event.name);
    if (trunk !== undefined) shield.located(trunk, event.servers);
  };
}

/** On loopback there is nobody to guard against. */
function isReachable({ listeners, media }: ShieldPlan): boolean {
  const addresses = [...listeners.map(({ local }) => local.address), ...media.addresses];
  return !addresses.every(isLoopback);
}

export function shieldPlan(
  config: Config,
  listeners: readonly GuardedListener[],
  shares: Shares = sharesIn('calm'),
): ShieldPlan {
  return {
    listeners,
    media: { addresses: config.media.addresses.map(({ address }) => address), ...config.media.ports },
    carriers: config.trunks.map((trunk) => carrierAccess(trunk)).filter(({ from }) => from.length > 0),
    shares,
    ...(config.shield.doors === undefined ? {} : { doors: doorGround(config.shield.doors) }),
  };
}

function doorGround(ports: NonNullable<Config['shield']['doors']>): DoorGround {
  return { ...ports, inside: insidePorts(ports), newcomers: DOOR_SHARE };
}

/** `servers` as events tell them: `udp:192.0.2.1:5060`. */
function carrierAccess(
  { name, from, target }: TrunkSettings,
  servers: readonly string[] = [],
): CarrierAccess {
  const located = servers.flatMap((server) => /^[a-z]+:\[?(.+?)\]?:\d+$/.exec(server)?.[1] ?? []);
  const literal = familyOf(target.host) === undefined ? [] : [target.host];
  const ranges = [...new Set([...from, ...literal, ...located])].sort();
  const perSecond = LIMITS.carrierPerSecond;
  return { name, from: ranges, rate: { perSecond, burst: 2 * perSecond } };
}

/** What a node with this configuration would load into the kernel in calm times. Nothing is opened or changed. */
export function printShieldPlan(options: { readonly configPath?: string }): string {
  const environment = readEnvironment();
  const config = loadConfig(options.configPath ?? environment.configFile, environment);
  const listeners = config.sip.listeners.map(({ transport, address, port }) => ({
    transport,
    local: { address, port },
  }));
  const ruleset = printedRuleset(config.node.name, config.shield.interfaces, shieldPlan(config, listeners));
  return `# What node ${config.node.name} loads into the kernel, with the shares of calm times.\n${ruleset}`;
}
