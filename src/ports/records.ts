// The records that a node keeps, in the design's own words: accounts own phones, numbers, plans. They are
// plain data; what they mean is decided in registrar/, routing/ and calls/.

import type { Endpoint, Flow } from '../base/net.ts';
import type { Instant } from '../base/time.ts';
import type { Server } from '../sip/location/locate.ts';
import type { RecordingId } from './recordings.ts';
import type { DoorSide } from './shield.ts';

/** An E.164 number with its plus sign: `+442079460000`. */
export type E164 = string;

/** A phone's digest secrets: H(user:realm:password) per algorithm (RFC 7616 §3.4.2), lower-case hex. */
export interface PhoneSecret {
  readonly realm: string;
  readonly md5Ha1: string;
  readonly sha256Ha1: string;
}

/** SIP credentials of one device. `user` is unique on the node: it is the user part of its address-of-record. */
export interface Phone {
  readonly user: string;
  readonly displayName?: string;
  /** The number that this phone presents when it calls out; one of its account's numbers. */
  readonly callerId?: E164;
  readonly secret: PhoneSecret;
}

/** Weekly opening hours. Days are ISO (1 = Monday … 7 = Sunday); minutes count from local midnight. */
export interface Hours {
  readonly name: string;
  /** IANA time zone, such as `Europe/London`. */
  readonly zone: string;
  readonly open: readonly {
    readonly days: readonly number[];
    readonly fromMinute: number;
    readonly toMinute: number;
  }[];
  /** Local dates (`2026-12-25`) on which the hours count as closed. */
  readonly holidays: readonly string[];
}

/** A step is tried only when its condition holds: `during` or `outside` the named hours. */
export type StepCondition =
  | { readonly type: 'during'; readonly hours: string }
  | { readonly type: 'outside'; readonly hours: string };

/** What became of the phones before it: that of a forward (the telephone's 61, 62 and 67). */
export type ForwardReason = 'unreachable' | 'no-answer' | 'busy';

export type PlanStep = StepAction & {
  readonly when?: StepCondition;
  /** Tried only where what came before it failed so; never written in a plan, but made of a forward. */
  readonly after?: ForwardReason;
};

type StepAction =
  | {
      readonly type: 'ring';
      readonly phones: readonly string[];
      readonly order: 'together' | 'in-turn';
      /** For the whole step when together, for each phone when in turn. */
      readonly forMs: number;
    }
  /** `trunk`: over this one alone, whatever the order of trunks is. */
  | { readonly type: 'dial'; readonly number: E164; readonly forMs: number; readonly trunk?: string }
  /** `prompt`: one of the account's sounds, or a prompt of the node. */
  | { readonly type: 'announcement'; readonly prompt: string }
  | { readonly type: 'voicemail'; readonly mailbox: string }
  | { readonly type: 'menu'; readonly menu: string };

export interface Plan {
  readonly steps: readonly PlanStep[];
}

/** Where a divert leads: to a number, or to one of the account's mailboxes. */
export type DivertTarget = E164 | { readonly mailbox: string };

/** A manual override: every call to the number goes to `to` until it is cleared or `until` has come. */
export interface Divert {
  readonly to: DivertTarget;
  readonly since: Instant;
  readonly until?: Instant;
  /** Who set it, for people: `api`, `cli`, … */
  readonly by: string;
}

/** Its time may be over: then it is as if there were none. */
export function isInForce(divert: Divert | undefined, now: Instant): divert is Divert {
  return divert !== undefined && (divert.until === undefined || now < divert.until);
}

export interface NumberRecord {
  readonly number: E164;
  readonly plan: Plan;
  readonly divert?: Divert;
  /** Where calls go when the phones of the plan could not take them. */
  readonly forwards?: Forwards;
}

export interface Forwards {
  readonly unreachable?: Divert;
  readonly noAnswer?: Divert;
  readonly busy?: Divert;
}

/** argon2id, in PHC string format. A short PIN can be guessed from it, so it is encrypted at rest like a secret. */
export type SecretHash = string;

export interface Mailbox {
  readonly name: string;
  /** Without one it can be listened to from its phones only. */
  readonly pin?: SecretHash;
  readonly greeting?: RecordingId;
  /** Where messages are sent, with the recording attached. */
  readonly email: readonly string[];
  /** Phones whose lamp tells of messages (RFC 3842), and whose users listen to it. */
  readonly phones: readonly string[];
  readonly messagesMax: number;
  readonly messageMaxMs: number;
  readonly retentionMs: number;
}

