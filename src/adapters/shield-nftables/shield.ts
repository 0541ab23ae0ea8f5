// The shield in the kernel: one table of nftables that repeats the lanes before a packet costs the node anything.
//
//   load ─▶ nft -f      a whole ruleset, in one transaction
//   change ─▶ held ─▶ nft -i      what was told, gathered for a moment, in one transaction
//   every ten seconds: "alive", or the kernel lets everything through
//
// One thing is done at a time, in order. Trouble of any kind has one remedy: the whole table anew, with all that is
// held, after a pause that grows. Meanwhile what the kernel has goes on, or, at its end, opens.
//
// Ownership: this adapter makes its table and takes it away; it starts the `nft` that stays, and ends it.

import { readFileSync } from 'node:fs';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Instant } from '../../base/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { DoorPeer, KernelCounts, KernelShield, ShieldChange, ShieldPlan } from '../../ports/shield.ts';
import { readPortCounters, Tallies } from './counts.ts';
import { remembered } from './door-peers.ts';
import { batch, beat, filling } from './elements.ts';
import { HeldElements } from './held.ts';
import { NftSession, runNft } from './nft.ts';
import { ownerLine, ownerOf, systemProcesses } from './owner.ts';
import { type Ground, type Ruleset, render, type TableFamily, tableName } from './ruleset.ts';
import { PLACES, type Places } from './sets.ts';

export interface NftablesOptions {
  /** The node's name, after which the table is named. */
  readonly node: string;
  /** Interfaces at which packets are judged as they arrive; none: before connection tracking, wherever they arrive. */
  readonly interfaces: readonly string[];
  readonly plan: ShieldPlan;
  /** Peers that came by doors before; where there are doors. */
  readonly doorPeers?: readonly DoorPeer[];
  readonly clock: Clock;
  readonly log: Log;
  /** Fewer than usual, to see what happens when there are no more. */
  readonly places?: Places;
}

/** Or why this machine, this user or this kernel cannot do it. */
export async function openNftablesShield(options: NftablesOptions): Promise<Result<KernelShield, string>> {
  const absent = options.interfaces.find((name) => numbersOf([name]) === ABSENT);
  if (absent !== undefined) return err(`there is no network interface ${absent} (shield.interface)`);
  const processes = systemProcesses();
  const ground = groundOf(options, ownerLine(processes));
  const other: TableFamily = ground.table.family === 'netdev' ? 'inet' : 'netdev';
  const left = await ownerOf(ground.table, processes);
  const leftElsewhere = await ownerOf({ ...ground.table, family: other }, processes);
  for (const owned of [left, leftElsewhere]) {
    if (owned?.isAnothers === true) {
      return err(
        `another node named ${options.node} has the table ${ground.table.name} (process ${owned.pid})`,
      );
    }
  }
  const ruleset = render(options.plan, ground);
  const fresh = ruleset.fresh + remembered(options.doorPeers ?? [], ground.table);
  const cleared = leftElsewhere === undefined ? '' : `delete table ${other} ${ground.table.name}\n`;
  const isKept = left?.layout === ruleset.layout;
  let loaded = await runNft(['-f', '-'], (isKept ? ruleset.adopted : fresh) + cleared);
  if (!loaded.ok && isKept) loaded = await runNft(['-f', '-'], fresh + cleared);
  if (!loaded.ok) return err(loaded.error.reason);
  if (left !== undefined) {
    options.log.info('the shield takes over the table that a node left behind', {
      table: ground.table.name,
      process: left.pid,
      kept: isKept,
    });
  }
  return ok(new NftablesShield(options, ground, ruleset));
}

/** The ruleset that would be loaded, as `nft -f` takes it. It is nobody's: a node that finds it loaded takes it over. */
export function printedRuleset(node: string, interfaces: readonly string[], plan: ShieldPlan): string {
  return render(plan, groundOf({ node, interfaces }, NOBODY)).fresh;
}

const NOBODY = '0 0 0';

