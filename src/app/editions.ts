// The status page as it is published: each file with its digest and, where that is worth it, compressed. What has not
// changed since the last edition is not worked out again. Compressing is done off the main thread.

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Instant } from '../base/time.ts';
import type { PublishedChanges, PublishedFile } from '../ports/publishing.ts';
import type { PageFile } from '../status-page/view.ts';

export interface Edition {
  readonly at: Instant;
  readonly files: ReadonlyMap<string, PublishedFile>;
}

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);
/** What fits a packet comes no sooner when it is smaller. */
const WORTH_BYTES = 512;
/** Of brotli: a page of 60 kB takes a few milliseconds, and is within a hundredth of what 11 makes of it. */
const BROTLI_QUALITY = 9;
const DIGEST_LENGTH = 22;
/** These refer to the others, so they come last; and the one that programs ask for last of all. */
const LAST = ['index.html', 'status.json'];

export async function editionOf(
  at: Instant,
  files: readonly PageFile[],
  before: Edition | undefined,
): Promise<Edition> {
  const made = await Promise.all(files.map((file) => publishedOf(file, before?.files.get(file.path))));
  return { at, files: new Map(made.map((file) => [file.path, file])) };
}

async function publishedOf(
  { path, type, body }: PageFile,
  before: PublishedFile | undefined,
): Promise<PublishedFile> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const digest = createHash('sha256')
    .update(type)
    .update('\n')
    .update(bytes)
    .digest('base64url')
    .slice(0, DIGEST_LENGTH);
  if (before?.digest === digest) return before;
  const plain = { path, type, bytes, digest };
  const isText = /^text\/|json|xml|javascript/.test(type);
  if (!isText || bytes.length < WORTH_BYTES) return plain;
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  const [gzip, brotli] = await Promise.all([gzipped(bytes, { level: 9 }), brotlied(bytes, { params })]);
  return { ...plain, gzip, brotli };
}

/** What a target that has these digests lacks of an edition. */
export function changesOf({ files }: Edition, has: ReadonlyMap<string, string>): PublishedChanges {
  const changed = [...files.values()].filter(({ path, digest }) => has.get(path) !== digest);
  const removed = [...has.keys()].filter((path) => !files.has(path));
  return { changed: changed.toSorted((a, b) => rank(a) - rank(b)), removed };
}

/** Pages of their own before the one that leads to them. */
function rank({ path, type }: PublishedFile): number {
  if (LAST.includes(path)) return 3 + LAST.indexOf(path);
  if (path === 'history/index.html') return 2;
  return type.startsWith('text/html') ? 0 : 1;
}
