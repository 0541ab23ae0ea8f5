// The bots: a capture that the bench wrote, played over and over by tcpreplay from memory, on one core of its own. It
// was chosen by measuring: 490,000 packets/s on a core here, where trafgen took 18 s to read the same capture and
// plays it only once. It sends whole frames, so the law is asked by whoever writes the capture, and again here: the
// namespace in which it is started has one wire, which ends at the edge.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Endpoint } from '../../src/base/net.ts';
import type { Child } from '../../test/interop/child.ts';
import { until } from '../../test/interop/rig.ts';
import type { Stand } from '../stand.ts';
import { EDGE } from './addresses.ts';
import { type Arena, BOTS_WIRE } from './arena.ts';
import { flood } from './bots.ts';
import { ethernetFrame, writeCapture } from './frames.ts';
import { admit } from './law.ts';
import { ranked } from './priorities.ts';

/** As many packets as differ; at full speed they come round again several times a second. */
const PACKETS = 100_000;
const SEED = 20_261_126;
const BEGINS_WITHIN_MS = 15_000;

export function missingGenerator(): string | undefined {
  const { PATH = '' } = process.env;
  const { status } = spawnSync('tcpreplay', ['-V'], { env: { ...process.env, PATH: `${PATH}:/usr/sbin` } });
  return status === 0 ? undefined : 'apt-get install --no-install-recommends tcpreplay';
}

export interface FloodOptions {
  /** Packets a second; as fast as it goes without. */
  readonly perSecond: number | undefined;
  /** It ends by itself then, whatever becomes of the bench. */
  readonly secondsMax: number;
}

export class Flood {
  readonly #arena: Arena;
  readonly #child: Child;
  readonly #startMs = performance.now();
  readonly #before: number;

  /** Returns when the first packets have arrived. */
  static async begin(stand: Stand, arena: Arena, capture: string, options: FloodOptions): Promise<Flood> {
    admit(EDGE, arena.ground('bots'));
    const pace = options.perSecond === undefined ? ['--topspeed'] : [`--pps=${options.perSecond}`];
    const play = ['tcpreplay', '-q', '-i', BOTS_WIRE.device, '--preload-pcap', '--loop=0'] as const;
    const bounds = [`--duration=${options.secondsMax}`, ...pace, capture];
    const [command, ...parameters] = arena.within('bots', ...ranked('bots', ...play, ...bounds));
    const before = received(arena);
    const child = stand.run('bots', command, parameters);
    await until('the first packets of the flood', BEGINS_WITHIN_MS, () =>
      received(arena) > before + 1 ? true : undefined,
    );
    return new Flood(arena, child, before);
  }

  private constructor(arena: Arena, child: Child, before: number) {
    this.#arena = arena;
    this.#child = child;
    this.#before = before;
  }

  /** Packets a second that reached the edge since the beginning. */
  get perSecond(): number {
    return ((received(this.#arena) - this.#before) * 1_000) / (performance.now() - this.#startMs);
  }

  async end(): Promise<void> {
    await this.#child.stop();
  }
}

/** Writes the capture; that may take some seconds, so it is done before anything is measured. */
export function prepareFlood(stand: Stand, arena: Arena, name: string, sources: readonly Endpoint[]): string {
  const capture = path.join(stand.folder, `${name}.pcap`);
  const datagrams = flood(PACKETS, sources, { seed: SEED, target: EDGE, ground: arena.ground('bots') });
  writeCapture(
    capture,
    datagrams.map((datagram) => ethernetFrame(datagram, BOTS_WIRE)),
  );
  return capture;
}

function received(arena: Arena): number {
  return arena.count('edge', 'bots0').received;
}
