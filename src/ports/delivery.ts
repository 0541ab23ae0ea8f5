// What became of a message that was handed to somebody else's server. A failure says whether it is worth another try,
// and whether it is the message's alone or the server's, which then fails for every message.

import type { Result } from '../base/result.ts';

export interface DeliveryFailure {
  /** `message`: this one, or its recipient. `server`: it could not be reached, or lets us do nothing at all. */
  readonly of: 'message' | 'server';
  /** The same again will fail again. */
  readonly permanent: boolean;
  /** The server's own words, or why there are none. Never a secret. */
  readonly reason: string;
}

/** What the server said to it. */
export type Delivered = Result<string, DeliveryFailure>;
