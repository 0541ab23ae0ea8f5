// /v1/ledger, /v1/calls and /v1/trunks: what became of every attempt, what goes on now, and over what.

import { z } from 'zod';
import { countInText, section } from '../../admin/documents/section.ts';
import { accountName } from '../../admin/provisioning/schema.ts';
import { call, callList, instant, ledgerEntry, ledgerPage, outcome, trunkList } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const byId = section({ id: z.string().max(LIMITS.tokenBytesMax) });

const ledgerQuery = section({
  called: z.string().max(64).exactOptional().meta({ description: "A number, or a phone's user" }),
  account: accountName.exactOptional(),
  outcome: z
    .enum(outcome.options, { error: `expected one of ${outcome.options.join(', ')}` })
    .exactOptional(),
  since: instant.exactOptional(),
  until: instant.exactOptional(),
  limit: countInText(1, LIMITS.ledgerPageMax).exactOptional().meta({ description: '50 unless given' }),
  cursor: z.string().max(256).exactOptional().meta({ description: "From an earlier page's next" }),
});

export const ledgerRoutes: Routes = (app, admin) => {
  const tags = ['ledger'];

  app.route({
    method: 'GET',
    url: '/ledger',
    schema: {
      tags,
      summary: 'List attempts to reach numbers, newest first',
      querystring: ledgerQuery,
      response: { 200: ledgerPage, default: problemResponse },
    },
    handler: (request) => admin.ledger(request.query),
  });

  app.route({
    method: 'GET',
    url: '/ledger/:id',
    schema: {
      tags,
      summary: 'Show an attempt with its timeline',
      params: byId,
      response: { 200: ledgerEntry, default: problemResponse },
    },
    handler: (request) => admin.ledgerEntry(request.params.id),
  });
};

export const callRoutes: Routes = (app, admin) => {
  const tags = ['calls'];

  app.route({
    method: 'GET',
    url: '/calls',
    schema: {
      tags,
      summary: 'List calls in progress',
      response: { 200: callList, default: problemResponse },
    },
    handler: async () => ({ calls: admin.calls() }),
  });

  app.route({
    method: 'GET',
    url: '/calls/:id',
    schema: {
      tags,
      summary: 'Show a call in progress',
      params: byId,
      response: { 200: call, default: problemResponse },
    },
    handler: async (request) => admin.call(request.params.id),
  });

  app.route({
    method: 'DELETE',
    url: '/calls/:id',
    schema: {
      tags,
      summary: 'Hang up a call',
      params: byId,
      response: { 204: z.undefined(), default: problemResponse },
    },
    handler: async (request, reply) => {
      admin.hangUp(request.params.id);
      return reply.code(204).send();
    },
  });
};

export const trunkRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/trunks',
    schema: {
      tags: ['trunks'],
      summary: 'List trunks with their health',
      response: { 200: trunkList, default: problemResponse },
    },
    handler: async () => ({ trunks: admin.trunks() }),
  });
};
