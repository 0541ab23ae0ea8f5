// The plain kinds of probes as they are written: what answers on a port, a page or an API, names in DNS, certificates.
// Each reader gives what is asked, or shows how it is written right.

import { durationMs } from '../../admin/documents/section.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { DAY_MS, MINUTE_MS } from '../../base/time.ts';
import type { DnsTarget, ProbeTarget } from '../../ports/probes.ts';
import { isDomainName, normalName } from '../../sip/location/records.ts';
import { familyOf, parseHost } from './addresses.ts';
import { isPrivate } from './notices.ts';
import type { ProbeContext } from './probe-context.ts';
import type { ProbeSection } from './probe-schema.ts';
import { asList, itemPath } from './schema.ts';
import { secretOf } from './secrets.ts';

type Written<Kind extends 'http' | 'dns' | 'certificate'> = NonNullable<ProbeSection[Kind]>;

type HttpSection = Exclude<Written<'http'>, string>;
type CertificateSection = Exclude<Written<'certificate'>, string>;

const SIP_PORTS = { udp: 5060, tcp: 5060, tls: 5061 } as const;
const HTTPS_PORT = 443;
const WARN_DAYS = 14;
const GRACE_MS = 5 * MINUTE_MS;

/** `smtp.example.net:587` */
export function tcpTarget(text: string): Result<ProbeTarget, string> {
  const host = parseHost(text);
  return host.ok && host.value.port !== undefined
    ? ok({ type: 'tcp', host: host.value.host, port: host.value.port })
    : err('expected host:port, such as www.example.net:443');
}

/** `udp:sip.example.net:5060` */
export function sipTarget(text: string): Result<ProbeTarget, string> {
  const wanted = 'expected transport:host:port, such as udp:sip.example.net:5060';
  const [, transport, rest] = /^(udp|tcp|tls):(.*)$/.exec(text) ?? [];
  if (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls') return err(wanted);
  const host = parseHost(rest ?? '');
  if (!host.ok) return err(wanted);
  const { port = SIP_PORTS[transport] } = host.value;
  return ok({ type: 'sip-options', transport, host: host.value.host, port });
}

export function httpTarget(written: Written<'http'>, context: ProbeContext): Result<ProbeTarget, string> {
  const section: HttpSection = typeof written === 'string' ? { url: written } : written;
  const { url: text, status, contains, json, tokenFile } = section;
  const url = URL.parse(text);
  const isPage = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPage) return err('expected the address of a page, such as https://www.example.net/');
  const { path, findings } = context;
  const token = secretOf({ token: undefined, tokenFile }, 'token', path, context, findings);
  if (token !== undefined && !isPrivate(text))
    findings.add(
      [...path, 'url'],
      'expected an https address, or http on this machine: the token goes there',
    );
  return ok({
    type: 'http',
    url: url.href,
    ...(status === undefined ? {} : { status }),
    ...(contains === undefined ? {} : { contains }),
    ...(json === undefined ? {} : { json }),
    ...(token === undefined ? {} : { token: token.trim() }),
  });
}

/** `{ name: example.net, type: MX }`, or the whole of a SIP domain: `{ sip: voice.example.net }`. */
export function dnsTarget(written: Written<'dns'>, context: ProbeContext): Result<ProbeTarget, string> {
  const { sip, name, type, servers, authoritative = true, expect, grace } = written;
  if (sip !== undefined) {
    const [, scheme = 'sip', domain = ''] = /^(?:(sips?):)?(.*)$/.exec(sip) ?? [];
    const others = Object.keys(written).length > 1;
    if (others) return err('has a sip domain, beside which nothing else is said');
    if (!isDomainName(normalName(domain))) return err('expected a domain in sip, such as voice.example.net');
    return ok({ type: 'sip-domain', scheme: scheme === 'sips' ? 'sips' : 'sip', domain: normalName(domain) });
  }
  if (name === undefined || type === undefined)
    return err('needs name and type, such as { name: example.net, type: MX }, or sip for a SIP domain');
  if (!isDomainName(normalName(name))) return err('expected a domain name in name, such as example.net');
  if (!authoritative && servers === undefined)
    return err('needs servers where authoritative is false: which resolvers are asked?');
  return ok({
    type: 'dns',
    name: normalName(name),
    record: type,
    servers: serversOf(servers, context),
    authoritative,
    ...(expect === undefined ? {} : { expect: asList(expect) }),
    graceMs: grace === undefined ? GRACE_MS : durationMs(grace),
  });
}

function serversOf(
  written: Written<'dns'>['servers'],
  { path, findings }: ProbeContext,
): DnsTarget['servers'] {
  return asList(written).map((text, index) => {
    const at = itemPath([...path, 'servers'], written, index);
    return findings.take(at, parseHost(text), { host: '' });
  });
}

/** `www.example.net:443`, `sips:voice.example.net:5061` */
export function certificateTarget(written: Written<'certificate'>): Result<ProbeTarget, string> {
  const section: CertificateSection = typeof written === 'string' ? { of: written } : written;
  const { of, name, warnDays = WARN_DAYS } = section;
  const isSip = of.startsWith('sips:');
  const host = parseHost(isSip ? of.slice('sips:'.length) : of);
  if (!host.ok) return err('expected host:port, such as www.example.net:443, or sips:voice.example.net');
  const wanted = name ?? host.value.host;
  if (familyOf(wanted) === undefined && !isDomainName(normalName(wanted)))
    return err('expected a name as certificates have it, such as voice.example.net');
  return ok({
    type: 'certificate',
    host: host.value.host,
    port: host.value.port ?? (isSip ? SIP_PORTS.tls : HTTPS_PORT),
    name: familyOf(wanted) === undefined ? normalName(wanted) : wanted,
    isSip,
    warnMs: warnDays * DAY_MS,
  });
}
