// What the operator's log says of what happens. Names and numbers only: credentials never get this far.

import { assertNever } from '../base/assert.ts';
import { SECOND_MS } from '../base/time.ts';
import type { UnusualCalls } from '../fraud/fraud-watch.ts';
import type { NodeEvent, RehearsalTold } from '../node/views.ts';
import type { Log, LogFields } from '../ports/log.ts';
import type { VoicemailMessage } from '../ports/records.ts';
import type { Posture } from '../ports/shield.ts';
import type { Abuser } from '../shield/abuse/abusers.ts';
import type { AttackReport } from '../shield/detection/report.ts';

export function logEvent(log: Log, event: NodeEvent): void {
  switch (event.type) {
    case 'call-started':
      return log.info('call started', { call: event.callId, called: event.called, caller: event.caller });
    case 'timeline':
      return log.debug(event.entry.text, { call: event.callId, what: event.entry.what });
    case 'leg':
      return log.debug('leg', { call: event.callId, peer: event.peer, sipCallId: event.sipCallId });
    case 'call-ended': {
      const { outcome, reason, answeredBy, called } = event.entry;
      return log.info('call ended', { call: event.callId, called, outcome, answeredBy, reason });
    }
    case 'test-call':
      return log.debug(event.entry.text, { testCall: event.testCallId, what: event.entry.what });
    case 'rehearsal':
      return logRehearsal(log, event.rehearsalId, event.news);
    case 'fault':
      return log.error(`internal error in ${event.what}: ${event.text}`, { stack: event.stack });
    case 'refused-credentials': {
      const { user, from, reason, times } = event;
      return log.warn('SIP credentials refused', { user, from, reason, times });
    }
    case 'shield-posture': {
      const { from, to, why, sure } = event;
      const level = to === 'attack' ? 'warn' : 'info';
      return log[level](POSTURE_WORDS[to], { from, why, attack: sure.words });
    }
    case 'attack-over':
      return log.warn('the attack is over', attackFacts(event.report));
    case 'shield-rung': {
      const { rung, engaged, reason } = event;
      if (engaged) return log.warn('the node has too much to do: shedding begins', { rung, reason });
      return log.info('shedding ends', { rung, reason });
    }
    case 'registration-storm':
      return logStorm(log, event.governing);
    case 'cap':
    case 'fraud-suspected':
    case 'abuser':
      return logAbuse(log, event);
    case 'door':
      return logDoor(log, event);
    case 'message':
      return logMessage(log, event.message);
    case 'registration':
      return log.info(event.text, { phone: event.user });
    case 'reachability':
      return log.info(`phone is ${event.reachability}`, { phone: event.user, contact: event.contact });
    case 'trunk':
      return log[event.health === 'down' ? 'warn' : 'info'](`trunk is ${event.health}`, {
        trunk: event.name,
        reason: event.reason,
      });
    case 'trunk-servers': {
      const { name: trunk, trouble: reason } = event;
      const servers = event.servers.join(', ');
      if (reason === undefined) return log.info('trunk located', { trunk, servers });
      if (servers === '') return log.warn('trunk cannot be located', { trunk, reason });
      return log.warn('trunk located, but DNS has trouble', { trunk, servers, reason });
    }
    default:
      return assertNever(event);
  }
}

function logStorm(log: Log, governing: boolean): void {
  if (governing) log.warn('many phones register at once: they are told when to come');
  else log.info('the storm of registrations is over');
}

/** Not who called: that is for the owner of the mailbox. */
function logMessage(log: Log, { account, mailbox, called, lengthMs }: VoicemailMessage): void {
  log.info('a message was left', { account, mailbox, called, seconds: Math.round(lengthMs / SECOND_MS) });
}

function logAbuse(log: Log, event: NodeEvent & { type: 'abuser' | 'fraud-suspected' | 'cap' }): void {
  if (event.type === 'cap')
    return log.warn('an account has come to a cap', { account: event.account, why: event.text });
  if (event.type === 'abuser') logAbuser(log, event);
  else logSuspicion(log, event);
}

function logSuspicion(
  log: Log,
  { account, callers, destinations, passed, refused, inProgress, done, why }: UnusualCalls,
): void {
  const who = { account, callers: callers.join(', '), destinations: destinations.join(', ') };
  const facts = { ...who, passed, refused, inProgress, why };
  log.warn(done === 'refused' ? 'calls are refused: toll fraud?' : 'unusual calls: toll fraud?', facts);
}

function logAbuser(log: Log, { address, why, guesses, users, toolMessages, until }: Abuser): void {
  const facts = { address, why, guesses, users, toolMessages };
  if (until === undefined) log.warn('somebody guesses passwords among phones: slowed', facts);
  else log.warn('an abuser is refused', { ...facts, until: new Date(until).toISOString() });
}

const POSTURE_WORDS: Readonly<Record<Posture, string>> = {
  calm: 'it is calm again',
  elevated: 'something is unusual',
  attack: 'the node is under attack',
};

const DOOR_WORDS: Readonly<Record<(NodeEvent & { type: 'door' })['what'], string>> = {
  open: 'a door is open',
  grace: 'a door stays open for a grace time',
  closed: 'a door is closed',
  leak: 'strangers know a door: `ringthrough door move` gives its account another one',
  trouble: 'a door cannot be opened; it is tried again',
};

/** What somebody reads in the morning. */
function attackFacts(report: AttackReport): LogFields {
  const { began, ended = began, packets, dropped, peakPerSecond, sources, networks, kinds, forged } = report;
  return {
    seconds: Math.round((ended - began) / SECOND_MS),
    packets: Math.round(packets),
    dropped: Math.round(dropped),
    peakPerSecond: Math.round(peakPerSecond),
    sources,
    networks: networks
      .slice(0, 3)
      .map(({ network }) => network)
      .join(', '),
    kinds: kinds
      .slice(0, 3)
      .map(({ kind }) => kind)
      .join(', '),
    forged: forged.words,
  };
}

function logRehearsal(log: Log, rehearsal: string, news: RehearsalTold): void {
  if (news.type !== 'end') return log.debug(news.text, { rehearsal, step: news.step });
  const { number, passed, why, dialled, by } = news.rehearsal;
  log.info('plan rehearsed', { number, passed, why, dialled, by });
}

function logDoor(log: Log, { what, account, port, text }: NodeEvent & { readonly type: 'door' }): void {
  log[what === 'leak' || what === 'trouble' ? 'warn' : 'info'](DOOR_WORDS[what], {
    account,
    port,
    why: text,
  });
}
