// Secrets of the configuration: written in it, or in a file of their own that it names. Never both, and never told in a
// message.

import { resolve } from 'node:path';
import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import type { TrunkContext } from './trunks.ts';

/** `passwordFile` beside `password`. `undefined` where neither is given. */
export function secretOf<Name extends string>(
  section: { readonly [Key in Name | `${Name}File`]?: string | undefined },
  name: Name,
  path: Path,
  context: Pick<TrunkContext, 'folder' | 'readSecret'>,
  findings: Findings,
): string | undefined {
  const fileKey: `${Name}File` = `${name}File`;
  const [written, file]: readonly (string | undefined)[] = [section[name], section[fileKey]];
  if (file === undefined) return written;
  if (written !== undefined) findings.add([...path, fileKey], `stands beside ${name}; keep one of them`);
  const found = resolve(context.folder, file);
  try {
    return context.readSecret(found).replace(/\r?\n$/, '');
  } catch (cause) {
    findings.add([...path, fileKey], `${found} cannot be read (${codeOf(cause)})`);
    return '';
  }
}

export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
