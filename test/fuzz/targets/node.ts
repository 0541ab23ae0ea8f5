// The whole core: phones that register with their passwords, calls that are set up, and messages that are valid but
// for what the fuzzer did to them, with the relay, the disk and the network failing in between. No fault is ever
// contained, everything the node sends is SIP, no INVITE is both taken and refused, and in the end nothing is left.

import { drawMoves, makeMove } from '../node/moves.ts';
import { Peers } from '../node/peers.ts';
import { NodeWorld } from '../node/world.ts';
import type { Target } from '../target.ts';
import { latin1 } from '../words.ts';

export const nodeTarget: Target = {
  name: 'node',
  weight: 6,
  draw: (random) => drawMoves(random).map(latin1),
  attempt: (moves, lap) => {
    const world = new NodeWorld(lap);
    const peers = new Peers(world);
    for (const move of moves) makeMove(Buffer.from(move).toString('latin1'), world, peers);
    world.end();
    return world.messages;
  },
};
