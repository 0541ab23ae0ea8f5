// A page, asked for as a browser would on its first visit: a new connection, the certificate verified, the body read.
// A status of 200 to 399 passes; where it redirects to is not followed, for that may be another's server.

import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { LIMITS } from '../../base/limits.ts';
import type { Resolver } from '../../ports/dns.ts';
import { addressOf } from './tcp.ts';

const FAILED_FROM = 400;

export function probeHttp(
  url: string,
  { resolver, userAgent }: { readonly resolver: Resolver; readonly userAgent: string },
  signal: AbortSignal,
): Promise<void> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  const options = { agent: false, signal, lookup: lookupBy(resolver), headers: { 'user-agent': userAgent } };
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      const { statusCode = 0, statusMessage = '' } = response;
      response.on('error', reject);
      if (statusCode < 200 || statusCode >= FAILED_FROM) {
        asked.destroy();
        return reject(new Error(`HTTP ${statusCode} ${statusMessage}`.trim()));
      }
      return whole(response, resolve);
    });
    asked.on('error', reject);
    asked.end();
  });
}

function whole(response: IncomingMessage, done: () => void): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes < LIMITS.probeBodyBytesMax) return;
    done();
    response.destroy();
  });
  response.on('end', done);
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
