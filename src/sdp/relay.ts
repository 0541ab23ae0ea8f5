// The rewriting that puts this node's media relay between two parties: the description goes on as it came,
// but with our origin and our address, and without whatever would let media go around us.
//
//   caller ──o=caller c=192.0.2.7 m=audio 4000──▶ node ──o=node c=203.0.113.7 m=audio 20000──▶ phone

import { assert } from '../base/assert.ts';
import type { Endpoint } from '../base/net.ts';
import { ipFamily } from './address.ts';
import { audioIndex, audioOf, type Direction, isDirection } from './audio.ts';
import {
  attribute,
  attributeName,
  type MediaSection,
  mediaSection,
  type SdpLine,
  type SessionDescription,
} from './description.ts';

/** Who writes the description. The version goes up by one with each change within a dialog (RFC 3264 §8). */
export interface Origin {
  readonly local: Endpoint;
  readonly sessionId: number;
  readonly sessionVersion: number;
  /** Without white space; `-` by default. */
  readonly username?: string;
}

/**
 * Attributes that name addresses of the other side, or offer transports that the relay does not speak: ICE
 * (RFC 8839) and its forerunner `alt`, RTCP elsewhere or on the RTP port (RFC 3605, 5761: ours is always the
 * next port), bundles and groups over sections that are switched off here (RFC 5888), source filters (RFC 4570).
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'candidate',
  'remote-candidates',
  'end-of-candidates',
  'ice-ufrag',
  'ice-pwd',
  'ice-options',
  'ice-lite',
  'ice-mismatch',
  'ice-pacing',
  'alt',
  'rtcp',
  'rtcp-mux',
  'rtcp-mux-only',
  'group',
  'bundle-only',
  'source-filter',
]);

/** Lines that may stand before the session's c= line (RFC 8866 §5). */
const BEFORE_CONNECTION = 'vosiuep';

/**
 * The description as the other party gets it, offer and answer alike. The call's audio points to `local`; every
 * other section keeps its place with port 0 (RFC 3264 §6). A stream held the RFC 2543 way goes on as held by
 * direction, since our own address is never 0.0.0.0.
 */
export function relayed(description: SessionDescription, origin: Origin): SessionDescription {
  const index = audioIndex(description);
  const direction =
    audioOf(description)?.heldByAddress === true ? audioOf(description)?.direction : undefined;
  return {
    session: withConnection(
      description.session.filter(isPassedOn).map((line) => (line.type === 'o' ? originLine(origin) : line)),
      origin.local.address,
    ),
    media: description.media.map((section, at) =>
      at === index && section.port !== 0
        ? relayedSection(section, origin.local.port, direction)
        : switchedOff(section),
    ),
  };
}

export function originLine({ local, sessionId, sessionVersion, username = '-' }: Origin): SdpLine {
  assert(/^[^\s]+$/.test(username), 'an o= username has no white space');
  assert(Number.isSafeInteger(sessionId) && sessionId >= 0, 'an o= session id is a whole number');
  assert(
    Number.isSafeInteger(sessionVersion) && sessionVersion >= 0,
    'an o= session version is a whole number',
  );
  return { type: 'o', value: `${username} ${sessionId} ${sessionVersion} ${networkAddress(local.address)}` };
}

export function connectionLine(address: string): SdpLine {
  return { type: 'c', value: networkAddress(address) };
}

/** A section that is refused or not used: its place in the list, and nothing else. */
export function switchedOff(section: MediaSection): MediaSection {
  const { media, protocol, formats } = section;
  return mediaSection({ media, port: 0, protocol, formats, lines: [] });
}

function relayedSection(section: MediaSection, port: number, direction: Direction | undefined): MediaSection {
  const { media, protocol, formats } = section;
  const kept = section.lines.filter((line) => line.type !== 'c' && isPassedOn(line));
  const lines =
    direction === undefined
      ? kept
      : [...kept.filter((line) => !isDirection(attributeName(line))), attribute(direction)];
  return mediaSection({ media, port, protocol, formats, lines });
}

/** One c= line, the session's, in its place. */
function withConnection(session: readonly SdpLine[], address: string): readonly SdpLine[] {
  const others = session.filter(({ type }) => type !== 'c');
  const after = others.findIndex(({ type }) => !BEFORE_CONNECTION.includes(type));
  const at = after < 0 ? others.length : after;
  return [...others.slice(0, at), connectionLine(address), ...others.slice(at)];
}

function isPassedOn(line: SdpLine): boolean {
  const name = attributeName(line);
  return name === undefined || !LEFT_OUT.has(name);
}

function networkAddress(address: string): string {
  const family = ipFamily(address);
  assert(family !== undefined, 'our own media address is an IP literal');
  return `IN ${family === 'ipv4' ? 'IP4' : 'IP6'} ${address}`;
}
