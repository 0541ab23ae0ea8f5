// What the operator's log says of what happens. Names and numbers only: credentials never get this far.

import { assertNever } from '../base/assert.ts';
import type { NodeEvent } from '../node/views.ts';
import type { Log } from '../ports/log.ts';

export function logEvent(log: Log, event: NodeEvent): void {
  switch (event.type) {
    case 'call-started':
      return log.info('call started', { call: event.callId, called: event.called, caller: event.caller });
    case 'timeline':
      return log.debug(event.entry.text, { call: event.callId, what: event.entry.what });
    case 'leg': {
      const { callId: call, peer, sipCallId } = event;
      return log.debug('leg', { call, peer, sipCallId });
    }
    case 'call-ended': {
      const { outcome, reason, answeredBy, called } = event.entry;
      return log.info('call ended', { call: event.callId, called, outcome, answeredBy, reason });
    }
    case 'test-call':
      return log.debug(event.entry.text, { testCall: event.testCallId, what: event.entry.what });
    case 'fault':
      return log.error(`internal error in ${event.what}: ${event.text}`, { stack: event.stack });
    case 'refused-credentials': {
      const { user, from, reason, times } = event;
      return log.warn('SIP credentials refused', { user, from, reason, times });
    }
    case 'shield-rung': {
      const { rung, engaged, reason } = event;
      if (engaged) return log.warn('the node has too much to do: shedding begins', { rung, reason });
      return log.info('shedding ends', { rung, reason });
    }
    case 'registration-storm':
      return event.governing
        ? log.warn('many phones register at once: they are told when to come')
        : log.info('the storm of registrations is over');
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
