// Where an operator lets an account call for a time, as it is asked for; and what is told of unusual calls, as it
// travels over the API.

import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { DAY_MS, HOUR_MS, type Instant } from '../base/time.ts';
import type { Allowance } from '../fraud/allowances.ts';
import type { Account } from '../ports/records.ts';
import { destinationAllowed } from '../routing/destinations.ts';
import { invalid, validated } from './demands.ts';
import { durationAtMost, durationMs, section } from './documents/section.ts';
import { prefix as prefixSchema } from './provisioning/schema.ts';
import { instant } from './wire.ts';

const length = durationAtMost(
  LIMITS.fraudAllowanceMaxMs,
  `must be ${LIMITS.fraudAllowanceMaxMs / DAY_MS}d at most; what is to last is destinationsUsual of the account`,
).meta({ description: `For how long; else ${LIMITS.fraudAllowanceMs / HOUR_MS}h`, examples: ['2h'] });

export const allowanceInput = section({ for: length.optional() }).meta({
  description: 'For how long an account may call there',
});
export type AllowanceInput = z.infer<typeof allowanceInput>;

export const allowancePrefix = prefixSchema.meta({
  description: 'The first digits of numbers',
  examples: ['+353'],
});

/** Throws RingthroughError INVALID_INPUT, also where the account may not call there whatever is usual. */
export function allowanceOf(
  { name, limits }: Account,
  written: string,
  input: AllowanceInput,
  by: string,
  now: Instant,
): Allowance {
  const prefix = validated(allowancePrefix, written);
  const asked = validated(allowanceInput, input);
  const allowed = destinationAllowed(prefix, limits);
  if (!allowed.ok) throw invalid([{ path: ['prefix'], reason: allowed.error }]);
  const lengthMs = asked.for === undefined ? LIMITS.fraudAllowanceMs : durationMs(asked.for);
  return { account: name, prefix, until: now + lengthMs, by };
}

export const allowance = z
  .object({ account: z.string(), prefix: z.string(), until: instant, by: z.string() })
  .meta({ id: 'Allowance', description: 'Where an account may call until then, though it usually does not' });

export const unusualCalls = z
  .object({
    account: z.string(),
    since: instant,
    at: instant.meta({ description: 'The latest one' }),
    callers: z.array(z.string()).readonly().meta({
      description: 'Users of phones, and trunks whose calls were diverted; the latest first',
    }),
    destinations: z.array(z.string()).readonly().meta({ description: 'The latest first' }),
    passed: z.number().meta({ description: 'Calls that were let through' }),
    refused: z.number(),
    inProgress: z.number(),
    done: z.enum(['watched', 'slowed', 'refused']).meta({ description: 'What became of the latest one' }),
    why: z.string(),
  })
  .meta({ id: 'UnusualCalls', description: 'Calls of an account to where it does not usually call' });

export const fraudView = z.object({
  accounts: z.array(unusualCalls).readonly(),
  allowed: z.array(allowance).readonly().meta({ description: 'In the order in which they end' }),
});
