// Who is calling, as each peer may know it: From for everyone, P-Asserted-Identity for carriers only
// (RFC 3325: phones are outside of the trust domain), Privacy kept (RFC 3323), and on a diverted leg the
// number that sent the call on, for the carrier's sake (Diversion, RFC 5806; History-Info, RFC 7044).

import type { E164 } from '../ports/records.ts';
import type { Verdict } from '../routing/verdicts.ts';
import { formatNameAddress, type NameAddress, parseNameAddress } from '../sip/message/address.ts';
import type { SipRequest } from '../sip/message/message.ts';
import { formatUri, uriUser } from '../sip/message/uri.ts';

export interface Caller {
  /** E.164 where it is a number, else a phone's user; `undefined` where the caller gave none. */
  readonly id: string | undefined;
  readonly displayName: string | undefined;
  /** The caller asked that called parties don't see who it is. */
  readonly private: boolean;
}

const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';
const NO_PARAMETERS: NameAddress['parameters'] = new Map();

/** The caller of a call from a carrier: the asserted identity before the From (RFC 3325 §9). */
export function callerFromTrunk(invite: SipRequest, normalise: (text: string) => E164 | undefined): Caller {
  const asserted = invite.headers
    .values('P-Asserted-Identity')
    .map(parseNameAddress)
    .find((address) => address.ok);
  const from = asserted?.ok ? asserted.value : invite.from;
  const user = from === undefined ? undefined : uriUser(from.uri);
  const anonymous = user === undefined || user === '' || isAnonymous(from);
  return {
    id: anonymous ? undefined : (normalise(user) ?? user),
    displayName: anonymous ? undefined : from?.displayName,
    private: anonymous || wantsPrivacy(invite),
  };
}

/** By the Privacy header (RFC 3323 §4.2), or by a From that names nobody (§4.1). */
export function wantsPrivacy(invite: SipRequest): boolean {
  const tokens = invite.headers.all('Privacy').flatMap((value) => value.toLowerCase().split(/[;,\s]+/));
  return (
    isAnonymous(invite.from) ||
    tokens.some((token) => token === 'id' || token === 'user' || token === 'header')
  );
}

function isAnonymous(address: NameAddress | undefined): boolean {
  return address !== undefined && uriUser(address.uri)?.toLowerCase() === 'anonymous';
}

/** Headers that name the caller on a leg to `peer`. `tag` is the From tag of the leg. */
export function callerHeaders(
  caller: Caller,
  peer: 'phone' | 'trunk',
  domain: string,
  tag: string,
): readonly (readonly [string, string])[] {
  const hidden = caller.private || caller.id === undefined;
  const named = identity(caller, domain);
  const from = hidden ? ANONYMOUS : named;
  const headers: [string, string][] = [['From', `${from};tag=${tag}`]];
  if (peer === 'trunk') {
    if (caller.id !== undefined) headers.push(['P-Asserted-Identity', named]);
    if (caller.private) headers.push(['Privacy', 'id']);
  }
  return headers;
}

function identity(caller: Caller, domain: string): string {
  return formatNameAddress({
    ...(caller.displayName === undefined ? {} : { displayName: caller.displayName }),
    uri: formatUri({
      scheme: 'sip',
      user: caller.id ?? 'anonymous',
      host: domain,
      parameters: NO_PARAMETERS,
      headers: '',
    }),
    parameters: NO_PARAMETERS,
  });
}

/** Why a call goes on to somewhere else, from the verdict of what was tried before; `undefined`: nothing was. */
export function divertReason(verdict: Verdict | undefined): {
  readonly reason: string;
  readonly cause: number;
} {
  switch (verdict) {
    case undefined:
      return { reason: 'unconditional', cause: 302 };
    case 'busy':
      return { reason: 'user-busy', cause: 486 };
    case 'no-answer':
    case 'declined':
      return { reason: 'no-answer', cause: 408 };
    default:
      return { reason: 'unavailable', cause: 503 };
  }
}

/** Headers on a leg that carries a call on from `from` to `to`. Those that the call came with are kept. */
export function diversionHeaders(
  invite: SipRequest,
  from: E164,
  to: E164,
  verdict: Verdict | undefined,
  domain: string,
): readonly (readonly [string, string])[] {
  const { reason, cause } = divertReason(verdict);
  const earlier = invite.headers.values('Diversion').map((value): [string, string] => ['Diversion', value]);
  const history = invite.headers.values('History-Info');
  const index = nextIndex(history);
  const entries = history.length > 0 ? history : [`<sip:${from}@${domain}>;index=1`];
  const retargeted = `<sip:${to}@${domain};cause=${cause}>;index=${index}`;
  return [
    ['Diversion', `<sip:${from}@${domain}>;reason=${reason};counter=1`],
    ...earlier,
    ['History-Info', [...entries, retargeted].join(', ')],
  ];
}

/** How often a call was sent on already, and whether by this very number: a loop (RFC 5806 §7). */
export function diversions(
  invite: SipRequest,
  number: string,
): { readonly count: number; readonly loop: boolean } {
  const values = invite.headers.values('Diversion');
  const loop = values.some((value) => {
    const address = parseNameAddress(value);
    return address.ok && uriUser(address.value.uri) === number;
  });
  return { count: values.length, loop };
}

/** One level below the last entry (RFC 7044 §10.3). */
function nextIndex(history: readonly string[]): string {
  const last = /;\s*index=([0-9.]+)/i.exec(history.at(-1) ?? '')?.[1];
  return `${last ?? '1'}.1`;
}
