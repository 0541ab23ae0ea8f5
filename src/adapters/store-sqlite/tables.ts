// The tables, and how records become rows and rows records. What is asked for by a query has a column; what is
// only ever read whole with its owner is JSON text in one.

import type { Generated } from 'kysely';
import type {
  Account,
  AccountLimits,
  AccountSound,
  AuditEntry,
  Contact,
  Divert,
  Forwards,
  Hours,
  LedgerEntry,
  LegStatistics,
  Menu,
  Notice,
  NumberRecord,
  Outcome,
  Phone,
  Plan,
  TimelineEntry,
  TrunkServers,
  VoicemailMessage,
} from '../../ports/records.ts';
import type { Secrets } from './secrets.ts';

export interface Tables {
  setting: { name: string; value: Uint8Array };
  account: AccountRow;
  phone: PhoneRow;
  number: NumberRow;
  binding: BindingRow;
  trunk_servers: TrunkServersRow;
  door: DoorRow;
  call_habits: { account: string; habits: string };
  diverted_usage: { account: string; usage: string };
  ledger: LedgerRow;
  message: MessageRow;
  notice: NoticeRow;
  audit: AuditRow;
  rehearsal: { number: string; account: string; rehearsal: string };
  series: { id: Generated<number>; name: string };
  sample: SampleRow;
  component_day: { component: string; day: string; ms: string };
  component_state: { component: string; state: string; since: number; at: number };
  incident: PeriodRow;
  maintenance: PeriodRow;
}

export interface AccountRow {
  name: string;
  hours: string;
  limits: string;
  /** Mailboxes and control, encrypted (secrets.ts). */
  telephone: Uint8Array | null;
  menus: string | null;
  sounds: string | null;
  contacts: string | null;
  language: string | null;
}

export interface PhoneRow {
  user: string;
  account: string;
  /** Its place among the account's phones. */
  position: number;
  display_name: string | null;
  caller_id: string | null;
  realm: string;
  /** Both HA1 values, encrypted (secrets.ts). */
  secret: Uint8Array;
}

export interface NumberRow {
  number: string;
  account: string;
  position: number;
  plan: string;
  divert: string | null;
  forwards: string | null;
}

export interface BindingRow {
  user: string;
  position: number;
  binding: string;
}

export interface TrunkServersRow {
  trunk: string;
  target: string;
  servers: string;
}

export interface DoorRow {
  port: number;
  door: string;
}

export interface LedgerRow {
  id: string;
  direction: string;
  account: string;
  called: string;
  caller: string;
  started_at: number;
  answered_at: number | null;
  ended_at: number | null;
  outcome: string | null;
  answered_by: string | null;
  reason: string;
  status: number | null;
  timeline: string;
  legs: string;
}

export interface MessageRow {
  id: string;
  account: string;
  mailbox: string;
  at: number;
  message: string;
}

export interface NoticeRow {
  id: string;
  due_at: number;
  notice: string;
}

export interface AuditRow {
  id: string;
  at: number;
  account: string;
  entry: string;
}

