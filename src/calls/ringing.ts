// What a caller hears who has been answered already, while somebody is rung for them: ringing as it sounds in most of
// Europe (ITU-T E.180, 425 Hz).

import type { Sound } from '../ports/media.ts';

export const RINGING: readonly Sound[] = [
  { type: 'tone', frequencyHz: 425, lengthMs: 1_000 },
  { type: 'silence', lengthMs: 3_000 },
];
