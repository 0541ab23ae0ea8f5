// OPTIONS (RFC 3261 §11) to a phone's contact or to a carrier, outside any call: is anybody there?

import { Headers } from '../sip/message/headers.ts';
import { SipRequest } from '../sip/message/message.ts';
import { formatUri, isSips, parseUri } from '../sip/message/uri.ts';
import { SUPPORTED } from './leg.ts';
import type { PhoneChoice, Surroundings, TrunkChoice } from './surroundings.ts';

type Around = Pick<Surroundings, 'domain' | 'sip'>;

export function optionsTo({ uri, flow, routes }: PhoneChoice, user: string, around: Around): SipRequest {
  const to = formatUri({ scheme: 'sip', user, host: around.domain, parameters: new Map(), headers: '' });
  const contact: [string, string] = ['Contact', around.sip.contact(flow, isSips(uri))];
  const path = routes.map((route): [string, string] => ['Route', route]);
  return options(uri, to, [...path, contact], around);
}

/** To the carrier itself, not to the number that it would be given. */
export function optionsOver({ uri }: TrunkChoice, around: Around): SipRequest {
  const parsed = parseUri(uri);
  const isSip = parsed.ok && (parsed.value.scheme === 'sip' || parsed.value.scheme === 'sips');
  if (!isSip) return options(uri, uri, [], around);
  const { user: _, ...plain } = parsed.value as Extract<typeof parsed.value, { readonly host: string }>;
  const itself = formatUri(plain);
  return options(itself, itself, [], around);
}

function options(
  uri: string,
  to: string,
  rows: readonly (readonly [string, string])[],
  { domain, sip }: Around,
): SipRequest {
  return new SipRequest(
    'OPTIONS',
    uri,
    Headers.of([
      ...rows,
      ['Max-Forwards', '70'],
      ['From', `<sip:ringthrough@${domain}>;tag=${sip.newTag()}`],
      ['To', `<${to}>`],
      ['Call-ID', sip.newCallId()],
      ['CSeq', '1 OPTIONS'],
      ['Accept', 'application/sdp'],
      ['Supported', SUPPORTED],
    ]),
  );
}
