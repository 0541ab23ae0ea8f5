// What a node is made with, and what it begins with: the configuration as the core needs it, and what was kept over a
// restart.

import type { SessionTerms } from '../calls/session-timer.ts';
import type { Hashing } from '../ports/hashing.ts';
import type { Random } from '../ports/random.ts';
import type {
  Account,
  Binding,
  CallHabits,
  DivertedUsage,
  Door,
  E164,
  LedgerEntry,
  TrunkServers,
  TrunkSettings,
  VoicemailMessage,
} from '../ports/records.ts';
import type { DoorSettings } from './door-keeper.ts';
import type { NodeListener } from './listeners.ts';

export interface NodeOptions {
  /** SIP domain: the realm of digests and the host of our addresses-of-record. */
  readonly domain: string;
  readonly userAgent: string;
  readonly listeners: readonly NodeListener[];
  readonly trunks: readonly TrunkSettings[];
  /** ISO 3166 country in whose national format phones dial. */
  readonly country: string;
  readonly acceptMd5: boolean;
  /** A call without media from either side for this long is over. */
  readonly silenceMs: number;
  /** Those of RFC 4028 by default. */
  readonly sessionTerms?: SessionTerms;
  /** Absent: no account has a door. */
  readonly doors?: DoorSettings;
  /** How the node itself is called; absent: it is not. */
  readonly control?: ControlSettings;
  /** Seals digest nonces; 32 bytes, fresh at each start. */
  readonly nonceKey: Uint8Array;
  readonly random: Random;
  readonly hashing: Hashing;
}

export interface ControlSettings {
  /** Numbers that answer on the node, for customers to change where theirs lead. */
  readonly numbers: readonly E164[];
  /** What phones dial for the same, and to listen to their mailbox: `*98`, `*97`. */
  readonly controlCode: string;
  readonly mailboxCode: string;
}

/** What was kept over a restart. */
export interface Kept {
  readonly accounts: readonly Account[];
  readonly bindings: readonly Binding[];
  /** Attempts that the last process did not finish. */
  readonly unfinished: readonly LedgerEntry[];
  readonly doors?: readonly Door[];
  /** What callers have left. */
  readonly messages?: readonly VoicemailMessage[];
  /** What diverted calls have used. */
  readonly usages?: readonly DivertedUsage[];
  /** Where accounts usually call. */
  readonly habits?: readonly CallHabits[];
  /** Where carriers were when DNS last told. */
  readonly trunkServers: readonly TrunkServers[];
}
