// The shield's view as it travels over the API: see wire.ts.

import { z } from 'zod';
import { LANES, POSTURES, RUNGS } from '../ports/shield.ts';
import { COUNTED } from '../shield/detection/second.ts';
import { instant } from './wire.ts';

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

const share = z.number().meta({ description: '0 to 1' });
const kind = z.enum(COUNTED).meta({ description: 'By its first bytes; connect: an attempt to connect' });
const words = listOf(z.object({ text: z.string().meta({ description: "Strangers' own words" }), share }));

const likelihood = z
  .object({ likelihood: z.number().meta({ description: '0 to 1' }), words: z.string() })
  .meta({ id: 'Likelihood' });

export const attackReport = z
  .object({
    began: instant,
    ended: instant.optional().meta({ description: 'Absent while it goes on' }),
    packets: z.number(),
    bytes: z.number(),
    dropped: z.number(),
    peakPerSecond: z.number(),
    peakAt: instant,
    sources: z.number().meta({ description: 'Different addresses, within some 3 %' }),
    evenNetworks: z.number().meta({
      description: 'Networks that would have the same spread, if each sent as much as the others',
    }),
    networks: listOf(z.object({ network: z.string(), share })),
    kinds: listOf(z.object({ kind, share })),
    userAgents: words,
    malformations: words,
    challenged: z.number(),
    answered: z.number().meta({ description: 'Challenges that were answered, rightly or not' }),
    sure: likelihood.meta({ description: 'That it is an attack' }),
    forged: likelihood.meta({ description: 'That its sources are forged' }),
  })
  .meta({ id: 'AttackReport', description: "Strangers' packets of one attack" });

const laneCount = z.object({
  admitted: z.number(),
  admittedBytes: z.number(),
  dropped: z.number(),
  droppedBytes: z.number(),
});

const laneCounts = z
  .record(z.enum(LANES), laneCount)
  .meta({ id: 'LaneCounts', description: 'Packets since the node began' });

const brownout = z
  .object({
    rungs: listOf(
      z.object({
        rung: z.enum(RUNGS),
        engaged: z.object({ since: instant, until: instant, reason: z.string() }).optional(),
        shed: z.number(),
      }),
    ),
    storm: z.object({
      governing: z.boolean(),
      perSecond: z.number(),
      waiting: z.number(),
      putOff: z.number(),
    }),
    inGrace: z.number(),
  })
  .meta({ id: 'Brownout' });

const newcomers = z.object({
  sourcesPerSecond: z.number(),
  evenNetworks: z.number(),
  networks: listOf(z.object({ network: z.string(), perSecond: z.number(), share })),
  kinds: listOf(z.object({ kind, perSecond: z.number(), normalPerSecond: z.number().optional() })),
  userAgents: words,
  malformations: words,
  challengedPerSecond: z.number(),
  provedShare: share.optional().meta({ description: 'Of challenges, that users answered rightly' }),
});

export const shieldView = z
  .object({
    posture: z.enum(POSTURES),
    since: instant,
    why: z.string(),
    sure: likelihood.meta({ description: 'That this is an attack' }),
    knowsNormal: z.boolean().meta({ description: 'It has seen enough to know what is normal here' }),
    lanes: listOf(
      z.object({
        lane: z.enum(LANES),
        admittedPerSecond: z.number(),
        droppedPerSecond: z.number(),
        bytesPerSecond: z.number(),
        normalPerSecond: z.number().optional(),
      }),
    ),
    newcomers,
    lateMs: z.number().meta({ description: 'How late timers were at worst' }),
    waitMs: z.number().meta({ description: '99 of 100 packets of the known were read within this time' }),
    attack: attackReport.optional().meta({ description: 'The one that goes on' }),
    attacks: listOf(attackReport).meta({ description: 'Those that ended, newest first' }),
    kernel: z
      .object({
        place: z.string(),
        trouble: z.string().optional(),
        tables: listOf(z.object({ name: z.string(), used: z.number(), size: z.number() })),
      })
      .optional()
      .meta({ description: 'Absent where the node works without the kernel' }),
    counts: z.object({ node: laneCounts, kernel: laneCounts.optional() }),
    brownout,
  })
  .meta({ id: 'Shield', description: 'How the node is, what comes in, and who feels it' });

export const abuser = z
  .object({
    address: z.string(),
    why: z.string(),
    guesses: z.number().meta({ description: 'Digests that were wrong or came too early' }),
    users: z.number().meta({ description: 'Users tried in vain, counted no further than to the limit' }),
    toolMessages: z.number(),
    since: instant,
    at: instant.meta({ description: 'When it was found' }),
    until: instant
      .optional()
      .meta({ description: 'Refused until then; absent where phones are at home, and it is only slowed' }),
  })
  .meta({ id: 'Abuser', description: 'Who guesses passwords or scans, and has proved to be there' });

export const abuserList = z.object({ abusers: listOf(abuser) });
