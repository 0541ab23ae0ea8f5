// Messages that belong to nothing here, or not whole. A 2xx to an INVITE that we have long given up: somebody
// picked up, and hears nothing until their phone gives up too. It gets its ACK and a BYE (RFC 3261 §13.2.2.4). Only
// over streams: over UDP anybody could have us send both, and the BYE again and again, to whoever they like (law 2).

import { type Flow, isStream } from '../base/net.ts';
import { Dialog } from '../sip/dialog/dialog.ts';
import { SipRequest, type SipResponse } from '../sip/message/message.ts';

/** What to send over the flow that the response came on; `undefined`: it is not such a response. */
export function farewellTo(
  response: SipResponse,
  flow: Flow,
): { readonly ack: SipRequest; readonly bye: SipRequest } | undefined {
  const { status, cseq, headers } = response;
  const [contact] = response.contacts;
  if (!isStream(flow.transport) || status < 200 || status >= 300 || cseq?.method !== 'INVITE')
    return undefined;
  if (contact === undefined) return undefined;
  const invite = new SipRequest('INVITE', contact.uri, headers.pick(['From', 'To', 'Call-ID', 'CSeq']));
  const dialog = Dialog.asUac(invite, response);
  if (!dialog.ok) return undefined;
  const reason = ['Reason', 'SIP;cause=487;text="The caller has gone"'] as const;
  return {
    ack: dialog.value.createAck(cseq.number),
    bye: dialog.value.createRequest('BYE', { headers: [reason] }),
  };
}
