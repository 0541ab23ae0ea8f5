// The E-model of ITU-T G.107 (06/2015): what a conversation is likely to sound like, from what is known of its way.
//
//   R = Ro − Is − Id − Ie,eff + A        (7-1)        MOS from R: Annex B
//
// All parameters have the defaults of G.107 table 3, except what a packet network changes: delay (Id) and lost packets
// (Ie,eff, with the figures for G.711 of G.113 appendix I). A, the advantage of mobility, is none: this is an office.
// It is an estimate for planning, and says nothing of echo, noise or a bad headset, which no relay can hear.

/** Basic signal-to-noise ratio (7-2) and simultaneous impairments (7-8), as the defaults give them. */
const RO = 94.768822;
const IS = 1.413568;
/** (7-20) with the default circuit noise and receive loudness: −1.5 (No − RLR). */
const ROE = 94.768822;
/** Table 3: talker echo loss rating, weighted echo path loss, at the default sidetone. */
const TELR_DB = 65;
const WEPL_DB = 110;
/** §7.4, table 1: mT = 100 ms and sT = 1 are the defaults of the edition of 2015. */
const NOTICED_DELAY_MS = 100;

/** G.113 (09/2024) table I.4: G.711 under random loss, without and with its concealment (G.711 appendix I). */
export const BPL_G711 = 4.3;
export const BPL_G711_CONCEALED = 25.1;

export interface Path {
  /** Mouth to ear. The round trip is taken to be twice as long. */
  readonly delayMs: number;
  /** Of packets, 0 to 1; losses are taken to be random (BurstR = 1). */
  readonly loss: number;
  /** Packet-loss robustness of the codec; Ie is 0, as G.711 has it. */
  readonly bpl: number;
}

/** The rating of a path, from 93.2 downward. */
export function ratingOf({ delayMs, loss, bpl }: Path): number {
  return RO - IS - delayImpairment(delayMs) - lossImpairment(loss, bpl);
}

/** Annex B: mean opinion score, 1 to 4.5. */
export function mosOfRating(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  // The cubic dips below 1 for the very worst ratings.
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

/** (7-29) with Ie = 0. */
function lossImpairment(loss: number, bpl: number): number {
  const percent = 100 * loss;
  return (95 * percent) / (percent + bpl);
}

/** (7-18): echo to the talker, echo to the listener, and delay that hurts although there is no echo. */
function delayImpairment(delayMs: number): number {
  return talkerEcho(delayMs) + listenerEcho(2 * delayMs) + absoluteDelay(delayMs);
}

/** (7-19) to (7-22). */
function talkerEcho(delayMs: number): number {
  if (delayMs < 1) return 0;
  const terv =
    TELR_DB - 40 * Math.log10((1 + delayMs / 10) / (1 + delayMs / 150)) + 6 * Math.exp(-0.3 * delayMs ** 2);
  const re = 80 + 2.5 * (terv - 14);
  const half = (ROE - re) / 2;
  return (half + Math.sqrt(half ** 2 + 100) - 1) * (1 - Math.exp(-delayMs));
}

/** (7-25), (7-26). */
function listenerEcho(roundTripMs: number): number {
  const rle = 10.5 * (WEPL_DB + 7) * (roundTripMs + 1) ** -0.25;
  const half = (RO - rle) / 2;
  return half + Math.sqrt(half ** 2 + 169);
}

/** (7-27), (7-28). */
function absoluteDelay(delayMs: number): number {
  if (delayMs <= NOTICED_DELAY_MS) return 0;
  const x = Math.log2(delayMs / NOTICED_DELAY_MS);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** What is assumed of the way that a relay cannot see: the network beyond it, and the packet that is being spoken. */
const NETWORK_DELAY_MS = 20;
const PACKET_MS = 20;
/** A phone's jitter buffer: it adapts to four times the jitter of RFC 3550 §A.8, within these. */
const BUFFER_SHORTEST_MS = 40;
const BUFFER_LONGEST_MS = 200;

/**
 * Of a stream as a relay received it. Phones are taken to conceal lost packets, and to have a buffer that is as long as
 * the jitter needs, so that none is lost to it; what a real phone does may be worse.
 */
export function estimateMos(received: {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly jitterMs: number;
  /** Where it is known how long packets were on their way. */
  readonly networkDelayMs?: number;
}): number {
  const { packetsReceived, packetsLost, jitterMs, networkDelayMs = NETWORK_DELAY_MS } = received;
  const sent = packetsReceived + packetsLost;
  const bufferMs = Math.min(BUFFER_LONGEST_MS, Math.max(BUFFER_SHORTEST_MS, 4 * jitterMs));
  const path = {
    delayMs: PACKET_MS + networkDelayMs + bufferMs,
    loss: sent === 0 ? 0 : packetsLost / sent,
    bpl: BPL_G711_CONCEALED,
  };
  return mosOfRating(ratingOf(path));
}
