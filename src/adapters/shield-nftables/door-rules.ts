// Doors without a socket each: what is for a door's port is judged, then handed to the port inside, and answers leave
// from the door again. No connection tracking: a flood at ten thousand doors must not fill a table that the whole
// machine shares. The kernel learns instead which door a peer came in by.
//
//   peer:4711 ─▶ door:31007  ═▶ inside port a          peer . 4711 : 31007   (door_flows_a)
//   peer:4711 ◀─ door:31007 ◀═  inside port a
//
// An account's old door and its new one lead to different inside ports, so that a peer may use both in the grace time.

import type { DoorGround, DoorSide, ShieldPlan } from '../../ports/shield.ts';
import { FAMILIES, type Family, flowKey, sourceExpression } from './addresses.ts';
import { type Chain, count, garbage, knownFlows, metered, refused } from './rules.ts';
import { DOOR_FLOW, limit } from './sets.ts';

const SIDES: readonly DoorSide[] = ['a', 'b'];
const PROTOCOL = { '4': 'ip', '6': 'ip6' } as const;

/** On the way in, for one family. */
export function doors(plan: ShieldPlan, ground: DoorGround, family: Family): readonly Chain[] {
  const customer = sourceExpression(family, 'customer');
  const enter = `goto enter${family}`;
  const key = flowKey(family);
  return [
    {
      name: `doors${family}`,
      rules: [
        `udp dport @doors_a goto door${family}`,
        `udp dport @doors_b goto door${family}`,
        // A port between doors is another program's, or nobody's.
        'accept',
      ],
    },
    {
      name: `door${family}`,
      rules: [
        `meta protocol != @alive ${enter}`,
        `${key} @emergency${family} ${count('emergency_in')} ${enter}`,
        `goto door_flows${family}`,
      ],
    },
    ...knownFlows('door_', family, enter, `door_strangers${family}`),
    {
      name: `door_strangers${family}`,
      rules: [...refused(family, 'refused_out'), ...garbage(`door_newcomers${family}`)],
    },
    {
      name: `door_newcomers${family}`,
      rules: [
        'update @door_knocks { udp dport }',
        // Phones that were here before may all come back at once, from behind one NAT.
        `${customer} @familiar${family} goto door_newcomers_all${family}`,
        metered(`door_source${family}`, customer, plan.shares.source, `door_newcomers_all${family}`),
        `${customer} != @door_source${family} goto door_newcomers_all${family}`,
        `${count('newcomer_out')} drop`,
      ],
    },
    {
      // The public port's newcomers take nothing from these.
      name: `door_newcomers_all${family}`,
      rules: [
        metered('door_newcomers', 'udp dport', ground.newcomers, `door_ceiling${family}`),
        `${count('newcomer_out')} drop`,
      ],
    },
    {
      name: `door_ceiling${family}`,
      rules: [`${limit(plan.shares.all)} ${count('newcomer_in')} ${enter}`, `${count('newcomer_out')} drop`],
    },
    {
      name: `enter${family}`,
      rules: SIDES.flatMap((side) => [
        `udp dport @doors_${side} update @door_flows_${side}${family} { ${DOOR_FLOW[family].coming} : udp dport }`,
        `udp dport @doors_${side} udp dport set ${ground.inside[side]} accept`,
      ]),
    },
  ];
}

/** The ports inside are reached through doors only. */
export function inside(): Chain {
  return { name: 'inside', rules: ['meta protocol != @alive accept', `${count('garbage')} drop`] };
}

/** On the way out. A peer that no door is known for hears from the port inside. */
export function leaving(ground: DoorGround): readonly string[] {
  return SIDES.flatMap((side) =>
    FAMILIES.map((family) => {
      const { going } = DOOR_FLOW[family];
      const ours = `meta protocol ${PROTOCOL[family]} udp sport ${ground.inside[side]}`;
      return `${ours} udp sport set ${going} map @door_flows_${side}${family}`;
    }),
  );
}
