// Is there room for what a REGISTER adds? Devices are counted, not flows: a phone that keeps two ways open to its
// one desk must not find its limit half full (RFC 5626 §4.2.1 wants two). What has not answered for longest gives
// way first, a whole device where devices are too many, a flow where one device has too many of them.

import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Instant } from '../base/time.ts';
import type { Identity } from './device.ts';
import type { Refusal } from './request.ts';

/** A binding, as far as counting goes. */
interface Counted {
  readonly identity: Identity;
}

interface Living extends Counted {
  /** Since when it does not answer. */
  readonly unreachableSince: Instant | undefined;
}

export interface Capacity {
  /** Devices that the phone may be registered from. */
  readonly bindingsPerPhoneMax: number;
  /** Bindings that the node can still take. */
  readonly room: number;
  readonly retryAfterSeconds: number;
}

const TOO_MANY: Refusal = { status: 403, reason: 'Too Many Contacts' };
const TOO_MANY_FLOWS: Refusal = { status: 403, reason: 'Too Many Flows Of One Device' };

/**
 * Which of `left`, the bindings that the update leaves alone or refreshes, give way to `added`. What is `kept`
 * does not.
 */
export function makeRoom<H extends Living>(
  left: readonly H[],
  kept: ReadonlySet<H>,
  added: readonly Counted[],
  { bindingsPerPhoneMax, room, retryAfterSeconds }: Capacity,
): Result<readonly H[], Refusal> {
  const flows = flowsGivingWay(left, kept, added);
  if (!flows.ok) return flows;
  const gone = new Set(flows.value);
  const devices = devicesOf(left.filter((one) => !gone.has(one)));
  const before = devices.size;
  const wanted = new Set([...devices.keys(), ...devicesOf(added).keys()]);
  const excess = wanted.size - Math.max(bindingsPerPhoneMax, 0);
  if (wanted.size > before && excess > 0) {
    const newcomers = devicesOf(added);
    const idle = [...devices]
      .filter(
        ([device, bindings]) =>
          !(typeof device === 'string' && newcomers.has(device)) && !bindings.some((one) => kept.has(one)),
      )
      .flatMap(([, bindings]) => {
        const since = unreachableSince(bindings);
        return since === undefined ? [] : [{ bindings, since }];
      })
      .sort((a, b) => a.since - b.since);
    if (excess > idle.length) return err(TOO_MANY);
    for (const { bindings } of idle.slice(0, excess)) for (const one of bindings) gone.add(one);
  }
  if (added.length - gone.size > room) return err(nodeFull(retryAfterSeconds));
  return ok([...gone]);
}

function flowsGivingWay<H extends Living>(
  left: readonly H[],
  kept: ReadonlySet<H>,
  added: readonly Counted[],
): Result<readonly H[], Refusal> {
  const giveWay: H[] = [];
  const present = devicesOf(left);
  for (const [device, flows] of devicesOf(added)) {
    const others = typeof device === 'string' ? (present.get(device) ?? []) : [];
    const excess = others.length + flows.length - LIMITS.flowsPerDeviceMax;
    if (excess <= 0) continue;
    const idle = others
      .filter((one) => !kept.has(one) && one.unreachableSince !== undefined)
      .sort((a, b) => (a.unreachableSince ?? 0) - (b.unreachableSince ?? 0));
    if (excess > idle.length) return err(TOO_MANY_FLOWS);
    giveWay.push(...idle.slice(0, excess));
  }
  return ok(giveWay);
}

/** A contact without an instance is a device of its own. */
function devicesOf<B extends Counted>(bindings: readonly B[]): Map<string | B, readonly B[]> {
  const devices = new Map<string | B, readonly B[]>();
  for (const binding of bindings) {
    const device = binding.identity.instance ?? binding;
    devices.set(device, [...(devices.get(device) ?? []), binding]);
  }
  return devices;
}

/** When the last of a device's flows was lost; `undefined` while one may still lead to it. */
function unreachableSince(flows: readonly Living[]): number | undefined {
  let latest = Number.NEGATIVE_INFINITY;
  for (const { unreachableSince: since } of flows) {
    if (since === undefined) return undefined;
    latest = Math.max(latest, since);
  }
  return latest;
}

function nodeFull(retryAfterSeconds: number): Refusal {
  return {
    status: 503,
    reason: 'Registrar Full',
    headers: [['Retry-After', String(retryAfterSeconds)]],
  };
}
