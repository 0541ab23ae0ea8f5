// What a running node shows to its surfaces, and what they may ask of it. `app/` provides a NodeControl over
// the effect loop; admin/, http/ and the tests know only this.

import type { Instant } from '../base/time.ts';
import type { RehearsalNews } from '../calls/rehearsal.ts';
import type { LegNote } from '../calls/surroundings.ts';
import type { Allowance } from '../fraud/allowances.ts';
import type { UnusualCalls } from '../fraud/fraud-watch.ts';
import type { Answer } from '../ports/desk.ts';
import type {
  Account,
  Cap,
  E164,
  LedgerEntry,
  PlanRehearsal,
  Reachability,
  TimelineEntry,
  VoicemailMessage,
} from '../ports/records.ts';
import type { LaneCounts, Posture, Rung } from '../ports/shield.ts';
import type { StoreWrite } from '../ports/store.ts';
import type { Abuser } from '../shield/abuse/abusers.ts';
import type { RehearsalReport } from '../shield/brownout/rehearsal.ts';
import type { Rule } from '../shield/brownout/rule.ts';
import type { AttackReport, DetectionStatus, Likelihood } from '../shield/detection/report.ts';
import type { TrunkState } from '../trunks/trunks.ts';

export interface BindingView {
  readonly contact: string;
  /** `192.0.2.7:5060`: where it really is. */
  readonly address: string;
  readonly transport: string;
  readonly userAgent: string;
  readonly registeredAt: Instant;
  readonly expiresAt: Instant;
  readonly q: number;
  /** Contacts with the same one are flows of one device (RFC 5626). */
  readonly instance?: string;
  /** Which of its device's flows it is. */
  readonly regId?: number;
  readonly reachability: Reachability;
  readonly reachabilitySince: Instant;
  readonly roundTripMs?: number;
  /** It has come to its end, and is kept until then, because its phone may not have been able to refresh it. */
  readonly graceUntil?: Instant;
}

export interface PhoneView {
  readonly account: string;
  readonly user: string;
  readonly displayName?: string;
  readonly bindings: readonly BindingView[];
  /** What its lamp tells of; absent: no mailbox. */
  readonly messages?: { readonly fresh: number; readonly saved: number };
}

export type TrunkView = TrunkState;

export interface CallView {
  readonly id: string;
  readonly direction: 'in' | 'out' | 'internal';
  readonly account: string;
  readonly called: string;
  readonly caller: string;
  readonly state: 'trying' | 'ringing' | 'announcing' | 'answered' | 'ending';
  readonly startedAt: Instant;
  readonly answeredAt?: Instant;
  readonly answeredBy?: string;
  readonly legs: readonly { readonly id: string; readonly peer: string; readonly state: string }[];
}

export interface RungView {
  readonly rung: Rung;
  /** While it is engaged: since when, until when at most, and why. */
  readonly engaged?: { readonly since: Instant; readonly until: Instant; readonly reason: string };
  /** Requests that it shed since the node began. */
  readonly shed: number;
}

/** Where a kernel does a part of the shield's work. */
export interface KernelView {
  /** For people. */
  readonly place: string;
  /** Why it does not do what it is told at present. */
  readonly trouble?: string;
  /** How full its tables are. */
  readonly tables: readonly { readonly name: string; readonly used: number; readonly size: number }[];
}

/** How the node is, what comes in, and who feels it. */
export interface ShieldView extends DetectionStatus {
  readonly kernel?: KernelView;
  /** Packets since the node began, by lane: in the node, and in the kernel ahead of it. */
  readonly counts: { readonly node: LaneCounts; readonly kernel?: LaneCounts };
  readonly brownout: BrownoutView;
}

/** A rehearsal that goes on a step at a time, so that the node is not held up by it. */
export interface Rehearsing {
  /** True: it is done, and `report` tells what came out. */
  step(requestsAtMost: number): boolean;
  report(): RehearsalReport;
}

/** What the node does when it has too much to do. */
export interface BrownoutView {
  /** In the order in which they are engaged. */
  readonly rungs: readonly RungView[];
  readonly storm: {
    /** Phones are told when to register. */
    readonly governing: boolean;
    /** Registrations a second that are taken now. */
    readonly perSecond: number;
    /** Phones that were told to come, and whose time has not come. */
    readonly waiting: number;
    /** Registrations that were put off since the node began. */
    readonly putOff: number;
  };
  /** Bindings that are kept beyond their end. */
  readonly inGrace: number;
}

/** Where accounts call that do not usually call there, and where an operator lets them. */
export interface FraudView {
  readonly accounts: readonly UnusualCalls[];
  readonly allowed: readonly Allowance[];
}

