// What a REGISTER changes (RFC 3261 §10.3 step 7): all of its contacts or none. Decides and touches nothing;
// the registrar then does it.
//
// A flow is found again by its +sip.instance and reg-id (RFC 5626 §6), another binding by its Contact URI,
// compared as §19.1.4 has it. A phone that was switched off without unregistering often comes back with another
// URI (a new port, a random user or rinstance); it then takes the place of its former self, which is known by
// its +sip.instance, or by its socket.
// Deviation: the RFCs know contacts without reg-id by their URI alone. Each restart would leave a ghost behind,
// which rings the phone a second time and fills its limit.

import { type Flow, flowKey } from '../base/net.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Binding } from '../ports/records.ts';
import { equalHosts } from '../sip/message/host.ts';
import { equalUris, type SipUri } from '../sip/message/uri.ts';
import { type Capacity, makeRoom } from './capacity.ts';
import { flowKeyOf, type Identity } from './device.ts';
import type { Ordering, Refusal, Registration, RequestedContact } from './request.ts';

/** A binding, and its contact taken apart. */
export interface Bound {
  readonly binding: Binding;
  readonly uri: SipUri;
  readonly identity: Identity;
}

/** One that is there, as far as an update needs to know it. */
export interface Held extends Bound {
  /** Since when it does not answer; such a binding gives way when there are too many. */
  readonly unreachableSince: Instant | undefined;
}

export interface Changes<H extends Held> {
  readonly added: readonly Bound[];
  readonly refreshed: readonly { readonly held: H; readonly bound: Bound }[];
  readonly removed: readonly H[];
}

/** Where an update came from. `direct`: from the phone itself, not through a proxy. */
export interface Origin {
  readonly user: string;
  readonly flow: Flow;
  readonly direct: boolean;
}

type Update = Extract<Registration, { type: 'update' }>;
type Removal = Extract<Registration, { type: 'remove-all' }>;

/** Deviation: §10.3 gives no status for an old CSeq; 500 is what it gives for an update that failed. */
const OUT_OF_ORDER: Refusal = { status: 500, reason: 'REGISTER Out Of Order' };

export function removeAll<H extends Held>(
  held: readonly H[],
  registration: Removal,
): Result<Changes<H>, Refusal> {
  if (held.some(({ binding }) => isOld(registration, binding))) return err(OUT_OF_ORDER);
  return ok({ added: [], refreshed: [], removed: held });
}

export function update<H extends Held>(
  held: readonly H[],
  registration: Update,
  from: Origin,
  capacity: Capacity,
  now: Instant,
): Result<Changes<H>, Refusal> {
  const contacts = lastOfEach(registration.contacts);
  const matches = match(held, contacts);
  const named = new Set(matches.values());
  const unnamed = held.filter((one) => !named.has(one));
  const added: Bound[] = [];
  const refreshed = new Map<H, Bound>();
  const removed = new Set<H>();

  for (const contact of contacts) {
    const same = matches.get(contact);
    if (same !== undefined && isOld(registration, same.binding)) return err(OUT_OF_ORDER);
    if (contact.expiresMs === 0) {
      if (same !== undefined) removed.add(same);
      continue;
    }
    const { uri, identity } = contact;
    const bound = { binding: bind(contact, registration, from, same?.binding, now), uri, identity };
    if (same === undefined) added.push(bound);
    else refreshed.set(same, bound);
    for (const one of unnamed) {
      if (same === undefined && isSameInstance(one, contact)) {
        if (isOld(registration, one.binding)) return err(OUT_OF_ORDER);
        removed.add(one);
      } else if (isFormerLife(one, contact, registration, from)) removed.add(one);
    }
  }

  if (added.length > 0) {
    const left = held.filter((one) => !removed.has(one));
    const room = capacity.room + removed.size;
    const given = makeRoom(left, new Set(refreshed.keys()), added, { ...capacity, room });
    if (!given.ok) return given;
    for (const one of given.value) removed.add(one);
  }
  return ok({
    added,
    refreshed: [...refreshed].map(([one, bound]) => ({ held: one, bound })),
    removed: [...removed],
  });
}

