// Keys pressed, from the packets that tell of them (RFC 4733 §2.5): one press is one event, whose packets all carry the
// RTP timestamp of its beginning and come again and again, three times at its end. Any of them may be lost, doubled or
// out of order, so a press is told by the first that arrives, and known by its timestamp afterwards.

import { parseTelephoneEvent } from './telephone-event.ts';

/** Presses that late packets may still tell of. */
const REMEMBERED = 8;
/** The longest duration that a packet can tell; a longer press goes on as an event of its own (§2.5.1.3). */
const LONGEST = 0xffff;
/** In timestamp units: senders that move the timestamp within a press move it by a packet or two. */
const SLACK = 320;

interface Press {
  readonly digit: string;
  /** Of its last packet: a long press, or a sender that counts on, moves it. */
  timestamp: number;
  duration: number;
  ended: boolean;
}

export class KeyEvents {
  readonly #recent: number[] = [];
  #last: Press | undefined;

  /** The key, where this packet is the first to tell of its press. */
  receive(timestamp: number, payload: Uint8Array): string | undefined {
    const event = parseTelephoneEvent(payload);
    if (event === undefined) return undefined;
    const { digit, end, duration } = event;
    const last = this.#last;
    if (last !== undefined && last.digit === digit && this.#goesOn(last, timestamp)) {
      last.timestamp = timestamp;
      last.duration = duration;
      last.ended ||= end;
      this.#remember(timestamp);
      return undefined;
    }
    if (this.#recent.includes(timestamp)) return undefined;
    this.#remember(timestamp);
    this.#last = { digit, timestamp, duration, ended: end };
    return digit;
  }

  #goesOn(last: Press, timestamp: number): boolean {
    const since = (timestamp - last.timestamp) >>> 0;
    if (since === 0) return true;
    if (last.duration >= LONGEST - SLACK && since <= LONGEST + SLACK) return true;
    return !last.ended && since <= SLACK / 2;
  }

  #remember(timestamp: number): void {
    if (this.#recent.includes(timestamp)) return;
    this.#recent.push(timestamp);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }
}
