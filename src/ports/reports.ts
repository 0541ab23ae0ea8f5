// How results of probes get to the nodes that judge by them.

import type { Result } from '../base/result.ts';

export interface Reports {
  /** `body` is JSON for `POST /v1/watch/results`. The answer's body, or why there is none. Never rejects. */
  send(node: string, body: string, signal: AbortSignal): Promise<Result<string, string>>;
}
