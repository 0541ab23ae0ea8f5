// Session descriptions (RFC 8866) as what they are on the wire: lines, in order, none lost.
//
//   v=0                                  ┐
//   o=- 3914 1 IN IP4 192.0.2.1          │ session: lines before the first m=
//   s=-   c=…   t=0 0   a=…              ┘
//   m=audio 20000 RTP/AVP 8 101          ┐ media[0]: the m= line and those after it
//   a=rtpmap:101 telephone-event/8000    ┘
//
// A B2BUA passes on much that it does not understand, so nothing is normalised and an unknown line is kept.
// Text is held one character per byte (ISO 8859-1): whatever the charset, what is formatted are the very
// bytes that were parsed. Only line ends are tidied: CRLF always, and blank lines at the end are dropped.

import { assert } from '../base/assert.ts';
import { LIMITS } from '../base/limits.ts';
import { err, ok, type Result } from '../base/result.ts';

export interface SdpLine {
  /** The single letter before the equals sign. */
  readonly type: string;
  readonly value: string;
}

export interface MediaSection {
  /** `audio`, `video`, `image`, … in lower case. */
  readonly media: string;
  /** 0 means rejected or disabled (RFC 3264 §6, §8.2). */
  readonly port: number;
  /** `RTP/AVP`, `RTP/SAVP`, `udptl`, … as written. */
  readonly protocol: string;
  /** For RTP: payload types, in order of preference. */
  readonly formats: readonly string[];
  /** The lines after the m= line. */
  readonly lines: readonly SdpLine[];
  /** The m= line's value as it was written. */
  readonly value: string;
}

export interface SessionDescription {
  readonly session: readonly SdpLine[];
  readonly media: readonly MediaSection[];
}

/** `line` counts from 1. */
export interface SdpFailure {
  readonly line: number;
  readonly reason: string;
}

/**
 * Strict about what relaying depends on (v=, o=, m=, a connection address for each stream in use), lenient
 * about the rest: phones forget s= and t=, and end lines with LF alone.
 */
export function parseSdp(bytes: Uint8Array): Result<SessionDescription, SdpFailure> {
  const texts = splitLines(bytes);
  if (texts.length > LIMITS.sdpLinesMax) return fail(LIMITS.sdpLinesMax + 1, 'too many lines');
  const session: SdpLine[] = [];
  const media: MediaSection[] = [];
  let lines = session;
  for (const [index, text] of texts.entries()) {
    const line = parseLine(text);
    if (line === undefined) return fail(index + 1, 'not of the form <letter>=<value>');
    if (index === 0 && (line.type !== 'v' || line.value.trim() !== '0'))
      return fail(1, 'does not begin with v=0');
    if (line.type !== 'm') {
      lines.push(line);
      continue;
    }
    if (media.length === LIMITS.sdpMediaSectionsMax) return fail(index + 1, 'too many media sections');
    lines = [];
    const section = parseMediaLine(line.value, lines);
    if (section === undefined) return fail(index + 1, 'malformed m= line');
    media.push(section);
  }
  if (session.length === 0) return fail(1, 'empty');
  if (!session.some(({ type }) => type === 'o')) return fail(1, 'no o= line');
  const orphan = session.some(({ type }) => type === 'c') ? undefined : firstWithoutConnection(media);
  if (orphan !== undefined) return fail(texts.indexOf(`m=${orphan.value}`) + 1, 'no c= line for this stream');
  return ok({ session, media });
}

/** The wire form, with CRLF at the end of each line. */
export function formatSdp(description: SessionDescription): Uint8Array {
  let out = '';
  for (const line of description.session) out += formatLine(line);
  for (const section of description.media) {
    out += formatLine({ type: 'm', value: section.value });
    for (const line of section.lines) out += formatLine(line);
  }
  return bytesOf(out);
}

/** An m= section from its parts; the m= line is written anew. */
export function mediaSection(
  parts: Pick<MediaSection, 'media' | 'port' | 'protocol' | 'formats' | 'lines'>,
): MediaSection {
  return { ...parts, value: `${parts.media} ${parts.port} ${parts.protocol} ${parts.formats.join(' ')}` };
}

/** `a=<name>:<value>` or, without a value, `a=<name>`. */
export function attribute(name: string, value?: string): SdpLine {
  return { type: 'a', value: value === undefined ? name : `${name}:${value}` };
}

/** The name of an a= line, in lower case; `undefined` for other lines. */
export function attributeName(line: SdpLine): string | undefined {
  if (line.type !== 'a') return undefined;
  const colon = line.value.indexOf(':');
  return (colon < 0 ? line.value : line.value.slice(0, colon)).trim().toLowerCase();
}

/** The values of all a= lines of that name: empty strings for flags. */
export function attributeValues(lines: readonly SdpLine[], name: string): readonly string[] {
  const values: string[] = [];
  for (const line of lines) {
    if (attributeName(line) !== name) continue;
    const colon = line.value.indexOf(':');
    values.push(colon < 0 ? '' : line.value.slice(colon + 1).trim());
  }
  return values;
}

function parseLine(text: string): SdpLine | undefined {
  return /^[a-zA-Z]=/.test(text) ? { type: text.charAt(0), value: text.slice(2) } : undefined;
}

function parseMediaLine(value: string, lines: readonly SdpLine[]): MediaSection | undefined {
  const [media = '', port = '', protocol = '', ...formats] = value.trim().split(/ +/);
  if (media === '' || protocol === '' || formats.length === 0) return undefined;
  if (formats.length > LIMITS.sdpFormatsMax) return undefined;
  // `<port>/<number of ports>` (RFC 8866 §5.14): only hierarchically encoded streams use more than one.
  const number = /^(\d{1,5})(?:\/\d{1,5})?$/.exec(port)?.[1];
  if (number === undefined || Number(number) > 65_535) return undefined;
  return { media: media.toLowerCase(), port: Number(number), protocol, formats, lines, value };
}

function firstWithoutConnection(media: readonly MediaSection[]): MediaSection | undefined {
  return media.find(({ port, lines }) => port !== 0 && !lines.some(({ type }) => type === 'c'));
}

function splitLines(bytes: Uint8Array): string[] {
  const lines = stringOf(bytes).split(/\r\n|\n|\r/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  return lines;
}

function formatLine({ type, value }: SdpLine): string {
  assert(type.length === 1 && !/[\r\n]/.test(value), 'an SDP line is one letter and one line of text');
  return `${type}=${value}\r\n`;
}

function stringOf(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) out += String.fromCharCode(byte);
  return out;
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    assert(code <= 0xff, 'SDP text is held one character per byte');
    bytes[index] = code;
  }
  return bytes;
}

function fail(line: number, reason: string): Result<never, SdpFailure> {
  return err({ line, reason });
}
