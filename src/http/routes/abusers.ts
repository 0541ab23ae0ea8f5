// /v1/shield/abusers: who guesses passwords or scans, and their pardon.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { abuserList } from '../../admin/shield-wire.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const tags = ['shield'];

export const abuserRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/shield/abusers',
    schema: {
      tags,
      summary: 'List who guesses passwords or scans, why, and until when each is refused',
      response: { 200: abuserList, default: problemResponse },
    },
    handler: async () => ({ abusers: await admin.abusers() }),
  });

  app.route({
    method: 'DELETE',
    url: '/shield/abusers/:address',
    schema: {
      tags,
      summary: 'Pardon an address: it is not refused any more, and begins anew',
      params: section({ address: z.string().meta({ examples: ['192.0.2.66'] }) }),
      response: { 204: z.undefined(), default: problemResponse },
    },
    handler: async (request, reply) => {
      await admin.pardon(request.params.address);
      return reply.code(204).send();
    },
  });
};
