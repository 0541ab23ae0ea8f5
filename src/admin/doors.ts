// Doors, as they are asked for: what an operator may want done, and what it means.

import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS } from '../base/time.ts';
import { durationAtMost, durationMs, section, words } from './documents/section.ts';

const grace = durationAtMost(
  LIMITS.doorGraceMaxMs,
  `must be ${LIMITS.doorGraceMaxMs / DAY_MS}d at most`,
).meta({ description: 'How long the old door goes on at least', examples: ['2h'] });

const hostName = words(253)
  .regex(/^(?!-)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, 'expected a host name, such as acme.voice.example.net')
  .meta({
    description: 'The host name by which phones find the door; else the account within the SIP domain',
  });

export const doorInput = z
  .discriminatedUnion('do', [
    section({ do: z.literal('open'), name: hostName.optional() }),
    section({ do: z.literal('move'), grace: grace.optional() }),
    section({ do: z.literal('close'), grace: grace.optional() }),
    section({ do: z.literal('close-old') }),
  ])
  .meta({ description: 'What is to be done with the doors of an account' });
export type DoorInput = z.infer<typeof doorInput>;

/** Without the account and who asks. */
export function doorCommand(input: DoorInput) {
  switch (input.do) {
    case 'open':
      return { type: 'open', ...(input.name === undefined ? {} : { name: input.name }) } as const;
    case 'move':
    case 'close':
      return {
        type: input.do,
        graceMs: input.grace === undefined ? LIMITS.doorGraceMs : durationMs(input.grace),
      };
    case 'close-old':
      return { type: 'close-old' } as const;
  }
}
