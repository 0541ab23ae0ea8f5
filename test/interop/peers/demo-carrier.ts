// The demo carrier of examples/, started from outside as the node starts it.

import type { Child } from '../child.ts';
import { freePorts, HOST, type Rig } from '../rig.ts';

export interface DemoCarrierOptions {
  /** Prefixes of numbers that belong to whoever listens at the port. */
  readonly routes?: Readonly<Record<string, { readonly port: number }>>;
  readonly port?: number;
}

export class DemoCarrier {
  readonly port: number;
  readonly child: Child;

  static async start(rig: Rig, options: DemoCarrierOptions = {}): Promise<DemoCarrier> {
    const port = options.port ?? (await freePorts());
    const routes = Object.entries(options.routes ?? {});
    const child = startProgram(rig, [
      ...['--listen', `udp:${HOST}:${port}`],
      ...routes.flatMap(([prefix, target]) => ['--route', `${prefix}=${HOST}:${target.port}`]),
    ]);
    await child.line(/stands for the telephone network/, 10_000);
    return new DemoCarrier(port, child);
  }

  private constructor(port: number, child: Child) {
    this.port = port;
    this.child = child;
  }
}

/** With whatever parameters, to see what becomes of it. */
export function startProgram(rig: Rig, parameters: readonly string[]): Child {
  return rig.run('demo carrier', process.execPath, ['examples/demo-carrier/main.ts', ...parameters]);
}
