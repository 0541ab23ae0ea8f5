// Keys pressed, from the packets in which their tones are heard. What does not arrive was either lost, and may be the
// middle of a long press, or was never sent, for silence need not be (RFC 3551 §4.1), and parts a press from the next.
// The sequence numbers tell which: what was lost leaves a gap in them, what was never sent does not.
//
//   sequence    7   8           9    silence: pressed twice        7   8           12    lost: pressed once
//   timestamp   ▮▮▮▮▮▮▮▮        ▮▮▮▮                               ▮▮▮▮▮▮▮▮        ▮▮▮▮

import { DtmfTones } from './dtmf-tones.ts';
import type { RtpHeader } from './packet.ts';

/** Two presses of a key are 40 ms apart at least (ITU-T Q.24). */
const PAUSE_SAMPLES = 400;
/** Of what is lost in a row, so much may be the middle of a press: after more, the key that is heard is a new one. */
const BRIDGED_SAMPLES = 1_600;
/** Packets; what is further back is a sender that began anew (RFC 3550 §A.1). */
const LATE_PACKETS = 100;

type Place = Pick<RtpHeader, 'sequenceNumber' | 'timestamp' | 'ssrc'>;

export class KeyTones {
  readonly #tones = new DtmfTones();
  /** What would come next. */
  #next: Place | undefined;

  /** The keys whose presses are known with this packet. One that comes late, or again, is passed over. */
  receive({ sequenceNumber, timestamp, ssrc }: Place, samples: Int16Array): readonly string[] {
    const next = this.#next;
    const lost = next === undefined ? 0 : ((sequenceNumber - next.sequenceNumber) << 16) >> 16;
    const missing = next === undefined ? 0 : (timestamp - next.timestamp) | 0;
    const isSame = next?.ssrc === ssrc;
    if (isSame && lost < 0 && lost >= -LATE_PACKETS && missing < 0) return [];
    const unsent = missing - Math.min(Math.max(0, lost) * samples.length, BRIDGED_SAMPLES);
    if (!isSame || Math.abs(unsent) >= PAUSE_SAMPLES) this.#tones.pause();
    this.#next = { sequenceNumber: sequenceNumber + 1, timestamp: timestamp + samples.length, ssrc };
    return this.#tones.receive(samples);
  }
}
