// Text messages out, through a carrier's API.

import type { Delivered } from './delivery.ts';
import type { E164 } from './records.ts';

export interface TextMessage {
  /** Unique and stable, for carriers that drop what they were given before. */
  readonly id: string;
  readonly to: E164;
  readonly text: string;
}

export interface TextSender {
  /** Never rejects. */
  send(message: TextMessage): Promise<Delivered>;
  /** What is under way then fails. */
  close(): void;
}