export interface VoicemailMessage {
  readonly id: string;
  readonly account: string;
  readonly mailbox: string;
  readonly called: string;
  readonly caller: string;
  readonly at: Instant;
  readonly lengthMs: number;
  readonly recording: RecordingId;
  /** Absent: it is new. */
  readonly heardAt?: Instant;
}

export interface Menu {
  readonly name: string;
  /** One of the account's sounds, or a prompt of the node. */
  readonly greeting: string;
  readonly choices: readonly { readonly key: string; readonly steps: readonly PlanStep[] }[];
  /** When nothing, or nothing that fits, is pressed. */
  readonly otherwise: readonly PlanStep[];
}

/** What an account has announcements and menus say. */
export interface AccountSound {
  readonly name: string;
  readonly recording: RecordingId;
  readonly lengthMs: number;
  /** What it says, where it was synthesised. */
  readonly text?: string;
}

/** A telephone that calls may be sent to by telephone. */
export interface Mobile {
  readonly number: E164;
  readonly name?: string;
  /** When whoever answers it last said that it is theirs. */
  readonly confirmedAt?: Instant;
}

export interface OneTimeCode {
  /** The first two digits of the code: which one of the sheet it is. */
  readonly index: string;
  readonly hash: SecretHash;
}

/** How an account is run by telephone. */
export interface Control {
  /** Digits by which the account is named; unique on the node. */
  readonly id: string;
  readonly pin?: SecretHash;
  readonly mobiles: readonly Mobile[];
  readonly codes: readonly OneTimeCode[];
  /** Its own phones may divert with `*21*…#` and the like. */
  readonly featureCodes: boolean;
}

/** Who is told of changes on an account: one of the two. */
export interface Contact {
  readonly email?: string;
  readonly sms?: E164;
}

/** A kind of number, as far as diverts go; `international` is what lies in no country that the account has a number of. */
export type DivertClass = 'mobile' | 'national' | 'premium' | 'international';

/** Caps per account (law 8). */
export interface AccountLimits {
  readonly callsMax: number;
  readonly divertedCallsMax: number;
  /** Minutes of answered diverted calls in a calendar month, UTC; absent: no cap. */
  readonly divertedMinutesPerMonth?: number;
  /** Minutes of messages in all of its mailboxes; absent: what each mailbox may hold. */
  readonly messageMinutesMax?: number;
  readonly phonesMax: number;
  readonly bindingsPerPhoneMax: number;
  /** Prefixes of E.164 numbers that may be dialled or diverted to. */
  readonly destinationsAllowed: readonly string[];
  /** Prefixes that may not, even where a shorter one is allowed. */
  readonly destinationsDenied: readonly string[];
  /** Kinds of numbers that calls may be diverted to; absent: all of those that may be dialled. */
  readonly divertClasses?: readonly DivertClass[];
  /** Prefixes that count as usually called, whatever was learned; absent: none. */
  readonly destinationsUsual?: readonly string[];
  /** What becomes of calls to where the account does not usually call; absent: `slow`. */
  readonly fraud?: 'watch' | 'slow' | 'block';
}

export interface Account {
  readonly name: string;
  readonly phones: readonly Phone[];
  readonly numbers: readonly NumberRecord[];
  readonly hours: readonly Hours[];
  readonly limits: AccountLimits;
  readonly mailboxes?: readonly Mailbox[];
  readonly menus?: readonly Menu[];
  readonly sounds?: readonly AccountSound[];
  readonly control?: Control;
  readonly contacts?: readonly Contact[];
  /** Of the prompts that its callers and its people hear (BCP 47); absent: the node's. */
  readonly language?: string;
}

/** A cap on diverted calls that an account can come to; `minutes-soon`: it is near that on minutes. */
export type Cap = 'minutes' | 'minutes-soon' | 'calls' | 'destinations';

/** What an account's diverted calls have used of a calendar month, and which of its caps it was told of. */
export interface DivertedUsage {
  readonly account: string;
  /** UTC: `2026-11`. */
  readonly month: string;
  /** Of answered diverted calls that are over. */
  readonly endedMs: number;
  /** When this was so. Calls that the ledger has in progress then had lasted until then. */
  readonly at: Instant;
  readonly told: readonly CapTold[];
}