/** Of one series within one step; without a rowid, so that a stretch of one series lies together on disk. */
export interface SampleRow {
  step_ms: number;
  series: number;
  at: number;
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** An incident or maintenance. */
export interface PeriodRow {
  id: string;
  /** When it was opened, or begins. */
  at: number;
  open: 0 | 1;
  record: string;
}

export function accountRow(account: Account, secrets: Secrets): AccountRow {
  const { name, hours, limits, mailboxes, control, menus, sounds, contacts, language } = account;
  const telephone = { ...(mailboxes && { mailboxes }), ...(control && { control }) };
  const has = mailboxes !== undefined || control !== undefined;
  return {
    name,
    hours: JSON.stringify(hours),
    limits: JSON.stringify(limits),
    telephone: has ? secrets.sealTelephone(name, telephone) : null,
    menus: jsonColumn(menus),
    sounds: jsonColumn(sounds),
    contacts: jsonColumn(contacts),
    language: language ?? null,
  };
}

export function phoneRow(phone: Phone, account: string, position: number, secrets: Secrets): PhoneRow {
  return {
    user: phone.user,
    account,
    position,
    display_name: phone.displayName ?? null,
    caller_id: phone.callerId ?? null,
    realm: phone.secret.realm,
    secret: secrets.seal(phone.user, phone.secret),
  };
}

export function numberRow(
  { number, plan, divert, forwards }: NumberRecord,
  account: string,
  position: number,
): NumberRow {
  return {
    number,
    account,
    position,
    plan: JSON.stringify(plan),
    divert: jsonColumn(divert),
    forwards: jsonColumn(forwards),
  };
}

/** A part that may be absent. */
export function jsonColumn(part: object | undefined): string | null {
  return part === undefined ? null : JSON.stringify(part);
}

/** An account with what is its own; the rows of phones and numbers come in their order. */
export function accountOf(
  row: AccountRow,
  phones: readonly PhoneRow[],
  numbers: readonly NumberRow[],
  secrets: Secrets,
): Account {
  return {
    name: row.name,
    phones: phones.map((phone) => phoneOf(phone, secrets)),
    numbers: numbers.map(numberOf),
    hours: JSON.parse(row.hours) as readonly Hours[],
    limits: JSON.parse(row.limits) as AccountLimits,
    ...(row.telephone === null ? {} : secrets.openTelephone(row.name, row.telephone)),
    ...(row.menus === null ? {} : { menus: JSON.parse(row.menus) as readonly Menu[] }),
    ...(row.sounds === null ? {} : { sounds: JSON.parse(row.sounds) as readonly AccountSound[] }),
    ...(row.contacts === null ? {} : { contacts: JSON.parse(row.contacts) as readonly Contact[] }),
    ...(row.language === null ? {} : { language: row.language }),
  };
}

function phoneOf(row: PhoneRow, secrets: Secrets): Phone {
  return {
    user: row.user,
    ...(row.display_name === null ? {} : { displayName: row.display_name }),
    ...(row.caller_id === null ? {} : { callerId: row.caller_id }),
    secret: secrets.open(row.user, row.realm, row.secret),
  };
}

function numberOf(row: NumberRow): NumberRecord {
  return {
    number: row.number,
    plan: JSON.parse(row.plan) as Plan,
    ...(row.divert === null ? {} : { divert: JSON.parse(row.divert) as Divert }),
    ...(row.forwards === null ? {} : { forwards: JSON.parse(row.forwards) as Forwards }),
  };
}

export function trunkServersRow({ trunk, target, servers }: TrunkServers): TrunkServersRow {
  return { trunk, target: JSON.stringify(target), servers: JSON.stringify(servers) };
}

export function trunkServersOf({ trunk, target, servers }: TrunkServersRow): TrunkServers {
  return {
    trunk,
    target: JSON.parse(target) as TrunkServers['target'],
    servers: JSON.parse(servers) as TrunkServers['servers'],
  };
}

export function ledgerRow(entry: LedgerEntry): LedgerRow {
  return {
    id: entry.id,
    direction: entry.direction,
    account: entry.account,
    called: entry.called,
    caller: entry.caller,
    started_at: entry.startedAt,
    answered_at: entry.answeredAt ?? null,
    ended_at: entry.endedAt ?? null,
    outcome: entry.outcome ?? null,
    answered_by: entry.answeredBy ?? null,
    reason: entry.reason,
    status: entry.status ?? null,
    timeline: JSON.stringify(entry.timeline),
    legs: JSON.stringify(entry.legs),
  };
}

export function ledgerEntryOf(row: LedgerRow): LedgerEntry {
  return {
    id: row.id,
    direction: row.direction as LedgerEntry['direction'],
    account: row.account,
    called: row.called,
    caller: row.caller,
    startedAt: row.started_at,
    ...(row.answered_at === null ? {} : { answeredAt: row.answered_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.outcome === null ? {} : { outcome: row.outcome as Outcome }),
    ...(row.answered_by === null ? {} : { answeredBy: row.answered_by }),
    reason: row.reason,
    ...(row.status === null ? {} : { status: row.status }),
    timeline: JSON.parse(row.timeline) as readonly TimelineEntry[],
    legs: JSON.parse(row.legs) as readonly LegStatistics[],
  };
}

export function messageRow(message: VoicemailMessage): MessageRow {
  const { id, account, mailbox, at } = message;
  return { id, account, mailbox, at, message: JSON.stringify(message) };
}

export function noticeRow(notice: Notice): NoticeRow {
  return { id: notice.id, due_at: notice.dueAt, notice: JSON.stringify(notice) };
}

export function auditRow(entry: AuditEntry): AuditRow {
  return { id: entry.id, at: entry.at, account: entry.account, entry: JSON.stringify(entry) };
}