/** What the diverted calls of an account have used of this calendar month, those in progress included. */
export interface DivertedView {
  /** UTC: `2026-11`. */
  readonly month: string;
  readonly seconds: number;
  readonly callsNow: number;
}

/** A door of an account, for its operator. */
export interface DoorView {
  readonly account: string;
  readonly port: number;
  /** `203.0.113.7:31007`: where phones reach it. */
  readonly addresses: readonly string[];
  /** `grace`: it goes on until then, and longer while phones use it. */
  readonly state: 'open' | 'grace';
  readonly openedAt: Instant;
  readonly until?: Instant;
  readonly why: string;
  /** The host name by which phones find it, and the DNS record to publish for that. */
  readonly name?: string;
  readonly srv?: string;
  /** Phones that are registered through it. */
  readonly phones: number;
  /** Why it cannot be reached at present. */
  readonly trouble?: string;
}

/** `by` says who asks, for people: `api`, `cli`. */
export type DoorCommand = { readonly account: string; readonly by: string } & (
  | { readonly type: 'open'; readonly name?: string }
  | { readonly type: 'move'; readonly graceMs: number }
  /** Without grace: at once. */
  | { readonly type: 'close'; readonly graceMs: number }
  /** Those in grace, at once. */
  | { readonly type: 'close-old' }
);

export type DoorTrouble = 'leak' | 'trouble';

/** `slowed`: not looked at, because too many wrong ones came before. */
export type RefusedCredentials = 'wrong' | 'unknown-user' | 'slowed';

export interface RehearsalAsked {
  readonly number: E164;
  /** Outside telephones are rung. */
  readonly dial: boolean;
  /** Whose hours it is walked by; absent: now. */
  readonly at?: Instant;
  /** For people: `api`, `cli`. */
  readonly by: string;
  /** Names of the node's prompts. */
  readonly prompts: readonly string[];
  /** Telephones that were heard of in earlier rehearsals. */
  readonly heard: PlanRehearsal['heard'];
}

/** What comes of a rehearsal; `end` comes once, when it is kept or cannot be. */
export type RehearsalTold = RehearsalNews | { readonly type: 'end'; readonly rehearsal: PlanRehearsal };

/** Told as it happens to whoever subscribed. */
export type NodeEvent =
  | {
      readonly type: 'call-started';
      readonly callId: string;
      readonly called: string;
      readonly caller: string;
      readonly at: Instant;
    }
  | {
      readonly type: 'timeline';
      readonly callId: string;
      readonly called: string;
      readonly entry: TimelineEntry;
    }
  /** A leg of a call or test call begins; its messages carry this SIP Call-ID. */
  | ({ readonly type: 'leg' } & LegNote)
  | { readonly type: 'call-ended'; readonly callId: string; readonly entry: LedgerEntry }
  /** What the test caller itself lived: `final` on the last one. */
  | {
      readonly type: 'test-call';
      readonly testCallId: string;
      readonly entry: TimelineEntry;
      readonly final: boolean;
      readonly passed: boolean;
    }
  /** A plan is rehearsed. */
  | {
      readonly type: 'rehearsal';
      readonly rehearsalId: string;
      readonly at: Instant;
      readonly news: RehearsalTold;
    }
  /** A caller has left a message. */
  | { readonly type: 'message'; readonly message: VoicemailMessage; readonly at: Instant }
  /** A bug of ours, contained: the operator should report it. */
  | {
      readonly type: 'fault';
      readonly what: string;
      readonly text: string;
      readonly stack: string;
      readonly at: Instant;
    }
  /** How the node is, as far as detection can tell, has changed. */
  | {
      readonly type: 'shield-posture';
      readonly from: Posture;
      readonly to: Posture;
      /** A sentence. */
      readonly why: string;
      /** That this is an attack. */
      readonly sure: Likelihood;
      /** So far. Absent where it was none. */
      readonly attack?: AttackReport;
      readonly at: Instant;
    }
  /** It is calm again after an attack. */
  | { readonly type: 'attack-over'; readonly report: AttackReport; readonly at: Instant }
  /** A rung of the brown-out ladder: what it stands for is shed from now on, or not any more. */
  | {
      readonly type: 'shield-rung';
      readonly rung: Rung;
      readonly engaged: boolean;
      readonly reason: string;
      readonly at: Instant;
    }
  /** So many phones register at once that they are told when to come; or that is over. */
  | { readonly type: 'registration-storm'; readonly governing: boolean; readonly at: Instant }
  /** Somebody guesses passwords or scans, and is refused until then; or, where phones are at home, only slowed. */
  | ({ readonly type: 'abuser' } & Abuser)
  /** An account calls where it does not usually call: let through for a while, or refused; each told once an hour. */
  | ({ readonly type: 'fraud-suspected' } & UnusualCalls)
  /** An account has come to a cap on its diverted calls, and was told so. */
  | {
      readonly type: 'cap';
      readonly account: string;
      readonly cap: Cap;
      readonly text: string;
      readonly at: Instant;
    }
  /** A door is open, in grace or closed from now on; strangers know it; or its port cannot be opened. */
  | {
      readonly type: 'door';
      readonly what: 'open' | 'grace' | 'closed' | DoorTrouble;
      readonly account: string;
      readonly port: number;
      readonly text: string;
      readonly at: Instant;
    }
  | { readonly type: 'registration'; readonly user: string; readonly text: string; readonly at: Instant }
  /** Wrong credentials since the last such event, of which this is the latest; one event a second at most. */
  | {
      readonly type: 'refused-credentials';
      readonly user: string;
      readonly from: string;
      readonly reason: RefusedCredentials;
      readonly times: number;
      readonly at: Instant;
    }
  | {
      readonly type: 'reachability';
      readonly user: string;
      readonly contact: string;
      readonly reachability: Reachability;
      readonly at: Instant;
    }
  /** Where a trunk's servers are, when that has changed or could not be found out. Nothing forgets what was known. */
  | {
      readonly type: 'trunk-servers';
      readonly name: string;
      /** `udp:198.51.100.7:5060`, in the order of DNS; empty where it named none. */
      readonly servers: readonly string[];
      readonly trouble?: string;
      readonly at: Instant;
    }
  | {
      readonly type: 'trunk';
      readonly name: string;
      readonly health: 'up' | 'down' | 'unknown';
      readonly reason: string;
      readonly at: Instant;
    };

