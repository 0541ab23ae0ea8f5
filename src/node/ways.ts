// The way of a request within a dialog to a phone that may have several (RFC 5626). A dialog stays on its flow for
// as long as that leads to the phone. Known to be lost, its requests take another flow of the same device, by that
// flow's own Path, for the route set names a proxy that has lost the phone. A Contact that is one of our GRUUs is
// resolved as any call to it is (RFC 5627 §5.1).

import { type Flow, flowKey, isStream } from '../base/net.ts';
import type { PhoneDevice, WayWithin } from '../calls/surroundings.ts';
import { instanceOfGruu } from '../registrar/device.ts';
import type { ReachableBinding } from '../registrar/outcome.ts';
import type { Registrar } from '../registrar/registrar.ts';
import { byProof } from '../routing/plan.ts';

/** The device that a request of this user came from; `undefined` where it came over no flow that we know. */
export function deviceAt(registrar: Registrar, user: string, flow: Flow): PhoneDevice | undefined {
  const found = registrar.on(user, flow);
  return found === undefined ? undefined : { user, device: found.device, key: found.key };
}

/** `undefined`: over `flow`, as the dialog has it. */
export function wayWithin(
  registrar: Registrar,
  domain: string,
  { user, device, key }: PhoneDevice,
  flow: Flow,
  remoteTarget: string,
): WayWithin | undefined {
  const ways = registrar.lookup(user).filter((way) => way.device === device);
  const own = ways.find((way) => way.key === key);
  const ownLeads = own !== undefined && own.reachability !== 'unreachable';
  const other = ownLeads ? undefined : ways.filter(leads).sort(byProof)[0];
  if (other !== undefined && other !== own) {
    const { contact, path } = other.binding;
    const uri = instanceOfGruu(remoteTarget, domain) === undefined ? remoteTarget : contact;
    return { flow: other.binding.flow, uri, routes: path };
  }
  if (own === undefined) return undefined;
  const isGruu = instanceOfGruu(remoteTarget, domain) !== undefined;
  // A connection that was replaced meanwhile is gone; a datagram still goes where the last one came from.
  const moved = isStream(flow.transport) && flowKey(own.binding.flow) !== flowKey(flow);
  if (!moved && !isGruu) return undefined;
  return {
    flow: moved ? own.binding.flow : flow,
    ...(isGruu ? { uri: own.binding.contact } : {}),
  };
}

function leads({ reachability }: ReachableBinding): boolean {
  return reachability !== 'unreachable';
}