export interface CapTold {
  readonly cap: Cap;
  readonly at: Instant;
  /** What the cap was then: one that is changed is told of anew. */
  readonly limit?: number;
}

/** On how many days there were calls, when the latest of those days began, and when the last call was. */
export interface CallDays {
  readonly count: number;
  readonly latestAt: Instant;
  readonly lastCallAt: Instant;
}

/** Where an account usually calls, and when: what src/fraud has learned of it. */
export interface CallHabits {
  readonly account: string;
  /** By what is alike: `+353`, `+44 premium`. In the order of the last call. */
  readonly classes: readonly (readonly [name: string, days: CallDays])[];
  /** With calls to where it usually calls: all of them, and those at an hour of the day, UTC. */
  readonly all: CallDays;
  readonly hours: readonly (readonly [hour: number, days: CallDays])[];
}

/** One registered contact of a phone (RFC 3261 §10.3), as it is kept in memory and on disk. */
export interface Binding {
  readonly user: string;
  /** The Contact URI as the phone gave it: the key within the phone (compared by RFC 3261 §19.1.4). */
  readonly contact: string;
  /** Header parameters of the Contact other than q and expires, such as `+sip.instance`, verbatim. */
  readonly parameters: string;
  /** Where requests for it go: the flow that the REGISTER came over (NAT). */
  readonly flow: Flow;
  /** Path values (RFC 3327), nearest hop first; empty without. */
  readonly path: readonly string[];
  readonly callId: string;
  readonly cseq: number;
  /** Preference in thousandths: 1000 is q=1.0. */
  readonly q: number;
  readonly userAgent: string;
  readonly registeredAt: Instant;
  readonly expiresAt: Instant;
}

/** What became of an attempt to reach a number. `lost` is a bug or a crash (law 1). */
/** `unknown`: registered, but no probe or call has been answered yet. */
export type Reachability = 'reachable' | 'unknown' | 'unreachable';

export type Outcome = 'answered' | 'diverted' | 'voicemail' | 'announced' | 'abandoned' | 'lost' | 'refused';

/** One thing that happened in a call, as the caller would tell it and why. `what` is from a closed set in calls/. */
export interface TimelineEntry {
  readonly at: Instant;
  readonly what: string;
  /** A sentence for people. */
  readonly text: string;
}

/** Media figures of one leg, for the ledger. */
export interface LegStatistics {
  readonly leg: string;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  readonly jitterMs: number;
  readonly strangersDropped: number;
  readonly heardAudio: boolean;
}

/** One attempt. Written when it begins (without `outcome`), when it is answered, and when it has ended. */
export interface LedgerEntry {
  readonly id: string;
  readonly direction: 'in' | 'out' | 'internal';
  readonly account: string;
  /** The number or user that was called, as routed: E.164 where it is a number. */
  readonly called: string;
  readonly caller: string;
  readonly startedAt: Instant;
  readonly answeredAt?: Instant;
  readonly endedAt?: Instant;
  readonly outcome?: Outcome;
  /** Who or what answered: a phone's user, an E.164 number, a prompt. */
  readonly answeredBy?: string;
  /** Why it ended as it did, in a sentence. */
  readonly reason: string;
  /** The final SIP status given to the caller; absent while in progress. */
  readonly status?: number;
  readonly timeline: readonly TimelineEntry[];
  readonly legs: readonly LegStatistics[];
}

/** A message to somebody's e-mail or telephone that waits to be delivered. */
export interface Notice {
  readonly id: string;
  readonly account: string;
  readonly at: Instant;
  readonly channel: 'email' | 'sms';
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** What is attached to it. */
  readonly recording?: RecordingId;
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly lastError?: string;
}

/** Who changed what on an account, when and how. */
export interface AuditEntry {
  readonly id: string;
  readonly at: Instant;
  readonly account: string;
  /** `api`, `cli`, `phone reception`, `telephone +44…` */
  readonly who: string;
  /** `node`: by itself, such as a notice that it gave up. */
  readonly how: 'api' | 'cli' | 'telephone' | 'feature-code' | 'sms' | 'node';
  /** A sentence for people. */
  readonly what: string;
}

