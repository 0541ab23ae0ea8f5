// Whether the servers of a zone have the same records: each of them is asked itself, as the resolvers of customers ask
// whichever they happen to choose.
//
//   name ─▶ its zone's NS records ─▶ the address of each ─▶ TYPE name, SOA name ─▶ compare
//
//   fails     nobody has it; one says another thing than is expected; they differ for longer than the grace
//   warns     one does not answer, refuses, or is not authoritative (resolvers go on to the next one); they differ
//             while a change may be on its way; one keeps an old version of the zone for longer than that
//
// That there is no such name or record is an answer like another when it is authoritative: resolvers ask nobody else
// then, and remember it (RFC 2308).

import { LIMITS } from '../../base/limits.ts';
import type { Endpoint } from '../../base/net.ts';
import { formatDuration } from '../../base/time.ts';
import type { Resolver } from '../../ports/dns.ts';
import type { DnsTarget, Found } from '../../ports/probes.ts';
import type { Random } from '../../ports/random.ts';
import { normalName } from '../../sip/location/records.ts';
import { type Exchanged, exchangeWhole } from './exchange.ts';
import type { AnyQuestion, WholeAnswer } from './message.ts';
import { canonical, recordText } from './record-text.ts';

export interface AgreementOptions {
  /** For the addresses of servers. */
  readonly resolver: Resolver;
  /** Who is asked which servers a zone has. */
  readonly servers: readonly Endpoint[];
  readonly random: Random;
  /** Never goes back: for how long servers have differed. */
  readonly elapsedMs: () => number;
  /** Where servers of zones listen, unless it is said; 53 but in tests. */
  readonly zonePort?: number;
}

type Server = DnsTarget['servers'][number];

interface Said {
  /** As it was given: `ns1.example.net`. */
  readonly server: string;
  readonly latencyMs?: number;
  /** Sorted; none where it says with authority that there are none; absent where there is nothing to compare. */
  readonly records?: readonly string[];
  /** Why there are none, or nothing to compare. */
  readonly trouble?: string;
  readonly serial?: number | undefined;
  /** It is no fault of the server's that it was not heard. */
  readonly isOurs?: boolean;
}

const DNS_PORT = 53;
/** Of the time for all: one that is silent must not take the others' word with it. */
const FINDING_SHARE = 0.3;
const ASKING_SHARE = 0.6;
/** What the system says where it has no way to any IPv6 address. */
const NO_IPV6 = /ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT/;
const NOT_FROM_HERE = 'has IPv6 alone, and this machine has none';

export class Agreement {
  readonly #options: AgreementOptions;
  /** As many as there are probes. */
  readonly #differSince = new WeakMap<DnsTarget, number>();

  constructor(options: AgreementOptions) {
    this.#options = options;
  }