function groundOf(
  { node, interfaces, places = PLACES }: Pick<NftablesOptions, 'node' | 'interfaces' | 'places'>,
  owner: string,
): Ground {
  const family = interfaces.length > 0 ? 'netdev' : 'inet';
  return { table: { family, name: tableName(node) }, interfaces, owner, places };
}

const ABSENT = 'none';
const BEAT_MS = LIMITS.kernelSilenceMs / 3;

class NftablesShield implements KernelShield {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ground: Ground;
  readonly #held = new HeldElements();
  readonly #tallies = new Tallies();
  readonly #beats: NodeJS.Timeout;
  #ruleset: Ruleset;
  #hasDoors: boolean;
  #session = new NftSession();
  /** The interfaces' numbers; one that went and came again has another, and no rules. */
  #numbers: string;
  /** What is being done, and waits to be. */
  #jobs: Promise<unknown> = Promise.resolve();
  #flush: NodeJS.Timeout | undefined;
  #flushedAt: Instant = 0;
  #retry: NodeJS.Timeout | undefined;
  #retryMs: number = LIMITS.kernelRetryMinMs;
  #trouble: string | undefined;
  #knocks: ReadonlyMap<number, number> = new Map();
  #counting: Promise<KernelCounts> | undefined;
  #closing: Promise<void> | undefined;

  constructor({ plan, clock, log }: NftablesOptions, ground: Ground, ruleset: Ruleset) {
    this.#clock = clock;
    this.#log = log;
    this.#ground = ground;
    this.#ruleset = ruleset;
    this.#hasDoors = plan.doors !== undefined;
    this.#numbers = numbersOf(ground.interfaces);
    this.#beats = setInterval(() => void this.#do(() => this.#beat()), BEAT_MS);
  }

