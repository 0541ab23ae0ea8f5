// Probes that do what customers do, as they are written: which phone registers, and where; who calls
// whom. Each call has an answering end of its own.

import type { Findings } from '../../admin/documents/findings.ts';
import { LIMITS } from '../../base/limits.ts';
import { type Endpoint, formatEndpoint } from '../../base/net.ts';
import { parsePrefix } from '../../base/prefix.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type {
  AnsweringEnd,
  CallerEnd,
  CustomerTarget,
  PhoneAccount,
  ProbeTarget,
} from '../../ports/probes.ts';
import type { Target } from '../../sip/location/target.ts';
import { ipLiteral, isWildcard, parseHost, parseListener } from './addresses.ts';
import type { ProbeContext } from './probe-context.ts';
import type { AccountSection, CallSection } from './probe-schema.ts';
import { asList, itemPath } from './schema.ts';
import { readPassword, targetOf } from './trunks.ts';

export function registerTarget(
  written: AccountSection,
  context: ProbeContext,
): Result<CustomerTarget, string> {
  return ok({ type: 'register', account: accountOf(written, context) });
}

export function callTarget(written: CallSection, context: ProbeContext): Result<CustomerTarget, string> {
  const { to } = written;
  if (!/^[+\w*.-]+$/.test(to))
    context.findings.add([...context.path, 'to'], 'expected a number, such as +442079460900');
  return ok({
    type: 'call',
    number: to,
    caller: callerOf(written.from, { ...context, path: [...context.path, 'from'] }),
    answerer: answererOf(written.answer, { ...context, path: [...context.path, 'answer'] }),
  });
}

function callerOf(written: CallSection['from'], context: ProbeContext): CallerEnd {
  const { findings, path } = context;
  const { user, address, number } = written;
  if (user !== undefined) {
    for (const key of ['address', 'number'] as const) {
      if (written[key] !== undefined)
        findings.add([...path, key], 'is for one without user: a phone has none');
    }
    return { type: 'phone', account: accountOf({ ...written, user }, context) };
  }
  for (const key of ['domain', 'password', 'passwordFile'] as const) {
    if (written[key] !== undefined) findings.add([...path, key], 'needs user: whose is it?');
  }
  if (address !== undefined) findings.take([...path, 'address'], ipLiteral(address), '');
  if (number !== undefined && !/^\+?\d+$/.test(number))
    findings.add([...path, 'number'], 'expected a number, such as +442079460900');
  const server = findings.take([...path, 'server'], serverOf(written.server), { scheme: 'sip', host: '' });
  return { type: 'carrier', server, address, callerId: number };
}

function answererOf(written: CallSection['answer'], context: ProbeContext): AnsweringEnd {
  const { findings, path } = context;
  const { server, user, listen } = written;
  if (listen === undefined) {
    if (written.from !== undefined)
      findings.add([...path, 'from'], 'needs listen: a phone is called by its server');
    if (server === undefined || user === undefined)
      findings.add(path, 'needs server, user and password of a phone; or listen, where a carrier would be');
    const account = { ...written, server: server ?? 'a', user: user ?? 'a' };
    return { type: 'phone', account: accountOf(account, context) };
  }
  for (const key of ['server', 'domain', 'user', 'password', 'passwordFile'] as const) {
    if (written[key] !== undefined) findings.add([...path, key], 'stands beside listen; keep one of them');
  }
  const local = findings.take([...path, 'listen'], placeOf(listen), { address: '', port: 0 });
  const from = asList(written.from).flatMap((range, index) => {
    const prefix = parsePrefix(range);
    if (!prefix.ok) findings.add(itemPath([...path, 'from'], written.from, index), prefix.error);
    return prefix.ok ? [prefix.value] : [];
  });
  return { type: 'carrier', local, from };
}

/** `udp:203.0.113.7:5060` */
function placeOf(text: string): Result<Endpoint, string> {
  const listener = parseListener(text);
  if (!listener.ok || listener.value.transport !== 'udp' || listener.value.port === 0)
    return err('expected udp:address:port, such as udp:203.0.113.7:5060');
  const { address, port } = listener.value;
  return isWildcard(address)
    ? err('expected the address at which it is called, such as udp:203.0.113.7:5060')
    : ok({ address, port });
}

/** Two calls to one end would be taken for one another, and one would wait for the other. */
export function checkCallProbes(
  probes: readonly { readonly target: ProbeTarget }[],
  findings: Findings,
): void {
  const ends = new Set<string>();
  let calls = 0;
  for (const [index, { target }] of probes.entries()) {
    if (target.type !== 'call') continue;
    calls += 1;
    const { answerer } = target;
    const end =
      answerer.type === 'phone'
        ? `${answerer.account.user}@${answerer.account.domain}`
        : `udp:${formatEndpoint(answerer.local)}`;
    if (ends.has(end))
      findings.add(
        ['watch', 'probes', index, 'call', 'answer'],
        `another probe is answered by ${end} already: give each an end of its own`,
      );
    ends.add(end);
  }
  if (calls > LIMITS.callProbesMax)
    findings.add(['watch', 'probes'], `must not have more than ${LIMITS.callProbesMax} calls`);
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
