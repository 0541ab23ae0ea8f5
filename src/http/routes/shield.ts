// /v1/shield: the posture, what comes in by lane, from where, and what an attack is made of.

import { shieldView } from '../../admin/shield-wire.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

export const shieldRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/shield',
    schema: {
      tags: ['shield'],
      summary: 'Show the posture, what comes in, and who feels it',
      response: { 200: shieldView, default: problemResponse },
    },
    handler: async () => admin.shield(),
  });
};
