// The route set made into a request: RFC 3261 §12.2.1.1.
//
//   route set     loose (lr)   <sip:p1;lr>, <sip:p2;lr>     strict   <sip:p1>, <sip:p2;lr>
//   Request-URI                remote target                         sip:p1
//   Route                      <sip:p1;lr>, <sip:p2;lr>              <sip:p2;lr>, <remote target>

import { parseNameAddress } from '../message/address.ts';
import type { SipRequest } from '../message/message.ts';
import { formatUri, parseUri } from '../message/uri.ts';

export interface RoutedRequest {
  readonly uri: string;
  readonly routes: readonly string[];
}

export function routeRequest(remoteTarget: string, routeSet: readonly string[]): RoutedRequest {
  const [first, ...rest] = routeSet;
  if (first === undefined || isLoose(first)) return { uri: asRequestUri(remoteTarget), routes: routeSet };
  return { uri: asRequestUri(routeUri(first)), routes: [...rest, `<${remoteTarget}>`] };
}

/** A request of a dialog as it must be written to go another way than the dialog's. */
export function rerouted(request: SipRequest, remoteTarget: string, routeSet: readonly string[]): SipRequest {
  const { uri, routes } = routeRequest(remoteTarget, routeSet);
  const headers = routes
    .toReversed()
    .reduce((rows, route) => rows.prepend('Route', route), request.headers.remove('Route'));
  return request.with({ uri, headers });
}

/** The URI within a Route value; one that cannot be read stands for itself. */
export function routeUri(route: string): string {
  const address = parseNameAddress(route);
  return address.ok ? address.value.uri : route;
}

/** A route that cannot be read as a SIP URI is left to its router: it counts as loose. */
function isLoose(route: string): boolean {
  const uri = parseUri(routeUri(route));
  return (
    !uri.ok || !(uri.value.scheme === 'sip' || uri.value.scheme === 'sips') || uri.value.parameters.has('lr')
  );
}

/** Without what no Request-URI has, the method parameter and headers (§19.1.1); else as it was written. */
function asRequestUri(text: string): string {
  if (!text.includes('?') && !/;method=/i.test(text)) return text;
  const uri = parseUri(text);
  if (!uri.ok || !(uri.value.scheme === 'sip' || uri.value.scheme === 'sips')) return text;
  const parameters = new Map(uri.value.parameters);
  parameters.delete('method');
  return formatUri({ ...uri.value, parameters, headers: '' });
}
