// What the registrar gives to whoever calls it: where a phone is, what became of a REGISTER, and what is to be done.

import type { Instant } from '../base/time.ts';
import type { Binding, Reachability } from '../ports/records.ts';

/** Names one binding for as long as it lives, refreshes included. Opaque. */
export type BindingKey = string;

export interface ReachableBinding {
  readonly binding: Binding;
  readonly key: BindingKey;
  readonly reachability: Reachability;
  /** When `reachability` became what it is. */
  readonly since: Instant;
  /** Bindings with the same device are flows of one telephone. Unique within the phone, opaque. */
  readonly device: string;
  /** It is reached over TLS. */
  readonly secure: boolean;
  /** The reg-id of a flow (RFC 5626). */
  readonly regId?: number;
  /** The device's `+sip.instance`. */
  readonly instance?: string;
  /** The last sign of life that came over it. */
  readonly provenAt: Instant;
  /** Of the last answered probe. */
  readonly roundTripMs?: number;
  /** It has come to its end, and is kept until then, because its phone may not have been able to refresh it. */
  readonly graceUntil?: Instant;
}

export interface RegisterOutcome {
  readonly status: number;
  /** Absent: the usual phrase. */
  readonly reason?: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bindings differ from before: persist `bindingsOf(user)`, then answer. */
  readonly changed: boolean;
  /** For people: what came and went, refreshes not counted. */
  readonly added: readonly Binding[];
  readonly removed: readonly Binding[];
  readonly effects: readonly RegistrarEffect[];
}

export type RegistrarEffect =
  /** Send OPTIONS to the contact, and say `probeAnswered` or `probeFailed`. Silence needs no report. */
  | { readonly type: 'probe'; readonly key: BindingKey; readonly binding: Binding }
  /** The binding should have ended, and is kept until then. Its `expiresAt` says what its phone was promised. */
  | { readonly type: 'grace'; readonly binding: Binding; readonly until: Instant }
  /** Persist `bindingsOf(user)`. */
  | { readonly type: 'expired'; readonly user: string; readonly bindings: readonly Binding[] }
  | {
      readonly type: 'reachability';
      readonly user: string;
      readonly contact: string;
      readonly reachability: Reachability;
      /** For people: `answered no probe`. */
      readonly reason: string;
      readonly at: Instant;
    };
