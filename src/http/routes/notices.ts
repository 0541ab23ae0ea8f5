// /v1/notices: what waits to be told to people, and a message that tries whether they can be told.

import { z } from 'zod';
import { countInText, section } from '../../admin/documents/section.ts';
import { noticePage, noticesTried, noticeTest } from '../../admin/notice-wire.ts';
import { noticeTestInput } from '../../admin/notices.ts';
import { accountName } from '../../admin/provisioning/schema.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const tags = ['notices'];

export const noticeRoutes: Routes = (app, admin) => {
  app.route({
    method: 'GET',
    url: '/notices',
    schema: {
      tags,
      summary: 'List e-mails and text messages that wait, what is tried first first',
      querystring: section({
        account: accountName.optional(),
        limit: countInText(1, LIMITS.noticesListedMax).optional(),
      }),
      response: { 200: noticePage, default: problemResponse },
    },
    handler: ({ query }) => admin.notices.list(query.account, query.limit),
  });

  app.route({
    method: 'POST',
    url: '/notices/retry',
    schema: {
      tags,
      summary: 'Try one that waits now, or all of them',
      body: section({ id: z.string().max(LIMITS.tokenBytesMax).optional() }).meta({ id: 'NoticeRetry' }),
      response: { 200: noticesTried, default: problemResponse },
    },
    handler: ({ body }) => admin.notices.retry(body.id),
  });

  app.route({
    method: 'POST',
    url: '/notices/test',
    schema: {
      tags,
      summary: 'Send an e-mail or a text message now, and tell what the server says',
      body: noticeTestInput,
      response: { 200: noticeTest, default: problemResponse },
    },
    handler: ({ body }) => admin.notices.test(body),
  });
};
