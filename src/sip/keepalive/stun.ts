// STUN Binding requests on the SIP port (RFC 5626 §8): a phone's keepalive over UDP, which tells it whether its NAT
// still gives it the same address. The limited server of RFC 8489 §12, without memory.
//
//   ┌──────────┬────────┬──────────────┬─────────────┬────────────────────────────┐
//   │ type 2   │ length │ cookie 4     │ transaction │ attributes: type, length,  │
//   │ 00 01    │ 2      │ 21 12 a4 42  │ 12          │ value, padded to four      │
//   └──────────┴────────┴──────────────┴─────────────┴────────────────────────────┘
//
// A source may be forged, so the answer is never much longer than the question: 32 bytes to 20 over IPv4, 44 over
// IPv6 (on the wire 60 to 48 and 92 to 68), 8 more to a request that has a FINGERPRINT. Anything malformed gets none.

import { LIMITS } from '../../base/limits.ts';
import type { Endpoint } from '../../base/net.ts';
import { ipv6Groups } from '../message/host.ts';

const HEADER_BYTES = 20;
/** RFC 8489 §6.1: what a STUN message over UDP may be where the path's MTU is not known. Longer: no answer. */
const REQUEST_BYTES_MAX = 548;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354554e;
const FINGERPRINT_BYTES = 8;
/** MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256: but for the fingerprint, what follows is not looked at. */
const INTEGRITIES: ReadonlySet<number> = new Set([0x0008, 0x001c]);
/** Of RFC 8489 itself: known, and without meaning to a server that asks nobody for credentials (§6.3.1). */
const KNOWN: ReadonlySet<number> = new Set([
  ...[0x0001, 0x0006, ...INTEGRITIES, ERROR_CODE, UNKNOWN_ATTRIBUTES, 0x0014, 0x0015, 0x001d, 0x001e],
  XOR_MAPPED_ADDRESS,
]);

/** No SIP message begins like this, and every STUN Binding message does (RFC 5626 §8). */
export function looksLikeStun(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_BYTES && (bytes[0] === 0 || bytes[0] === 1);
}

/** The answer to a Binding request from there; `undefined` where there is to be none. */
export function answerStun(bytes: Uint8Array, source: Endpoint): Uint8Array | undefined {
  const request = readRequest(bytes);
  if (request === undefined) return undefined;
  const { transaction, unknown, hasFingerprint } = request;
  if (unknown.length > 0) {
    // No reason phrase: nobody reads it, and a forged source would pay for it.
    const error = attribute(ERROR_CODE, [0, 0, 4, 20]);
    const named = unknown.slice(0, LIMITS.stunUnknownToldMax).flatMap((type) => [type >> 8, type & 0xff]);
    const attributes = [...error, ...attribute(UNKNOWN_ATTRIBUTES, named)];
    return compose(BINDING_ERROR, transaction, attributes, hasFingerprint);
  }
  const address = xorMapped(source, transaction);
  if (address === undefined) return undefined;
  return compose(BINDING_SUCCESS, transaction, attribute(XOR_MAPPED_ADDRESS, address), hasFingerprint);
}

interface BindingRequest {
  readonly transaction: Uint8Array;
  /** Attributes that must be understood and are not. */
  readonly unknown: readonly number[];
  readonly hasFingerprint: boolean;
}

function readRequest(bytes: Uint8Array): BindingRequest | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > REQUEST_BYTES_MAX) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint16(2);
  if (view.getUint16(0) !== BINDING_REQUEST || view.getUint32(4) !== MAGIC_COOKIE) return undefined;
  if (length % 4 !== 0 || length !== bytes.length - HEADER_BYTES) return undefined;
  const unknown = new Set<number>();
  let sealed = false;
  let hasFingerprint = false;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    if (hasFingerprint || at + 4 > bytes.length) return undefined;
    const type = view.getUint16(at);
    const valueBytes = view.getUint16(at + 2);
    const next = at + 4 + valueBytes + ((4 - (valueBytes % 4)) % 4);
    if (next > bytes.length) return undefined;
    if (type === FINGERPRINT) {
      if (valueBytes !== 4 || view.getUint32(at + 4) !== fingerprint(bytes.subarray(0, at))) return undefined;
      hasFingerprint = true;
    } else if (!sealed && type < 0x8000 && !KNOWN.has(type)) unknown.add(type);
    sealed ||= INTEGRITIES.has(type);
    at = next;
  }
  return { transaction: bytes.subarray(8, HEADER_BYTES), unknown: [...unknown], hasFingerprint };
}

function compose(
  type: number,
  transaction: Uint8Array,
  attributes: readonly number[],
  withFingerprint: boolean,
): Uint8Array {
  const length = attributes.length + (withFingerprint ? FINGERPRINT_BYTES : 0);
  const bytes = new Uint8Array(HEADER_BYTES + length);
  const view = viewOf(bytes);
  view.setUint16(0, type);
  view.setUint16(2, length);
  view.setUint32(4, MAGIC_COOKIE);
  bytes.set(transaction, 8);
  bytes.set(attributes, HEADER_BYTES);
  if (withFingerprint) {
    const at = bytes.length - FINGERPRINT_BYTES;
    view.setUint16(at, FINGERPRINT);
    view.setUint16(at + 2, 4);
    view.setUint32(at + 4, fingerprint(bytes.subarray(0, at)));
  }
  return bytes;
}

function attribute(type: number, value: readonly number[]): readonly number[] {
  const padding = new Array<number>((4 - (value.length % 4)) % 4).fill(0);
  return [type >> 8, type & 0xff, value.length >> 8, value.length & 0xff, ...value, ...padding];
}

/** RFC 8489 §14.2: so that no NAT that meddles with addresses in payloads finds this one. */
function xorMapped({ address, port }: Endpoint, transaction: Uint8Array): readonly number[] | undefined {
  const octets = octetsOf(address);
  if (octets === undefined) return undefined;
  const mask = [0x21, 0x12, 0xa4, 0x42, ...transaction];
  const family = octets.length === 4 ? 1 : 2;
  const hidden = octets.map((octet, index) => octet ^ (mask[index] ?? 0));
  return [0, family, (port >> 8) ^ 0x21, (port & 0xff) ^ 0x12, ...hidden];
}

function octetsOf(address: string): readonly number[] | undefined {
  if (address.includes(':')) {
    // Without its zone, which means something to this machine only.
    return ipv6Groups(address.split('%', 1)[0] ?? '')?.flatMap((group) => [group >> 8, group & 0xff]);
  }
  const octets = address.split('.').map(Number);
  return octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255) ? octets : undefined;
}

/** RFC 8489 §14.7: of all that comes before the attribute, whose bytes the header's length counts already. */
function fingerprint(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (~crc ^ FINGERPRINT_XOR) >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
