// Law 9 for the flood bench: who sends asks `admit` first. A target is admitted when it is the edge of the bench's own
// namespaces, and the sender itself is inside one of them, from where there is no way to anywhere else.
//
// A namespace is known by the number that the kernel gave it (`net:[4026532301]`), which cannot be mistaken as a name
// can. The bench tells its programs which numbers it made; no command line does.

import { readlinkSync } from 'node:fs';
import { type Endpoint, formatEndpoint } from '../../src/base/net.ts';
import { EDGE_ADDRESS } from './addresses.ts';

export interface Ground {
  /** The namespace that the sender sends from. */
  readonly from: string;
  /** Those that the bench made, for this measurement. */
  readonly made: readonly string[];
  /** The one that the bench itself was started in, which leads to the rest of the world. */
  readonly outside: string;
}

/** The target itself, if law 9 lets it be loaded. Throws otherwise. */
export function admit(target: Endpoint, { from, made, outside }: Ground): Endpoint {
  if (from === outside || made.includes(outside))
    throw new Error(`${formatEndpoint(target)}: nothing is sent from the machine's own network`);
  if (!made.includes(from))
    throw new Error(`${formatEndpoint(target)}: ${from} is no namespace that this bench made`);
  if (target.address !== EDGE_ADDRESS)
    throw new Error(`${formatEndpoint(target)} is not the edge of this bench's namespaces`);
  return target;
}

/** Of this process. */
export function ownNamespace(): string {
  return readlinkSync('/proc/self/ns/net');
}
