// The program in the namespace of the edge: it starts the platform that is measured, and tells what it cost, what the
// kernel dropped before the platform, and, of Ringthrough, when it noticed that it is under attack.

import { readFileSync } from 'node:fs';
import type { Lane } from '../../src/ports/shield.ts';
import { startKamailio } from '../kamailio.ts';
import type { RelayingPlatform } from '../platform.ts';
import { Meter } from '../processes.ts';
import { type BenchAccount, type RunningNode, type ShieldSeen, startRingthrough } from '../ringthrough.ts';
import { type Stand, withStand } from '../stand.ts';
import { ACCOUNTS, CARRIER, EDGE_ADDRESS, NEWCOMER_LIST, SIP_PORT } from './addresses.ts';
import { EDGE_INTERFACES } from './arena.ts';
import { serve } from './member.ts';
import type { PlatformName } from './scenarios.ts';

/** Thirty calls at once, and ports that rest for a while after a call. */
const CALLS_MAX = 300;
const POLL_MS = 500;
/** Of the platform's output, shown when it did not answer. */
const LAST_LINES = 10;

export interface EdgeReport {
  /** CPU seconds of each program. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Datagrams for which no socket had room. */
  readonly overflowed: number;
  /** Of Ringthrough: when it said so, from the flood's beginning, and what it dropped of known flows and carriers. */
  readonly shield?: {
    readonly noticedMs: { readonly elevated?: number; readonly attack?: number };
    readonly dropped: Readonly<Record<string, number>>;
    /** At worst: in which time it read 99 of 100 packets of the known, and how late its timers were. */
    readonly waitMs: number;
    readonly lateMs: number;
    readonly trouble?: string;
  };
}

interface Open {
  readonly stand: Stand;
  readonly platform: RelayingPlatform | RunningNode;
  readonly close: () => void;
}

interface Chapter {
  readonly meters: readonly { readonly name: string; readonly meter: Meter }[];
  readonly overflowed: number;
  readonly watch: Watch | undefined;
}

let open: Open | undefined;
let ended: Promise<unknown> = Promise.resolve();
let chapter: Chapter | undefined;

/** Asks the node over and over how it is. */
class Watch {
  readonly #startedAt = Date.now();
  readonly #node: RunningNode;
  readonly #before: ShieldSeen;
  #isOver = false;
  readonly #noticedMs: { elevated?: number; attack?: number } = {};
  #waitMs = 0;
  #lateMs = 0;
  /** What was said first in place of an answer. */
  #trouble: string | undefined;

  static async of(platform: RelayingPlatform | RunningNode): Promise<Watch | undefined> {
    return 'shield' in platform ? new Watch(platform, await platform.shield()) : undefined;
  }

  private constructor(node: RunningNode, before: ShieldSeen) {
    this.#node = node;
    this.#before = before;
    void this.#look();
  }

  /** Packets of those who are to notice nothing that were dropped all the same, by whose they were. */
  async end(): Promise<NonNullable<EdgeReport['shield']>> {
    this.#isOver = true;
    const after = await this.#seen();
    const dropped = Object.fromEntries(
      PROTECTED.map((lane) => [lane, after ? droppedOf(after, lane) - droppedOf(this.#before, lane) : NaN]),
    );
    const trouble = this.#trouble;
    const worst = { waitMs: this.#waitMs, lateMs: this.#lateMs };
    return { noticedMs: this.#noticedMs, dropped, ...worst, ...(trouble !== undefined && { trouble }) };
  }

  async #seen(): Promise<ShieldSeen | undefined> {
    try {
      return await this.#node.shield();
    } catch (error) {
      this.#trouble ??= error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const { posture = 'calm', since = '', waitMs = 0, lateMs = 0 } = (await this.#seen()) ?? {};
      this.#waitMs = Math.max(this.#waitMs, waitMs);
      this.#lateMs = Math.max(this.#lateMs, lateMs);
      if (posture !== 'calm') this.#noticedMs[posture] ??= Date.parse(since) - this.#startedAt;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

const PROTECTED = ['emergency', 'carrier', 'known'] as const;

function droppedOf({ counts: { node, kernel } }: ShieldSeen, lane: Lane): number {
  return node[lane].dropped + (kernel?.[lane].dropped ?? 0);
}

const accounts: readonly BenchAccount[] = [
  ...ACCOUNTS.map((phones, index) => ({ name: `office-${index + 1}`, phones })),
  { name: 'newcomers', phones: NEWCOMER_LIST },
];

function start(stand: Stand, name: PlatformName): Promise<RelayingPlatform | RunningNode> {
  const where = { host: EDGE_ADDRESS, sipPort: SIP_PORT };
  if (name === 'kamailio')
    return startKamailio(stand, CARRIER, CALLS_MAX, { ...where, template: 'kamailio-flood.cfg' });
  const shield =
    name === 'ringthrough-kernel'
      ? `shield: { kernel: require, interface: [${EDGE_INTERFACES.join(', ')}] }`
      : 'shield: { kernel: off }';
  return startRingthrough(stand, CARRIER, CALLS_MAX, { ...where, accounts, configuration: [shield] });
}

const orders = {
  /** Gives back what the platform calls itself. */
  open: async ({ platform }: { platform: PlatformName }): Promise<string> => {
    const ready = Promise.withResolvers<Open>();
    const closed = Promise.withResolvers<void>();
    ended = withStand('flood', async (stand) => {
      ready.resolve({ stand, platform: await start(stand, platform), close: closed.resolve });
      await closed.promise;
    });
    ended.catch(ready.reject);
    open = await ready.promise;
    // Whoever asks first pays for the making of the answer, and that is not to be measured.
    if ('shield' in open.platform) await open.platform.shield();
    return platform === 'ringthrough-kernel' ? `${open.platform.name} + kernel` : open.platform.name;
  },
  measure: async (_: null) => {
    if (open === undefined) throw new Error('no platform runs');
    const meters = open.platform.programs.map(({ name, pid }) => ({ name, meter: new Meter(pid) }));
    chapter = { meters, overflowed: overflowed(), watch: await Watch.of(open.platform) };
  },
  end: async (_: null): Promise<EdgeReport> => {
    if (chapter === undefined) throw new Error('nothing was measured');
    const { meters, watch } = chapter;
    const cpu = Object.fromEntries(
      meters.map(({ name, meter }) => {
        const { user, system } = meter.stop().cpu;
        return [name, user + system];
      }),
    );
    const shield = await watch?.end();
    if (shield?.trouble !== undefined) complain(shield.trouble);
    return {
      cpu,
      overflowed: overflowed() - chapter.overflowed,
      ...(shield && { shield }),
    };
  },
};

export type EdgeOrders = typeof orders;

/** To whoever runs the bench, with what the platform said last. */
function complain(trouble: string): void {
  for (const [name, { output }] of open?.stand.children ?? []) {
    const lines = output.split('\n').slice(-LAST_LINES).join('\n');
    process.stderr.write(`${trouble}\n── ${name} ──\n${lines}\n`);
  }
}

/** RFC 4113's udpInErrors, of this namespace: `RcvbufErrors` of all sockets. */
function overflowed(): number {
  const rows = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((row) => row.startsWith('Udp: '));
  const [names, values] = rows.map((row) => row.split(' '));
  return Number(values?.[names?.indexOf('RcvbufErrors') ?? -1]);
}

serve(orders, async () => {
  open?.close();
  await ended;
});
