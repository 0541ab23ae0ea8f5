// Before `npm test`: the one system library that the pinned Node needs and a minimal Debian lacks. Everything else
// that the tests need is installed by scripts/test.ts, which that Node runs. Plain JavaScript, for old Nodes.

import { spawnSync } from 'node:child_process';
import { isPinned, pinnedNode } from '../bin/pinned-node.js';

const LIBRARY = 'libatomic1';

const starts = () => isPinned || spawnSync(pinnedNode().path, ['--version']).status === 0;
const apt = (...parameters) => spawnSync('apt-get', parameters, { stdio: 'inherit' }).status === 0;
const install = () => apt('install', '-y', '-q', '--no-install-recommends', LIBRARY);

if (!starts() && process.getuid?.() === 0) {
  process.stdout.write(`installing ${LIBRARY}\n`);
  if (!install()) {
    apt('update', '-q');
    install();
  }
}
