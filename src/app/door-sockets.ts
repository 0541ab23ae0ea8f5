// Doors as sockets, where no kernel leads to them: each door is a socket of its own at every address where the node
// listens over UDP, opened and closed as the core says.
//
// A port that cannot be opened is told to the core, which gives a new door another one; any other is tried again.

import { openUdp } from '../adapters/net-udp/udp.ts';
import { messageOf } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { ShieldChange } from '../ports/shield.ts';
import type { SignallingHandler, SignallingTransport } from '../ports/signalling.ts';

export interface DoorSocketsOptions {
  /** Where the node listens over UDP. */
  readonly addresses: readonly string[];
  readonly handler: SignallingHandler;
  /** The core can send over this one from now on; or not any more. */
  readonly added: (transport: SignallingTransport) => void;
  readonly removed: (transport: SignallingTransport) => void;
  readonly opened: (port: number) => void;
  readonly failed: (port: number, reason: string) => void;
}

interface DoorSocket {
  transports: readonly SignallingTransport[];
  retry: NodeJS.Timeout | undefined;
  isWanted: boolean;
}

export class DoorSockets {
  readonly #options: DoorSocketsOptions;
  readonly #doors = new Map<number, DoorSocket>();
  /** What is under way, of all doors. */
  readonly #jobs = new Set<Promise<void>>();
  #isClosing = false;

  constructor(options: DoorSocketsOptions) {
    this.#options = options;
  }

  change(changes: readonly ShieldChange[]): void {
    for (const change of changes) {
      if (change.type === 'door-open') this.open(change.port);
      if (change.type === 'door-closed') this.#shut(change.port);
    }
  }

  open(port: number): void {
    if (this.#doors.has(port) || this.#isClosing) return;
    const door: DoorSocket = { transports: [], retry: undefined, isWanted: true };
    this.#doors.set(port, door);
    this.#run(() => this.#tryToOpen(port, door));
  }

  /** When nothing is under way any more, what it caused included. */
  async settled(): Promise<void> {
    while (this.#jobs.size > 0) await Promise.all(this.#jobs);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const port of [...this.#doors.keys()]) this.#shut(port);
    await this.settled();
  }

  #run(job: () => Promise<void>): void {
    const done = job().finally(() => this.#jobs.delete(done));
    this.#jobs.add(done);
  }

  /** At all addresses or at none. */
  async #tryToOpen(port: number, door: DoorSocket): Promise<void> {
    const { addresses, handler, added, opened, failed } = this.#options;
    const transports: SignallingTransport[] = [];
    try {
      for (const address of addresses) transports.push(await openUdp({ address, port, handler }));
    } catch (error) {
      await Promise.all(transports.map((transport) => transport.close()));
      if (!door.isWanted) return;
      door.retry = setTimeout(() => this.#run(() => this.#tryToOpen(port, door)), LIMITS.doorRetryMs);
      failed(port, messageOf(error));
      return;
    }
    if (!door.isWanted) {
      await Promise.all(transports.map((transport) => transport.close()));
      return;
    }
    door.transports = transports;
    for (const transport of transports) added(transport);
    opened(port);
  }

  #shut(port: number): void {
    const door = this.#doors.get(port);
    if (door === undefined) return;
    this.#doors.delete(port);
    door.isWanted = false;
    clearTimeout(door.retry);
    const { transports } = door;
    if (!this.#isClosing) for (const transport of transports) this.#options.removed(transport);
    this.#run(async () => {
      await Promise.all(transports.map((transport) => transport.close()));
    });
  }
}