/** The same Call-ID must count up; another one is another life of the phone, or another phone. */
function isOld(registration: Ordering, binding: Binding): boolean {
  return registration.callId === binding.callId && registration.cseq <= binding.cseq;
}

/** Where a REGISTER names one contact twice, the last word counts. */
function lastOfEach(contacts: readonly RequestedContact[]): readonly RequestedContact[] {
  return contacts.filter(
    (contact, index) =>
      !contacts
        .slice(index + 1)
        .some((later) => equalUris(later.uri, contact.uri) && !areDifferentFlows(later, contact)),
  );
}

/**
 * Which binding each contact means. URI equality is not transitive (a parameter may be missing on one side),
 * so the same flow goes first, then the same text, and no binding is meant twice.
 */
function match<H extends Held>(
  held: readonly H[],
  contacts: readonly RequestedContact[],
): ReadonlyMap<RequestedContact, H> {
  const matches = new Map<RequestedContact, H>();
  const free = new Set(held);
  const take = (contact: RequestedContact, means: (one: H) => boolean) => {
    const found = matches.has(contact) ? undefined : [...free].find(means);
    if (found === undefined) return;
    matches.set(contact, found);
    free.delete(found);
  };
  for (const contact of contacts) {
    const key = flowKeyOf(contact.identity);
    take(contact, (one) => key !== undefined && flowKeyOf(one.identity) === key);
  }
  for (const contact of contacts) {
    take(contact, (one) => one.binding.contact === contact.contact && !areDifferentFlows(one, contact));
  }
  for (const contact of contacts) {
    take(contact, (one) => equalUris(one.uri, contact.uri) && !areDifferentFlows(one, contact));
  }
  return matches;
}

/** One device registers its flows with one URI, and two devices behind two NATs may happen to have one too. */
function areDifferentFlows(a: { readonly identity: Identity }, b: { readonly identity: Identity }): boolean {
  const [one, other] = [flowKeyOf(a.identity), flowKeyOf(b.identity)];
  return one !== undefined && other !== undefined && one !== other;
}

/**
 * Registered from the same socket before the phone was started anew, which gave it another Call-ID (§10.2.4).
 * A socket is known by its flow, or by the host and port of its Contact where those come from one address.
 */
function isFormerLife(held: Held, contact: RequestedContact, registration: Update, from: Origin): boolean {
  const { flow, path, callId } = held.binding;
  if (!from.direct || path.length + registration.path.length > 0 || callId === registration.callId)
    return false;
  const [instance, heldInstance] = [contact.identity.instance, held.identity.instance];
  // Another flow of the same device is no ghost of it.
  if (instance !== undefined && instance === heldInstance && areDifferentFlows(held, contact)) return false;
  const sameContact = equalHosts(held.uri.host, contact.uri.host) && held.uri.port === contact.uri.port;
  const samePlace =
    flow.transport === from.flow.transport && flow.remote.address === from.flow.remote.address;
  // Two devices that say who they are may have one address, each behind a NAT of its own.
  const known = instance !== undefined && heldInstance !== undefined;
  return flowKey(flow) === flowKey(from.flow) || (!known && sameContact && samePlace);
}

/** The same device, and the same flow of it where it has several. */
function isSameInstance(held: Held, { identity }: RequestedContact): boolean {
  const { instance, regId } = held.identity;
  return instance !== undefined && instance === identity.instance && regId === identity.regId;
}

function bind(
  contact: RequestedContact,
  registration: Update,
  from: Origin,
  before: Binding | undefined,
  now: Instant,
): Binding {
  // A refresh keeps its age, a phone that has started anew (new Call-ID, §10.2.4) does not.
  const isRefresh = before?.callId === registration.callId;
  return {
    user: from.user,
    contact: contact.contact,
    parameters: contact.parameters,
    flow: keptFlow(from.flow),
    path: registration.path,
    callId: registration.callId,
    cseq: registration.cseq,
    q: contact.q,
    userAgent: registration.userAgent,
    registeredAt: isRefresh ? before.registeredAt : now,
    expiresAt: now + contact.expiresMs,
  };
}

/** What a certificate proved, it proved of the connection only: it is not kept with the binding. */
function keptFlow({ peerDomains: _, ...flow }: Flow): Flow {
  return flow;
}
