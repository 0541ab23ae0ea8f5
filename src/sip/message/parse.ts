// Bytes → message, lazily: one pass finds the start line and where each header row begins and ends; nothing
// is decoded but the start line. The message keeps the bytes and reads them later, so they must not change.
//
// A tolerant reader (RFC 4475): line ends may be CRLF or LF, names may be compact and in any case, folds
// and white space may be anywhere that the grammar lets them. What would change where the message ends, or
// how another element reads it, is refused: bare CR, unclear Content-Length, a broken start line.

import { EMPTY_BYTES } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { endOfToken, fieldOf, knownField } from './fields.ts';
import { isToken, parseDecimal } from './grammar.ts';
import { HeaderRow, Headers } from './headers.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { asBuffer, COLON, CR, decodeText, isLinearSpace, LF, SPACE, TAB } from './octets.ts';

export interface ParseFailure {
  readonly code:
    | 'not-sip'
    | 'bad-start-line'
    | 'bad-version'
    | 'bad-header'
    | 'bad-content-length'
    | 'too-many-headers'
    | 'too-large'
    | 'truncated-headers'
    | 'truncated-body';
  /** For people. */
  readonly reason: string;
  /** What to answer; undefined: deserves no answer, or cannot be answered. */
  readonly status: 400 | 505 | 513 | undefined;
  /** What could be read of a request, without body: enough for createResponse. Present when `status` is. */
  readonly partial?: SipRequest;
}

type Defect = Pick<ParseFailure, 'code' | 'reason'>;

/**
 * One whole message, such as a datagram (RFC 3261 §18.3): the body is what Content-Length says, or the rest
 * without one; bytes after it are ignored, a shorter message is refused.
 */
export function parseMessage(source: Uint8Array): Result<SipMessage, ParseFailure> {
  const bytes = asBuffer(source);
  if (bytes.length > LIMITS.messageBytesMax)
    return err(unanswered('too-large', 'larger than any message may be'));
  const start = skipLineEnds(bytes);
  const lineEnd = bytes.indexOf(LF, start);
  if (lineEnd < 0) return err(unanswered('not-sip', 'no line in it'));
  const line = readStartLine(bytes, start, lineEnd);
  if (line === undefined) return err(unanswered('not-sip', 'the first line is not of SIP'));

  const index = indexHeaders(bytes, lineEnd + 1);
  const headers = Headers.ofRows(index.rows);
  const content = readContentLength(bytes, index.rows);
  const defect =
    line.defect ?? index.defect ?? content.defect ?? bodyDefect(bytes, index.end, content.length);
  if (defect !== undefined) return err(failure(defect, line, headers));
  const bodyEnd = content.length === undefined ? bytes.length : index.end + content.length;
  const body = bodyEnd === index.end ? EMPTY_BYTES : bytes.subarray(index.end, bodyEnd);
  return ok(
    line.kind === 'request'
      ? new SipRequest(line.method, line.uri, headers, body)
      : new SipResponse(line.status, line.reason, headers, body),
  );
}

/** Line ends before the start line are ignored (RFC 3261 §7.5). */
function skipLineEnds(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}

function unanswered(code: ParseFailure['code'], reason: string): ParseFailure {
  return { code, reason, status: undefined };
}

/** A request is answered when it shows enough to address the answer; ACK and responses never are. */
function failure(defect: Defect, line: StartLine, headers: Headers): ParseFailure {
  if (line.kind === 'response' || line.method === 'ACK') return { ...defect, status: undefined };
  const partial = new SipRequest(line.method, line.uri, headers);
  const answerable =
    partial.via && headers.has('From') && headers.has('To') && partial.callId && partial.cseq;
  if (!answerable) return { ...defect, status: undefined };
  return { ...defect, status: STATUS_OF[defect.code] ?? 400, partial };
}

const STATUS_OF: Partial<Record<ParseFailure['code'], 505 | 513>> = { 'bad-version': 505, 'too-large': 513 };

type StartLine =
  | {
      readonly kind: 'request';
      readonly method: string;
      readonly uri: string;
      readonly defect: Defect | undefined;
    }
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly reason: string;
      readonly defect: Defect | undefined;
    };

/** Undefined when it is not SIP at all. */
function readStartLine(bytes: Buffer, start: number, lineEnd: number): StartLine | undefined {
  const end = bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
  const text = decodeText(bytes, start, end);
  return startsWithSip(text, 0) ? readStatusLine(text) : readRequestLine(text);
}

/** `SIP/2.0 200 OK`; the reason may be empty, and then its space is often missing. */
function readStatusLine(text: string): StartLine {
  const status = Number(text.slice(8, 11));
  const separated = text[7] === ' ' && (text.length === 11 || text[11] === ' ');
  const good = isVersion2(text, 0, 7) && separated && isStatus(text.slice(8, 11)) && text.indexOf('\r') < 0;
  const defect: Defect | undefined = good ? undefined : { code: 'bad-start-line', reason: 'bad status line' };
  return { kind: 'response', status, reason: text.slice(12), defect };
}

function isStatus(text: string): boolean {
  return text >= '100' && text <= '699' && isDigits(text);
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) < 0x30 || text.charCodeAt(at) > 0x39) return false;
  }
  return text.length === 3;
}

