#!/usr/bin/env node
// The command: src/main.ts in this process where this Node will do, else on the pinned one.

import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { compileCache, isPinned, runOnPinnedNode } from './pinned-node.js';

const main = new URL('../src/main.ts', import.meta.url);

if (isPinned) {
  module.enableCompileCache(compileCache);
  await import(main.href);
} else runOnPinnedNode([fileURLToPath(main), ...process.argv.slice(2)]);