  get place(): string {
    const { table, interfaces } = this.#ground;
    const where = interfaces.length > 0 ? `on ${interfaces.join(', ')}` : 'before connection tracking';
    return `${table.family} ${table.name}, ${where}`;
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  load(plan: ShieldPlan): Promise<void> {
    return this.#do(async () => {
      const ruleset = render(plan, this.#ground);
      const { layout, shares } = this.#ruleset;
      this.#ruleset = ruleset;
      this.#hasDoors = plan.doors !== undefined;
      if (this.#trouble !== undefined) return;
      if (ruleset.layout !== layout) return this.#loadAll();
      const loaded = await runNft(['-f', '-'], ruleset.shares === shares ? ruleset.kept : ruleset.reshared);
      if (!loaded.ok) this.#failed(loaded.error.reason);
    });
  }

  change(changes: readonly ShieldChange[]): void {
    if (this.#closing !== undefined) return;
    for (const change of changes) this.#held.take(change);
    this.#arm();
  }

  counts(): Promise<KernelCounts> {
    this.#counting ??= this.#do(() => this.#count()).then(() => {
      this.#counting = undefined;
      return { ...this.#tallies.counts(), doorNewcomers: this.#knocks, tables: this.#held.fill() };
    });
    return this.#counting;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** One after another; none is begun once the end has. */
  #do(job: () => Promise<void>): Promise<void> {
    const done = this.#jobs.then(() => (this.#closing === undefined ? job() : undefined));
    this.#jobs = done;
    return done;
  }

  /** At once after a quiet time, so that who has proved itself is known before its next packet; else in batches. */
  #arm(): void {
    const isIdle = this.#flush === undefined && this.#trouble === undefined && this.#closing === undefined;
    if (!isIdle || this.#held.waiting === 0) return;
    const run = () => void this.#do(() => this.#tell());
    const waitMs = this.#flushedAt + LIMITS.kernelBatchMs - this.#clock.now();
    this.#flush = setTimeout(run, Math.max(0, waitMs));
  }

  async #tell(): Promise<void> {
    const now = this.#clock.now();
    this.#flushedAt = now;
    if (this.#trouble === undefined && this.#held.waiting > 0) await this.#tellNext(now);
    this.#flush = undefined;
    this.#arm();
  }

  /** The `nft` that stays reads slowly, and answers at once; for many steps a new one is sooner done. */
  async #tellNext(now: Instant): Promise<void> {
    const isBulk = this.#held.waiting > LIMITS.kernelBatchMax;
    const marked = this.#held.takeMarked(isBulk ? LIMITS.kernelBulkMax : LIMITS.kernelBatchMax, now);
    const commands = batch(marked, this.#ground.table, now);
    if (!isBulk) return void (await this.#run(commands));
    const told = await runNft(['-f', '-'], `${commands.join('\n')}\n`);
    if (!told.ok) this.#failed(told.error.reason);
  }

  async #beat(): Promise<void> {
    this.#held.sweep(this.#clock.now());
    if (this.#trouble !== undefined) return;
    const { interfaces, table } = this.#ground;
    if (numbersOf(interfaces) === this.#numbers) await this.#run(beat(table));
    else this.#failed(`${interfaces.join(' or ')} is no longer the interface that it was`);
  }

  async #count(): Promise<void> {
    // Whoever asks after a change hears what came of it.
    clearTimeout(this.#flush);
    await this.#tell();
    // Where nothing has changed since it looked last, `nft` would give what it read then, and lose what is new.
    await this.#beat();
    if (this.#trouble !== undefined) return;
    const { family, name } = this.#ground.table;
    const counters = await this.#run([`reset counters table ${family} ${name}`]);
    this.#tallies.add(counters);
    if (!this.#hasDoors || this.#trouble !== undefined) return;
    this.#knocks = readPortCounters(await this.#run([`list set ${family} ${name} door_knocks`]));
  }

  /** In one transaction. Gives what was printed. */
  async #run(commands: readonly string[]): Promise<string> {
    const done = await this.#session.run(commands.join('; '));
    if (done.ok) return done.value;
    this.#failed(done.error.reason);
    return '';
  }

  #failed(reason: string): void {
    if (this.#closing !== undefined) return;
    if (this.#trouble === undefined) {
      this.#log.warn('the shield in the kernel does not do what it is told; the node goes on with its own', {
        reason,
        table: this.#ground.table.name,
      });
    }
    this.#trouble = reason;
    this.#session.close();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#do(() => this.#recover()), this.#retryMs);
    this.#retryMs = Math.min(LIMITS.kernelRetryMaxMs, 2 * this.#retryMs);
  }

  async #recover(): Promise<void> {
    this.#numbers = numbersOf(this.#ground.interfaces);
    this.#session = new NftSession();
    await this.#loadAll();
    if (this.#session.hasEnded) return;
    this.#trouble = undefined;
    this.#retryMs = LIMITS.kernelRetryMinMs;
    this.#log.info('the shield in the kernel works again', { table: this.#ground.table.name });
    this.#arm();
  }

  /** The whole table anew, with all that is held. */
  async #loadAll(): Promise<void> {
    const now = this.#clock.now();
    const texts = [this.#ruleset.fresh];
    for (const part of this.#held.takeAll(now, LIMITS.kernelBulkMax)) {
      texts.push(filling(part, this.#ground.table, now));
      // Packets are not kept waiting by a hundred thousand lines.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const loaded = await runNft(['-f', '-'], texts.join(''));
    if (!loaded.ok) this.#failed(loaded.error.reason);
  }

  async #close(): Promise<void> {
    clearInterval(this.#beats);
    clearTimeout(this.#retry);
    await this.#jobs;
    this.#session.close();
    const { family, name } = this.#ground.table;
    const deleted = await runNft(['delete', 'table', family, name]);
    if (deleted.ok || /No such file/.test(deleted.error.reason)) return;
    this.#log.warn('the shield could not be taken out of the kernel, where it opens by itself', {
      reason: deleted.error.reason,
      table: name,
    });
  }
}

function numbersOf(interfaces: readonly string[]): string {
  return interfaces
    .map((name) => {
      try {
        return readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8').trim();
      } catch {
        return ABSENT;
      }
    })
    .join(' ');
}
