// What every bench stands on: the rig of the interop tests without a test around it, and the law that nothing
// here can be aimed at others. No bench takes a target from its command line; each starts what it loads by
// itself, on loopback, and whatever sends anything asks `onLoopback` first.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isLoopback } from '../examples/demo-carrier/options.ts';
import { type Endpoint, formatEndpoint } from '../src/base/net.ts';
import { Child } from '../test/interop/child.ts';
import type { Rig } from '../test/interop/rig.ts';

/** Of each program's output, shown when a bench has failed. */
const LAST_LINES = 10;

export interface Stand extends Rig {
  /** Those that `run` started, by the name that they were given. */
  readonly children: ReadonlyMap<string, Child>;
}

/** The endpoint itself, if it is a literal loopback address. Throws otherwise (law 9). */
export function onLoopback(endpoint: Endpoint): Endpoint {
  if (isLoopback(endpoint.address)) return endpoint;
  throw new Error(
    `${formatEndpoint(endpoint)} is not on loopback: a bench loads nothing but its own machine`,
  );
}

/** Runs a bench with a rig of its own. Everything that it started has ended when this returns, however it went. */
export async function withStand<T>(name: string, bench: (stand: Stand) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), `ringthrough-bench-${name}-`));
  const closers: (() => Promise<void> | void)[] = [];
  const children = new Map<string, Child>();
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.on('exit', remove);
  try {
    return await bench({
      folder,
      children,
      run(program, command, parameters, options) {
        const child = Child.start(program, command, parameters, options);
        children.set(program, child);
        closers.push(() => child.stop());
        return child;
      },
      onEnd: (close) => closers.push(close),
    });
  } catch (error) {
    for (const { name, output } of children.values()) {
      process.stderr.write(`── ${name} ──\n${output.split('\n').slice(-LAST_LINES).join('\n')}\n`);
    }
    throw error;
  } finally {
    for (const close of closers.reverse()) await close();
    process.off('exit', remove);
    remove();
  }
}

export async function sleep(delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}
