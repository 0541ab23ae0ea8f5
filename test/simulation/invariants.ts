// What must be true after every run, whatever the seed made happen. Each rule is a sentence; what breaks it is
// told with the call concerned, so that the ladder can be cut down to it.
//
// A fault excuses only what it can cause: a crash may lose a call but not leak one; a partition may leave a
// caller without an answer but not without a ledger row.

import { DAY_MS, SECOND_MS } from '../../src/base/time.ts';
import type { LedgerEntry } from '../../src/ports/records.ts';
import type { IncomingCall } from './incoming-call.ts';
import { SILENCE } from './media.ts';
import type { OutgoingCall } from './outgoing-call.ts';
import type { Attempt, Run } from './play.ts';
import type { Fault } from './scenario.ts';

export interface Violation {
  readonly rule: string;
  readonly what: string;
  /** SIP Call-ID of the call concerned, where there is one. */
  readonly callId?: string;
}

type AnyCall = OutgoingCall | IncomingCall;

interface Rule {
  readonly rule: string;
  check(run: Run): Iterable<Omit<Violation, 'rule'>>;
}

const RULES: readonly Rule[] = [
  { rule: 'no bug shows, contained or not', check: faults },
  { rule: 'every INVITE that reached the node gets a final answer at its sender', check: finalAnswers },
  { rule: 'no call is answered twice', check: answeredTwice },
  { rule: 'every attempt has exactly one ledger row with an outcome', check: ledgerRows },
  { rule: 'the ledger says what the caller lived', check: ledgerTruth },
  { rule: 'whoever is answered hears something, and so does who answered', check: hearing },
  { rule: 'a caller who is not answered hears why', check: announcements },
  { rule: 'while it rings the caller is told so', check: ringing },
  { rule: 'nothing is left over of calls when they are over', check: callLeftovers },
  { rule: 'nothing at all is left over when everybody has signed off', check: endLeftovers },
  { rule: 'a session with a timer is refreshed in time', check: refreshes },
  { rule: 'after a restart the node knows the phones that were registered', check: restarts },
  { rule: 'a device is rung over one flow at a time', check: flows },
  { rule: 'a carrier is given no more calls in a second than it takes', check: paces },
  { rule: 'what diverted calls have used is what the ledger says', check: usages },
  { rule: 'a living phone is registered, and a dead one is known to be dead', check: registrations },
];

export function violations(run: Run): readonly Violation[] {
  return RULES.flatMap(({ rule, check }) => [...check(run)].map((found) => ({ rule, ...found })));
}

function* faults(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const event of run.host.events) {
    if (event.type === 'fault') yield { what: `${event.what}: ${event.stack}` };
  }
}

function* finalAnswers(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const { call, setting } of run.attempts) {
    if (!call.over) {
      yield { what: `${setting.by} calling ${setting.called} never ended`, callId: call.callId };
    } else if (run.reached.has(call.callId) && call.finalStatus === undefined && !call.agentGone) {
      if (!crashedDuring(run, call) && !cutOff(run, call)) {
        yield {
          what: `${setting.by} calling ${setting.called} got none: ${call.noFinal}`,
          callId: call.callId,
        };
      }
    }
  }
}

function* answeredTwice(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const { call } of run.attempts) {
    if (call.answers.size > 1) yield { what: `${call.answers.size} answers`, callId: call.callId };
  }
}

function* ledgerRows(run: Run): Iterable<Omit<Violation, 'rule'>> {
  const rows = [...run.store.ledger.values()];
  const crashes = run.host.crashes.length;
  const diskFull = hasFault(run, 'disk-full');
  const drained = hasFault(run, 'drain');
  for (const row of rows) {
    if (row.outcome === undefined && !diskFull) yield { what: `${describe(row)} has no outcome` };
    if (row.outcome === 'lost' && !run.host.crashes.some((at) => at >= row.startedAt)) {
      yield { what: `${describe(row)} was lost without a crash` };
    }
  }
  for (const [caller, calls] of byCaller(run)) {
    const mine = rows.filter((row) => callerNames(run, caller).includes(row.caller));
    const takenUp = calls.filter(({ call }) => call.takenUp);
    const certain = takenUp.filter(
      ({ call }) => !diskFull && !crashedDuring(run, call) && !(drained && call.finalStatus === 503),
    );
    const [one] = calls;
    const callId = one === undefined ? {} : { callId: one.call.callId };
    if (mine.length < certain.length) {
      yield { what: `${certain.length} calls of ${caller}, but ${mine.length} rows`, ...callId };
    }
    if (mine.length > calls.length * (1 + crashes)) {
      yield { what: `${calls.length} calls of ${caller}, but ${mine.length} rows`, ...callId };
    }
  }
}

