// What a session description says about audio: the one stream that a telephone call is about, where it goes,
// in which direction, and in what encodings (RFC 3264, RFC 3551 §6, RFC 4733).

import type { Endpoint } from '../base/net.ts';
import { ipFamily, isUnicast, isUnspecified } from './address.ts';
import {
  attributeName,
  attributeValues,
  type MediaSection,
  type SdpLine,
  type SessionDescription,
} from './description.ts';

/** As seen by the description's writer (RFC 8866 §6.7). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Payload {
  /** RTP payload type, 0 to 127. */
  readonly type: number;
  /** Encoding name in upper case (`PCMA`, `OPUS`, `TELEPHONE-EVENT`), `undefined` for an unmapped dynamic type. */
  readonly codec: string | undefined;
  readonly clockRate: number | undefined;
  readonly channels: number;
  /** The format parameters, verbatim. */
  readonly fmtp: string | undefined;
}

export interface AudioDescription {
  /** Index of its m= section. */
  readonly index: number;
  /** Where its writer receives RTP: `undefined` when rejected, held by address, or not a unicast IP literal. */
  readonly endpoint: Endpoint | undefined;
  /** Where its writer receives RTCP, if not at the next port (RFC 3605). */
  readonly rtcp?: Endpoint;
  readonly rejected: boolean;
  readonly direction: Direction;
  /** Held the RFC 2543 way, with the unspecified address (RFC 3264 §8.4); `direction` takes it in already. */
  readonly heldByAddress: boolean;
  readonly payloads: readonly Payload[];
  /** RTP clock rate by payload type, where it is known. */
  readonly clockRates: Readonly<Record<number, number>>;
  readonly ptimeMs?: number;
  /** Payload type of DTMF (RFC 4733), if agreed. */
  readonly dtmfPayloadType?: number;
  /** The writer's first choice among what this node can speak itself; absent for encrypted profiles. */
  readonly playable?: { readonly payloadType: number; readonly codec: 'PCMU' | 'PCMA' };
}

/** Static payload types of RFC 3551 §6 that need no rtpmap: name, clock rate, channels. */
const STATIC_PAYLOADS: Readonly<
  Record<number, readonly [codec: string, clockRate: number, channels: number]>
> = {
  0: ['PCMU', 8000, 1],
  3: ['GSM', 8000, 1],
  4: ['G723', 8000, 1],
  5: ['DVI4', 8000, 1],
  6: ['DVI4', 16_000, 1],
  7: ['LPC', 8000, 1],
  8: ['PCMA', 8000, 1],
  9: ['G722', 8000, 1],
  10: ['L16', 44_100, 2],
  11: ['L16', 44_100, 1],
  12: ['QCELP', 8000, 1],
  13: ['CN', 8000, 1],
  14: ['MPA', 90_000, 1],
  15: ['G728', 8000, 1],
  16: ['DVI4', 11_025, 1],
  17: ['DVI4', 22_050, 1],
  18: ['G729', 8000, 1],
};

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

/** The call's audio, or `undefined` when the description has no audio section at all. */
export function audioOf(description: SessionDescription): AudioDescription | undefined {
  const index = audioIndex(description);
  const section = description.media[index];
  if (section === undefined) return undefined;
  const address = connectionAddress(description, section);
  const rejected = section.port === 0;
  const heldByAddress = address !== undefined && isUnspecified(address);
  const usable = !rejected && address !== undefined && isUnicast(address);
  const payloads = payloadsOf(section);
  const rtcp = usable ? rtcpEndpoint(section, address) : undefined;
  const ptimeMs = positive(attributeValues(section.lines, 'ptime')[0]);
  const dtmf = payloads.find(({ codec, clockRate }) => codec === 'TELEPHONE-EVENT' && clockRate === 8000);
  const playable = isPlainRtp(section) ? firstPlayable(payloads) : undefined;
  return {
    index,
    endpoint: usable ? { address, port: section.port } : undefined,
    ...(rtcp === undefined ? {} : { rtcp }),
    rejected,
    direction: heldByAddress
      ? withoutReceiving(directionOf(description, section))
      : directionOf(description, section),
    heldByAddress,
    payloads,
    clockRates: clockRatesOf(payloads),
    ...(ptimeMs === undefined ? {} : { ptimeMs }),
    ...(dtmf === undefined ? {} : { dtmfPayloadType: dtmf.type }),
    ...(playable === undefined ? {} : { playable }),
  };
}

/**
 * The section that carries the call, -1 without one. Several audio sections are alternatives (an encrypted
 * one beside a plain one): the first plain one in use, else the first in use, else the first. An answer keeps
 * the offer's sections in place, so both sides come to the same index.
 */
export function audioIndex({ media }: SessionDescription): number {
  const first = (wanted: (section: MediaSection) => boolean) =>
    media.findIndex((section) => section.media === 'audio' && wanted(section));
  const plain = first((section) => section.port !== 0 && isPlainRtp(section));
  if (plain >= 0) return plain;
  const used = first((section) => section.port !== 0);
  return used >= 0 ? used : first(() => true);
}

