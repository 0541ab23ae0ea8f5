// Answers that come a JSON object a line, as it happens (application/x-ndjson). Whoever stops reading stops listening.

import { Readable } from 'node:stream';
import { z } from 'zod';

export const STREAM_TYPE = 'application/x-ndjson';

/** Of a 200: the type of a line, where what is sent is a stream of them. */
export function streamOf<Line extends z.ZodType>(line: Line, description: string) {
  return { description, content: { [STREAM_TYPE]: { schema: line.or(z.instanceof(Readable)) } } };
}

/** Waits for the first line before the first byte, so that what cannot be begun is a problem document. */
export async function linesOf<Line extends z.ZodType>(
  schema: Line,
  told: AsyncIterable<z.output<Line>>,
): Promise<Readable> {
  const lines = told[Symbol.asyncIterator]();
  const first = await lines.next();
  return Readable.from(written(schema, first, lines));
}

async function* written<Line extends z.ZodType>(
  schema: Line,
  first: IteratorResult<z.output<Line>>,
  rest: AsyncIterator<z.output<Line>>,
): AsyncGenerator<string> {
  for (let line = first; line.done !== true; line = await rest.next()) {
    yield `${JSON.stringify(z.encode(schema, line.value))}\n`;
  }
}