/** `INVITE sip:bob@example.com SIP/2.0`: exactly one space between, none elsewhere (RFC 3261 §7.1). */
function readRequestLine(text: string): StartLine | undefined {
  const line = text.trimEnd();
  const methodEnd = line.indexOf(' ');
  const versionStart = line.lastIndexOf(' ') + 1;
  if (methodEnd <= 0 || !startsWithSip(line, versionStart)) return undefined;
  const method = line.slice(0, methodEnd);
  const uri = line.slice(methodEnd + 1, versionStart - 1);
  return { kind: 'request', method, uri, defect: requestLineDefect(text, line, method, uri, versionStart) };
}

function requestLineDefect(text: string, line: string, method: string, uri: string, versionStart: number) {
  const bad = (reason: string): Defect => ({ code: 'bad-start-line', reason });
  if (!isToken(method)) return bad('the method is no token');
  if (uri.length === 0 || uri.indexOf(' ') >= 0 || uri.indexOf('\t') >= 0 || uri.indexOf('\r') >= 0) {
    return bad('the request line has not exactly three parts');
  }
  if (isVersion2(line, versionStart, line.length)) {
    return line.length === text.length ? undefined : bad('white space after the SIP version');
  }
  return { code: 'bad-version', reason: `${line.slice(versionStart)} is not SIP/2.0` } as const;
}

function startsWithSip(text: string, at: number): boolean {
  return (
    (text.charCodeAt(at) | 0x20) === 0x73 &&
    (text.charCodeAt(at + 1) | 0x20) === 0x69 &&
    (text.charCodeAt(at + 2) | 0x20) === 0x70 &&
    text.charCodeAt(at + 3) === 0x2f
  );
}

/** The caller knows that it starts with `SIP/` in any case. */
function isVersion2(text: string, start: number, end: number): boolean {
  return end - start === 7 && text.startsWith('2.0', start + 4);
}

interface HeaderIndex {
  readonly rows: readonly HeaderRow[];
  /** After the empty line. */
  readonly end: number;
  /** The first one found; rows after it are indexed all the same, so that the refusal can be addressed. */
  readonly defect: Defect | undefined;
}

function indexHeaders(bytes: Buffer, from: number): HeaderIndex {
  const rows: HeaderRow[] = [];
  let defect: Defect | undefined;
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === LF) return { rows, end: at + 1, defect };
    if (byte === CR && bytes[at + 1] === LF) return { rows, end: at + 2, defect };
    if (byte === undefined) {
      return {
        rows,
        end: at,
        defect: { code: 'truncated-headers', reason: 'no empty line after the headers' },
      };
    }
    if (rows.length === LIMITS.headerFieldsMax) {
      return { rows, end: at, defect: { code: 'too-many-headers', reason: 'too many header fields' } };
    }
    const nameEnd = endOfToken(bytes, at);
    let colon = nameEnd;
    while (bytes[colon] === SPACE || bytes[colon] === TAB) colon++;
    const rowEnd = endOfRow(bytes, colon);
    if (nameEnd === at || bytes[colon] !== COLON || rowEnd < 0) {
      defect ??= { code: 'bad-header', reason: describeBadRow(bytes, at) };
    } else {
      rows.push(makeRow(bytes, at, nameEnd, colon + 1, rowEnd));
    }
    at = rowEnd < 0 ? -rowEnd : rowEnd;
    if (at - from > LIMITS.headerBytesMax) {
      return { rows, end: at, defect: { code: 'too-large', reason: 'the headers are too large' } };
    }
  }
}

/**
 * The position after the line end of the row, folds included; at the bytes' end, there. Negated when the
 * row holds a CR that ends no line: elements differ in how they read that.
 */
function endOfRow(bytes: Uint8Array, from: number): number {
  let bare = false;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF) {
      const next = bytes[at + 1];
      if (next !== SPACE && next !== TAB) return bare ? -(at + 1) : at + 1;
    } else if (byte === CR && bytes[at + 1] !== LF) {
      bare = true;
    }
  }
  return bare ? -bytes.length : bytes.length;
}

function makeRow(bytes: Buffer, nameStart: number, nameEnd: number, from: number, to: number): HeaderRow {
  let start = from;
  let end = to;
  while (start < end && isLinearSpace(bytes[start])) start++;
  while (end > start && isLinearSpace(bytes[end - 1])) end--;
  return HeaderRow.ofBytes(knownField(bytes, nameStart, nameEnd), bytes, nameStart, nameEnd, start, end);
}

function describeBadRow(bytes: Buffer, at: number): string {
  return `bad header row ${JSON.stringify(bytes.toString('latin1', at, Math.min(at + 40, bytes.length)))}`;
}

const CONTENT_LENGTH = fieldOf('Content-Length');

/** More than one Content-Length leaves open where the message ends (RFC 4475 §3.3.9), so it is refused. */
function readContentLength(_bytes: Buffer, rows: readonly HeaderRow[]): { length?: number; defect?: Defect } {
  let found: HeaderRow | undefined;
  for (const row of rows) {
    if (!row.is(CONTENT_LENGTH)) continue;
    if (found !== undefined)
      return { defect: { code: 'bad-content-length', reason: 'more than one Content-Length' } };
    found = row;
  }
  if (found === undefined) return {};
  const length = parseDecimal(found.value, CONTENT_LENGTH_DIGITS_MAX);
  if (length === undefined) return { defect: { code: 'bad-content-length', reason: 'bad Content-Length' } };
  return { length };
}

const CONTENT_LENGTH_DIGITS_MAX = 10;

function bodyDefect(bytes: Buffer, start: number, length: number | undefined): Defect | undefined {
  if (length === undefined || start + length <= bytes.length) return undefined;
  return {
    code: 'truncated-body',
    reason: `Content-Length is ${length}, but ${bytes.length - start} bytes follow`,
  };
}
