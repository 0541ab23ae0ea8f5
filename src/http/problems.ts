// Errors as RFC 9457 problem documents: one shape for everything that goes wrong, with the code of the
// catalogue for programs and one line for people.
//
//   {"type":"urn:ringthrough:error:NOT_FOUND","title":"There is no such thing.","status":404,
//    "detail":"there is no phone named lobby","code":"NOT_FOUND","mistakes":[]}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ERROR_CATALOGUE, type ErrorCode, type Mistake, RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Log } from '../ports/log.ts';

const mistake = z.object({
  path: z.string().meta({ examples: ['plan[2].for'] }),
  reason: z.string(),
  line: z.number().optional(),
});

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string().meta({ description: 'What was wrong, where, and what to do' }),
    code: z.enum(Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]]),
    mistakes: z.array(mistake),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457); docs/errors.md explains the codes' });

export type Problem = z.infer<typeof problem>;

export const PROBLEM_TYPE = 'application/problem+json';

/** For a route's `response`: the answer in every case but the good one. */
export const problemResponse = {
  description: 'What went wrong',
  content: { [PROBLEM_TYPE]: { schema: problem } },
};

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply
    .code(body.status)
    .type(PROBLEM_TYPE)
    .serializer((payload: Problem) => JSON.stringify(payload))
    .send(body);
}

/** The status is the code's own unless HTTP has a truer one for the case. */
export function problemOf(
  code: ErrorCode,
  detail: string,
  options: { mistakes?: readonly Mistake[]; status?: number } = {},
): Problem {
  const { summary, http } = ERROR_CATALOGUE[code];
  return {
    type: `urn:ringthrough:error:${code}`,
    title: summary,
    status: options.status ?? http,
    detail,
    code,
    mistakes: [...(options.mistakes ?? [])],
  };
}

/** Fastify's error handler. What the catalogue does not have is a bug: its story goes to the log only. */
export function errorHandler(log: Log) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof RingthroughError) {
      if (error.code === 'UNAUTHORISED') reply.header('www-authenticate', 'Bearer');
      return sendProblem(reply, problemOf(error.code, error.message, { mistakes: error.mistakes }));
    }
    const refusal = refusalOf(error, request.routeOptions.bodyLimit);
    if (refusal !== undefined) return sendProblem(reply, refusal);
    log.error('an API request failed', {
      method: request.method,
      path: request.routeOptions.url,
      request: request.id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return sendProblem(
      reply,
      problemOf('INTERNAL', `the node's log tells more, under request ${request.id}`),
    );
  };
}

/** What Fastify itself refuses: a body too large, of a foreign type, or not JSON. */
function refusalOf(error: unknown, bodyLimit: number = LIMITS.requestBodyBytesMax): Problem | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') {
    return undefined;
  }
  const status = error.statusCode;
  if (status < 400 || status > 499) return undefined;
  if (status === 413) {
    const detail = `the body may have at most ${bodyLimit} bytes`;
    return problemOf('LIMIT_REACHED', detail, { status });
  }
  return problemOf('INVALID_INPUT', error.message, { status });
}