/** A step of a plan, or a part of one, as a rehearsal found it. */
export interface RehearsedStep {
  /** Which step of the plan it belongs to, from 1; 0: the whole of it. */
  readonly step: number;
  /** For people: `reception`, `+447700900123`. */
  readonly who: string;
  /** `skipped`: its hours are others. `not-rung`: its way is there, but nobody was to be rung. */
  readonly result: 'works' | 'failed' | 'not-rung' | 'skipped';
  /** A sentence. */
  readonly text: string;
  readonly tookMs: number;
}

/** The last time that a number's plan was walked in earnest, with nobody calling. */
export interface PlanRehearsal {
  readonly number: E164;
  readonly account: string;
  readonly at: Instant;
  /** Who asked for it: `api`, `cli`. */
  readonly by: string;
  /** Outside telephones were really rung. */
  readonly dialled: boolean;
  /** All of it works, and something answers the caller. */
  readonly passed: boolean;
  /** What kept it from passing: a sentence. */
  readonly why?: string;
  /** Who answers a caller, and after how long: a sentence. */
  readonly summary: string;
  /** Who or what would have answered first, and after how long at the latest. */
  readonly answeredBy?: string;
  readonly answeredAfterMs?: number;
  readonly steps: readonly RehearsedStep[];
  /** Telephones where somebody pressed 1 to say that they heard it, in this rehearsal or an earlier one. */
  readonly heard: readonly { readonly number: E164; readonly at: Instant }[];
}

export interface TrunkTls {
  /** What its certificate must speak for (RFC 5922), instead of the target's host. */
  readonly domain?: string;
  /** False: any certificate will do, which protects from nobody who is in between. */
  readonly verify: boolean;
  /** What else its certificate may speak for when it connects to us. */
  readonly clientDomains: readonly string[];
}

/** A carrier connection, from the configuration. */
export interface TrunkSettings {
  readonly name: string;
  /**
   * Where calls go out, and where inbound calls may come from as well as from `from`. What of port and transport is
   * not given, DNS says (RFC 3263).
   */
  readonly target: {
    readonly host: string;
    readonly port?: number;
    readonly transport?: 'udp' | 'tcp' | 'tls';
  };
  /** How its certificates are judged, where it is spoken to over TLS. */
  readonly tls?: TrunkTls;
  /** CIDR ranges or addresses whose calls are this trunk's. */
  readonly from: readonly string[];
  readonly inbound: boolean;
  readonly outbound: boolean;
  /** Lower is tried first; equals share by weight. */
  readonly order: number;
  readonly weight: number;
  /** Digest credentials for calls out and for registering. Never logged. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Register with the carrier, and keep registered. */
  readonly register?: { readonly registrar: string; readonly expiresMs: number };
  /** ISO 3166 country whose national format the carrier uses for numbers without a plus sign. */
  readonly country: string;
  /** How numbers are written to it: `+44…`, or without the plus. */
  readonly numberFormat: 'e164' | 'e164-without-plus';
  /** Simultaneous calls on it; a call over it goes to the next trunk. */
  readonly callsMax: number;
  /** Calls that it is given within any second; a call over it goes to the next trunk, or waits. Absent: any number. */
  readonly callsPerSecondMax?: number;
  /** Whose network it leads to; absent: its own name. Trunks of one carrier fail together. */
  readonly carrier?: string;
  /** Told to people beside its name, such as `demo carrier, stands for the PSTN`. */
  readonly note?: string;
}

/** Where a trunk that is known by name was when DNS last told: what a node that starts without DNS begins with. */
export interface TrunkServers {
  readonly trunk: string;
  /** What led there. A trunk whose configuration names another target was never there. */
  readonly target: TrunkSettings['target'];
  readonly servers: readonly Server[];
}

/**
 * A door of an account: a port of its own on the node's addresses. An account has one that is open, and for a time
 * after a move the one before it, of the other side.
 */
export interface Door {
  readonly account: string;
  /** UDP; the door's key. */
  readonly port: number;
  readonly side: DoorSide;
  /** The host name that phones find it by (SRV); absent: the account's name within the SIP domain. */
  readonly name?: string;
  /** `grace`: it was moved or is being closed, and goes on for those who use it. `closed`: nobody gets its port yet. */
  readonly state: 'open' | 'grace' | 'closed';
  readonly openedAt: Instant;
  /** Why it is in this state, for people. */
  readonly why: string;
  /** In grace: when it closes, unless phones still use it. Closed: when its port may be another door's. */
  readonly until?: Instant;
}

export type { Endpoint };
