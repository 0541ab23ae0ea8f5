#!/usr/bin/env node
// The command: src/main.ts in this process where this Node will do, else on the pinned one.

import { fileURLToPath } from 'node:url';
import { isPinned, runOnPinnedNode } from './pinned-node.js';

const main = new URL('../src/main.ts', import.meta.url);

if (isPinned) await import(main.href);
else runOnPinnedNode([fileURLToPath(main), ...process.argv.slice(2)]);
