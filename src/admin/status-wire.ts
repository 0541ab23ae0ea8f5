// The status as the API tells it and the CLI reads it, and results as watchers send them. Results keep their times as
// numbers, for those are signed.

import { z } from 'zod';
import { LIMITS } from '../base/limits.ts';
import { OUTCOMES } from '../ports/probes.ts';
import { SHOWN_STATES, STATES } from '../ports/status.ts';
import { list, section } from './documents/section.ts';
import { instant } from './wire.ts';

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

const state = z.enum(STATES).meta({
  description: 'From best to worst. unknown: too few watchers are heard to say that it works',
});

const shown = z.enum(SHOWN_STATES).meta({
  description: 'What customers are shown: the worst of state, of what operators declare, and of maintenance',
});

const lastResult = z.object({
  at: instant,
  outcome: z.enum(OUTCOMES),
  latencyMs: z.number().optional(),
  reason: z.string().optional(),
});

const publishing = z
  .object({
    url: z.string().optional().meta({ description: 'Where the node itself serves it, if it does' }),
    renderedAt: instant.optional(),
    renderMs: z.number().optional(),
    renders: z.number(),
    failures: z.number(),
    failing: z.string().optional().meta({ description: 'Why it could not be rendered the last time' }),
    targets: listOf(
      z.object({
        name: z.string(),
        succeededAt: instant.optional().meta({ description: 'When it last had the newest page' }),
        pushes: z.number(),
        failures: z.number(),
        failing: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'Publishing', description: 'How the status page is doing' });

export const status = z
  .object({
    at: instant,
    state,
    shown,
    watcher: z
      .object({ name: z.string(), publicKey: z.string() })
      .optional()
      .meta({ description: 'This node, and the key by which others know its results' }),
    components: listOf(
      z
        .object({
          name: z.string(),
          group: z.string().optional(),
          state,
          since: instant,
          shown,
          shownSince: instant,
          probes: listOf(
            z.object({
              name: z.string(),
              verdict: z.enum(['passed', 'shaky', 'failed', 'unknown']),
              watchers: listOf(
                z.object({
                  watcher: z.string(),
                  opinion: z.enum(['passing', 'shaky', 'failing', 'silent']),
                  last: lastResult.optional(),
                }),
              ),
            }),
          ),
        })
        .meta({ id: 'Component', description: 'A part of the service, as its probes find it' }),
    ),
    clocks: listOf(z.object({ watcher: z.string(), behindMs: z.number() })).meta({
      description: 'Watchers whose clock is wrong, by how much theirs is behind; negative: ahead',
    }),
    refused: listOf(z.object({ watcher: z.string(), why: z.string(), count: z.number() })),
    page: publishing.optional(),
  })
  .meta({ id: 'Status' });

const probeResult = section({
  watcher: z.string().min(1).max(63),
  probe: z.string().min(1).max(63),
  at: z.int().min(0),
  sequence: z.int().min(0),
  outcome: z.enum(OUTCOMES),
  latencyMs: z.number().min(0).optional(),
  measures: z
    .record(z.string().max(63), z.number())
    .refine((measures) => Object.keys(measures).length <= LIMITS.probeMeasuresMax, 'are too many')
    .optional(),
  reason: z.string().max(LIMITS.probeReasonMax).optional(),
  signature: z.string().length(86),
}).meta({ id: 'ProbeResult', description: 'Signed by its watcher: see docs/status.md' });

/** What is looked at before all else: whoever brings results is known by the first of them. */
export const firstResultInput = z.object({ results: z.tuple([probeResult], z.unknown()) });

export const resultsInput = section({
  results: list(probeResult, LIMITS.resultsAtOnceMax, '[…]').min(1, 'must not be empty'),
}).meta({ id: 'ProbeResults' });

export const reportAnswer = z.object({
  accepted: z.number(),
  refused: listOf(z.object({ index: z.number(), why: z.string() })),
});
