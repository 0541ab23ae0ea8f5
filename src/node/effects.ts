// What a node wants done. app/ does it over real adapters; a simulation does it in its own world.

import type { Flow } from '../base/net.ts';
import type { DeskQuestion } from '../ports/desk.ts';
import type { MediaCommand } from '../ports/media.ts';
import type { RecordingId } from '../ports/recordings.ts';
import type { Shares, ShieldChange } from '../ports/shield.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { Question } from '../sip/location/records.ts';
import type { NodeEvent } from './views.ts';

/**
 * What becomes of writes that the store refuses. `retry`: they tell of what has happened, and are written when it
 * recovers. `forget`: whoever asked for them is told that nothing was done, and nothing must be done later.
 */
export type IfRefused = 'retry' | 'forget';

export type Effect =
  | { readonly type: 'send'; readonly flow: Flow; readonly bytes: Uint8Array }
  | { readonly type: 'media'; readonly command: MediaCommand }
  /** Answered with `persisted(id, …)` once it is durable or has failed: what must wait for that comes out then. */
  | {
      readonly type: 'persist';
      readonly id: number;
      readonly writes: readonly StoreWrite[];
      readonly ifRefused: IfRefused;
    }
  /** To be asked of DNS, and answered with `replied`, sometime or never: the node does not wait for it. */
  | { readonly type: 'resolve'; readonly question: Question }
  /** For a kernel that does the shield's work ahead of us. */
  | { readonly type: 'shield'; readonly changes: readonly ShieldChange[] }
  | { readonly type: 'shield-shares'; readonly shares: Shares }
  /** Of the one who writes accounts; answered with `answered(id, …)`, durable by then. */
  | { readonly type: 'ask'; readonly id: number; readonly question: DeskQuestion }
  /** Nobody will listen to it any more. */
  | { readonly type: 'erase-recording'; readonly recording: RecordingId }
  | { readonly type: 'event'; readonly event: NodeEvent };