/** The address of a section's own c= line, else of the session's, without TTL; an IP literal or a name. */
export function connectionAddress(
  description: SessionDescription,
  section: MediaSection,
): string | undefined {
  const connection =
    section.lines.find(({ type }) => type === 'c') ?? description.session.find(({ type }) => type === 'c');
  const [network, , address] = connection?.value.trim().split(/ +/) ?? [];
  return network === 'IN' ? address?.split('/')[0] : undefined;
}

/** Its audio is to go to an address that is none, or that is no single host's. A name is no such address. */
export function isMisaddressed(description: SessionDescription): boolean {
  const section = description.media[audioIndex(description)];
  const address = section === undefined ? undefined : connectionAddress(description, section);
  if (address === undefined || !/^[0-9.]+$|:/.test(address)) return false;
  return !isUnspecified(address) && !isUnicast(address);
}

/** A section's direction: its own attribute, else the session's, else `sendrecv`. */
export function directionOf(description: SessionDescription, section: MediaSection): Direction {
  return directionIn(section.lines) ?? directionIn(description.session) ?? 'sendrecv';
}

/** A direction that the answer to `offered` may have, when the answerer itself would like `wanted` (RFC 3264 §6.1). */
export function answerDirection(offered: Direction, wanted: Direction): Direction {
  const sends = receives(offered) && (wanted === 'sendrecv' || wanted === 'sendonly');
  const takes = (offered === 'sendrecv' || offered === 'sendonly') && receives(wanted);
  if (sends) return takes ? 'sendrecv' : 'sendonly';
  return takes ? 'recvonly' : 'inactive';
}

export function isDirection(name: string | undefined): name is Direction {
  return name !== undefined && DIRECTIONS.has(name);
}

/** All formats of an RTP section, in its order of preference. Malformed rtpmap and fmtp lines count as absent. */
export function payloadsOf(section: MediaSection): readonly Payload[] {
  const mapped = new Map<number, readonly [string, number, number]>();
  for (const value of attributeValues(section.lines, 'rtpmap')) {
    const match = /^(\d{1,3}) +([^/\s]+)\/(\d{1,6})(?:\/(\d{1,2}))?\s*$/.exec(value);
    if (match === null) continue;
    const [, type, codec = '', clockRate, channels] = match;
    mapped.set(Number(type), [codec.toUpperCase(), Number(clockRate), Number(channels ?? 1)]);
  }
  const parameters = new Map<number, string>();
  for (const value of attributeValues(section.lines, 'fmtp')) {
    const match = /^(\d{1,3}) +(.*)$/.exec(value);
    if (match !== null) parameters.set(Number(match[1]), match[2] ?? '');
  }
  const payloads: Payload[] = [];
  for (const format of section.formats) {
    const type = /^\d{1,3}$/.test(format) ? Number(format) : 128;
    if (type > 127) continue;
    const [codec, clockRate, channels] = mapped.get(type) ??
      STATIC_PAYLOADS[type] ?? [undefined, undefined, 1];
    payloads.push({ type, codec, clockRate, channels, fmtp: parameters.get(type) });
  }
  return payloads;
}

/** RTP that this node could speak itself: neither SRTP nor DTLS. */
export function isPlainRtp(section: MediaSection): boolean {
  return /^RTP\/AVPF?$/i.test(section.protocol);
}

/**
 * Audio for which the two ends would have to agree on keys over the media path itself, as browsers do (RFC 8827):
 * a relay that speaks neither ICE nor DTLS cannot carry it.
 */
export function needsDtls(description: SessionDescription): boolean {
  const protocol = description.media[audioIndex(description)]?.protocol ?? '';
  return /^(UDP|TCP)\/(DTLS|TLS)\//i.test(protocol);
}

function firstPlayable(payloads: readonly Payload[]): AudioDescription['playable'] {
  for (const { type, codec, clockRate, channels } of payloads) {
    if ((codec === 'PCMU' || codec === 'PCMA') && clockRate === 8000 && channels === 1) {
      return { payloadType: type, codec };
    }
  }
  return undefined;
}

function clockRatesOf(payloads: readonly Payload[]): Readonly<Record<number, number>> {
  const rates: Record<number, number> = {};
  for (const { type, clockRate } of payloads) if (clockRate !== undefined) rates[type] = clockRate;
  return rates;
}

/** RFC 3605: `a=rtcp:<port> [IN IP4 <address>]`. */
function rtcpEndpoint(section: MediaSection, address: string): Endpoint | undefined {
  const value = attributeValues(section.lines, 'rtcp')[0];
  if (value === undefined) return undefined;
  const [port = '', , , own] = value.split(/ +/);
  const target = own ?? address;
  if (!/^\d{1,5}$/.test(port) || Number(port) === 0 || Number(port) > 65_535) return undefined;
  return ipFamily(target) !== undefined && isUnicast(target)
    ? { address: target, port: Number(port) }
    : undefined;
}

function directionIn(lines: readonly SdpLine[]): Direction | undefined {
  for (const line of lines) {
    const name = attributeName(line);
    if (isDirection(name)) return name;
  }
  return undefined;
}

function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

function withoutReceiving(direction: Direction): Direction {
  return direction === 'sendrecv' || direction === 'sendonly' ? 'sendonly' : 'inactive';
}

function positive(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,4}$/.test(value) && Number(value) > 0 ? Number(value) : undefined;
}
