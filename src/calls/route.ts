// What a call is told when it begins: where it came from and where it is to go. node/placing.ts decides it.

import type { Flow } from '../base/net.ts';
import type { FeatureCode } from '../ivr/feature-codes.ts';
import type { Account, Divert, E164, NumberRecord, PlanStep } from '../ports/records.ts';
import type { Verdict } from '../routing/verdicts.ts';
import type { SipRequest } from '../sip/message/message.ts';
import type { TransactionId } from '../sip/transaction/layer.ts';
import type { Caller } from './identity.ts';
import type { PeerKind, PhoneDevice } from './surroundings.ts';

/** Asked for by the number or code that was called. */
export type Service =
  | { readonly type: 'control' }
  /** The mailboxes of the phone that calls: at least one. */
  | { readonly type: 'mailbox'; readonly mailboxes: readonly string[] }
  | { readonly type: 'feature-code'; readonly code: FeatureCode; readonly number: E164 };

/** Asked for by a plan. */
export type DialogueStep =
  | { readonly type: 'voicemail'; readonly mailbox: string }
  | { readonly type: 'menu'; readonly menu: string };

/** Where a call is to go, as node/ decided from its source and Request-URI. */
export interface CallRoute {
  readonly direction: 'in' | 'out' | 'internal';
  readonly account: Account;
  /** E.164 where it is a number, else a phone's user. */
  readonly called: string;
  /** The number of ours that was called; absent for calls out and to a phone. */
  readonly number?: NumberRecord;
  readonly steps: readonly PlanStep[];
  /** In force now, so the steps are not the plan's. */
  readonly divert?: Divert;
  readonly emergency: boolean;
  /** Only this device of the phone is meant: its instance, from a GRUU (RFC 5627). */
  readonly instance?: string;
  /** The node itself is called: for what. */
  readonly service?: Service;
  /** Why it goes nowhere at all: the caller only hears the verdict's announcement. */
  readonly refusal?: { readonly verdict: Verdict; readonly text: string };
}

export interface CallStart {
  readonly id: string;
  /** For o= lines: unique on the node, whole. */
  readonly sessionId: number;
  readonly route: CallRoute;
  readonly caller: Caller;
  /** The caller as carriers may know it, where that is not the same: a phone of ours behind its number. */
  readonly callerOutside?: Caller;
  readonly callerKind: PeerKind;
  /** The phone's user or the trunk's name. */
  readonly callerName: string;
  /** Asked for by sips: every further hop must be over TLS too. */
  readonly secure: boolean;
  readonly invite: SipRequest;
  readonly transaction: TransactionId;
  readonly flow: Flow;
  /** The phone that calls, where it came over a flow that it registered. */
  readonly device?: PhoneDevice;
}
