// An island: a network and a mount namespace of the test's own, in which the embedded defaults' fixed ports are
// always free and a disk can be as small as the test likes. Making one needs root, or a kernel that lets users
// have namespaces; where neither is given the test says so and is passed over.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Child } from '../interop/child.ts';
import type { Rig } from '../interop/rig.ts';

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts');

/** How to make an island, or `undefined` where this machine lets us have none. */
const way = [
  ['--net', '--mount'],
  ['--map-root-user', '--net', '--mount'],
].find((flags) => spawnSync('unshare', [...flags, 'ip', 'link', 'set', 'lo', 'up']).status === 0);

/** Why island tests are passed over here, for the test's `skip`; `false` where they can run. */
export const noIsland: string | false =
  way === undefined &&
  'namespaces cannot be made here: that takes root with CAP_SYS_ADMIN outside of a chroot, and iproute2';

/** Runs `ringthrough start` there; `prepare` is a shell command that comes first. */
export function startOnIsland(rig: Rig, parameters: readonly string[], prepare = 'true'): Child {
  const script = `ip link set lo up && ${prepare} && exec "$0" "$@"`;
  const command = [process.execPath, MAIN, 'start', ...parameters];
  return rig.run('ringthrough', 'unshare', [...(way ?? []), 'sh', '-c', script, ...command]);
}

/** Parameters of `nsenter` for a command beside that node, run from `cwd`. */
function beside(node: Child, cwd: string, command: readonly string[]): readonly string[] {
  const target = ['--target', String(node.pid), '--net', '--mount'];
  const user = way?.includes('--map-root-user') === true ? ['--user', '--preserve-credentials'] : [];
  return [...target, ...user, 'sh', '-c', 'cd "$0" && exec "$@"', cwd, ...command];
}

/** Runs a command of ours beside that node, from `cwd`, to its end. */
export function onIsland(node: Child, cwd: string, command: readonly string[]) {
  const options = { encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync('nsenter', beside(node, cwd, command), options);
  return { status, stdout, stderr };
}

/** Starts a command beside that node, from the rig's folder; it is stopped at the end of the test. */
export function runOnIsland(rig: Rig, name: string, node: Child, command: readonly string[]): Child {
  return rig.run(name, 'nsenter', beside(node, rig.folder, command));
}

/** Starts `ringthrough …` there. */
export function runRingthrough(rig: Rig, node: Child, ...parameters: readonly string[]): Child {
  return runOnIsland(rig, 'ringthrough', node, [process.execPath, MAIN, ...parameters]);
}

/** Runs `ringthrough …` there. */
export function ringthrough(node: Child, cwd: string, ...parameters: readonly string[]) {
  return onIsland(node, cwd, [process.execPath, MAIN, ...parameters]);
}
