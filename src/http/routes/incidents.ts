// /v1/incidents and /v1/maintenance: what operators say of the service beside what its probes say. What the public
// reads of it is the status page.

import { z } from 'zod';
import { countInText, section } from '../../admin/documents/section.ts';
import {
  incident,
  incidentPage,
  maintenance,
  maintenanceChangeInput,
  maintenanceEndInput,
  maintenanceInput,
  maintenancePage,
  openingInput,
  postMortemInput,
  titleInput,
  updateInput,
} from '../../admin/incident-wire.ts';
import type { Incidents, MaintenancePlans } from '../../admin/incidents.ts';
import { LIMITS } from '../../base/limits.ts';
import type { App } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { problemResponse } from '../problems.ts';

const tags = ['incidents'];
const params = section({ id: z.string().regex(/^m?\d{8}-\d{1,9}$/, 'expected an id such as 20261126-1') });
const querystring = section({
  limit: countInText(1, LIMITS.incidentsPageMax).optional(),
  cursor: z.string().max(64).optional().meta({ description: 'The `next` of an earlier page' }),
  open: z
    .enum(['true', 'false'], { error: 'expected true or false' })
    .optional()
    .meta({ description: 'true: only those that are not over' }),
});

interface Paged {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly open?: 'true' | 'false' | undefined;
}

function pageOf({ limit, cursor, open }: Paged) {
  return { limit, cursor, open: open === 'true' };
}

export function incidentRoutes(app: App, incidents: Incidents): void {
  addReading(app, incidents);

  app.route({
    method: 'POST',
    url: '/incidents',
    schema: {
      tags,
      summary: 'Open one, and declare what it affects',
      body: openingInput,
      response: { 201: incident, default: problemResponse },
    },
    handler: async ({ body, headers }, reply) =>
      reply.code(201).send(await incidents.open(body, byWhom(headers['user-agent']))),
  });

  app.route({
    method: 'PATCH',
    url: '/incidents/:id',
    schema: {
      tags,
      summary: 'Call it something else',
      params,
      body: titleInput,
      response: { 200: incident, default: problemResponse },
    },
    handler: ({ params: { id }, body, headers }) =>
      incidents.retitle(id, body, byWhom(headers['user-agent'])),
  });

  app.route({
    method: 'POST',
    url: '/incidents/:id/updates',
    schema: {
      tags,
      summary: 'Say more of it, or that it is resolved, where the probes do not say otherwise',
      params,
      body: updateInput,
      response: { 201: incident, default: problemResponse },
    },
    handler: async ({ params: { id }, body, headers }, reply) =>
      reply.code(201).send(await incidents.update(id, body, byWhom(headers['user-agent']))),
  });

  app.route({
    method: 'PUT',
    url: '/incidents/:id/post-mortem',
    schema: {
      tags,
      summary: 'Look back on one that is resolved',
      params,
      body: postMortemInput,
      response: { 200: incident, default: problemResponse },
    },
    handler: ({ params: { id }, body, headers }) =>
      incidents.postMortem(id, body, byWhom(headers['user-agent'])),
  });
}

function addReading(app: App, incidents: Incidents): void {
  app.route({
    method: 'GET',
    url: '/incidents',
    schema: {
      tags,
      summary: 'List incidents, newest first',
      querystring,
      response: { 200: incidentPage, default: problemResponse },
    },
    handler: ({ query }) => incidents.list(pageOf(query)),
  });

  app.route({
    method: 'GET',
    url: '/incidents/:id',
    schema: {
      tags,
      summary: 'Tell one of them',
      params,
      response: { 200: incident, default: problemResponse },
    },
    handler: ({ params: { id } }) => incidents.get(id),
  });
}

export function maintenanceRoutes(app: App, plans: MaintenancePlans): void {
  app.route({
    method: 'GET',
    url: '/maintenance',
    schema: {
      tags,
      summary: 'List maintenance, the one that begins last first',
      querystring,
      response: { 200: maintenancePage, default: problemResponse },
    },
    handler: ({ query }) => plans.list(pageOf(query)),
  });

  app.route({
    method: 'GET',
    url: '/maintenance/:id',
    schema: {
      tags,
      summary: 'Tell one of them',
      params,
      response: { 200: maintenance, default: problemResponse },
    },
    handler: ({ params: { id } }) => plans.get(id),
  });

  app.route({
    method: 'POST',
    url: '/maintenance',
    schema: {
      tags,
      summary: 'Announce maintenance',
      body: maintenanceInput,
      response: { 201: maintenance, default: problemResponse },
    },
    handler: async ({ body, headers }, reply) =>
      reply.code(201).send(await plans.schedule(body, byWhom(headers['user-agent']))),
  });

  app.route({
    method: 'PATCH',
    url: '/maintenance/:id',
    schema: {
      tags,
      summary: 'Change it; while it is under way, its texts and its end alone',
      params,
      body: maintenanceChangeInput,
      response: { 200: maintenance, default: problemResponse },
    },
    handler: ({ params: { id }, body, headers }) => plans.change(id, body, byWhom(headers['user-agent'])),
  });

  addEnding(app, plans);
}

function addEnding(app: App, plans: MaintenancePlans): void {
  for (const [verb, summary] of [
    ['cancel', 'Say that it will not take place'],
    ['end', 'Say that it is over before its time'],
  ] as const) {
    app.route({
      method: 'POST',
      url: `/maintenance/:id/${verb}`,
      schema: {
        tags,
        summary,
        params,
        body: maintenanceEndInput,
        response: { 200: maintenance, default: problemResponse },
      },
      handler: ({ params: { id }, body, headers }) => plans[verb](id, body, byWhom(headers['user-agent'])),
    });
  }
}
