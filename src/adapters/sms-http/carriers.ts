// How carriers' APIs take a text message, as data: where it goes, how it is said who asks, what the body is, and where
// the answer has the message's id. `{…}` stands for a value. A new carrier is a new row.

export interface CarrierApi {
  /** Where the operator gives no other; `{user}` is the account at the carrier. Absent: it has to be given. */
  readonly url?: string;
  /** `basic`: user and token (RFC 7617); `bearer`: the token (RFC 6750). */
  readonly auth: 'basic' | 'bearer';
  readonly body: {
    readonly as: 'form' | 'json';
    readonly fields: Readonly<Record<string, string | readonly string[]>>;
  };
  /** Path of the id in the JSON answer. */
  readonly idAt: readonly string[];
}

export const CARRIER_APIS = {
  twilio: {
    url: 'https://api.twilio.com/2010-04-01/Accounts/{user}/Messages.json',
    auth: 'basic',
    body: { as: 'form', fields: { From: '{from}', To: '{to}', Body: '{text}' } },
    idAt: ['sid'],
  },
  telnyx: {
    url: 'https://api.telnyx.com/v2/messages',
    auth: 'bearer',
    body: { as: 'json', fields: { from: '{from}', to: '{to}', text: '{text}' } },
    idAt: ['data', 'id'],
  },
  bandwidth: {
    url: 'https://messaging.bandwidth.com/api/v2/users/{user}/messages',
    auth: 'basic',
    body: {
      as: 'json',
      fields: { from: '{from}', to: ['{to}'], text: '{text}', applicationId: '{application}', tag: '{id}' },
    },
    idAt: ['id'],
  },
  generic: {
    auth: 'bearer',
    body: { as: 'json', fields: { id: '{id}', from: '{from}', to: '{to}', text: '{text}' } },
    idAt: ['id'],
  },
} as const satisfies Readonly<Record<string, CarrierApi>>;

export type Carrier = keyof typeof CARRIER_APIS;
