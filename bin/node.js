// `node bin/node.js FILE …`: FILE on the pinned Node, for the scripts of package.json.

import { runOnPinnedNode } from './pinned-node.js';

runOnPinnedNode(process.argv.slice(2));
