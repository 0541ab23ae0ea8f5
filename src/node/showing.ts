// How bindings and calls look from outside.

import { formatEndpoint } from '../base/net.ts';
import type { Call } from '../calls/call.ts';
import type { ReachableBinding, Registrar } from '../registrar/registrar.ts';
import type { Directory } from '../routing/directory.ts';
import type { BindingView, CallView, PhoneView } from './views.ts';

export function phoneViews(directory: Directory, registrar: Registrar): readonly PhoneView[] {
  return directory.accounts.flatMap(({ name, phones }) =>
    phones.map(({ user, displayName }) => ({
      account: name,
      user,
      ...(displayName === undefined ? {} : { displayName }),
      bindings: registrar.lookup(user).map(bindingView),
    })),
  );
}

function bindingView(found: ReachableBinding): BindingView {
  const { binding, reachability, since, roundTripMs, instance, regId } = found;
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
  };
}

const STATES = {
  opening: 'trying',
  walking: 'trying',
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
