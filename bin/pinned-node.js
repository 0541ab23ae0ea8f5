// Runs a program of this repository on the Node that Ringthrough is pinned to (docs/decisions/0001), whatever Node
// this is. The pinned one is found in its package: npm 9 leaves no `node` in node_modules/.bin when a package
// for another architecture has one of the same name. Plain JavaScript, for old Nodes to read.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 26;
const UNAVAILABLE = 69; // EX_UNAVAILABLE
/** The loader's exit code when a shared library is missing; nothing of ours ends with it. */
const LOADER_FAILED = 127;
const LIBRARY_REMEDY =
  'Node 26 needs a system library that this machine lacks; as root: apt-get install libatomic1';

export const isPinned = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;

/**
 * Where compiled code is kept, types stripped: a command that has run once starts in half the time. It stands beside
 * the code that it is made of, so whoever may write to it could change that, too; where it cannot be written it is
 * not used.
 */
export const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));

/** The binary in node_modules, whether it is there or not. */
export function pinnedNode() {
  const pinned = `node-${process.platform}-${process.arch}`;
  return {
    name: pinned,
    path: fileURLToPath(new URL(`../node_modules/${pinned}/bin/node`, import.meta.url)),
  };
}

/** Passes signals and the exit code through; `parameters` as for `node`. */
export function runOnPinnedNode(parameters) {
  const pinned = pinnedNode();
  const node = isPinned ? process.execPath : pinned.path;
  if (!existsSync(node)) {
    process.stderr.write(
      `ringthrough: this needs Node ${NODE_MAJOR} and runs on ${process.version}; ` +
        `run npm ci here to get ${pinned.name}, or use Node ${NODE_MAJOR}\n`,
    );
    process.exitCode = UNAVAILABLE;
    return;
  }
  const env = {
    NODE_COMPILE_CACHE: compileCache,
    ...process.env,
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`,
  };
  const child = spawn(node, parameters, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`ringthrough: ${node} cannot be run: ${error.message}\n`);
    process.exitCode = UNAVAILABLE;
  });
  child.on('exit', (code, signal) => {
    if (code === LOADER_FAILED) process.stderr.write(`ringthrough: ${LIBRARY_REMEDY}\n`);
    process.exitCode = signal === null ? code : 128 + constants.signals[signal];
  });
}
