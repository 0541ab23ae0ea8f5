// From what the file says to what it means: defaults filled in, addresses parsed, and the questions that no
// single key can answer alone, such as what a node that listens on every address calls itself.

import { resolve } from 'node:path';
import type { Findings } from '../../admin/documents/findings.ts';
import { durationMs } from '../../admin/documents/section.ts';
import { LIMITS } from '../../base/limits.ts';
import { formatEndpoint } from '../../base/net.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { MINUTE_MS, SECOND_MS } from '../../base/time.ts';
import { SESSION_TERMS, type SessionTerms } from '../../calls/session-timer.ts';
import {
  familyOf,
  ipLiteral,
  isHostName,
  isLoopback,
  isWildcard,
  type ListenTransport,
  parseDnsServer,
  parseEndpoint,
  parseListener,
  parseOrigin,
  parsePortRange,
} from './addresses.ts';
import type { Config, MediaAddress, SipListener, TlsFiles } from './config.ts';
import { resolveControl } from './control.ts';
import { resolveIncidents } from './incidents.ts';
import { resolveMail, resolveSms } from './notices.ts';
import { resolveRoles } from './roles.ts';
import { asList, type ConfigFile, itemPath, type ListenerSection } from './schema.ts';
import { resolveShield } from './shield.ts';
import { resolvePage } from './status-page.ts';
import { resolveTrace } from './trace.ts';
import { resolveTrunks, type TrunkContext } from './trunks.ts';
import { resolveWatch } from './watch.ts';

export type ResolveContext = Omit<TrunkContext, 'country'>;

const DEFAULTS = {
  name: 'node-1',
  dataFolder: './data',
  country: 'GB',
  listen: ['udp:127.0.0.1:5060', 'tcp:127.0.0.1:5060'],
  loopback: '127.0.0.1',
  ports: '20000-29999',
  silenceMs: 2 * MINUTE_MS,
  language: 'en',
  http: '127.0.0.1:8080',
  dnsTimeoutMs: 2 * SECOND_MS,
  level: 'info',
} as const;

const DNS_TIMEOUT_MIN_MS = 100;

export function resolveConfig(
  file: ConfigFile,
  context: ResolveContext,
  findings: Findings,
): Omit<Config, 'demo'> {
  const onlyWatches = resolveRoles(file, findings);
  const country = file.node?.country ?? DEFAULTS.country;
  const media = resolveMedia(file.media ?? {}, context, findings);
  const listeners = resolveListeners(file, media.addresses, findings);
  const tls = resolveTls(file, listeners, context, findings);
  checkTrunkTransports(file, listeners, findings);
  const onlyLocal = listeners.every(({ address }) => isLoopback(address));
  if (file.media?.address === undefined && !onlyLocal) {
    findings.add(['media', 'address'], 'is missing: the address of this machine that audio goes through');
  }
  const mail = resolveMail(file.mail, context, findings);
  const sms = resolveSms(file.sms, context, findings);
  const watch = resolveWatch(file, file.node?.name ?? DEFAULTS.name, context, findings);
  const written = parseEndpoint(file.http?.listen ?? DEFAULTS.http);
  const listen = findings.take(['http', 'listen'], written, { address: '', port: 0 });
  const page = resolvePage(file.status?.page, { ...context, api: listen }, findings);
  const control = resolveControl(file.control ?? {}, country, findings);
  const incidents = resolveIncidents(
    file.status,
    {
      components: watch?.components ?? [],
      controlNumbers: control.numbers,
      country,
      timeZone: page?.site.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    },
    findings,
  );
  const domain = findings.take(['sip', 'domain'], domainOf(file.sip?.domain, onlyLocal), '');
  return {
    node: {
      name: file.node?.name ?? DEFAULTS.name,
      dataFolder: resolve(context.folder, file.node?.data ?? DEFAULTS.dataFolder),
      country,
      onlyWatches,
      ...(file.node?.probeAccounts && { probeAccounts: asList(file.node.probeAccounts) }),
    },
    sip: {
      domain,
      listeners,
      acceptMd5: file.sip?.acceptMd5 ?? true,
      webOrigins: resolveOrigins(file.sip?.webOrigins, domain, findings),
      sessionTerms: resolveSessionTerms(file.sip ?? {}, findings),
    },
    ...(tls === undefined ? {} : { tls }),
    media,
    http: { listen },
    dns: resolveDns(file.dns ?? {}, findings),
    log: { level: file.log?.level ?? DEFAULTS.level },
    trace: resolveTrace(file.trace ?? {}, context, findings),
    shield: resolveShield(file.shield ?? {}, { listeners, media }, findings),
    ...(mail === undefined ? {} : { mail }),
    ...(sms === undefined ? {} : { sms }),
    ...(watch === undefined ? {} : { watch }),
    ...(page === undefined ? {} : { page }),
    incidents,
    control,
    trunks: resolveTrunks(file.trunks ?? [], { ...context, country }, findings),
  };
}

