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

export const isPinned = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;

/** Passes signals and the exit code through; `parameters` as for `node`. */
export function runOnPinnedNode(parameters) {
  const pinned = `node-${process.platform}-${process.arch}`;
  const own = fileURLToPath(new URL(`../node_modules/${pinned}/bin/node`, import.meta.url));
  const node = isPinned ? process.execPath : own;
  if (!existsSync(node)) {
    process.stderr.write(
      `ringthrough: this needs Node ${NODE_MAJOR} and runs on ${process.version}; ` +
        `run npm ci here to get ${pinned}, or use Node ${NODE_MAJOR}\n`,
    );
    process.exitCode = UNAVAILABLE;
    return;
  }
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(node, parameters, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`ringthrough: ${node} cannot be run: ${error.message}\n`);
    process.exitCode = UNAVAILABLE;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 128 + constants.signals[signal];
  });
}
