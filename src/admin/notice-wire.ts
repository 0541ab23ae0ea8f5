// Notices as the API tells them and the CLI reads them.

import { z } from 'zod';
import { instant } from './wire.ts';

function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

export const noticePage = z
  .object({
    waiting: z.number().meta({ description: 'How many there are' }),
    notices: listOf(
      z
        .object({
          id: z.string(),
          account: z.string(),
          channel: z.enum(['email', 'sms']),
          to: z.string(),
          subject: z.string(),
          at: instant,
          attempts: z.number(),
          state: z.enum(['waiting', 'under-way', 'held']),
          nextAt: instant,
          lastError: z.string().optional(),
        })
        .meta({ id: 'Notice', description: 'A message to somebody that was not delivered yet' }),
    ),
  })
  .meta({ id: 'NoticePage' });

export const noticesTried = z.object({ tried: z.number() });

export const noticeTest = z
  .object({
    channel: z.enum(['email', 'sms']),
    to: z.string(),
    delivered: z.boolean(),
    answer: z.string().meta({ description: "The server's own words, or why there are none" }),
  })
  .meta({ id: 'NoticeTest' });
