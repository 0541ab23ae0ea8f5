// Which messages somebody wants to see. A call is shown whole or not at all: all of its legs, whichever matched.

import type { Instant } from '../base/time.ts';
import type { E164 } from '../ports/records.ts';
import { parseNameAddress } from '../sip/message/address.ts';
import { asBuffer } from '../sip/message/octets.ts';
import { parseMessage } from '../sip/message/parse.ts';
import { parseUri, type Uri, uriUser } from '../sip/message/uri.ts';
import { inOrder, type Kept, type KnownCall } from './journal.ts';

export type TraceFilter =
  | { readonly type: 'all' }
  /** `written`: the digits of every way to write the number. */
  | { readonly type: 'number'; readonly number: E164; readonly written: readonly string[] }
  /** A phone's user: its calls, its registrations, the probes that ask whether it is there. */
  | { readonly type: 'phone'; readonly user: string }
  /** The ledger's id. */
  | { readonly type: 'call'; readonly id: string }
  | { readonly type: 'sip-call-id'; readonly sipCallId: string };

export function callMatches(filter: TraceFilter, call: KnownCall): boolean {
  switch (filter.type) {
    case 'all':
      return true;
    case 'number':
      return call.parties.has(filter.number);
    case 'phone':
      return call.phones.has(filter.user);
    case 'call':
      return call.id === filter.id;
    case 'sip-call-id':
      return call.legs.has(filter.sipCallId);
  }
}

/** So many calls or messages are looked at in one go. */
const SLICE = 200;

/**
 * Messages that are wanted, the newest `max` of them, oldest first. A generator, so that whoever runs it can let
 * the node breathe at each step: there may be a hundred thousand to look at. A call is judged by what the core
 * knows of it, and by its first message.
 */
export function* search(
  filter: TraceFilter,
  { calls, others }: { readonly calls: readonly KnownCall[]; readonly others: readonly Kept[] },
  since: Instant,
  max: number,
): Generator<void, readonly Kept[]> {
  const found: Kept[] = [];
  let looked = 0;
  for (const call of calls.toReversed()) {
    if (found.length >= max) break;
    if (++looked % SLICE === 0) yield;
    const [first] = call.messages;
    if (first === undefined || !(callMatches(filter, call) || messageMatches(filter, first))) continue;
    for (const kept of call.messages) if (kept.at >= since) found.push(kept);
  }
  const enough = found.length + max;
  for (const kept of others.toReversed()) {
    if (found.length >= enough || kept.at < since) break;
    if (++looked % SLICE === 0) yield;
    if (messageMatches(filter, kept)) found.push(kept);
  }
  return inOrder(found).slice(-max);
}

/** By what the message itself says, whether or not it belongs to a call. */
export function messageMatches(filter: TraceFilter, { bytes, sipCallId }: Kept): boolean {
  switch (filter.type) {
    case 'all':
      return true;
    case 'number':
      // People write numbers in groups, of which the last has four digits or more. Most messages need no parsing.
      if (!asBuffer(bytes).includes(filter.number.slice(-LAST_GROUP_DIGITS))) return false;
      return usersIn(bytes, IDENTITIES).some((user) => filter.written.includes(user.replace(/\D/g, '')));
    case 'phone':
      if (!asBuffer(bytes).includes(filter.user)) return false;
      return usersIn(bytes, ['From', 'To']).includes(filter.user);
    case 'call':
      return false;
    case 'sip-call-id':
      return sipCallId === filter.sipCallId;
  }
}

const LAST_GROUP_DIGITS = 4;

/** Where a message says whom it is about. */
const IDENTITIES = ['From', 'To', 'P-Asserted-Identity', 'Remote-Party-ID', 'Diversion', 'P-Called-Party-ID'];

function usersIn(bytes: Uint8Array, names: readonly string[]): readonly string[] {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) return [];
  const { value: message } = parsed;
  const uris = names.flatMap((name) =>
    message.headers.values(name).flatMap((value) => {
      const address = parseNameAddress(value);
      return address.ok ? [address.value.uri] : [];
    }),
  );
  if (message.kind === 'request') uris.push(message.uri);
  return uris.flatMap((uri) => {
    const read = parseUri(uri);
    const user = read.ok ? userOf(read.value, uri) : undefined;
    return user === undefined ? [] : [user];
  });
}

function userOf(uri: Uri, written: string): string | undefined {
  // Parameters of a telephone-subscriber (RFC 3261 §19.1.6) are not part of the number.
  return uri.scheme === 'tel' ? uri.number : uriUser(written)?.split(';')[0];
}
