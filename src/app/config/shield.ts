// The `shield` section: how much the kernel does, and where doors may be.

import type { Findings } from '../../admin/documents/findings.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { parsePortRange } from './addresses.ts';
import type { Config, SipListener } from './config.ts';
import { asList, type ConfigFile } from './schema.ts';

type PortRange = Config['media']['ports'];

interface Others {
  readonly listeners: readonly SipListener[];
  readonly media: Config['media'];
}

/** The last two ports of the range are the node's own, behind the doors. */
const PORTS_INSIDE = 2;

export function resolveShield(
  shield: NonNullable<ConfigFile['shield']>,
  others: Others,
  findings: Findings,
): Config['shield'] {
  const doors =
    shield.doors === undefined
      ? undefined
      : findings.take(['shield', 'doors'], doorPorts(shield.doors, others), { from: 0, to: 0 });
  if (shield.moveDoors !== undefined && doors === undefined)
    findings.add(['shield', 'moveDoors'], 'is for doors, which need shield.doors');
  return {
    kernel: shield.kernel ?? 'auto',
    interfaces: [...new Set(asList(shield.interface))],
    ...(doors === undefined ? {} : { doors }),
    moveDoors: shield.moveDoors ?? false,
  };
}

function doorPorts(text: string, { listeners, media }: Others): Result<PortRange, string> {
  const range = parsePortRange(text);
  if (!range.ok) return range;
  const { from, to } = range.value;
  if (to - from + 1 < LIMITS.doorPortsMin)
    return err(
      `must have at least ${LIMITS.doorPortsMin} ports: who knows one door must not guess the others`,
    );
  const udp = listeners.filter(({ transport }) => transport === 'udp');
  if (udp.length === 0) return err('needs a listener over UDP in sip.listen: doors are at its address');
  const taken = udp.find(({ port }) => port >= from && port <= to);
  if (taken !== undefined) return err(`must not contain port ${taken.port}, which is in sip.listen`);
  if (from <= media.ports.to && to >= media.ports.from)
    return err(`must not overlap media.ports, ${media.ports.from}-${media.ports.to}`);
  return ok({ from, to: to - PORTS_INSIDE });
}
