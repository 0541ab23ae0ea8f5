// /v1/shield/rehearsal: a rule of the shield, tried on what customers and carriers asked for in the last hour. Nothing
// of the node is changed by it.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { rehearsal } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import { RULE_NAMES } from '../../shield/brownout/rule.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

export const rehearsalRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/shield/rehearsal',
    schema: {
      tags: ['shield'],
      summary: 'Whom a rule would have hurt in the last hour',
      querystring: section({
        rule: z
          .string()
          .max(LIMITS.tokenBytesMax)
          .meta({ description: `One of ${RULE_NAMES.join(', ')}` }),
      }),
      response: { 200: rehearsal, default: problemResponse },
    },
    handler: (request) => admin.rehearsal(request.query.rule),
  });
};
