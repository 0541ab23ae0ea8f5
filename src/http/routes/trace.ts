// /v1/trace: SIP messages as they come, one JSON object a line (application/x-ndjson), and what is kept of them as
// JSON or as a capture file. Secrets were struck out before anything gets here.

import { Readable } from 'node:stream';
import { z } from 'zod';
import { section } from '../../admin/documents/section.ts';
import { phoneUser } from '../../admin/provisioning/schema.ts';
import type { TraceLine } from '../../admin/views.ts';
import { instant, traceLine, traceLines } from '../../admin/wire.ts';
import { LIMITS } from '../../base/limits.ts';
import type { App, Routes } from '../app.ts';
import { problemResponse } from '../problems.ts';

const STREAM_TYPE = 'application/x-ndjson';
const PCAP_TYPE = 'application/vnd.tcpdump.pcap';
const tags = ['trace'];

const query = section({
  number: z.string().max(64).exactOptional().meta({ description: 'Calls that involve this number' }),
  phone: phoneUser.exactOptional().meta({ description: "This phone's registrations and calls" }),
  call: z
    .string()
    .max(LIMITS.tokenBytesMax)
    .exactOptional()
    .meta({ description: "The ledger's id of a call" }),
  sipCallId: z
    .string()
    .max(LIMITS.tokenBytesMax)
    .exactOptional()
    .meta({ description: 'The SIP Call-ID of one of its legs' }),
  since: instant.exactOptional().meta({ description: 'Begin with what is kept since then' }),
});
const byId = section({ id: z.string().max(LIMITS.tokenBytesMax) });

const pcapResponse = {
  200: {
    description: 'A capture file; messages of every transport as UDP datagrams',
    content: { [PCAP_TYPE]: { schema: z.instanceof(Buffer).meta({ type: 'string', format: 'binary' }) } },
  },
  default: problemResponse,
};

export const traceRoutes: Routes = (app, admin) => {
  addStream(app, admin);

  app.route({
    method: 'GET',
    url: '/trace.pcap',
    schema: {
      tags,
      summary: 'SIP messages that are kept, as a capture file',
      querystring: query,
      response: pcapResponse,
    },
    handler: async (request, reply) =>
      reply.type(PCAP_TYPE).send(Buffer.from(await admin.traceFile(request.query))),
  });

  app.route({
    method: 'GET',
    url: '/calls/:id/trace',
    schema: {
      tags,
      summary: 'SIP messages of a call, also when it has ended',
      params: byId,
      response: { 200: traceLines, default: problemResponse },
    },
    handler: async (request) => ({ lines: await admin.traceKept({ call: request.params.id }) }),
  });

  app.route({
    method: 'GET',
    url: '/calls/:id/trace.pcap',
    schema: { tags, summary: 'The same as a capture file', params: byId, response: pcapResponse },
    handler: async (request, reply) =>
      reply.type(PCAP_TYPE).send(Buffer.from(await admin.traceFile({ call: request.params.id }))),
  });
};

function addStream(app: App, admin: Parameters<Routes>[1]): void {
  app.get(
    '/trace',
    {
      schema: {
        tags,
        summary: 'SIP messages as they come and go',
        description: 'Whole calls, with all of their legs. Ends with the call where one was asked for.',
        querystring: query,
        response: {
          200: {
            description: 'One object a line, as it happens; `idle` every 15 s without any',
            content: { [STREAM_TYPE]: { schema: traceLine.or(z.instanceof(Readable)) } },
          },
          default: problemResponse,
        },
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const lines = admin.trace(request.query, gone.signal)[Symbol.asyncIterator]();
      return reply.type(STREAM_TYPE).send(Readable.from(text(lines)));
    },
  );
}

async function* text(lines: AsyncIterator<TraceLine>): AsyncGenerator<string> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    yield `${JSON.stringify(z.encode(traceLine, line.value))}\n`;
  }
}
