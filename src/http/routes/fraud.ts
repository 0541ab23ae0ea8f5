// /v1/fraud: accounts that call where they do not usually call, and what an operator says to it.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { allowance, allowanceInput, allowancePrefix, fraudView } from '../../admin/fraud.ts';
import { accountName } from '../../admin/provisioning/schema.ts';
import type { Routes } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { problemResponse } from '../problems.ts';

const tags = ['shield'];
const params = section({ account: accountName });
const destination = section({ account: accountName, prefix: allowancePrefix });

export const fraudRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/fraud',
    schema: {
      tags,
      summary: 'List accounts that call where they do not usually call, and where they may for a time',
      response: { 200: fraudView, default: problemResponse },
    },
    handler: async () => admin.fraud(),
  });

  app.route({
    method: 'DELETE',
    url: '/fraud/:account',
    schema: {
      tags,
      summary: 'Forget what is held against an account',
      params,
      response: { 204: z.undefined(), default: problemResponse },
    },
    handler: async (request, reply) => {
      await admin.clearUnusual(request.params.account);
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'PUT',
    url: '/fraud/:account/allowed/:prefix',
    schema: {
      tags,
      summary: 'Let an account call there for a time',
      params: destination,
      body: allowanceInput,
      response: { 200: allowance, default: problemResponse },
    },
    handler: async (request) => {
      const by = byWhom(request.headers['user-agent']);
      const { account, prefix } = request.params;
      return admin.allowUnusual(account, prefix, request.body, by);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/fraud/:account/allowed/:prefix',
    schema: {
      tags,
      summary: 'Let an account not call there any more, but as far as it usually does',
      params: destination,
      response: { 204: z.undefined(), default: problemResponse },
    },
    handler: async (request, reply) => {
      await admin.disallowUnusual(request.params.account, request.params.prefix);
      return reply.code(204).send();
    },
  });
};
