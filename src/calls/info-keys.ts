// Keys that come as INFO requests instead of as media: what telephones and switchboards have done since before RFC
// 6086, in two content types that no RFC has.
//
//   application/dtmf-relay    Signal=5\r\nDuration=160
//   application/dtmf          5

import type { Key } from '../ports/media.ts';
import type { SipRequest } from '../sip/message/message.ts';

/** By event number where one is written instead (RFC 4733 §3.2). */
const EVENTS: Readonly<Record<string, Key>> = {
  '10': '*',
  '11': '#',
  '12': 'A',
  '13': 'B',
  '14': 'C',
  '15': 'D',
};

/** The key that was pressed; `undefined` where the INFO is about something else, or cannot be read. */
export function keyOfInfo(info: SipRequest): Key | undefined {
  const type = info.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/dtmf-relay' && type !== 'application/dtmf') return undefined;
  if (info.body.length > 256) return undefined;
  const text = new TextDecoder().decode(info.body);
  const written = type === 'application/dtmf' ? text : /^\s*signal\s*=\s*(\S+)/im.exec(text)?.[1];
  const symbol = written?.trim().toUpperCase() ?? '';
  return EVENTS[symbol] ?? (/^[0-9*#A-D]$/.test(symbol) ? (symbol as Key) : undefined);
}
