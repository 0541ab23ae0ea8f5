// What the use-cases give back, for API and CLI to show. Secrets never come this far: a password appears
// once, where it was just made, and its hashes nowhere.

import type { Instant } from '../base/time.ts';
import type { DivertedView, PhoneView } from '../node/views.ts';
import type { AccountLimits, Contact, E164, Mobile } from '../ports/records.ts';
import type { TracedMessage } from '../ports/trace.ts';
import type { RehearsalReport } from '../shield/brownout/rehearsal.ts';
import type { HoursInput, MailboxInput, MenuInput, PlanInput } from './provisioning/schema.ts';

/** A phone with what is registered for it now. */
export interface PhoneDetails extends PhoneView {
  readonly callerId?: E164;
}

/** Where calls go instead: to a number, or to one of the account's mailboxes. */
export interface DivertView {
  readonly to?: E164;
  readonly voicemail?: string;
  readonly since: Instant;
  readonly until?: Instant;
  readonly by: string;
}

/** For people: `+447700900123`, `the mailbox reception`. */
export function divertedTo(divert: {
  readonly to?: E164 | undefined;
  readonly voicemail?: string | undefined;
}): string {
  const { to, voicemail } = divert;
  return to ?? `the mailbox ${voicemail ?? ''}`;
}

export interface NumberView {
  readonly account: string;
  readonly number: E164;
  /** As it would be written in a provisioning file. */
  readonly plan: PlanInput;
  /** In words: `rings reception and workshop for 20 s, then the mobile +447700900123`. */
  readonly planText: string;
  /** Only while it is in force. */
  readonly divert?: DivertView;
  /** Where calls go when the phones of the plan could not take them. */
  readonly forwards?: {
    readonly unreachable?: DivertView;
    readonly noAnswer?: DivertView;
    readonly busy?: DivertView;
  };
}

export interface AccountView {
  readonly name: string;
  readonly phones: readonly PhoneDetails[];
  readonly numbers: readonly NumberView[];
  readonly hours: readonly HoursInput[];
  readonly limits: AccountLimits;
  readonly diverted: DivertedView;
  readonly mailboxes?: readonly MailboxView[];
  readonly menus?: readonly MenuInput[];
  readonly sounds?: readonly { readonly name: string; readonly lengthMs: number; readonly text?: string }[];
  readonly control?: ControlView;
  readonly contacts?: readonly Contact[];
  readonly language?: string;
}

export interface MailboxView extends Omit<MailboxInput, 'pin'> {
  readonly pinSet: boolean;
  readonly ownGreeting: boolean;
}

/** How an account is run by telephone. Its PIN and codes are nobody's to see. */
export interface ControlView {
  readonly id: string;
  readonly pinSet: boolean;
  readonly mobiles: readonly Mobile[];
  readonly codesLeft: number;
  readonly featureCodes: boolean;
}

/** A password that was just made, told this once. */
export interface NewPassword {
  readonly user: string;
  readonly password: string;
}

/** One difference between what is stored and what was asked for. */
export interface ProvisionChange {
  readonly kind: 'added' | 'changed' | 'removed';
  readonly account: string;
  /** `account`, `phone reception`, `number +442079460000`, `hours office`, `limits`. */
  readonly subject: string;
  /** For people: `rings reception for 20 s, then the mobile +447700900123`. */
  readonly text: string;
}

export interface ProvisionReport {
  /** True where nothing was written, because only the difference was asked for. */
  readonly dryRun: boolean;
  /** Empty where everything is already so. */
  readonly changes: readonly ProvisionChange[];
  /** Of phones that are new and came without a password. Empty on a dry run. */
  readonly newPasswords: readonly NewPassword[];
}

export interface LedgerRequest {
  /** A number as people write it, or a phone's user. */
  readonly called?: string;
  readonly account?: string;
  readonly outcome?: string;
  readonly since?: Instant;
  readonly until?: Instant;
  /** 50 unless given; at most LIMITS.ledgerPageMax. */
  readonly limit?: number;
  /** From an earlier page's `next`. */
  readonly cursor?: string;
}

export interface AuditRequest {
  readonly account?: string;
  /** 50 unless given; at most LIMITS.auditPageMax. */
  readonly limit?: number;
  /** From an earlier page's `next`. */
  readonly cursor?: string;
}

/** One line of a test call as it happens. The last one has `final`. */
export interface TestCallStep {
  readonly at: Instant;
  /** `caller`: what the test caller itself lived; `node`: what the node did with the call, and why. */
  readonly source: 'caller' | 'node';
  readonly what: string;
  readonly text: string;
  readonly final: boolean;
  /** On the last one: the call was answered and audio was heard both ways. */
  readonly passed?: boolean;
  /** The ledger's id of the attempt, on the steps whose source is `node`. */
  readonly callId?: string;
}

/** What a rule would have done to the good traffic of the last hour. */
export interface RehearsalView extends RehearsalReport {
  /** As it was asked for. */
  readonly rule: string;
  /** What it does, for people. */
  readonly does: string;
}

/** Which messages are wanted; at most one of them. None: all. */
export interface TraceRequest {
  /** As people write it. */
  readonly number?: string;
  /** A phone's user. */
  readonly phone?: string;
  /** The ledger's id. */
  readonly call?: string;
  readonly sipCallId?: string;
  /** What is kept since then comes first. */
  readonly since?: Instant;
}

export interface TraceMessageView extends Omit<TracedMessage, 'bytes'> {
  readonly type: 'message';
  /** Of a request its own, of a response the request's. Absent where it cannot be read as SIP. */
  readonly method?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly cseq?: number;
  readonly sdp: boolean;
  /** The whole message, its secrets struck out. */
  readonly text: string;
}

/** One line of a trace. */
export type TraceLine =
  /** Before the first message of a call. */
  | { readonly type: 'call'; readonly callId: string; readonly called?: string; readonly caller?: string }
  | TraceMessageView
  /** So many messages are not shown here: too many at once, or the reader is too slow. */
  | { readonly type: 'left-out'; readonly count: number }
  /** There is nothing to tell, and the connection is alive. */
  | { readonly type: 'idle'; readonly at: Instant }
  | { readonly type: 'end'; readonly reason: string };
