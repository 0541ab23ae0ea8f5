// The requests that the transaction layer writes itself: ACK of a refusal (RFC 3261 §17.1.1.3), and CANCEL (§9.1).
// Both go the way of their INVITE: same Request-URI, same single Via, same Route.

import { present } from '../../base/assert.ts';
import { Headers } from '../message/headers.ts';
import { SipRequest, type SipResponse } from '../message/message.ts';

export type ExtraHeaders = Iterable<readonly [name: string, value: string]>;

export function composeAck(invite: SipRequest, response: SipResponse): SipRequest {
  return besideInvite(invite, 'ACK', present(response.headers.get('To'), 'To of a response'), []);
}

export function composeCancel(invite: SipRequest, extra: ExtraHeaders): SipRequest {
  return besideInvite(invite, 'CANCEL', present(invite.headers.get('To'), 'To of our INVITE'), extra);
}

function besideInvite(invite: SipRequest, method: string, to: string, extra: ExtraHeaders): SipRequest {
  const { headers } = invite;
  const rows: (readonly [string, string])[] = [
    ['Via', present(headers.get('Via'), 'Via of our INVITE')],
    ...headers.all('Route').map((route) => ['Route', route] as const),
    ['Max-Forwards', '70'],
    ['From', present(headers.get('From'), 'From of our INVITE')],
    ['To', to],
    ['Call-ID', present(headers.get('Call-ID'), 'Call-ID of our INVITE')],
    ['CSeq', `${present(invite.cseq, 'CSeq of our INVITE').number} ${method}`],
    ...extra,
  ];
  return new SipRequest(method, invite.uri, Headers.of(rows));
}
