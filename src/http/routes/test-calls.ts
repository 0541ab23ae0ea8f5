// /v1/test-calls places a call as any caller would and streams what happens until it has ended; /v1/rehearsals walks a
// plan with nobody calling. Whoever stops reading stops listening; the call or the rehearsal goes on.

import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { phoneNumber } from '../../admin/provisioning/schema.ts';
import { instant, rehearsalLine, testCallStep } from '../../admin/wire.ts';
import type { Routes } from '../app.ts';
import { byWhom } from '../by-whom.ts';
import { linesOf, STREAM_TYPE, streamOf } from '../ndjson.ts';
import { problemResponse } from '../problems.ts';

export const testCallRoutes: Routes = (app, admin) => {
  app.post(
    '/test-calls',
    {
      schema: {
        tags: ['test calls'],
        summary: 'Call a number as any caller would, and tell what happens',
        body: section({ number: phoneNumber }).meta({ id: 'TestCallBody' }),
        response: {
          200: streamOf(testCallStep, 'One step a line, as it happens; the last one is final'),
          default: problemResponse,
        },
      },
    },
    async (request, reply) => {
      const steps = admin.testCall(request.body.number, goneOf(reply));
      return reply.type(STREAM_TYPE).send(await linesOf(testCallStep, steps));
    },
  );

  app.post(
    '/rehearsals',
    {
      schema: {
        tags: ['readiness'],
        summary: 'Walk the plan of a number with nobody calling, and tell what works',
        description:
          'Phones and carriers are asked whether they are there. Outside telephones are rung with `dial`.',
        body: section({
          number: phoneNumber,
          dial: z
            .boolean()
            .exactOptional()
            .meta({ description: 'Ring outside telephones, which costs money' }),
          at: instant.exactOptional().meta({ description: 'Walk it by the hours of that time' }),
        }).meta({ id: 'RehearsalBody' }),
        response: {
          200: streamOf(rehearsalLine, 'One line for each thing that is tried; the last one is of type end'),
          default: problemResponse,
        },
      },
    },
    async (request, reply) => {
      const by = byWhom(request.headers['user-agent']);
      const lines = admin.rehearsePlan(request.body, by, goneOf(reply));
      return reply.type(STREAM_TYPE).send(await linesOf(rehearsalLine, lines));
    },
  );
};

function goneOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
