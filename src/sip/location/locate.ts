// Locating SIP servers: RFC 3263 §4, without asking anybody itself. Given what DNS has answered so far, it says
// what to ask next, or where the target's servers are.
//
//   name alone        NAPTR ─▶ SRV of each service that we can speak ─▶ A, AAAA of each server
//                       └ none: SRV of each of our transports ┘ └ none: A, AAAA of the name itself
//   name, transport   SRV of it ─▶ A, AAAA        name, port   A, AAAA        address   itself
//
// It keeps nothing between calls: what has been answered is looked up, so asking again with one answer more goes
// one step further, and an answer that ran out is simply missing.

import { LIMITS } from '../../base/limits.ts';
import { isSecure, type TransportName } from '../../base/net.ts';
import type { Instant } from '../../base/time.ts';
import {
  type Answer,
  type DnsRecord,
  isDomainName,
  type NaptrRecord,
  normalName,
  type Question,
  type RecordType,
  type SrvRecord,
} from './records.ts';
import { type Ability, defaultPort, literalFamily, type Target } from './target.ts';

/** One server. Its addresses are tried in their order before the next server is (§4.2). */
export interface Server {
  readonly transport: TransportName;
  /** The SRV target, or the target's own host. */
  readonly name: string;
  readonly port: number;
  /** Never empty. */
  readonly addresses: readonly string[];
  /** Lower is tried first, over all transports. */
  readonly priority: number;
  readonly weight: number;
}

export type Location =
  | { readonly type: 'ask'; readonly questions: readonly Question[] }
  /** `trouble`: what could not be asked, so that this may not be all, or may be old. */
  | {
      readonly type: 'found';
      readonly servers: readonly Server[];
      readonly until: Instant;
      readonly trouble?: string;
    }
  | { readonly type: 'nowhere'; readonly reason: string; readonly until: Instant; readonly trouble?: string };

/** A transport to be had, and where DNS lists its servers. */
interface Service {
  readonly transport: TransportName;
  readonly srvName: string;
}

/** Of a priority in SRV, which is 16 bits wide: services that are tried one after another are this far apart. */
const PRIORITIES = 65_536;

const NAPTR_SERVICES: ReadonlyMap<string, TransportName> = new Map([
  ['sip+d2u', 'udp'],
  ['sip+d2t', 'tcp'],
  ['sips+d2t', 'tls'],
  ['sip+d2w', 'ws'],
  ['sips+d2w', 'wss'],
]);

/** `lookup` gives what has been answered and still holds, `undefined` for what must be asked. */
export function locate(
  target: Target,
  abilities: readonly Ability[],
  lookup: (question: Question) => Answer | undefined,
): Location {
  return new Search(target, abilities, lookup).run();
}

class Search {
  readonly #target: Target;
  /** What the target allows of what we can speak. */
  readonly #abilities: readonly Ability[];
  readonly #lookup: (question: Question) => Answer | undefined;
  readonly #questions: Question[] = [];
  #until: Instant = Number.POSITIVE_INFINITY;
  #trouble: string | undefined;

  constructor(
    target: Target,
    abilities: readonly Ability[],
    lookup: (question: Question) => Answer | undefined,
  ) {
    this.#target = { ...target, host: normalName(target.host) };
    this.#abilities = permitted(target, abilities);
    this.#lookup = lookup;
  }

  run(): Location {
    const { host, port, transport } = this.#target;
    const family = literalFamily(host);
    const plain = this.#plainTransport();
    if (plain === undefined) return this.#nowhere(`this node cannot send there: ${this.#wanted()}`);
    if (family !== undefined) return this.#literal(plain, family);
    if (!isDomainName(host)) return this.#nowhere(`"${host}" is no host name`);
    if (port !== undefined) return this.#ownAddresses(plain);
    const services = transport === undefined ? this.#naptrServices() : [this.#service(plain)];
    if (services === undefined) return this.#ask();
    return this.#serversOf(services);
  }

