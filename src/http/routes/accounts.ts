// /v1/accounts: customers, with all that they own.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { accountInput, accountName } from '../../admin/provisioning/schema.ts';
import { account, accountList, newPassword } from '../../admin/wire.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const tags = ['accounts'];
const params = section({ account: accountName });
const { name: _, ...owned } = accountInput.shape;
/** All of an account but its name, which the path says. */
const body = section(owned).meta({ id: 'AccountBody' });

export const accountRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/accounts',
    schema: {
      tags,
      summary: 'List accounts',
      response: { 200: accountList, default: problemResponse },
    },
    handler: async () => ({ accounts: await admin.accounts() }),
  });

  app.route({
    method: 'GET',
    url: '/accounts/:account',
    schema: {
      tags,
      summary: 'Show an account',
      params,
      response: { 200: account, default: problemResponse },
    },
    handler: (request) => admin.account(request.params.account),
  });

  app.route({
    method: 'PUT',
    url: '/accounts/:account',
    schema: {
      tags,
      summary: 'Make an account exactly so',
      description: 'What it had and is not in the body is removed; diverts stay.',
      params,
      body,
      response: {
        200: z.object({ account, newPasswords: z.array(newPassword).readonly() }),
        default: problemResponse,
      },
    },
    handler: (request) => admin.putAccount({ name: request.params.account, ...request.body }),
  });

  app.route({
    method: 'DELETE',
    url: '/accounts/:account',
    schema: {
      tags,
      summary: 'Remove an account and all that it owns',
      params,
      response: { 204: z.undefined(), default: problemResponse },
    },
    handler: async (request, reply) => {
      await admin.removeAccount(request.params.account);
      return reply.code(204).send();
    },
  });
};