function* ledgerTruth(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const { setting, call } of people(run)) {
    const row = onlyRow(run, setting.caller);
    if (row?.outcome === undefined || row.outcome === 'lost' || call.finalStatus === undefined) continue;
    const answered = row.outcome === 'answered' || row.outcome === 'diverted';
    if (answered !== (call.finalStatus === 200)) {
      yield { what: `${describe(row)}, but the caller got ${call.finalStatus}`, callId: call.callId };
    } else if (!answered && row.status !== call.finalStatus) {
      yield {
        what: `${describe(row)} ${row.status}, but the caller got ${call.finalStatus}`,
        callId: call.callId,
      };
    }
  }
}

/** Unless it is held, each side hears the other for as long as both are there. */
const DEAF_MS = 9_000;

function* hearing(run: Run): Iterable<Omit<Violation, 'rule'>> {
  if (hasFault(run, 'node-crash', 'crash-at-write', 'death', 'partition', 'connections-reset')) return;
  if (someoneDied(run)) return;
  const deaf = ({ conversation, party, answeredAt = 0, endedAt = run.world.now }: AnyCall): boolean => {
    const last = party.heard.at(-1) ?? { what: SILENCE, at: answeredAt };
    const deafSince = Math.max(last.at, conversation?.agreedAt ?? 0);
    return conversation?.listening === true && last.what === SILENCE && endedAt - deafSince > DEAF_MS;
  };
  for (const { call, setting } of people(run)) {
    if (deaf(call))
      yield { what: `${setting.by} calling ${setting.called} heard nothing`, callId: call.callId };
  }
  for (const { incoming, options } of [...run.phones, ...run.carriers]) {
    for (const call of incoming.filter(deaf)) {
      yield { what: `${options.name} answered and heard nothing`, callId: call.invite.callId ?? '' };
    }
  }
}

function* announcements(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const { call, setting } of people(run)) {
    const row = onlyRow(run, setting.caller);
    if (row?.outcome !== 'announced' || call.gaveUpAt !== undefined || call.agentGone) continue;
    if (
      cutOff(run, call) ||
      crashedDuring(run, call) ||
      call.party.heard.some(({ what }) => what.startsWith('prompt'))
    )
      continue;
    yield { what: `${describe(row)}, but the caller heard no prompt`, callId: call.callId };
  }
}

/** Time for a lost 180 to be made up for. */
const TOLD_MS = 5_000;

function* ringing(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const { call, setting } of run.attempts) {
    const rang = onlyRow(run, setting.caller)?.timeline.find(
      ({ what }) => what === 'rings' || what === 'early-media',
    );
    if (rang === undefined || cutOff(run, call) || crashedDuring(run, call)) continue;
    const { ringingAt = run.world.now, answeredAt = run.world.now, endedAt = run.world.now } = call;
    const waitedMs = Math.min(ringingAt, answeredAt, endedAt) - rang.at;
    if (waitedMs > TOLD_MS)
      yield { what: `${setting.by} heard nothing for ${waitedMs} ms`, callId: call.callId };
  }
}

function* callLeftovers(run: Run): Iterable<Omit<Violation, 'rule'>> {
  const { leftovers, mediaEndpointsOpen, trunkCalls } = run.quiet;
  if (leftovers === undefined) yield { what: 'the node is not running' };
  // Registrations and probes go on, with transactions and writes of their own.
  const { transactions: _, pendingWrites: __, ...mustBeNone } = leftovers ?? {};
  for (const [name, count] of Object.entries({ ...mustBeNone, mediaEndpointsOpen, trunkCalls })) {
    if (count !== 0) yield { what: `${count} ${name}` };
  }
  for (const peer of [...run.phones, ...run.carriers]) {
    for (const call of peer.incoming) {
      if (call.conversation !== undefined && !call.over) {
        yield { what: `${peer.agent.options.name} still talks`, callId: call.invite.callId ?? '' };
      }
    }
  }
}

