// Probes that do what customers do, as they are written: which phone registers, and where.

import { err, ok, type Result } from '../../base/result.ts';
import type { CustomerTarget, PhoneAccount } from '../../ports/probes.ts';
import type { Target } from '../../sip/location/target.ts';
import { parseHost } from './addresses.ts';
import type { ProbeContext } from './probe-context.ts';
import type { AccountSection } from './probe-schema.ts';
import { readPassword, targetOf } from './trunks.ts';

export function registerTarget(
  written: AccountSection,
  context: ProbeContext,
): Result<CustomerTarget, string> {
  return ok({ type: 'register', account: accountOf(written, context) });
}

function accountOf(written: AccountSection, { path, findings, ...context }: ProbeContext): PhoneAccount {
  const { user, password, passwordFile } = written;
  const server = findings.take([...path, 'server'], serverOf(written.server), { scheme: 'sip', host: '' });
  const domain = written.domain ?? server.host;
  if (!parseHost(domain).ok) findings.add([...path, 'domain'], 'expected a host name');
  if (!/^[A-Za-z0-9\-_.!~*'()&=+$,;?/%]+$/.test(user))
    findings.add([...path, 'user'], 'expected the user part of a SIP URI, such as probe-a');
  if (password !== undefined && passwordFile !== undefined)
    findings.add([...path, 'passwordFile'], 'stands beside password; keep one of them');
  const secret = passwordFile === undefined ? password : readPassword(passwordFile, path, context, findings);
  if (secret === undefined) findings.add([...path, 'password'], 'is missing: give password or passwordFile');
  const written6 = domain.includes(':') ? `[${domain}]` : domain;
  return { server, domain: written6, user, password: secret ?? '' };
}

/** `udp:sip.example.net:5060`, `tls:sip.example.net`, `sip.example.net`: what is left open DNS says. */
function serverOf(text: string): Result<Target, string> {
  const [, transport, rest = ''] = /^(?:(udp|tcp|tls):)?(.*)$/.exec(text) ?? [];
  const host = parseHost(rest);
  if (!host.ok) return err('expected a server, such as sip.example.net or udp:sip.example.net:5060');
  const known = transport === 'udp' || transport === 'tcp' || transport === 'tls' ? transport : undefined;
  return ok({ scheme: 'sip', ...targetOf(host.value, known) });
}
