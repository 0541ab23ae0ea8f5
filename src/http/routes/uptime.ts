// /v1/status/uptime: how much of the time each part of the service was up.

import { section } from '../../admin/documents/section.ts';
import { type UptimeDesk, uptimeView } from '../../admin/uptime.ts';
import type { App } from '../app.ts';
import { problemResponse } from '../problems.ts';

export function uptimeRoutes(app: App, desk: UptimeDesk): void {
  app.route({
    method: 'GET',
    url: '/status/uptime',
    schema: {
      tags: ['status'],
      summary: 'How much of the time each component was up, and how long it was in each state on each day',
      querystring: section({}),
      response: { 200: uptimeView, default: problemResponse },
    },
    handler: async () => desk(),
  });
}
