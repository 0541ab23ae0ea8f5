// Results of probes, and time series, on their way to another node's API, over HTTP. They are signed, so https is for
// whoever does not want them read. Names are looked up as the owner says: the system's own lookup blocks a thread while
// DNS is silent.

import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { LIMITS } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Reports } from '../../ports/reports.ts';

export function createReports(lookup: LookupFunction): Reports {
  return {
    async send(node, path, body, signal) {
      try {
        const limit = AbortSignal.timeout(LIMITS.reportMs);
        return await post(new URL(path, node), body, lookup, AbortSignal.any([signal, limit]));
      } catch (cause) {
        const reason =
          cause instanceof Error ? (cause.name === 'AbortError' ? 'no answer' : cause.message) : '';
        return err(printable(reason));
      }
    },
  };
}

function post(
  url: URL,
  body: string,
  lookup: LookupFunction,
  signal: AbortSignal,
): Promise<Result<string, string>> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', agent: false, lookup, signal, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > LIMITS.apiAnswerBytesMax) response.destroy(new Error('the answer is too long'));
      });
      response.on('end', () => {
        resolve(response.statusCode === 200 ? ok(text) : err(refusal(response.statusCode, text)));
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** What the node says of it (RFC 9457), where it is one. */
function refusal(status: number | undefined, body: string): string {
  let detail: unknown;
  try {
    ({ detail } = JSON.parse(body));
  } catch {
    // A proxy's own page says nothing more.
  }
  const why = typeof detail === 'string' ? `: ${printable(detail).slice(0, LIMITS.probeReasonMax)}` : '';
  return `HTTP ${status}${why}`;
}