  // ── one function per kind of question ──

  #literal(transport: TransportName, family: 'ipv4' | 'ipv6'): Location {
    if (!this.#families(transport).includes(family))
      return this.#nowhere(`this node has no ${transport} listener for ${this.#target.host}`);
    return this.#found([this.#own(transport, [this.#target.host])]);
  }

  /** NAPTR (§4.1). Only the lowest order that has something for us counts (RFC 2915 §2); without any, SRV is asked. */
  #naptrServices(): readonly Service[] | undefined {
    const records = this.#records('NAPTR', this.#target.host);
    if (records === undefined) return undefined;
    const usable = records
      .flatMap((record) => (record.type === 'NAPTR' ? this.#usable(record) : []))
      .sort((a, b) => a.order - b.order || a.preference - b.preference);
    const [first] = usable;
    if (first === undefined) return this.#customaryServices();
    return usable.filter(({ order }) => order === first.order).slice(0, LIMITS.naptrServicesMax);
  }

  /** Without NAPTR, sip asks for what is plain alone (§4.1), so that an old domain does not get TLS by surprise. */
  #customaryServices(): readonly Service[] {
    const plain = this.#abilities.filter(({ transport }) => !isSecure(transport));
    const chosen = plain.length > 0 ? plain : this.#abilities;
    return chosen.map(({ transport }) => this.#service(transport));
  }

  /** Terminal records alone: none points to further NAPTR, so they cannot run in a circle. */
  #usable({ order, preference, flags, service, regexp, replacement }: NaptrRecord) {
    const transport = NAPTR_SERVICES.get(service.toLowerCase());
    const srvName = normalName(replacement);
    const spoken = this.#abilities.some((ability) => ability.transport === transport);
    if (transport === undefined || !spoken || flags.toLowerCase() !== 's') return [];
    return regexp === '' && isDomainName(srvName) ? [{ order, preference, transport, srvName }] : [];
  }

  #serversOf(services: readonly Service[]): Location {
    const answers = services.map(({ srvName }) => this.#records('SRV', srvName));
    if (this.#questions.length > 0) return this.#ask();
    const entries = answers.flatMap((records, index) => {
      const { transport } = services[index] ?? { transport: 'udp' as const };
      return (records ?? [])
        .filter((record) => record.type === 'SRV')
        .map((record) => ({ record, transport, priority: index * PRIORITIES + record.priority }));
    });
    const open = entries.filter(({ record }) => normalName(record.target) !== '');
    // A target of "." is the owner's word that there is nothing, so no address is guessed (RFC 2782).
    if (entries.length > 0 && open.length === 0)
      return this.#nowhere(`${this.#target.host} says that it has no such service`);
    open.sort((a, b) => a.priority - b.priority || b.record.weight - a.record.weight);
    const servers = open
      .slice(0, LIMITS.serversMax)
      .map(({ record, transport, priority }) => this.#server(record, transport, priority));
    if (this.#questions.length > 0) return this.#ask();
    const reachable = servers.filter(({ addresses }) => addresses.length > 0);
    if (reachable.length > 0) return this.#found(reachable);
    if (open.length > 0)
      return this.#nowhere(`none of the servers of ${this.#target.host} has an address for us`);
    return this.#ownAddresses(this.#plainTransport() ?? 'udp');
  }

  #server(record: SrvRecord, transport: TransportName, priority: number): Server {
    const { port, weight } = record;
    const name = normalName(record.target);
    return { transport, name, port, addresses: this.#addresses(name, transport), priority, weight };
  }

  /** A and AAAA of the target itself. */
  #ownAddresses(transport: TransportName): Location {
    const addresses = this.#addresses(this.#target.host, transport);
    if (this.#questions.length > 0) return this.#ask();
    return addresses.length > 0
      ? this.#found([this.#own(transport, addresses)])
      : this.#nowhere(`${this.#target.host} has no address for us`);
  }

  // ── parts ──

  #own(transport: TransportName, addresses: readonly string[]): Server {
    const { host, port = defaultPort(transport) } = this.#target;
    return { transport, name: host, port, addresses, priority: 0, weight: 0 };
  }

  #addresses(name: string, transport: TransportName): readonly string[] {
    // An SRV target must be a name (RFC 2782); carriers that write an address there mean it.
    const literal = literalFamily(name);
    const families = this.#families(transport);
    if (literal !== undefined) return families.includes(literal) ? [name] : [];
    return families.flatMap((family) => {
      const records = this.#records(family === 'ipv4' ? 'A' : 'AAAA', name) ?? [];
      return records.flatMap((record) => ('address' in record ? [record.address] : []));
    });
  }

  /** Follows aliases, within bounds. `undefined`: it must be asked first. */
  #records(type: RecordType, name: string): readonly DnsRecord[] | undefined {
    let at = name;
    for (let aliases = 0; aliases <= LIMITS.dnsAliasesMax; aliases++) {
      if (!isDomainName(at)) return [];
      const question = { type, name: at };
      const answer = this.#lookup(question);
      if (answer === undefined) {
        this.#questions.push(question);
        return undefined;
      }
      this.#until = Math.min(this.#until, answer.until);
      if (answer.type !== 'none') this.#trouble ??= answer.trouble;
      if (answer.type === 'records') return answer.records;
      if (answer.type !== 'alias') return [];
      at = answer.name;
    }
    return [];
  }

