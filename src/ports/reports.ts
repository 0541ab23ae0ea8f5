// How results of probes, and time series, get to the nodes that judge by them and show them.

import type { Result } from '../base/result.ts';

export interface Reports {
  /** `body` is JSON for `POST path`. The answer's body, or why there is none. Never rejects. */
  send(node: string, path: string, body: string, signal: AbortSignal): Promise<Result<string, string>>;
}
