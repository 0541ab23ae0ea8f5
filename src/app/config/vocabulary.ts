// Words that several sections of ringthrough.yaml share, so that each section's schema can have a file of its own.

import { z } from 'zod';
import { list, words } from '../../admin/documents/section.ts';
import { ENDPOINT_WANTED } from './addresses.ts';

/** What nodes, trunks, watchers and probes are called. */
export const name = words(63).regex(
  /^[a-z0-9][a-z0-9.-]*$/,
  'must be lower-case letters, digits, dots and hyphens',
);

/** Where something listens; addresses.ts says what it means. */
export const endpoint = words(128, ENDPOINT_WANTED);

/** One, or a list of them. */
export function oneOrMore(example: string) {
  const one = words(128);
  return z.union([one, list(one, 32, `[${example}]`).min(1, 'must not be empty')], {
    error: `expected ${example}, or a list of such`,
  });
}
