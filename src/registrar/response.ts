// The header fields of a 200 to REGISTER (RFC 3261 §10.3 step 8; Path: RFC 3327 §5.3; Require and Flow-Timer:
// RFC 5626 §6; pub-gruu: RFC 5627 §5.3). Temporary GRUUs are not given: the node is a back-to-back user agent, so
// no peer ever sees a phone's Contact, and there is nothing to hide.

import { rfc1123Date } from '../base/rfc1123-date.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Binding } from '../ports/records.ts';
import { type Identity, publicGruu } from './device.ts';

/** Option tags of RFC 3327, RFC 5626 and RFC 5627. */
export const REGISTRAR_SUPPORTED = 'path, outbound, gruu';

export interface Registered {
  readonly binding: Binding;
  readonly identity: Identity;
}

export interface ResponseTerms {
  /** Of this REGISTER. */
  readonly path: readonly string[];
  /** This REGISTER made or refreshed a flow, by the rules of RFC 5626. */
  readonly outbound: boolean;
  /** The phone is to send keepalives at least this often; absent: as often as it likes. */
  readonly keepAliveMs: number | undefined;
  /** Absent: the phone does not understand GRUUs. */
  readonly gruuDomain: string | undefined;
}

/** One Contact row per binding, the Path of this REGISTER, and the time, which phones set their clock by. */
export function registeredHeaders(
  registered: readonly Registered[],
  now: Instant,
  terms: ResponseTerms,
): readonly (readonly [name: string, value: string])[] {
  const { path, outbound, keepAliveMs, gruuDomain } = terms;
  const flowTimer = outbound && keepAliveMs !== undefined ? [Math.floor(keepAliveMs / SECOND_MS)] : [];
  return [
    ...registered.map((one) => ['Contact', contactValue(one, now, gruuDomain)] as const),
    ...path.map((value) => ['Path', value] as const),
    ['Supported', REGISTRAR_SUPPORTED],
    ...(outbound ? [['Require', 'outbound'] as const] : []),
    ...flowTimer.map((seconds) => ['Flow-Timer', String(seconds)] as const),
    ['Date', rfc1123Date(now)],
  ];
}

function contactValue(
  { binding, identity: { instance } }: Registered,
  now: Instant,
  gruuDomain: string | undefined,
): string {
  // Rounded down, so that no phone refreshes too late; never to 0, which would mean "removed".
  const seconds = Math.max(1, Math.floor((binding.expiresAt - now) / SECOND_MS));
  const q = binding.q === 1_000 ? '' : `;q=${binding.q / 1_000}`;
  const gruu =
    gruuDomain === undefined || instance === undefined
      ? ''
      : `;pub-gruu="${publicGruu(binding, instance, gruuDomain)}"`;
  return `<${binding.contact}>${q}${binding.parameters}${gruu};expires=${seconds}`;
}
