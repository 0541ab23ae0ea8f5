// How PINs and one-time codes are kept: as slow hashes, made and tried elsewhere than on the thread that answers calls.
// Both reject with a RingthroughError LIMIT_REACHED where too many wait: whoever asks is told to try again.

import type { SecretHash } from './records.ts';

export interface SecretHashing {
  hash(secret: string): Promise<SecretHash>;
  /** Takes as long for a wrong secret as for the right one. */
  verify(hash: SecretHash, secret: string): Promise<boolean>;
}
