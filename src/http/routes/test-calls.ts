// /v1/test-calls places a call as any caller would and streams what happens, one JSON object a line
// (application/x-ndjson), until it has ended. Whoever stops reading stops listening; the call goes on.

import { Readable } from 'node:stream';
import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { phoneNumber } from '../../admin/provisioning/schema.ts';
import type { TestCallStep } from '../../admin/views.ts';
import { testCallStep } from '../../admin/wire.ts';
import type { Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const STREAM_TYPE = 'application/x-ndjson';

export const testCallRoutes: Routes = (app, admin) => {
  app.post(
    '/test-calls',
    {
      schema: {
        tags: ['test calls'],
        summary: 'Call a number as any caller would, and tell what happens',
        body: section({ number: phoneNumber }).meta({ id: 'TestCallBody' }),
        response: {
          200: {
            description: 'One step a line, as it happens; the last one is final',
            // The type of a line; what is sent is a stream of them.
            content: { [STREAM_TYPE]: { schema: testCallStep.or(z.instanceof(Readable)) } },
          },
          default: problemResponse,
        },
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const steps = admin.testCall(request.body.number, gone.signal)[Symbol.asyncIterator]();
      // The first step before the first byte: a call that cannot be placed is a problem document.
      const first = await steps.next();
      return reply.type(STREAM_TYPE).send(Readable.from(lines(first, steps)));
    },
  );
};

async function* lines(
  first: IteratorResult<TestCallStep>,
  rest: AsyncIterator<TestCallStep>,
): AsyncGenerator<string> {
  for (let step = first; step.done !== true; step = await rest.next()) {
    yield `${JSON.stringify(z.encode(testCallStep, step.value))}\n`;
  }
}