function* endLeftovers(run: Run): Iterable<Omit<Violation, 'rule'>> {
  const { leftovers, mediaEndpointsOpen, nextDeadline } = run.end;
  for (const [name, count] of Object.entries({ ...leftovers, mediaEndpointsOpen })) {
    if (count !== 0) yield { what: `${count} ${name}` };
  }
  // Messages are kept for days.
  if (nextDeadline !== undefined && nextDeadline - run.world.now < DAY_MS)
    yield { what: `a timer is set for ${nextDeadline - run.world.now} ms from now` };
}

/**
 * A dead phone is known within 30 s; a living one has registered again by then, and answers probes. One that died
 * before it ever answered a question may be a device that ignores them: it stays unknown until a call tells.
 */
const KNOWN_DEAD_MS = 30_000;

function* registrations(run: Run): Iterable<Omit<Violation, 'rule'>> {
  const fair = run.scenario.weather.lossRate === 0;
  // What a full disk did not keep, a crash takes: such a phone comes back with its next REGISTER.
  if (hasFault(run, 'disk-full') && hasFault(run, 'node-crash')) return;
  for (const phone of run.phones) {
    const { name, user, address } = phone.options;
    const all = run.quiet.phones.find((view) => view.user === user)?.bindings ?? [];
    const bindings = all.filter((binding) => binding.address.startsWith(`${address}:`));
    const living = bindings.filter(({ reachability }) => reachability !== 'unreachable');
    const { diedAt, answersOptions } = phone.agent;
    const believed = living.filter(({ reachability }) => answersOptions || reachability !== 'unknown');
    const deadForMs = diedAt === undefined ? 0 : run.quiet.at - diedAt;
    if (phone.agent.alive && fair && living.length === 0) {
      yield { what: `${name} lives and has ${bindings.length} bindings, none of them reachable` };
    } else if (deadForMs > KNOWN_DEAD_MS && believed.length > 0) {
      yield { what: `${name} is dead for ${deadForMs} ms and counts as ${believed[0]?.reachability}` };
    }
  }
}

function* refreshes(run: Run): Iterable<Omit<Violation, 'rule'>> {
  if (hasFault(run, 'node-crash', 'partition', 'connections-reset', 'death')) return;
  for (const { call, setting } of run.attempts) {
    const { ending } = call.conversation ?? {};
    if (ending?.includes('refreshed')) yield { what: `${setting.by}: ${ending}`, callId: call.callId };
  }
}

function* restarts(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const { kept, known } of run.host.restarts) {
    if (kept !== known) yield { what: `${kept} bindings were kept, ${known} are known` };
  }
}

// ── what a fault excuses ──

function hasFault(run: Run, ...types: readonly Fault['type'][]): boolean {
  return run.scenario.faults.some(({ type }) => types.includes(type));
}

function someoneDied(run: Run): boolean {
  return [...run.phones, ...run.carriers].some(({ agent }) => !agent.alive);
}

/** The node was down, or went down, while the call lasted. */
function crashedDuring(run: Run, call: OutgoingCall): boolean {
  const end = call.endedAt ?? run.world.now;
  return run.host.crashes.some((at, i) => at <= end && (run.host.starts[i + 1] ?? end) >= call.startedAt);
}

/** Nothing passed between caller and node for some of the time, or their connection was lost. */
function cutOff(run: Run, call: OutgoingCall): boolean {
  const from = call.startedAt - run.world.beginning;
  const until = (call.endedAt ?? run.world.now) - run.world.beginning;
  const { name } = call.agent.options;
  return run.scenario.faults.some((fault) => {
    if (fault.type === 'partition') {
      return fault.from === name && fault.atMs <= until && fault.atMs + fault.forMs >= from;
    }
    return (
      fault.type === 'connections-reset' && fault.of === name && fault.atMs <= until && fault.atMs >= from
    );
  });
}

// ── rows and calls ──

/** Calls of those who want to talk to somebody; what others live through with the node is judged apart. */
function people(run: Run): readonly Attempt[] {
  return run.attempts.filter(({ setting }) => setting.errand === undefined);
}

