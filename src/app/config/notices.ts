// The `mail` and `sms` sections: how people are told. Both are off unless written. A password never goes over a
// connection that anybody can read, unless it never leaves the machine.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Path } from '../../admin/documents/document.ts';
import type { Findings } from '../../admin/documents/findings.ts';
import { isLoopback, parseHost } from './addresses.ts';
import type { Config, InboundTexts } from './config.ts';
import type { MailSection, SmsSection } from './schema.ts';
import { codeOf, secretOf } from './secrets.ts';
import type { TrunkContext } from './trunks.ts';

type Context = Omit<TrunkContext, 'country'>;

const SUBMISSION_PORT = 587;
const SUBMISSIONS_PORT = 465;
const NEEDS_USER: readonly string[] = ['twilio', 'bandwidth'];

export function resolveMail(
  section: MailSection | undefined,
  context: Context,
  findings: Findings,
): Config['mail'] {
  if (section === undefined) return undefined;
  const path: Path = ['mail'];
  const server = findings.take([...path, 'server'], parseHost(section.server), { host: '' });
  const password = secretOf(section, 'password', path, context, findings);
  if (section.user !== undefined && password === undefined)
    findings.add([...path, 'password'], 'is missing: give password or passwordFile');
  if (section.user === undefined && password !== undefined)
    findings.add([...path, 'user'], 'is missing: there is a password, but for whom?');
  if (!/^[^<>@\s]+@[^<>@\s]+$|^[^<>]*<[^<>@\s]+@[^<>@\s]+>$/.test(section.from))
    findings.add(
      [...path, 'from'],
      'expected an address, such as voicemail@example.net or Example <voicemail@example.net>',
    );
  const isLocal = isLoopback(server.host) || server.host === 'localhost';
  const port = server.port ?? (section.tls === 'implicit' ? SUBMISSIONS_PORT : SUBMISSION_PORT);
  const usual = isLocal || section.user === undefined ? 'offered' : 'required';
  const tls = section.tls ?? (port === SUBMISSIONS_PORT ? 'implicit' : usual);
  if (section.user !== undefined && !isLocal && (tls === 'off' || tls === 'offered'))
    findings.add(
      [...path, 'tls'],
      `must be required or implicit: with ${tls} anybody in between reads the password`,
    );
  const authorities = section.ca === undefined ? undefined : authoritiesOf(section.ca, context, findings);
  return {
    host: server.host,
    port,
    tls,
    from: section.from,
    ...(authorities === undefined ? {} : { authorities }),
    ...(section.user === undefined ? {} : { credentials: { user: section.user, password: password ?? '' } }),
  };
}

export function resolveSms(
  section: SmsSection | undefined,
  context: Context,
  findings: Findings,
): Config['sms'] {
  if (section === undefined) return undefined;
  const path: Path = ['sms'];
  const { provider, from, url, user, application } = section;
  const token = secretOf(section, 'token', path, context, findings);
  if (token === undefined) findings.add([...path, 'token'], 'is missing: give token or tokenFile');
  if (user === undefined && NEEDS_USER.includes(provider))
    findings.add([...path, 'user'], `is missing: ${provider} names your account in it`);
  if (application === undefined && provider === 'bandwidth')
    findings.add([...path, 'application'], 'is missing: bandwidth needs the id of your application');
  if (url === undefined && provider === 'generic')
    findings.add([...path, 'url'], 'is missing: where is its API?');
  if (url !== undefined && !isPrivate(url))
    findings.add(
      [...path, 'url'],
      'expected an https address, or http on this machine: the token goes there',
    );
  return {
    provider,
    from,
    token: token ?? '',
    ...(url === undefined ? {} : { url }),
    ...(user === undefined ? {} : { user }),
    ...(application === undefined ? {} : { application }),
    ...(section.inbound === undefined
      ? {}
      : { inbound: inboundOf(section, section.inbound, context, findings) }),
  };
}

function inboundOf(
  { provider }: SmsSection,
  inbound: NonNullable<SmsSection['inbound']>,
  context: Context,
  findings: Findings,
): InboundTexts {
  const path = ['sms', 'inbound'];
  if (provider === 'bandwidth')
    findings.add(path, 'is for twilio, telnyx and generic: bandwidth signs nothing');
  if (!isPrivate(inbound.url))
    findings.add([...path, 'url'], 'expected the https address at which the carrier finds this node');
  const secret = secretOf(inbound, 'secret', path, context, findings);
  if (secret === undefined) findings.add([...path, 'secret'], 'is missing: give secret or secretFile');
  return { url: inbound.url, secret: secret ?? '' };
}

/** What is sent there is read by nobody in between. */
export function isPrivate(text: string): boolean {
  const url = URL.parse(text.replaceAll('{user}', 'user'));
  if (url === null || url.username !== '' || url.password !== '') return false;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && (isLoopback(host) || host === 'localhost'))
  );
}

function authoritiesOf(file: string, context: Context, findings: Findings): string | undefined {
  const found = resolve(context.folder, file);
  try {
    return readFileSync(found, 'utf8');
  } catch (cause) {
    findings.add(['mail', 'ca'], `${found} cannot be read (${codeOf(cause)})`);
    return undefined;
  }
}
