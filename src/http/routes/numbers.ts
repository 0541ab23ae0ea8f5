// /v1/numbers: numbers, their plans, and the diverts that override them.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import {
  accountName,
  divertInput,
  numberInput,
  phoneNumber,
  planInput,
} from '../../admin/provisioning/schema.ts';
import { number, numberList } from '../../admin/wire.ts';
import type { Routes } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { problemResponse } from '../problems.ts';

const tags = ['numbers'];
const params = section({ number: phoneNumber });
const answer = { 200: number, default: problemResponse };
const { number: _, ...settings } = numberInput.shape;
/** All of a number but itself, which the path says. */
const body = section(settings).meta({ id: 'NumberBody' });

export const numberRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/numbers',
    schema: {
      tags,
      summary: 'List numbers with their plans and diverts',
      querystring: section({ account: accountName.optional() }),
      response: { 200: numberList, default: problemResponse },
    },
    handler: async (request) => ({ numbers: await admin.numbers(request.query.account) }),
  });

  app.route({
    method: 'GET',
    url: '/numbers/:number',
    schema: { tags, summary: 'Show a number', params, response: answer },
    handler: (request) => admin.number(request.params.number),
  });

  app.route({
    method: 'PUT',
    url: '/accounts/:account/numbers/:number',
    schema: {
      tags,
      summary: 'Add or change a number',
      description: 'A divert that is in force stays.',
      params: section({ account: accountName, number: phoneNumber }),
      body,
      response: answer,
    },
    handler: (request) => {
      const { account, number } = request.params;
      return admin.putNumber(account, { number, ...request.body });
    },
  });

  app.route({
    method: 'DELETE',
    url: '/numbers/:number',
    schema: {
      tags,
      summary: 'Remove a number',
      params,
      response: { 204: z.undefined(), default: problemResponse },
    },
    handler: async (request, reply) => {
      await admin.removeNumber(request.params.number);
      return reply.code(204).send();
    },
  });
};

export const planRoutes: Routes = (app, admin) => {
  app.route({
    method: 'PUT',
    url: '/numbers/:number/plan',
    schema: {
      tags: ['plans and diverts'],
      summary: 'Set the plan of a number',
      params,
      body: planInput,
      response: answer,
    },
    handler: (request) => admin.setPlan(request.params.number, request.body),
  });

  app.route({
    method: 'PUT',
    url: '/numbers/:number/divert',
    schema: {
      tags: ['plans and diverts'],
      summary: 'Send every call of a number elsewhere, now',
      params,
      body: divertInput,
      response: answer,
    },
    handler: (request) => {
      const by = byWhom(request.headers['user-agent']);
      return admin.setDivert(request.params.number, request.body, by);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/numbers/:number/divert',
    schema: {
      tags: ['plans and diverts'],
      summary: 'Let the plan of a number hold again',
      params,
      response: answer,
    },
    handler: ({ params, headers }) => admin.clearDivert(params.number, byWhom(headers['user-agent'])),
  });
};
