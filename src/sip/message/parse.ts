// Bytes → message, lazily: one pass finds the start line and where each header row begins and ends; nothing
// is decoded but the start line. The message keeps the bytes and reads them later, so they must not change.
//
// A tolerant reader (RFC 4475): line ends may be CRLF or LF, names may be compact and in any case, folds
// and white space may be anywhere that the grammar lets them. What would change where the message ends, or
// how another element reads it, is refused: bare CR, unclear Content-Length, a broken start line.

import { EMPTY_BYTES } from '../../base/bytes.ts';
import { LIMITS } from '../../base/limits.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { hasLineEnd, isToken, parseDecimal } from './grammar.ts';
import { Headers } from './headers.ts';
import { type SipMessage, SipRequest, SipResponse } from './message.ts';
import { asBuffer, CR, decodeText, LF } from './octets.ts';
import { indexHeaders } from './rows.ts';

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
  if (bytes.length > LIMITS.messageBytesMax) return unanswered('too-large', 'larger than any message may be');
  const start = skipLineEnds(bytes);
  const lineEnd = bytes.indexOf(LF, start);
  const line = lineEnd < 0 ? undefined : readStartLine(bytes, start, lineEnd);
  if (line === undefined) return unanswered('not-sip', 'the first line is not of SIP');

  const index = indexHeaders(bytes, lineEnd + 1, start + LIMITS.headerBytesMax);
  const headers = Headers.ofRows(index.rows);
  const defect = line.defect ?? index.defect;
  if (defect !== undefined) return refused(defect, line, headers);
  const length = readContentLength(headers);
  if (!length.ok) return refused(length.error, line, headers);
  const bodyEnd = length.value === undefined ? bytes.length : index.end + length.value;
  if (bodyEnd > bytes.length) {
    const reason = `Content-Length is ${length.value}, but ${bytes.length - index.end} bytes follow`;
    return refused({ code: 'truncated-body', reason }, line, headers);
  }
  const body = bodyEnd === index.end ? EMPTY_BYTES : bytes.subarray(index.end, bodyEnd);
  if (line.kind === 'request') return ok(new SipRequest(line.method, line.uri, headers, body));
  return ok(new SipResponse(line.status, line.reason, headers, body));
}

/** The first line is one of SIP, whatever else may be wrong with the message: what is not deserves no answer. */
export function looksLikeSip(source: Uint8Array): boolean {
  const bytes = asBuffer(source);
  const start = skipLineEnds(bytes);
  const lineEnd = bytes.indexOf(LF, start);
  return lineEnd >= 0 && readStartLine(bytes, start, lineEnd) !== undefined;
}

/** Line ends before the start line are ignored (RFC 3261 §7.5). */
function skipLineEnds(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}

type Refusal = Result<never, ParseFailure>;

function unanswered(code: ParseFailure['code'], reason: string): Refusal {
  return err({ code, reason, status: undefined });
}

/** A request is answered when it shows enough to address the answer; ACK and responses never are. */
function refused(defect: Defect, line: StartLine, headers: Headers): Refusal {
  if (line.kind === 'response' || line.method === 'ACK') return unanswered(defect.code, defect.reason);
  const partial = new SipRequest(line.method, line.uri, headers);
  const { via, callId, cseq } = partial;
  const answerable =
    via !== undefined && callId && cseq !== undefined && headers.has('From') && headers.has('To');
  if (!answerable) return unanswered(defect.code, defect.reason);
  return err({ ...defect, status: statusOf(defect.code), partial });
}

function statusOf(code: ParseFailure['code']): 400 | 505 | 513 {
  if (code === 'bad-version') return 505;
  return code === 'too-large' ? 513 : 400;
}

interface RequestLine {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly defect: Defect | undefined;
}

interface StatusLine {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly defect: Defect | undefined;
}

type StartLine = RequestLine | StatusLine;

/** Undefined when it is not SIP at all. */
function readStartLine(bytes: Buffer, start: number, lineEnd: number): StartLine | undefined {
  const end = bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
  const text = decodeText(bytes, start, end);
  return isSipVersion(text) ? readStatusLine(text) : readRequestLine(text);
}

/** `SIP/2.0 200 OK`; the reason may be empty, and then its space is often missing. */
function readStatusLine(text: string): StatusLine {
  const status = parseDecimal(text.slice(8, 11), 3) ?? 0;
  const separated = text.charAt(7) === ' ' && (text.length === 11 || text.charAt(11) === ' ');
  const good =
    separated && isVersion2(text.slice(0, 7)) && status >= 100 && status <= 699 && !hasLineEnd(text);
  const defect: Defect | undefined = good ? undefined : { code: 'bad-start-line', reason: 'bad status line' };
  return { kind: 'response', status, reason: text.slice(12), defect };
}

/** `INVITE sip:bob@example.com SIP/2.0`: exactly one space between, none elsewhere (RFC 3261 §7.1). */
function readRequestLine(text: string): RequestLine | undefined {
  const line = text.trimEnd();
  const methodEnd = line.indexOf(' ');
  const versionStart = line.lastIndexOf(' ') + 1;
  const version = line.slice(versionStart);
  if (methodEnd <= 0 || !isSipVersion(version)) return undefined;
  const method = line.slice(0, methodEnd);
  const uri = line.slice(methodEnd + 1, versionStart - 1);
  return { kind: 'request', method, uri, defect: requestLineDefect(method, uri, version, line !== text) };
}

function requestLineDefect(method: string, uri: string, version: string, spaceAtEnd: boolean) {
  const bad = (reason: string): Defect => ({ code: 'bad-start-line', reason });
  if (!isToken(method)) return bad('the method is no token');
  if (uri === '' || uri.indexOf(' ') >= 0 || uri.indexOf('\t') >= 0 || hasLineEnd(uri)) {
    return bad('the request line has not exactly three parts');
  }
  if (spaceAtEnd) return bad('white space after the SIP version');
  return isVersion2(version)
    ? undefined
    : // As it came it has no place in a Reason-Phrase: it may hold a bare CR.
      ({ code: 'bad-version', reason: 'the version is not SIP/2.0' } as const);
}

/** Versions are compared without case (RFC 3261 §7.1). */
function isSipVersion(text: string): boolean {
  return text.startsWith('SIP/') || text.slice(0, 4).toUpperCase() === 'SIP/';
}

function isVersion2(version: string): boolean {
  return version === 'SIP/2.0' || version.toUpperCase() === 'SIP/2.0';
}

/** Undefined without the row. More than one leave open where the message ends (RFC 4475 §3.3.9): refused. */
export function readContentLength(headers: Headers): Result<number | undefined, Defect> {
  const rows = headers.all('Content-Length');
  if (rows[0] === undefined) return ok(undefined);
  const length = parseDecimal(rows[0], CONTENT_LENGTH_DIGITS_MAX);
  if (length !== undefined && rows.length === 1) return ok(length);
  const reason = length === undefined ? 'bad Content-Length' : 'more than one Content-Length';
  return err({ code: 'bad-content-length', reason });
}

const CONTENT_LENGTH_DIGITS_MAX = 10;
