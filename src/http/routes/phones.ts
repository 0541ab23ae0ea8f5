// /v1/phones: SIP credentials, and what is registered for them now.

import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { accountName, phoneInput, phoneUser } from '../../admin/provisioning/schema.ts';
import { newPassword, phone, phoneList } from '../../admin/wire.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const tags = ['phones'];
const params = section({ user: phoneUser });
const { user: _, ...settings } = phoneInput.shape;
/** All of a phone but its user, which the path says. */
const body = section(settings).meta({ id: 'PhoneBody' });

export const phoneRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/phones',
    schema: {
      tags,
      summary: 'List phones and their registrations',
      querystring: section({ account: accountName.optional() }),
      response: { 200: phoneList, default: problemResponse },
    },
    handler: async (request) => ({ phones: await admin.phones(request.query.account) }),
  });

  app.route({
    method: 'GET',
    url: '/phones/:user',
    schema: { tags, summary: 'Show a phone', params, response: { 200: phone, default: problemResponse } },
    handler: (request) => admin.phone(request.params.user),
  });

  app.route({
    method: 'PUT',
    url: '/accounts/:account/phones/:user',
    schema: {
      tags,
      summary: 'Add or change a phone',
      description: 'A new phone without a password gets one, which is told in this answer and never again.',
      params: section({ account: accountName, user: phoneUser }),
      body,
      response: { 200: z.object({ phone, newPassword: newPassword.optional() }), default: problemResponse },
    },
    handler: (request) => {
      const { account, user } = request.params;
      return admin.putPhone(account, { user, ...request.body });
    },
  });

  app.route({
    method: 'DELETE',
    url: '/phones/:user',
    schema: {
      tags,
      summary: 'Remove a phone',
      description: 'Refused while a plan still rings it.',
      params,
      response: { 204: z.undefined(), default: problemResponse },
    },
    handler: async (request, reply) => {
      await admin.removePhone(request.params.user);
      return reply.code(204).send();
    },
  });
};
