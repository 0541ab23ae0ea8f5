// How bindings and calls look from outside, and what is left of them.

import { formatEndpoint } from '../base/net.ts';
import type { Call } from '../calls/call.ts';
import type { Calls } from '../calls/calls.ts';
import type { ReachableBinding } from '../registrar/outcome.ts';
import type { Registrar } from '../registrar/registrar.ts';
import type { Directory } from '../routing/directory.ts';
import type { Lamps } from './lamps.ts';
import type { BindingView, CallView, Leftovers, PhoneView } from './views.ts';

export function phoneViews(directory: Directory, registrar: Registrar, lamps: Lamps): readonly PhoneView[] {
  return directory.accounts.flatMap(({ name, phones }) =>
    phones.map(({ user, displayName }) => {
      const messages = lamps.waiting(user);
      return {
        account: name,
        user,
        ...(displayName === undefined ? {} : { displayName }),
        bindings: registrar.lookup(user).map(bindingView),
        ...(messages && { messages }),
      };
    }),
  );
}

function bindingView(found: ReachableBinding): BindingView {
  const { binding, reachability, since, roundTripMs, instance, regId, graceUntil } = found;
  const { contact, flow, userAgent, registeredAt, expiresAt, q } = binding;
  return {
    contact,
    address: formatEndpoint(flow.remote),
    transport: flow.transport,
    userAgent,
    registeredAt,
    expiresAt,
    q: q / 1000,
    reachability,
    reachabilitySince: since,
    ...(instance === undefined ? {} : { instance }),
    ...(regId === undefined ? {} : { regId }),
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
    ...(graceUntil === undefined ? {} : { graceUntil }),
  };
}

const STATES = {
  opening: 'trying',
  walking: 'trying',
  attending: 'answered',
  announcing: 'announcing',
  talking: 'answered',
  ended: 'ending',
} as const;

export function callView(call: Call): CallView {
  const { start, startedAt, answeredAt, answeredBy } = call.record;
  return {
    id: call.id,
    direction: start.direction,
    account: start.account,
    called: start.called,
    caller: start.caller,
    state: call.phase === 'walking' && call.ringing ? 'ringing' : STATES[call.phase],
    startedAt,
    ...(answeredAt === undefined ? {} : { answeredAt }),
    ...(answeredBy === undefined ? {} : { answeredBy }),
    legs: call.legs.map(({ id, words, state }) => ({ id, peer: words, state })),
  };
}

export function leftoversOf(
  { leftovers }: Calls,
  transactions: number,
  pendingWrites: number,
  held: number,
): Leftovers {
  const { calls, transactions: callTransactions, dialogs, deadlines, connections } = leftovers;
  return {
    calls,
    callConnections: connections,
    callTransactions,
    dialogs,
    callDeadlines: deadlines,
    transactions,
    pendingWrites,
    held,
  };
}
