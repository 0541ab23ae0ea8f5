// What a node is for. It does everything unless `node.roles` says that it only watches: then it has no telephones, and
// what would be said of them is a mistake of whoever wrote it.

import type { Findings } from '../../admin/documents/findings.ts';
import type { ConfigFile } from './schema.ts';

const OF_TELEPHONES = ['sip', 'tls', 'media', 'trace', 'shield', 'mail', 'sms', 'control', 'trunks'] as const;

/** Does it only watch? */
export function resolveRoles(file: ConfigFile, findings: Findings): boolean {
  if (file.node?.roles === undefined) return false;
  for (const section of OF_TELEPHONES) {
    if (file[section] !== undefined)
      findings.add([section], 'means nothing on a node that only watches (node.roles)');
  }
  if (file.watch === undefined) findings.add(['watch'], 'is missing: what this node is to watch');
  return true;
}
