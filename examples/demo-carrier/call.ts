// A call as the demo carrier's switch knows it, whether it ends at a mobile or goes through to a provider.

import type { Callee, DialogOwner } from './user-agent.ts';

export interface Call extends Callee, DialogOwner {
  /** The carrier shuts down: BYE, or a refusal where nobody has answered yet. */
  end(): void;
}