  /** Where nothing says otherwise: UDP, or TLS for sips (§4.1); the first that we have, where we lack that. */
  #plainTransport(): TransportName | undefined {
    const usual = this.#abilities.find(({ transport }) => transport === 'udp') ?? this.#abilities[0];
    return usual?.transport;
  }

  #service(transport: TransportName): Service {
    const { host } = this.#target;
    const prefix = {
      udp: '_sip._udp',
      tcp: '_sip._tcp',
      tls: '_sips._tcp',
      ws: '_sip._ws',
      wss: '_sips._ws',
    };
    return { transport, srvName: `${prefix[transport]}.${host}` };
  }

  #families(transport: TransportName): Ability['families'] {
    return this.#abilities.find((ability) => ability.transport === transport)?.families ?? [];
  }

  #wanted(): string {
    const { scheme, transport } = this.#target;
    return transport === undefined ? scheme : `${scheme} over ${transport}`;
  }

  #ask(): Location {
    return { type: 'ask', questions: this.#questions };
  }

  #found(servers: readonly Server[]): Location {
    let room: number = LIMITS.serversMax;
    const fitting = servers.flatMap((server) => {
      const addresses = server.addresses.slice(0, room);
      room -= addresses.length;
      return addresses.length === 0 ? [] : [{ ...server, addresses }];
    });
    return { type: 'found', servers: fitting, until: this.#until, ...this.#troubled() };
  }

  #nowhere(reason: string): Location {
    return { type: 'nowhere', reason, until: this.#until, ...this.#troubled() };
  }

  #troubled(): { readonly trouble?: string } {
    return this.#trouble === undefined ? {} : { trouble: this.#trouble };
  }
}

/**
 * For sips only what is encrypted (§4.1), where `transport=tcp` means TLS over it (RFC 3261 §26.2.2). A transport
 * that was asked for is the only one. WebSocket is never guessed: a browser's is no server.
 */
function permitted(target: Target, abilities: readonly Ability[]): readonly Ability[] {
  const { scheme, transport } = target;
  const secure = scheme === 'sips' ? abilities.filter((one) => isSecure(one.transport)) : abilities;
  if (transport === undefined) return secure;
  const asked =
    scheme === 'sips' && transport === 'tcp'
      ? 'tls'
      : scheme === 'sips' && transport === 'ws'
        ? 'wss'
        : transport;
  return secure.filter((one) => one.transport === asked);
}
