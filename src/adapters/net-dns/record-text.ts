// DNS records as a zone file has them (RFC 1035 §5.1), so that those of several servers can be compared with each other
// and with what a person wrote: `10 mail.example.net`, `10 10 "s" "SIP+D2U" "" _sip._udp.example.net`.

import type { Answer } from 'dns-packet';
import { normalName } from '../../sip/location/records.ts';

/** `undefined` for kinds that are not probed. An alias is told as `CNAME`, for it stands where another kind was asked. */
export function recordText(answer: Answer, asked: string): string | undefined {
  const text = textOf(answer);
  if (text === undefined) return undefined;
  return answer.type === asked ? text : answer.type === 'CNAME' ? `CNAME ${text}` : undefined;
}

function textOf(answer: Answer): string | undefined {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return canonical(answer.data, answer.type);
    case 'CNAME':
    case 'NS':
      return hostOf(answer.data);
    case 'MX':
      return `${answer.data.preference ?? 0} ${hostOf(answer.data.exchange)}`;
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return `${priority} ${weight} ${port} ${hostOf(target)}`;
    }
    case 'NAPTR': {
      const { order, preference, flags, services, regexp, replacement } = answer.data;
      return naptr([`${order}`, `${preference}`, flags, services, regexp, replacement]);
    }
    case 'TXT':
      return [answer.data].flat().map(String).join('');
    default:
      return undefined;
  }
}

/** The same record always gives the same text, however a person wrote it. */
export function canonical(text: string, type: string): string {
  switch (type) {
    case 'AAAA':
      return URL.parse(`http://[${text.trim()}]/`)?.hostname.slice(1, -1) ?? text;
    case 'TXT':
      return text.replace(/^"(.*)"$/, '$1');
    case 'NAPTR':
      return naptr([...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''));
    default: {
      const parts = text.trim().split(/\s+/);
      return [...parts.slice(0, -1), hostOf(parts.at(-1) ?? '')].join(' ');
    }
  }
}

function naptr([
  order,
  preference,
  flags = '',
  services = '',
  regexp = '',
  replacement = '',
]: readonly string[]) {
  return `${order} ${preference} "${flags.toLowerCase()}" "${services.toLowerCase()}" "${regexp}" ${hostOf(replacement)}`;
}

/** The root is a name too. */
function hostOf(name: string): string {
  return normalName(name) || '.';
}
