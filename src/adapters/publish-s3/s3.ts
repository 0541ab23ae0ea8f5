// The status page brought to an object store that speaks S3, so that it lives on somebody else's network and machines.
// Each file is one PUT, signed with Signature Version 4 by aws4fetch, over its bytes too. Buckets are named in paths,
// which every compatible store takes.
//
// A store does not ask what a reader's browser can take. Pages go compressed all the same, for every browser takes gzip
// and a page that comes at once is worth it; what programs read goes as it is.
//
// A push that fails leaves nothing under way, or an old file could come after a newer one; and what it had brought by
// then is not brought again, so that a slow line gets to the end in the end.

import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { LIMITS } from '../../base/limits.ts';
import { printable } from '../../base/printable.ts';
import type { PublishedFile, PublishTarget } from '../../ports/publishing.ts';

export interface S3Options {
  /** `https://s3.eu-west-2.amazonaws.com` */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Of each object's name: nothing, or such as `status/`. */
  readonly prefix: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export function createS3Target(options: S3Options): PublishTarget {
  /** Digests by path: what pushes have brought for certain since the last that brought everything. */
  const arrived = new Map<string, string>();
  const bring = async (file: PublishedFile, signal: AbortSignal): Promise<void> => {
    if (arrived.get(file.path) === file.digest) return;
    // Where it fails, nobody knows which of the two is there.
    arrived.delete(file.path);
    await put(options, file, signal);
    arrived.set(file.path, file.digest);
  };
  const remove = async (name: string, signal: AbortSignal): Promise<void> => {
    arrived.delete(name);
    await ask(options, 'DELETE', name, {}, undefined, signal);
  };
  return {
    name: `s3 ${options.bucket}`,
    async push({ changed, removed }, signal) {
      const [first, last] = [changed.filter((file) => !isLast(file)), changed.filter(isLast)];
      await inParallel(first, LIMITS.pageUploadsAtOnce, (file) => bring(file, signal));
      for (const file of last) await bring(file, signal);
      await inParallel(removed, LIMITS.pageUploadsAtOnce, (name) => remove(name, signal));
      arrived.clear();
    },
  };
}

/** What refers to the others. */
function isLast({ path }: PublishedFile): boolean {
  return path === 'index.html' || path === 'status.json';
}

async function put(options: S3Options, file: PublishedFile, signal: AbortSignal): Promise<void> {
  const { path, type, bytes, gzip } = file;
  const compressed = type.startsWith('text/html') ? gzip : undefined;
  const headers = {
    'content-type': type,
    'cache-control': `public, max-age=${LIMITS.pageCacheSeconds}, must-revalidate`,
    ...(compressed === undefined ? {} : { 'content-encoding': 'gzip' }),
  };
  await ask(options, 'PUT', path, headers, compressed ?? bytes, signal);
}

async function ask(
  { endpoint, region, bucket, prefix, accessKey, secretKey }: S3Options,
  method: 'PUT' | 'DELETE',
  name: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  const signer = new AwsV4Signer({
    method,
    url: `${endpoint}/${bucket}/${prefix}${name}`,
    headers: { ...headers, 'x-amz-content-sha256': hash },
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    service: 's3',
    region,
  });
  const signed = await signer.sign();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.pageUploadMs)]);
  const answer = await fetch(signed.url, {
    method,
    headers: signed.headers,
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    signal: limit,
    redirect: 'error',
  });
  const text = await beginning(answer);
  if (answer.ok || (method === 'DELETE' && answer.status === 404)) return;
  throw new Error(`S3: ${method} ${name}: HTTP ${answer.status}${codeIn(text)}`);
}

/** Of what a store answers, which is short, or not worth reading. */
async function beginning({ body }: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of body ?? []) {
    text += decoder.decode(part, { stream: true });
    if (text.length > LIMITS.pageAnswerBytesMax) break;
  }
  return text;
}

/** `<Code>SignatureDoesNotMatch</Code>`, which says more than the status. */
function codeIn(text: string): string {
  const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1];
  return code === undefined ? '' : ` ${printable(code)}`;
}

/**
 * Rejects with the first failure, after which nothing more is begun, and when all that was begun has ended. It is not
 * cut short: a store that has all of a file keeps it, whether or not somebody still waits for the answer, and when it
 * does so would be unknown.
 */
async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  const workers = Array.from({ length: atOnce }, async () => {
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
    } catch (error) {
      failures.push(error);
      waiting.length = 0;
    }
  });
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}
