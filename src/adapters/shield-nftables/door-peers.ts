// What a new table is told of peers that came by doors before: the kernel has learned it from their packets, and a
// clean stop took that away with the table. Without it, what a node says first after its start would leave from the
// port inside, and no NAT would let it in.

import { parseAddress } from '../../base/ip.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Endpoint } from '../../base/net.ts';
import type { DoorPeer } from '../../ports/shield.ts';
import { placeOf } from './addresses.ts';
import type { TableName } from './ruleset.ts';

/** Commands that fill a table in which nothing is yet: answers of a node that was started anew leave from doors too. */
export function remembered(peers: readonly DoorPeer[], { family, name }: TableName): string {
  const maps = Map.groupBy(
    peers,
    ({ side, remote }) => `door_flows_${side}${placeOf(remote.address)?.family}`,
  );
  const commands = [...maps].map(([map, these]) => {
    const elements = new Map(these.map(({ remote, port }) => [flowOf(remote), port]));
    const held = [...elements].slice(0, LIMITS.kernelDoorFlowsMax).map(([flow, port]) => `${flow} : ${port}`);
    return `add element ${family} ${name} ${map} { ${held.join(',\n')} }\n`;
  });
  return commands.join('');
}

/** As DOOR_FLOW has it. */
function flowOf({ address, port }: Endpoint): string {
  const bytes = parseAddress(address);
  if (bytes === undefined || bytes.length === 4) return `${port} . ${address}`;
  return `${port} . 0x${Buffer.from(bytes.subarray(4)).toString('hex')}`;
}
