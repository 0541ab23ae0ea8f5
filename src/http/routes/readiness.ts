// /v1/readiness: how ready numbers are for the day on which their site is lost.

import { z } from 'zod';
import { countInText, section } from '../../admin/documents/section.ts';
import { accountName } from '../../admin/provisioning/schema.ts';
import { readinessPage } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const query = section({
  account: accountName.exactOptional(),
  failing: z.stringbool().exactOptional().meta({ description: 'Only numbers that fail a check' }),
  limit: countInText(1, LIMITS.readinessPageMax)
    .exactOptional()
    .meta({ description: 'Numbers that are looked at for this page; 100 unless given' }),
  cursor: z.string().max(64).exactOptional().meta({ description: "From an earlier page's next" }),
});

export const readinessRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/readiness',
    schema: {
      tags: ['readiness'],
      summary: 'Judge how ready numbers are for the loss of their site',
      querystring: query,
      response: { 200: readinessPage, default: problemResponse },
    },
    handler: (request) => admin.readiness(request.query),
  });
};
