// What a REGISTER changes (RFC 3261 §10.3 step 7): all of its contacts or none. Decides and touches nothing;
// the registrar then does it.
//
// A binding is found again by its Contact URI, compared as §19.1.4 has it. A phone that was switched off
// without unregistering often comes back with another URI (a new port, a random user or rinstance); it then
// takes the place of its former self, which is known by its +sip.instance and reg-id, or by its socket.
// Deviation: §10.3 knows neither, and RFC 5626 §6 only contacts with reg-id. Each restart would leave a ghost
// behind, which rings the phone a second time and fills its limit.

import { type Flow, flowKey } from '../base/net.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Binding } from '../ports/records.ts';
import { equalHosts } from '../sip/message/host.ts';
import { parseParameters } from '../sip/message/parameters.ts';
import { equalUris, type SipUri } from '../sip/message/uri.ts';
import type { Ordering, Refusal, Registration, RequestedContact } from './request.ts';

/** A binding, and its contact taken apart. */
export interface Bound {
  readonly binding: Binding;
  readonly uri: SipUri;
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

export interface Capacity {
  readonly bindingsPerPhoneMax: number;
  /** Bindings that the node can still take. */
  readonly room: number;
  readonly retryAfterSeconds: number;
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
const TOO_MANY: Refusal = { status: 403, reason: 'Too Many Contacts' };

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
    const bound = { binding: bind(contact, registration, from, same?.binding, now), uri: contact.uri };
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
    const excess = left.length + added.length - capacity.bindingsPerPhoneMax;
    const giveWay = longestUnreachable(left.filter((one) => !refreshed.has(one)));
    if (excess > giveWay.length) return err(TOO_MANY);
    for (const one of giveWay.slice(0, Math.max(0, excess))) removed.add(one);
    if (added.length - removed.size > capacity.room) return err(nodeFull(capacity.retryAfterSeconds));
  }
  return ok({
    added,
    refreshed: [...refreshed].map(([one, bound]) => ({ held: one, bound })),
    removed: [...removed],
  });
}

function longestUnreachable<H extends Held>(held: readonly H[]): readonly H[] {
  const since = (one: Held) => one.unreachableSince ?? Number.POSITIVE_INFINITY;
  return held.filter((one) => one.unreachableSince !== undefined).sort((a, b) => since(a) - since(b));
}

function nodeFull(retryAfterSeconds: number): Refusal {
  return {
    status: 503,
    reason: 'Registrar Full',
    headers: [['Retry-After', String(retryAfterSeconds)]],
  };
}

/** The same Call-ID must count up; another one is another life of the phone, or another phone. */
function isOld(registration: Ordering, binding: Binding): boolean {
  return registration.callId === binding.callId && registration.cseq <= binding.cseq;
}

/** Where a REGISTER names one contact twice, the last word counts. */
function lastOfEach(contacts: readonly RequestedContact[]): readonly RequestedContact[] {
  return contacts.filter(
    (contact, index) => !contacts.slice(index + 1).some((later) => equalUris(later.uri, contact.uri)),
  );
}

/**
 * Which binding each contact means. URI equality is not transitive (a parameter may be missing on one side),
 * so the same text goes first, and no binding is meant twice.
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
  for (const contact of contacts) take(contact, ({ binding }) => binding.contact === contact.contact);
  for (const contact of contacts) take(contact, ({ uri }) => equalUris(uri, contact.uri));
  return matches;
}

/**
 * Registered from the same socket before the phone was started anew, which gave it another Call-ID (§10.2.4).
 * A socket is known by its flow, or by the host and port of its Contact where those come from one address.
 */
function isFormerLife(held: Held, contact: RequestedContact, registration: Update, from: Origin): boolean {
  const { flow, path, callId } = held.binding;
  if (!from.direct || path.length + registration.path.length > 0 || callId === registration.callId)
    return false;
  const sameContact = equalHosts(held.uri.host, contact.uri.host) && held.uri.port === contact.uri.port;
  const samePlace =
    flow.transport === from.flow.transport && flow.remote.address === from.flow.remote.address;
  return flowKey(flow) === flowKey(from.flow) || (sameContact && samePlace);
}

function isSameInstance(held: Held, contact: RequestedContact): boolean {
  const instance = instanceOf(contact.parameters);
  return instance !== undefined && instance === instanceOf(held.binding.parameters);
}

/** `+sip.instance` and `reg-id` of Contact parameters (RFC 5626 §4.1, §4.2). */
function instanceOf(text: string): string | undefined {
  if (!text.includes('+sip.instance')) return undefined;
  const parameters = parseParameters(text);
  const instance = parameters.ok ? parameters.value.get('+sip.instance') : undefined;
  return instance === undefined || !parameters.ok
    ? undefined
    : `${instance.toLowerCase()} ${parameters.value.get('reg-id') ?? ''}`;
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
