// What a kind of probe may need beside what is written of it, to be understood.

import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import type { TrunkContext } from './trunks.ts';

/** Secrets are read by `readSecret`. */
export interface ProbeContext extends Omit<TrunkContext, 'country'> {
  /** Of what is written of the kind: `watch.probes[0].tcp`. */
  readonly path: Path;
  /** For what is wrong deeper within it; the stand-in that is given then is used by nobody. */
  readonly findings: Findings;
}
