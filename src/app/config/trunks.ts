// The trunks of the configuration. A trunk spends money or lets strangers' calls in, so nothing about it is
// guessed: calls out must be asked for, and whatever it lacks to work is a mistake now rather than on the day.

import { resolve } from 'node:path';
import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import { durationMs } from '../../admin/documents/section.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { MINUTE_MS } from '../../base/time.ts';
import type { TrunkSettings } from '../../ports/records.ts';
import { defaultPort } from '../../sip/location/target.ts';
import { familyOf, isHostName, parseHost, parseRange } from './addresses.ts';
import { asList, itemPath, type TrunkSection } from './schema.ts';

const REGISTER_EXPIRES_MS = 5 * MINUTE_MS;
const CALLS_MAX = 100;

export interface TrunkContext {
  /** Relative paths in the file count from here. */
  readonly folder: string;
  /** Reads a file that holds a password; throws where it cannot. */
  readSecret(path: string): string;
  /** The country of trunks that name none. */
  readonly country: string;
}

export function resolveTrunks(
  sections: readonly TrunkSection[],
  context: TrunkContext,
  findings: Findings,
): readonly TrunkSettings[] {
  const names = new Set<string>();
  /** Connections are verified by domain, so that one trunk's word would be another's. */
  const verified = new Map<string, boolean>();
  return sections.map((section, index) => {
    if (names.has(section.name))
      findings.add(['trunks', index, 'name'], `there is another trunk "${section.name}"`);
    names.add(section.name);
    const trunk = resolveTrunk(section, ['trunks', index], context, findings);
    const domain = trunk.tls?.domain ?? trunk.target.host;
    const verify = trunk.tls?.verify ?? true;
    if (verified.get(domain) === !verify) {
      const other = `another trunk has verify: ${!verify} for ${domain}`;
      findings.add(['trunks', index, 'tls', 'verify'], `${other}; give both the same`);
    }
    verified.set(domain, verify);
    return trunk;
  });
}

function resolveTrunk(
  section: TrunkSection,
  path: Path,
  context: TrunkContext,
  findings: Findings,
): TrunkSettings {
  const inbound = section.inbound ?? true;
  const outbound = section.outbound ?? false;
  if (!inbound && !outbound) findings.add(path, 'carries no calls: set inbound or outbound to true');
  const address = findings.take([...path, 'address'], parseHost(section.address), { host: '' });
  const from = asList(section.from);
  from.forEach((range, index) => {
    findings.take(itemPath([...path, 'from'], section.from, index), parseRange(range), '');
  });
  const credentials = resolveCredentials(section, path, context, findings);
  const register = resolveRegister(section, address.host, path, findings);
  const tls = resolveTrunkTls(section, path, findings);
  return {
    name: section.name,
    target: targetOf(address, section.transport),
    ...(tls === undefined ? {} : { tls }),
    from,
    inbound,
    outbound,
    order: section.order ?? 1,
    weight: section.weight ?? 1,
    ...(credentials === undefined ? {} : { credentials }),
    ...(register === undefined ? {} : { register }),
    country: section.country ?? context.country,
    numberFormat: section.numberFormat ?? 'e164',
    callsMax: section.callsMax ?? CALLS_MAX,
    ...(section.callsPerSecondMax === undefined ? {} : { callsPerSecondMax: section.callsPerSecondMax }),
    ...(section.carrier === undefined ? {} : { carrier: section.carrier }),
    ...(section.note === undefined ? {} : { note: section.note }),
  };
}

/** What an address or a port leaves open is not looked up (RFC 3263 §4): it is UDP, and the transport's own port. */
export function targetOf(
  { host, port }: { readonly host: string; readonly port?: number },
  transport: TrunkSection['transport'],
): TrunkSettings['target'] {
  const literal = familyOf(host) !== undefined;
  if (literal) return { host, port: port ?? defaultPort(transport ?? 'udp'), transport: transport ?? 'udp' };
  if (port !== undefined) return { host, port, transport: transport ?? 'udp' };
  return transport === undefined ? { host } : { host, transport };
}

function resolveTrunkTls(
  { tls, transport }: TrunkSection,
  path: Path,
  findings: Findings,
): TrunkSettings['tls'] {
  if (tls === undefined) return undefined;
  const at = [...path, 'tls'];
  if (transport === 'udp' || transport === 'tcp') {
    findings.add(at, `stands beside transport: ${transport}, which has no certificates; give transport: tls`);
  }
  const clientDomains = asList(tls.clientDomains).map((text, index) =>
    findings.take(itemPath([...at, 'clientDomains'], tls.clientDomains, index), domainName(text), ''),
  );
  const domain =
    tls.certificateDomain === undefined
      ? undefined
      : findings.take([...at, 'certificateDomain'], domainName(tls.certificateDomain), '');
  return { ...(domain === undefined ? {} : { domain }), verify: tls.verify ?? true, clientDomains };
}

function domainName(text: string): Result<string, string> {
  const named = familyOf(text) !== undefined || isHostName(text);
  return named
    ? ok(text.toLowerCase())
    : err('expected a name as certificates have it, such as sip.carrier.example');
}

function resolveCredentials(
  section: TrunkSection,
  path: Path,
  context: TrunkContext,
  findings: Findings,
): TrunkSettings['credentials'] {
  const { user, password, passwordFile } = section;
  if (password !== undefined && passwordFile !== undefined) {
    findings.add([...path, 'passwordFile'], 'stands beside password; keep one of them');
  }
  const secret = passwordFile === undefined ? password : readPassword(passwordFile, path, context, findings);
  if (user === undefined && secret === undefined) return undefined;
  if (user === undefined) findings.add([...path, 'user'], 'is missing: there is a password, but for whom?');
  if (secret === undefined) findings.add([...path, 'password'], 'is missing: give password or passwordFile');
  return { user: user ?? '', password: secret ?? '' };
}

export function readPassword(
  file: string,
  path: Path,
  context: Omit<TrunkContext, 'country'>,
  findings: Findings,
): string {
  const found = resolve(context.folder, file);
  try {
    const password = context.readSecret(found).replace(/\r?\n$/, '');
    if (password === '') findings.add([...path, 'passwordFile'], `${found} is empty`);
    return password;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    findings.add([...path, 'passwordFile'], `${found} cannot be read (${code})`);
    return '';
  }
}

function resolveRegister(
  section: TrunkSection,
  host: string,
  path: Path,
  findings: Findings,
): TrunkSettings['register'] {
  const { register } = section;
  if (register === undefined || register === false) return undefined;
  if (section.user === undefined) findings.add([...path, 'register'], 'needs user and password');
  const asked = register === true ? {} : register;
  if (asked.registrar !== undefined) {
    findings.take([...path, 'register', 'registrar'], parseHost(asked.registrar), undefined);
  }
  const registrar = asked.registrar ?? (familyOf(host) === 'ipv6' ? `[${host}]` : host);
  const expiresMs = asked.expires === undefined ? REGISTER_EXPIRES_MS : durationMs(asked.expires);
  if (expiresMs < MINUTE_MS) findings.add([...path, 'register', 'expires'], 'must be at least 60s');
  return { registrar, expiresMs };
}