function byCaller(run: Run): ReadonlyMap<string, readonly Attempt[]> {
  return Map.groupBy(run.attempts, ({ setting }) => setting.caller);
}

/** The next flow is for when the first has been silent for 2 s; where nothing can fail, nothing is rung sooner. */
function* flows(run: Run): Iterable<Omit<Violation, 'rule'>> {
  if (run.scenario.faults.length > 0 || someoneDied(run)) return;
  const rung = run.phones.flatMap(({ incoming, options: { user, flow } }) =>
    incoming.map((call) => ({ call, user, regId: flow?.regId, from: call.invite.from?.uri })),
  );
  for (const [index, first] of rung.entries()) {
    for (const second of rung.slice(index + 1)) {
      const oneDevice = first.user === second.user && first.regId !== undefined && second.regId !== undefined;
      const apartMs = Math.abs(first.call.startedAt - second.call.startedAt);
      if (!oneDevice || first.regId === second.regId || first.from !== second.from) continue;
      if (apartMs < SAME_CALL_MS)
        yield { what: `${first.user} was rung over two flows within ${apartMs} ms` };
    }
  }
}

/** Over TCP a connection that comes back brings at once what has waited for it. */
function* paces(run: Run): Iterable<Omit<Violation, 'rule'>> {
  for (const { name, from, target, callsPerSecondMax: most } of run.scenario.trunks) {
    if (most === undefined || target.transport === 'tcp') continue;
    const calls = callsGiven(run, from[0] ?? '').filter(({ text }) => !text.startsWith('INVITE sip:999@'));
    for (const [index, { at }] of calls.entries()) {
      const second = calls.slice(index).filter((other) => other.at < at + SECOND_MS);
      // A node that starts knows nothing of what went before.
      const restarted = run.host.starts.some((start) => start > at && start < at + SECOND_MS);
      if (second.length > most && !restarted)
        yield { what: `${name} was given ${second.length} of ${most} calls in a second` };
    }
  }
}

/** New calls only, each once: not what repeats one or belongs to one. */
export function callsGiven(
  run: Run,
  address: string,
): readonly { readonly at: number; readonly text: string }[] {
  const seen = new Set<string>();
  return run.trace.sentTo(address, 'INVITE ').filter(({ text }) => {
    const callId = /^Call-ID: (.*)\r$/m.exec(text)?.[1] ?? '';
    if (/^To: .*;tag=/m.test(text) || seen.has(callId)) return false;
    seen.add(callId);
    return true;
  });
}

/** Of a call that a crash cut off nobody knows how long it lasted. */
function* usages(run: Run): Iterable<Omit<Violation, 'rule'>> {
  if (hasFault(run, 'disk-full')) return;
  for (const { name } of run.scenario.accounts) {
    const usedMs = run.store.usages.get(name)?.endedMs ?? 0;
    let leastMs = 0;
    let mostMs = 0;
    for (const { account, outcome, answeredAt = 0, endedAt = 0, reason } of run.store.ledger.values()) {
      if (account !== name || outcome !== 'diverted') continue;
      mostMs += endedAt - answeredAt;
      if (!reason.includes('the node stopped')) leastMs += endedAt - answeredAt;
    }
    if (usedMs < leastMs - 1 || usedMs > mostMs + 1)
      yield { what: `${name} has used ${usedMs} ms, and the ledger has ${leastMs} to ${mostMs}` };
  }
}

/** Less than the 2 s that a flow has, by more than a datagram may be on its way. */
const SAME_CALL_MS = 1_000;

function callerNames(run: Run, caller: string): readonly string[] {
  const phones = run.scenario.accounts.flatMap((account) => account.phones);
  return [caller, phones.find(({ user }) => user === caller)?.callerId ?? caller];
}

/** The one row of a caller that made one call; undefined where it cannot be told whose is whose. */
function onlyRow(run: Run, caller: string): LedgerEntry | undefined {
  if ((byCaller(run).get(caller)?.length ?? 0) !== 1) return undefined;
  const rows = [...run.store.ledger.values()].filter((row) => callerNames(run, caller).includes(row.caller));
  return rows.length === 1 ? rows[0] : undefined;
}

function describe(row: LedgerEntry): string {
  return `${row.caller} calling ${row.called}: ${row.outcome ?? 'in progress'} (${row.reason})`;
}
