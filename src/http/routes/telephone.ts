// What accounts have to do with the telephone: forwards of numbers, one-time codes, messages in mailboxes; and the
// audit of what was changed, by whichever way.

import { z } from 'zod';
import { controlChange } from '../../admin/control.ts';
import { countInText, section } from '../../admin/documents/section.ts';
import { accountName, divertInput, mailboxName, phoneNumber } from '../../admin/provisioning/schema.ts';
import { account, auditPage, messageList, newCodes, number } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Routes } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { problemResponse } from '../problems.ts';

const forward = section({
  number: phoneNumber,
  when: z.enum(['unreachable', 'no-answer', 'busy'], 'expected unreachable, no-answer or busy'),
});

export const forwardRoutes: Routes = (app, admin) => {
  app.route({
    method: 'PUT',
    url: '/numbers/:number/forwards/:when',
    schema: {
      tags: ['plans and diverts'],
      summary: 'Send calls elsewhere that the phones of a plan could not take',
      params: forward,
      body: divertInput,
      response: { 200: number, default: problemResponse },
    },
    handler: (request) => {
      const { params, body, headers } = request;
      return admin.setForward(params.number, params.when, body, byWhom(headers['user-agent']));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/numbers/:number/forwards/:when',
    schema: {
      tags: ['plans and diverts'],
      summary: 'Let a plan go on as it says when its phones could not take a call',
      params: forward,
      response: { 200: number, default: problemResponse },
    },
    handler: ({ params, headers }) => {
      return admin.clearForward(params.number, params.when, byWhom(headers['user-agent']));
    },
  });
};

export const telephoneRoutes: Routes = (app, admin) => {
  app.route({
    method: 'POST',
    url: '/accounts/:account/control',
    schema: {
      tags: ['accounts'],
      summary: 'Change how an account is run by telephone: its PIN, its mobiles',
      params: section({ account: accountName }),
      body: controlChange,
      response: { 200: account, default: problemResponse },
    },
    handler: ({ params, body, headers }) => {
      return admin.changeControl(params.account, body, byWhom(headers['user-agent']));
    },
  });

  app.route({
    method: 'POST',
    url: '/accounts/:account/control/codes',
    schema: {
      tags: ['accounts'],
      summary: 'Make a sheet of one-time codes for the telephone',
      description: 'Told this once; those made before are worth nothing any more.',
      params: section({ account: accountName }),
      response: { 200: newCodes, default: problemResponse },
    },
    handler: ({ params, headers }) => admin.makeCodes(params.account, byWhom(headers['user-agent'])),
  });

  app.route({
    method: 'GET',
    url: '/messages',
    schema: {
      tags: ['voicemail'],
      summary: 'List messages in mailboxes, the oldest first',
      querystring: section({ account: accountName.optional(), mailbox: mailboxName.optional() }),
      response: { 200: messageList, default: problemResponse },
    },
    handler: async ({ query }) => ({ messages: await admin.sounds.messages(query.account, query.mailbox) }),
  });

  app.route({
    method: 'GET',
    url: '/audit',
    schema: {
      tags: ['accounts'],
      summary: 'List who changed what, newest first',
      querystring: section({
        account: accountName.optional(),
        limit: countInText(1, LIMITS.auditPageMax).optional(),
        cursor: z.string().max(200).optional(),
      }),
      response: { 200: auditPage, default: problemResponse },
    },
    handler: ({ query: { account, limit, cursor } }) => {
      return admin.audit({ ...(account && { account }), ...(limit && { limit }), ...(cursor && { cursor }) });
    },
  });
};
