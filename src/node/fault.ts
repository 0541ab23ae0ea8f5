// A bug of ours that cost one event and not the node, as it is told to the operator.

import type { Instant } from '../base/time.ts';
import type { NodeEvent } from './views.ts';

export function faultEvent(what: string, error: unknown, at: Instant): NodeEvent & { type: 'fault' } {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  return { type: 'fault', what, text: message, stack, at };
}
