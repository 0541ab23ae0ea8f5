// DTMF as named events (RFC 4733 §2.3).
//
//   |     event     |E|R| volume    |          duration             |

import { byteAt, uint16 } from './packet.ts';

export interface TelephoneEvent {
  /** `0`-`9`, `*`, `#`, `A`-`D`. */
  readonly digit: string;
  /** The event is over; this packet comes three times (§2.5.1.4), with one RTP timestamp. */
  readonly end: boolean;
  /** Power level as -dBm0, 0 to 63: larger is quieter. */
  readonly volume: number;
  /** In timestamp units, since the packet's RTP timestamp. */
  readonly duration: number;
}

const DIGITS = '0123456789*#ABCD';

/** `undefined` for a payload that is too short, or an event that is no DTMF digit. */
export function parseTelephoneEvent(payload: Uint8Array): TelephoneEvent | undefined {
  const digit = DIGITS[byteAt(payload, 0)];
  if (payload.length < 4 || digit === undefined) return undefined;
  const second = byteAt(payload, 1);
  return { digit, end: (second & 0x80) !== 0, volume: second & 0x3f, duration: uint16(payload, 2) };
}
