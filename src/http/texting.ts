// Where carriers bring text messages: POST /sms/<provider>, without the API's token, for each carrier signs in its own
// way. Nothing is read of a request before its signature is right, and nothing is said of why it is wrong.
//
//   twilio   X-Twilio-Signature: base64 of HMAC-SHA1(token, URL + sorted names and values)
//   telnyx   telnyx-signature-ed25519: base64 of Ed25519(timestamp | body), telnyx-timestamp
//   generic  x-ringthrough-signature: hex of HMAC-SHA256(secret, timestamp . body), x-ringthrough-timestamp

import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { IncomingText } from '../admin/texting.ts';
import { RingthroughError } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { type Instant, SECOND_MS } from '../base/time.ts';
import type { App } from './app.ts';

export interface TextingRoute {
  readonly provider: 'twilio' | 'telnyx' | 'generic';
  /** As the carrier calls it; Twilio signs it. */
  readonly url: string;
  /** The account's token, the carrier's public key in base64, or a secret that both know. */
  readonly secret: string;
  readonly now: () => Instant;
  readonly receive: (text: IncomingText) => Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

/** DER of an Ed25519 public key ahead of its 32 bytes (RFC 8410 §4). */
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex');

export async function addTexting(app: App, route: TextingRoute): Promise<void> {
  await app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: LIMITS.textRequestBytesMax },
      (_request, body, done) => done(null, body),
    );
    scope.post(`/sms/${route.provider}`, { schema: { hide: true } }, async (request, reply) => {
      const body = typeof request.body === 'string' ? request.body : '';
      if (!isSigned(route, request.headers, body)) {
        throw new RingthroughError('UNAUTHORISED', 'the signature of this request is missing, wrong or old');
      }
      const text = textIn(route, body);
      if (text !== undefined) await route.receive(text);
      // Twilio takes an empty document for "no answer this way"; the others look at the status alone.
      return route.provider === 'twilio'
        ? reply.type('text/xml').send('<Response/>')
        : reply.code(200).type('application/json').send('{}');
    });
  });
}

function isSigned(
  { provider, url, secret, now }: TextingRoute,
  headers: IncomingHttpHeaders,
  body: string,
): boolean {
  const header = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? value : '';
  };
  switch (provider) {
    case 'twilio': {
      const parameters = [...new URLSearchParams(body)].sort(([a], [b]) => Number(a > b) - Number(a < b));
      const signed = url + parameters.map(([name, value]) => name + value).join('');
      const expected = createHmac('sha1', secret).update(signed).digest();
      return isSame(Buffer.from(header('x-twilio-signature'), 'base64'), expected);
    }
    case 'telnyx': {
      const time = header('telnyx-timestamp');
      const signature = Buffer.from(header('telnyx-signature-ed25519'), 'base64');
      return isRecent(time, now()) && isEd25519(secret, Buffer.from(`${time}|${body}`), signature);
    }
    case 'generic': {
      const time = header('x-ringthrough-timestamp');
      const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest();
      return isRecent(time, now()) && isSame(Buffer.from(header('x-ringthrough-signature'), 'hex'), expected);
    }
  }
}

function isRecent(seconds: string, now: Instant): boolean {
  return /^\d{1,12}$/.test(seconds) && Math.abs(Number(seconds) * SECOND_MS - now) <= LIMITS.textSkewMs;
}

function isSame(presented: Buffer, expected: Buffer): boolean {
  return presented.length === expected.length && timingSafeEqual(presented, expected);
}

function isEd25519(key: string, signed: Buffer, signature: Buffer): boolean {
  const raw = Buffer.from(key, 'base64');
  if (raw.length !== 32 || signature.length !== 64) return false;
  const der = Buffer.concat([ED25519_DER, raw]);
  return verify(null, signed, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

/** What the carrier brought; `undefined` for anything but a text message. */
function textIn({ provider }: TextingRoute, body: string): IncomingText | undefined {
  if (provider === 'twilio') {
    const form = new URLSearchParams(body);
    return complete(form.get('MessageSid'), form.get('From'), form.get('Body'));
  }
  const json = fieldsIn(parsed(body));
  if (provider === 'generic') return complete(json['id'], json['from'], json['text']);
  const data = fieldsIn(json['data']);
  const payload = fieldsIn(data['payload']);
  if (data['event_type'] !== 'message.received') return undefined;
  return complete(payload['id'], fieldsIn(payload['from'])['phone_number'], payload['text']);
}

function complete(id: unknown, from: unknown, text: unknown): IncomingText | undefined {
  const all = typeof id === 'string' && typeof from === 'string' && typeof text === 'string';
  return all ? { id: id.slice(0, LIMITS.tokenBytesMax), from, text } : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function fieldsIn(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