export interface NodeHealth {
  readonly draining: boolean;
  readonly store: 'ok' | 'failing';
  readonly storeReason: string;
  readonly callsActive: number;
  readonly bindings: number;
  /** Phones with a binding. */
  readonly phones: number;
  readonly transactions: number;
  /** Entries of each table that grows with what comes in, by a closed set of names. */
  readonly tables: Readonly<Record<string, number>>;
}

export interface NodeControl {
  phones(): readonly PhoneView[];
  trunks(): readonly TrunkView[];
  calls(): readonly CallView[];
  health(): NodeHealth;
  brownout(): BrownoutView;
  shield(): ShieldView;
  /** Tries a rule on the good traffic of the last hour. */
  rehearse(rule: Rule, now: Instant): Rehearsing;
  /** Who was found to guess passwords or to scan, as far as that still counts; the latest first. */
  abusers(): readonly Abuser[];
  /** False where nothing is held against that address. */
  pardon(address: string): boolean;
  fraud(): FraudView;
  /** What this account's diverted calls have used. */
  diverted(account: string): DivertedView;
  /** False: there are as many as may be. */
  allowUnusual(allowance: Allowance): boolean;
  /** False where that is not allowed for a time. */
  disallowUnusual(account: string, prefix: string): boolean;
  /** False where nothing is held against that account. */
  clearUnusual(account: string): boolean;
  /** Of one account, or of all. */
  doors(account?: string): readonly DoorView[];
  /**
   * Resolves when it is done and kept. Throws RingthroughError: CONFLICT (doors are not configured, or the account has
   * one, or none), LIMIT_REACHED.
   */
  changeDoor(command: DoorCommand): Promise<void>;
  /** What happened so often since the node began, by name. */
  counters(): Readonly<Record<string, number>>;
  /** The whole of what customers have, after a change was stored. Present calls go on. */
  directoryChanged(accounts: readonly Account[]): void;
  /** False where there is no such call. */
  hangUp(callId: string): boolean;
  /** By the way that a telephone deletes it; `also` is written with it. Refused: `unknown` or `failed`. */
  deleteMessage(id: string, also: readonly StoreWrite[]): Promise<Answer>;
  /**
   * Calls the number from the node's test caller, out through a trunk, so that it comes in again as any
   * caller's would. Returns the id under which `test-call` events come.
   * Throws RingthroughError: NOT_FOUND (no trunk), DRAINING, LIMIT_REACHED.
   */
  startTestCall(number: E164): string;
  /**
   * Walks the number's plan with nobody calling. Returns the id under which `rehearsal` events come.
   * Throws RingthroughError: NOT_FOUND, CONFLICT (one of this number is under way), DRAINING, LIMIT_REACHED.
   */
  startRehearsal(asked: RehearsalAsked): string;
  subscribe(listener: (event: NodeEvent) => void): () => void;
}

/** What is still kept of calls and conversations: all 0 when they are over. */
export interface Leftovers {
  readonly calls: number;
  readonly callTransactions: number;
  readonly dialogs: number;
  readonly callDeadlines: number;
  readonly callConnections: number;
  readonly transactions: number;
  readonly pendingWrites: number;
  readonly held: number;
}
