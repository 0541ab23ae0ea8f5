// What the kernel has counted. Counters are read and set to nothing in one step (`reset counters`), which looks at our
// table alone; listing them would have `nft` 1.0.6 read every element of every set of the machine first.

import type { KernelCounts, LaneCount } from '../../ports/shield.ts';
import { COUNTERS, type CounterName } from './rules.ts';

interface Tally {
  packets: number;
  bytes: number;
}

export class Tallies {
  readonly #tallies = new Map<CounterName, Tally>(COUNTERS.map((name) => [name, { packets: 0, bytes: 0 }]));

  /** Adds what `reset counters` printed. */
  add(printed: string): void {
    for (const [, name, packets, bytes] of printed.matchAll(
      /counter (\w+) \{\s+packets (\d+) bytes (\d+)/g,
    )) {
      const tally = this.#tallies.get(name as CounterName);
      if (tally === undefined) continue;
      tally.packets += Number(packets);
      tally.bytes += Number(bytes);
    }
  }

  packets(name: CounterName): number {
    return this.#of(name).packets;
  }

  counts(): Omit<KernelCounts, 'tables' | 'doorNewcomers'> {
    return {
      lanes: {
        emergency: this.#lane('emergency_in', 'emergency_over'),
        carrier: this.#lane('carrier_in', 'carrier_over'),
        known: this.#lane('known_in', 'known_over'),
        refused: this.#lane(undefined, 'refused_out'),
        newcomer: this.#lane('newcomer_in', 'newcomer_out'),
      },
      connects: { admitted: this.packets('connects_in'), dropped: this.packets('connects_out') },
      media: { admitted: this.packets('media_in'), dropped: this.packets('media_out') },
      fragments: { admitted: this.packets('fragments_in'), dropped: this.packets('fragments_out') },
      garbage: this.packets('garbage'),
      crowd: this.packets('crowd'),
    };
  }

  #lane(admitted: CounterName | undefined, dropped: CounterName): LaneCount {
    const into = admitted === undefined ? { packets: 0, bytes: 0 } : this.#of(admitted);
    const out = this.#of(dropped);
    return {
      admitted: into.packets,
      admittedBytes: into.bytes,
      dropped: out.packets,
      droppedBytes: out.bytes,
    };
  }

  #of(name: CounterName): Tally {
    return this.#tallies.get(name) ?? { packets: 0, bytes: 0 };
  }
}

/** Elements with counters, of a set of ports, as `nft list set` prints them. */
export function readPortCounters(printed: string): ReadonlyMap<number, number> {
  const elements = printed.matchAll(/(\d+) counter packets (\d+)/g);
  return new Map([...elements].map(([, port, packets]) => [Number(port), Number(packets)]));
}
