// Time series as the API tells them.

import { z } from 'zod';
import { instant } from './wire.ts';

const point = z
  .object({
    at: instant.meta({ description: 'When its step begins' }),
    count: z.number().meta({ description: 'Observations' }),
    sum: z.number(),
    min: z.number(),
    max: z.number(),
  })
  .meta({ id: 'SeriesPoint', description: 'What was observed in one step; the average is sum / count' });

export const seriesView = z
  .object({
    from: instant,
    to: instant.meta({ description: 'Not included' }),
    stepMs: z.number(),
    series: z
      .array(
        z
          .object({
            name: z.string(),
            points: z
              .array(point)
              .readonly()
              .meta({ description: 'Without those of which nothing is known' }),
          })
          .meta({ id: 'Series' }),
      )
      .readonly(),
  })
  .meta({ id: 'SeriesView' });
