// What may be written of a probe: its name, how often it runs, and exactly one of the kinds. A new kind is a row here
// and one in probes.ts, which works out what is asked.

import type { z } from 'zod';
import { duration, section, words } from '../../admin/documents/section.ts';
import { name } from './vocabulary.ts';

const probeKinds = {
  sipOptions: words(280).optional(),
  http: words(2_048).optional(),
  tcp: words(280).optional(),
} as const;

export const probeSection = section({
  name,
  ...probeKinds,
  interval: duration.optional(),
  timeout: duration.optional(),
});

export type ProbeKind = keyof typeof probeKinds;
export type ProbeSection = z.infer<typeof probeSection>;
