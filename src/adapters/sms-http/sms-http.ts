// Text messages through a carrier's HTTP API, by the rows of carriers.ts. A 2xx is delivered; 429 and 5xx will pass;
// 401 and 403 are about us and not about the message; any other 4xx is about the message, and final.

import { LIMITS } from '../../base/limits.ts';
import { err, ok } from '../../base/result.ts';
import type { Delivered } from '../../ports/delivery.ts';
import type { TextMessage, TextSender } from '../../ports/sms.ts';
import { CARRIER_APIS, type Carrier, type CarrierApi } from './carriers.ts';

export interface SmsOptions {
  readonly provider: Carrier;
  readonly from: string;
  /** Instead of the carrier's own. */
  readonly url?: string;
  readonly user?: string;
  /** Never told: no failure carries it. */
  readonly token: string;
  readonly application?: string;
}

type Values = Readonly<Record<string, string>>;

export function createSms(options: SmsOptions): TextSender {
  const api: CarrierApi = CARRIER_APIS[options.provider];
  const ending = new AbortController();
  return {
    send: async (message) => {
      try {
        const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(LIMITS.deliveryMs)]);
        const response = await fetch(urlOf(api, options), { ...requestOf(api, options, message), signal });
        return deliveredOf(api, response.status, await textOf(response), options.token);
      } catch (error) {
        return err({ of: 'server', permanent: false, reason: whyOf(error) });
      }
    },
    close: () => ending.abort(),
  };
}

function urlOf(api: CarrierApi, { url, user = '' }: SmsOptions): string {
  return filled(url ?? api.url ?? '', { user: encodeURIComponent(user) });
}

function requestOf(api: CarrierApi, options: SmsOptions, { id, to, text }: TextMessage): RequestInit {
  const { from, user = '', token, application = '' } = options;
  const shortened =
    text.length <= LIMITS.textCharactersMax ? text : `${text.slice(0, LIMITS.textCharactersMax - 1)}…`;
  const values = { id, to, from, application, text: shortened };
  const fields = Object.entries<string | readonly string[]>(api.body.fields).map(([name, value]) => {
    return [
      name,
      typeof value === 'string' ? filled(value, values) : value.map((one) => filled(one, values)),
    ];
  });
  const isForm = api.body.as === 'form';
  return {
    method: 'POST',
    // A redirect would carry the token to who knows whom.
    redirect: 'error',
    headers: {
      authorization:
        api.auth === 'basic'
          ? `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`
          : `Bearer ${token}`,
      'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      accept: 'application/json',
      'idempotency-key': id,
    },
    body: isForm
      ? new URLSearchParams(fields as [string, string][]).toString()
      : JSON.stringify(Object.fromEntries(fields)),
  };
}

/** One pass, so that what is filled in is never filled in again. */
function filled(template: string, values: Values): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

function deliveredOf(api: CarrierApi, status: number, body: string, token: string): Delivered {
  const words = body.replaceAll(token, '…').replace(/\s+/g, ' ').trim().slice(0, LIMITS.serverWordsMax);
  if (status >= 200 && status < 300) return ok(`HTTP ${status}, id ${idIn(api, body) ?? 'not told'}`);
  const ofServer = status < 400 || status === 401 || status === 403 || status === 429 || status >= 500;
  const passing = status === 408 || status === 429 || status >= 500;
  return err({
    of: ofServer ? 'server' : 'message',
    permanent: !passing,
    reason: `HTTP ${status} ${words}`.trim(),
  });
}

function idIn({ idAt }: CarrierApi, body: string): string | undefined {
  try {
    let value: unknown = JSON.parse(body);
    for (const key of idAt) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[key];
    }
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** As much of it as is worth reading. */
async function textOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < LIMITS.apiAnswerBytesMax) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    bytes += value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).toString('utf8');
}

/** `fetch failed` tells nothing; its cause does. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return `${error.message}${code}`;
}
