// /v1/doors and /v1/accounts/:account/door: private ports of accounts, and what is done with them.

import { section } from '../../admin/documents/section.ts';
import { doorInput } from '../../admin/doors.ts';
import { accountName } from '../../admin/provisioning/schema.ts';
import { doorList } from '../../admin/wire.ts';
import type { Routes } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { problemResponse } from '../problems.ts';

const tags = ['shield'];
const answer = { 200: doorList, default: problemResponse };
const params = section({ account: accountName });

export const doorRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/doors',
    schema: { tags, summary: 'List the doors of all accounts', response: answer },
    handler: async () => ({ doors: await admin.doors() }),
  });

  app.route({
    method: 'GET',
    url: '/accounts/:account/door',
    schema: { tags, summary: 'Show the doors of an account', params, response: answer },
    handler: async (request) => ({ doors: await admin.doors(request.params.account) }),
  });

  app.route({
    method: 'POST',
    url: '/accounts/:account/door',
    schema: {
      tags,
      summary: 'Open, move or close the door of an account',
      description: 'Answers with its doors as they are then, when that is kept.',
      params,
      body: doorInput,
      response: answer,
    },
    handler: async (request) => {
      const by = byWhom(request.headers['user-agent']);
      return { doors: await admin.changeDoor(request.params.account, request.body, by) };
    },
  });
};
