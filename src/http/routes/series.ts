// /v1/series: what graphs are drawn from.

import { z } from 'zod';
import type { Admin } from '../../admin/admin.ts';
import { countInText, section } from '../../admin/documents/section.ts';
import { seriesView } from '../../admin/series-wire.ts';
import { instant } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import type { App } from '../app.ts';
import { problemResponse } from '../problems.ts';

const seriesQuery = section({
  names: z
    .string()
    .max(LIMITS.seriesAskedMax * (LIMITS.seriesNameLengthMax + 1))
    .transform((text) => text.split(','))
    .exactOptional()
    .meta({ description: "Separated by commas; all of the node's own unless given" }),
  from: instant.exactOptional().meta({ description: 'A day before `to` unless given' }),
  to: instant.exactOptional().meta({ description: 'Now unless given' }),
  points: countInText(1, LIMITS.seriesPointsMax)
    .exactOptional()
    .meta({ description: 'Of each series, at most; 400 unless given' }),
});

export function seriesRoutes(app: App, { series }: Pick<Admin, 'series'>): void {
  app.route({
    method: 'GET',
    url: '/series',
    schema: {
      tags: ['series'],
      summary: 'Time series for graphs, in steps as long as the time that is asked for allows',
      querystring: seriesQuery,
      response: { 200: seriesView, default: problemResponse },
    },
    handler: ({ query }) => series(query),
  });
}
