// Bindings by the flow that leads to them, and what becomes of that way when its connection is gone.
//
// One flow may lead to many phones: a telephone system that registers each of its extensions from one
// socket, or a proxy (Path). So what every packet from a flow costs here does not grow with their number.

import { type Flow, flowKey, isWebSocket } from '../base/net.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { Binding } from '../ports/records.ts';
import { parseNameAddress } from '../sip/message/address.ts';
import { equalHosts } from '../sip/message/host.ts';
import { parseUri } from '../sip/message/uri.ts';

interface Group<E> {
  readonly members: Set<E>;
  heardAt: Instant;
}

/** Signs of life that follow each other faster say nothing new. */
const HEARD_AGAIN_MS = SECOND_MS;
const SIP_PORT = 5060;
const SIPS_PORT = 5061;

export class FlowIndex<E extends { readonly binding: Binding }> {
  readonly #groups = new Map<string, Group<E>>();

  add(entry: E): void {
    const key = groupOf(entry.binding);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { members: new Set([entry]), heardAt: -Infinity });
    else group.members.add(entry);
  }

  /** Before its flow or path is changed. */
  remove(entry: E): void {
    const key = groupOf(entry.binding);
    const group = this.#groups.get(key);
    group?.members.delete(entry);
    if (group?.members.size === 0) this.#groups.delete(key);
  }

  /** All that the flow leads to. */
  on(flow: Flow): readonly E[] {
    const [direct, proxied] = [this.#groups.get(flowKey(flow)), this.#groups.get(proxiedKey(flow))];
    return [...(direct?.members ?? []), ...(proxied?.members ?? [])];
  }

  /** For whom a packet from this flow is a sign of life, and news. A proxy's packets prove no phone. */
  heard(flow: Flow, now: Instant): Iterable<E> {
    const group = this.#groups.get(flowKey(flow));
    if (group === undefined || now - group.heardAt < HEARD_AGAIN_MS) return [];
    group.heardAt = now;
    return group.members;
  }

  /** The entry was lost: the next packet from its flow is news. */
  lost(entry: E): void {
    const group = this.#groups.get(groupOf(entry.binding));
    if (group !== undefined) group.heardAt = -Infinity;
  }
}

function groupOf({ flow, path }: Binding): string {
  return path.length === 0 ? flowKey(flow) : proxiedKey(flow);
}

function proxiedKey(flow: Flow): string {
  return `path|${flowKey(flow)}`;
}

/**
 * The flow to a phone whose connection is gone. It `mayLead` there, over a new connection (RFC 3261 §18.1.1), when the
 * Contact or the first proxy names the very address that the phone registered from. Any other address is behind a
 * NAT, or is somebody else whom a phone must not make us connect to; and nobody can connect to a browser (RFC 7118
 * §5.4). Such a flow keeps its dead connection: the next one from that port, behind a NAT or a reverse proxy, may be
 * another device's.
 */
export function otherWayTo(binding: Binding): { readonly flow: Flow; readonly mayLead: boolean } {
  const { transport, local, remote } = binding.flow;
  const hop = isWebSocket(transport) ? undefined : hopOf(binding);
  return hop !== undefined && equalHosts(hop.host, remote.address)
    ? { flow: { transport, local, remote: { address: remote.address, port: hop.port } }, mayLead: true }
    : { flow: binding.flow, mayLead: false };
}

function hopOf(binding: Binding): { readonly host: string; readonly port: number } | undefined {
  const address = parseNameAddress(binding.path[0] ?? `<${binding.contact}>`);
  const uri = address.ok ? parseUri(address.value.uri) : undefined;
  if (uri?.ok !== true || !('host' in uri.value)) return undefined;
  const port = uri.value.port ?? (binding.flow.transport === 'tls' ? SIPS_PORT : SIP_PORT);
  return { host: uri.value.host, port };
}