/** A node that only this machine can reach needs no name; any other one does, for its phones register to it. */
function domainOf(domain: string | undefined, onlyLocal: boolean): Result<string, string> {
  if (domain === undefined) {
    if (onlyLocal) return ok(DEFAULTS.loopback);
    return err('is missing: the name that phones register to, such as voice.example.net');
  }
  const named = familyOf(domain) !== undefined || isHostName(domain);
  return named ? ok(domain.toLowerCase()) : err('expected a host name, such as voice.example.net');
}

/** Unless told otherwise: pages of the provider's own domain, and those only as nobody could change them on the way. */
function resolveOrigins(
  written: string | readonly string[] | undefined,
  domain: string,
  findings: Findings,
): readonly string[] {
  if (written === undefined) return [`https://${domain}`];
  return asList(written).map((text, index) => {
    return findings.take(itemPath(['sip', 'webOrigins'], written, index), parseOrigin(text), '');
  });
}

function resolveMedia(
  media: NonNullable<ConfigFile['media']>,
  { folder }: Pick<ResolveContext, 'folder'>,
  findings: Findings,
): Config['media'] {
  const advertise = asList(media.advertise).map((text, index) => {
    return findings.take(itemPath(['media', 'advertise'], media.advertise, index), advertisable(text), '');
  });
  const written = media.address === undefined ? [DEFAULTS.loopback] : asList(media.address);
  const addresses = written.map((text, index) => {
    const address = findings.take(itemPath(['media', 'address'], media.address, index), ipLiteral(text), '');
    const advertised = findings.take(['media', 'advertise'], mediaAdvertised(address, advertise), '');
    return { address, advertised };
  });
  const [first = { address: '', advertised: '' }, ...others] = addresses;
  const families = new Set(addresses.map(({ address }) => familyOf(address)));
  if (addresses.length === 0 || families.size < addresses.length) {
    findings.add(['media', 'address'], 'expected one address, or one IPv4 and one IPv6 address');
  }
  return {
    addresses: [first, ...others],
    ports: findings.take(['media', 'ports'], parsePortRange(media.ports ?? DEFAULTS.ports), {
      from: 0,
      to: 0,
    }),
    silenceMs: media.silence === undefined ? DEFAULTS.silenceMs : durationMs(media.silence),
    ...(media.prompts === undefined ? {} : { prompts: resolve(folder, media.prompts) }),
    language: media.language ?? DEFAULTS.language,
  };
}

function mediaAdvertised(address: string, advertise: readonly string[]): Result<string, string> {
  const given = advertise.find((candidate) => familyOf(candidate) === familyOf(address));
  if (given !== undefined) return ok(given);
  if (!isWildcard(address)) return ok(address);
  return err(`is needed because media.address is ${address}: the address that phones send audio to`);
}

function resolveDns(dns: NonNullable<ConfigFile['dns']>, findings: Findings): Config['dns'] {
  const servers = asList(dns.servers).map((text, index) =>
    findings.take(itemPath(['dns', 'servers'], dns.servers, index), parseDnsServer(text), {
      address: '',
      port: 0,
    }),
  );
  const timeoutMs = dns.timeout === undefined ? DEFAULTS.dnsTimeoutMs : durationMs(dns.timeout);
  if (timeoutMs < DNS_TIMEOUT_MIN_MS || timeoutMs > LIMITS.dnsAnswerMs) {
    findings.add(['dns', 'timeout'], `must lie between 100ms and ${LIMITS.dnsAnswerMs / SECOND_MS}s`);
  }
  return { servers, timeoutMs };
}

function resolveSessionTerms(sip: NonNullable<ConfigFile['sip']>, findings: Findings): SessionTerms {
  const { sessionExpires, minSessionExpires } = sip;
  const minSeMs = minSessionExpires === undefined ? SESSION_TERMS.minSeMs : durationMs(minSessionExpires);
  const intervalMs = sessionExpires === undefined ? SESSION_TERMS.intervalMs : durationMs(sessionExpires);
  if (minSeMs < SECOND_MS) findings.add(['sip', 'minSessionExpires'], 'must be at least 1s');
  if (intervalMs < minSeMs)
    findings.add(
      ['sip', 'sessionExpires'],
      'must not be shorter than sip.minSessionExpires (90s by default)',
    );
  return { intervalMs, minSeMs };
}