  /** Rejects with why it failed. */
  async probe(target: DnsTarget, timeoutMs: number, signal: AbortSignal): Promise<Found> {
    const finding = AbortSignal.any([signal, AbortSignal.timeout(FINDING_SHARE * timeoutMs)]);
    const servers =
      target.servers.length > 0 ? target.servers : await this.#serversOf(normalName(target.name), finding);
    const asking = AbortSignal.any([signal, AbortSignal.timeout(ASKING_SHARE * timeoutMs)]);
    const said = await Promise.all(servers.map((server) => this.#heard(server, target, asking)));
    const having = said.filter(hasAnswered);
    const hasAny = having.some(({ records = [] }) => records.length > 0);
    if (!hasAny) throw new Error(said.map(told).join('; '));
    const wrong = having.filter(({ records = [] }) => !isExpected(records, target));
    if (wrong.length > 0) throw new Error(`not as expected: ${wrong.map(told).join('; ')}`);
    const differ = new Set(having.map(({ records }) => JSON.stringify(records))).size > 1;
    const spread = serialSpread(having);
    const lasts = this.#differForMs(target, differ || spread > 0) >= target.graceMs;
    const difference = `they differ: ${having.map(told).join('; ')}`;
    if (differ && lasts) throw new Error(difference);
    const warnings = said.filter((one) => !hasAnswered(one) && one.isOurs !== true).map(told);
    if (differ) warnings.push(difference);
    else if (spread > 0 && lasts) warnings.push(oldVersions(having, target.graceMs));
    const measures = { serversAnswering: having.length, serialSpread: spread, ...latencies(said) };
    return warnings.length === 0 ? { measures } : { measures, warning: warnings.join('; ') };
  }

  /** The nearest name above, or the name itself, that has servers of its own. */
  async #serversOf(name: string, signal: AbortSignal): Promise<readonly Server[]> {
    const labels = name.split('.');
    let trouble = 'no DNS server is known';
    for (let at = 0; at < Math.max(1, labels.length - 1); at++) {
      const zone = labels.slice(at).join('.');
      for (const server of this.#options.servers) {
        const answer = await this.#ask(server, { type: 'NS', name: zone }, true, signal);
        trouble = answer.type === 'failed' ? answer.reason : `answered ${answer.code}`;
        if (answer.type === 'failed' || !['NOERROR', 'NXDOMAIN'].includes(answer.code)) continue;
        const hosts = (answer.message.answers ?? []).flatMap((row) => (row.type === 'NS' ? [row.data] : []));
        if (hosts.length > 0) return hosts.slice(0, LIMITS.probeDnsServersMax).map((host) => ({ host }));
        trouble = `nobody has servers for ${zone}`;
        break;
      }
    }
    throw new Error(`which servers the zone of ${name} has cannot be found: ${trouble}`);
  }

  async #heard({ host, ...rest }: Server, target: DnsTarget, signal: AbortSignal): Promise<Said> {
    const port = rest.port ?? this.#options.zonePort ?? DNS_PORT;
    const server = port === DNS_PORT ? normalName(host) : `${normalName(host)}:${port}`;
    const address = await Promise.race([addressOf(host, this.#options.resolver), given(signal)]);
    if (address === 'given up') return { server, trouble: 'has no address that DNS tells in time' };
    if (address === undefined) return { server, trouble: 'has no address' };
    const startedAt = this.#options.elapsedMs();
    const there = { address, port };
    const name = normalName(target.name);
    const recursion = !target.authoritative;
    const [answer, soa] = await Promise.all([
      this.#ask(there, { type: target.record, name }, recursion, signal).then((heard) => {
        return { heard, latencyMs: Math.round(10 * (this.#options.elapsedMs() - startedAt)) / 10 };
      }),
      // Versions that a resolver remembers say nothing of the zone.
      target.authoritative ? this.#ask(there, { type: 'SOA', name }, recursion, signal) : undefined,
    ]);
    const { heard, latencyMs } = answer;
    if (heard.type === 'failed') {
      const isOurs = address.includes(':') && NO_IPV6.test(heard.reason);
      return isOurs ? { server, trouble: NOT_FROM_HERE, isOurs } : { server, trouble: heard.reason };
    }
    const read = readRecords(heard, target);
    const serial = soa?.type === 'answer' ? serialOf(soa) : undefined;
    return { server, latencyMs, serial, ...read };
  }

  /** Again without EDNS where a server of long ago does not know it, and after a while where it is silent. */
  async #ask(
    server: Endpoint,
    question: AnyQuestion,
    recursion: boolean,
    signal: AbortSignal,
  ): Promise<Exchanged> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const once = (edns: boolean): Promise<Exchanged> => {
      return exchangeWhole({ question, server, id: this.#newId(), edns, recursion, signal: either });
    };
    let timer: NodeJS.Timeout | undefined;
    const again = new Promise<Exchanged>((resolve) => {
      timer = setTimeout(() => void once(true).then(resolve), LIMITS.probeDnsAgainMs);
    });
    const first = await Promise.race([once(true), again]);
    clearTimeout(timer);
    const answer =
      first.type === 'answer' && ['FORMERR', 'NOTIMP'].includes(first.code) ? await once(false) : first;
    over.abort();
    return answer;
  }

  #differForMs(target: DnsTarget, differ: boolean): number {
    const now = this.#options.elapsedMs();
    if (!differ) this.#differSince.delete(target);
    else if (!this.#differSince.has(target)) this.#differSince.set(target, now);
    return differ ? now - (this.#differSince.get(target) ?? now) : 0;
  }

  #newId(): number {
    const [high = 0, low = 0] = this.#options.random.bytes(2);
    return (high << 8) | low;
  }
}

function given(signal: AbortSignal): Promise<'given up'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('given up');
    signal.addEventListener('abort', () => resolve('given up'), { once: true });
  });
}

/** IPv4 where it has one, as most resolvers would take. */
async function addressOf(host: string, resolver: Resolver): Promise<string | undefined> {
  if (/^[\d.]+$|:/.test(host)) return host;
  const name = normalName(host);
  const replies = (['A', 'AAAA'] as const).map((type) => resolver.ask({ type, name }));
  for (const reply of await Promise.all(replies)) {
    for (const { record } of reply.type === 'rows' ? reply.rows : [])
      if ('address' in record) return record.address;
  }
  return undefined;
}

function readRecords(
  { message, code }: WholeAnswer,
  { record, authoritative, name }: DnsTarget,
): Pick<Said, 'records' | 'trouble'> {
  const isNameless = code === 'NXDOMAIN';
  if (!isNameless && code !== 'NOERROR') return { trouble: `answered ${code}` };
  if (!isNameless && authoritative && !message.flag_aa) return { trouble: 'is not authoritative for it' };
  const own = (message.answers ?? []).filter((answer) => {
    return !authoritative || normalName(answer.name) === normalName(name);
  });
  const records = own.flatMap((answer) => recordText(answer, record) ?? []).sort();
  if (!isNameless && records.length > 0) return { records };
  const trouble = isNameless ? 'says that there is no such name' : `has no ${record} record of it`;
  // An alias that leads to no name is there itself: what is denied then is the name it leads to.
  return message.flag_aa && own.length === 0 ? { records: [], trouble } : { trouble };
}

function hasAnswered({ records }: Said): boolean {
  return records !== undefined;
}

/** Of the zone that the name is in, wherever it begins: where it has no SOA of its own, the authority section does. */
function serialOf({ message }: WholeAnswer): number | undefined {
  const rows = [...(message.answers ?? []), ...(message.authorities ?? [])];
  const soa = rows.find((row) => row.type === 'SOA');
  return soa?.type === 'SOA' ? soa.data.serial : undefined;
}

function isExpected(records: readonly string[], { expect, record }: DnsTarget): boolean {
  if (expect === undefined) return true;
  const wanted = expect.map((text) => canonical(text, record)).sort();
  return JSON.stringify(wanted) === JSON.stringify(records);
}

/** Serials go round (RFC 1982), so that only how far apart they are says anything. */
function serialSpread(said: readonly Said[]): number {
  const serials = said.flatMap(({ serial }) => serial ?? []);
  const apart = serials.map((serial) => (serial - (serials[0] ?? 0)) | 0);
  return apart.length === 0 ? 0 : Math.max(...apart) - Math.min(...apart);
}

function oldVersions(having: readonly Said[], graceMs: number): string {
  const serials = having.map(({ server, serial }) => `${server} ${serial ?? 'none'}`).join(', ');
  return `the zone has had different serials for ${formatDuration(graceMs)}: ${serials}`;
}

function latencies(said: readonly Said[]): Record<string, number> {
  return Object.fromEntries(
    said.flatMap(({ server, latencyMs }) => {
      return latencyMs === undefined
        ? []
        : [[`${server.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}Ms`, latencyMs]];
    }),
  );
}

/** `ns1.example.net answered REFUSED`, `ns1.example.net says 192.0.2.1, 192.0.2.2` */
function told({ server, records = [], trouble }: Said): string {
  return `${server} ${trouble ?? `says ${records.join(', ')}`}`;
}
