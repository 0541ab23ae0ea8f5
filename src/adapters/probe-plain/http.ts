// A page or an API, asked for as a browser would on its first visit: a new connection, the certificate verified, the
// body read. A status of 200 to 399 passes, or the one that is expected; where it redirects to is not followed, for
// that may be another's server. What the body must hold is text, or values in its JSON.

import { type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { LIMITS } from '../../base/limits.ts';
import type { Resolver } from '../../ports/dns.ts';
import type { HttpTarget } from '../../ports/probes.ts';
import { type Around, addressOf } from './tcp.ts';

const FAILED_FROM = 400;

/** Rejects with why it failed. */
export async function probeHttp(
  target: HttpTarget,
  around: Around & { readonly userAgent: string },
  signal: AbortSignal,
): Promise<void> {
  const response = await asked(target, around, signal);
  const { statusCode = 0, statusMessage = '' } = response;
  const { status } = target;
  const isExpected =
    status === undefined ? statusCode >= 200 && statusCode < FAILED_FROM : statusCode === status;
  if (!isExpected) {
    response.destroy();
    const wanted = status === undefined ? '' : `, not ${status}`;
    throw new Error(`HTTP ${statusCode} ${statusMessage}`.trim() + wanted);
  }
  check(await bodyOf(response), target);
}

function asked(
  { url, token }: HttpTarget,
  { resolver, trust, userAgent }: Around & { readonly userAgent: string },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = {
    'user-agent': userAgent,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const options = { agent: false, signal, lookup: lookupBy(resolver), headers };
  // Its types do not say that it hands this on.
  const secured: RequestOptions & ConnectionOptions = { ...options, secureContext: trust.context };
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:')
      ? requestHttps(url, secured, resolve)
      : requestHttp(url, options, resolve);
    // Stays, for what breaks off later is told by the response, and here.
    request.on('error', reject);
    request.end();
  });
}

/** As far as is read. */
function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    const done = (): void => resolve(Buffer.concat(chunks).toString());
    response.on('error', reject);
    response.on('end', done);
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes < LIMITS.probeBodyBytesMax) return;
      done();
      response.destroy();
    });
  });
}

function check(body: string, { contains, json }: HttpTarget): void {
  if (contains !== undefined && !body.includes(contains))
    throw new Error(`the page does not hold "${contains}"`);
  if (json === undefined) return;
  const document = parsed(body);
  for (const [pointer, wanted] of Object.entries(json)) {
    const found = at(document, pointer);
    if (found !== wanted) throw new Error(`${pointer} is ${shown(found)}, not ${shown(wanted)}`);
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error('what came is not JSON');
  }
}

/** RFC 6901 §4. */
function at(document: unknown, pointer: string): unknown {
  const tokens = pointer.split('/').slice(1);
  return tokens.reduce<unknown>((value, token) => {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    return isThere ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
  }, document);
}

function shown(value: unknown): string {
  if (value === undefined) return 'not there';
  return typeof value === 'object' && value !== null ? 'a list or an object' : JSON.stringify(value);
}

/** Of what node:net asks for an address when it connects. */
export function lookupBy(resolver: Resolver): LookupFunction {
  return (host, { all }, answer) => {
    addressOf(host, resolver).then(
      (address) => {
        const family = address.includes(':') ? 6 : 4;
        if (all === true) answer(null, [{ address, family }]);
        else answer(null, address, family);
      },
      (cause) => answer(cause instanceof Error ? cause : new Error(String(cause)), '', 0),
    );
  };
}