function resolveListeners(
  { sip = {}, tls }: ConfigFile,
  mediaAddresses: readonly MediaAddress[],
  findings: Findings,
): readonly SipListener[] {
  const advertise = asList(sip.advertise).map((text, index) => {
    return findings.take(itemPath(['sip', 'advertise'], sip.advertise, index), advertisable(text), '');
  });
  const written: readonly ListenerSection[] = sip.listen === undefined ? DEFAULTS.listen : asList(sip.listen);
  const seen = new Set<string>();
  return written.flatMap((item, index) => {
    const { on: text, ...own } = typeof item === 'string' ? { on: item } : item;
    const path = itemPath(['sip', 'listen'], sip.listen, index);
    const parsed = parseListener(text);
    if (!parsed.ok) {
      findings.add(path, parsed.error);
      return [];
    }
    if (seen.has(text)) findings.add(path, 'is there twice');
    seen.add(text);
    const { transport, address } = parsed.value;
    if (own.clientCertificates !== undefined && !speaksTls(transport)) {
      findings.add(
        [...path, 'clientCertificates'],
        `is for tls and wss only: ${transport} has no certificates`,
      );
    }
    const advertised = findings.take(
      ['sip', 'advertise'],
      advertisedFor(address, advertise, mediaAddresses),
      '',
    );
    // What is asked of carriers would have every browser ask its person to choose a certificate.
    const ofAll = transport === 'wss' ? undefined : tls?.clientCertificates;
    const asked = own.clientCertificates ?? ofAll ?? 'off';
    const clientCertificates = speaksTls(transport) ? asked : 'off';
    return [{ ...parsed.value, advertised, clientCertificates, strict: own.strict ?? false }];
  });
}

function speaksTls(transport: ListenTransport): boolean {
  return transport === 'tls' || transport === 'wss';
}

/** A carrier over TLS is reached from a TLS listener, and sends its own requests to it. */
function checkTrunkTransports(
  { trunks = [] }: ConfigFile,
  listeners: readonly SipListener[],
  findings: Findings,
): void {
  if (listeners.some(({ transport }) => transport === 'tls')) return;
  for (const [index, { transport }] of trunks.entries()) {
    if (transport !== 'tls') continue;
    findings.add(
      ['trunks', index, 'transport'],
      'needs a tls listener in sip.listen, such as tls:0.0.0.0:5061',
    );
  }
}

/** The files themselves are read when the node starts, and whenever they change. */
function resolveTls(
  { tls }: ConfigFile,
  listeners: readonly SipListener[],
  { folder }: ResolveContext,
  findings: Findings,
): TlsFiles | undefined {
  if (tls === undefined) {
    const needy = listeners.find(({ transport }) => speaksTls(transport));
    if (needy === undefined) return undefined;
    const { transport, ...endpoint } = needy;
    findings.add(
      ['tls'],
      `is missing: sip.listen has ${transport}:${formatEndpoint(endpoint)}, so give certificate and key; ` +
        '`ringthrough certificate create` makes a pair to begin with',
    );
    return undefined;
  }
  return {
    certificate: resolve(folder, tls.certificate),
    key: resolve(folder, tls.key),
    authorities: asList(tls.ca).map((file) => resolve(folder, file)),
  };
}

/** What the node calls itself on a listener (RFC 3261 §18.1.1: sent-by must lead back to it). */
function advertisedFor(
  address: string,
  advertise: readonly string[],
  mediaAddresses: readonly MediaAddress[],
): Result<string, string> {
  if (isLoopback(address)) return ok(address);
  const given = advertise.find((candidate) => familyOf(candidate) === familyOf(address));
  if (given !== undefined) return ok(given);
  if (!isWildcard(address)) return ok(address);
  const ofMedia = mediaAddresses.find(({ advertised }) => familyOf(advertised) === familyOf(address));
  if (ofMedia !== undefined && !isLoopback(ofMedia.advertised)) return ok(ofMedia.advertised);
  return err(
    `is needed because sip.listen has ${address}: the address at which phones and carriers reach this node`,
  );
}

function advertisable(text: string): Result<string, string> {
  if (isWildcard(text)) return err(`${text} cannot be reached; give the address that others use`);
  return ipLiteral(text);
}
