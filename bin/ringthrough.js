#!/usr/bin/env node
// Runs src/main.ts on the Node that Ringthrough is pinned to (docs/decisions/0001), whatever Node this is:
// in this process if it will do, else in that of node_modules, which passes signals and exit code through.
// Plain JavaScript, for old Nodes to read.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 26;
const main = new URL('../src/main.ts', import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) {
  await import(main.href);
} else {
  runOnPinnedNode();
}

function runOnPinnedNode() {
  const pinned = `node-${process.platform}-${process.arch}`;
  const node = fileURLToPath(new URL(`../node_modules/${pinned}/bin/node`, import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `ringthrough: this needs Node ${NODE_MAJOR} and runs on ${process.version}; ` +
        `run npm ci here to get ${pinned}, or use Node ${NODE_MAJOR}\n`,
    );
    process.exitCode = 69; // EX_UNAVAILABLE
    return;
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`ringthrough: ${node} cannot be run: ${error.message}\n`);
    process.exitCode = 69;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? code : 128 + constants.signals[signal];
  });
}
